"""The file of a lock or a folder that an installed package comes from."""

import hashlib
import tomllib
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
    ("lock", "installed", "sha256"),
    [
        (UV, package(PURE), "pure"),
        (UV, package(BUILT), "built"),
        (UV, package(PURE, version="1"), "pure"),
        (UV, package(PURE, version="1.1"), ""),
        (UV, package("py3-none-any"), ""),  # built from source, though there are wheels
        (UV, package("py3-none-any", "built-here", "2.0"), "here"),
        (UV, package(PURE, "function", "0.1"), ""),
        (PYLOCK, package(PURE), "pure"),
        (POETRY, package(PURE), "pure"),
        (POETRY, package(BUILT), ""),
    ],
)
def test_of_packages(lock: str, installed: Distribution, sha256: str) -> None:
    """The wheel with the tags of the installed one, or the source if the lock has no wheel."""
    (packages,) = tomllib.loads(lock).values()

    assert sha256 == artifacts.of_packages(packages).sha256_of(installed)


def test_in_folder(tmp_path: Path) -> None:
    """Wheels in a folder are known by their bytes."""
    (tmp_path / f"some_package-1.0-{PURE}.whl").write_bytes(b"x")

    found = artifacts.in_folder(tmp_path)

    assert hashlib.sha256(b"x").hexdigest() == found.sha256_of(package(PURE))
