"""Which file of a lock, or of a folder, an installed package is from."""

import hashlib
from pathlib import Path

import pytest
from packaging.tags import parse_tag

from function_buildpack.image import artifacts
from function_buildpack.image.distributions import Distribution
from function_buildpack.image.licenses import License

PURE = "py2.py3-none-any"
BUILT = "cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64"

UV = f"""
[[package]]
name = "some-package"
version = "1.0"
sdist = {{ url = "https://example.com/some_package-1.0.tar.gz", hash = "sha256:source" }}
wheels = [
    {{ url = "https://example.com/some_package-1.0-{BUILT}.whl?x#y", hash = "sha256:built" }},
    {{ path = "wheels/some_package-1.0-{PURE}.whl", hash = "sha256:pure" }},
]

[[package]]
name = "built-here"
version = "2.0"
sdist = {{ url = "https://example.com/built%2Dhere-2.0.tar.gz", hash = "sha256:here" }}

[[package]]
name = "function"
version = "0.1"
source = {{ virtual = "." }}
"""
PYLOCK = f"""
[[packages]]
name = "some-package"
version = "1.0"
wheels = [{{ name = "some_package-1.0-{PURE}.whl", hashes = {{ sha256 = "pure" }} }}]
"""
POETRY = f"""
[[package]]
name = "some-package"
version = "1.0"
files = [
    {{ file = "some_package-1.0-{PURE}.whl", hash = "sha256:pure" }},
    {{ file = "some_package-1.0-{BUILT}.whl", hash = "md5:built" }},
    {{ file = "some_package.egg", hash = "sha256:egg" }},
    {{ file = "some_package.whl", hash = "sha256:no" }},
]
"""


def package(tags: str, name: str = "Some_Package", version: str = "1.0") -> Distribution:
    """Return an installed package from a wheel with these tags."""
    return Distribution(name, version, License(), parse_tag(tags))


@pytest.mark.parametrize(
    ("name", "content", "installed", "sha256"),
    [
        ("uv.lock", UV, package(PURE), "pure"),
        ("uv.lock", UV, package(BUILT), "built"),
        ("uv.lock", UV, package(PURE, version="1"), "pure"),
        ("uv.lock", UV, package(PURE, version="1.1"), ""),
        ("uv.lock", UV, package("py3-none-any"), ""),  # built from source, though there are wheels
        ("uv.lock", UV, package("py3-none-any", "built-here", "2.0"), "here"),
        ("uv.lock", UV, package(PURE, "function", "0.1"), ""),
        ("pylock.toml", PYLOCK, package(PURE), "pure"),
        ("poetry.lock", POETRY, package(PURE), "pure"),
        ("poetry.lock", POETRY, package(BUILT), ""),
        ("pyproject.toml", PYLOCK, package(PURE), ""),
        ("requirements.txt", "some-package==1.0", package(PURE), ""),
    ],
)
def test_locked(
    tmp_path: Path, name: str, content: str, installed: Distribution, sha256: str
) -> None:
    """The wheel with the tags of the installed one, or the source if the lock has no wheel."""
    (tmp_path / name).write_text(content)

    assert sha256 == artifacts.locked(tmp_path / name).sha256_of(installed)


def test_locked_with_a_mark(tmp_path: Path) -> None:
    """A mark in front, as editors on Windows write it, is read over."""
    lock = tmp_path / "poetry.lock"
    lock.write_text(POETRY, encoding="utf-8-sig")

    assert "pure" == artifacts.locked(lock).sha256_of(package(PURE))


def test_in_folder(tmp_path: Path) -> None:
    """Wheels in a folder are known by their bytes."""
    (tmp_path / f"some_package-1.0-{PURE}.whl").write_bytes(b"x")

    found = artifacts.in_folder(tmp_path)

    assert hashlib.sha256(b"x").hexdigest() == found.sha256_of(package(PURE))
