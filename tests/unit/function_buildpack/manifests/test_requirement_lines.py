"""Lines of requirements files."""

from pathlib import Path

import pytest
from packaging.markers import default_environment

from function_buildpack.manifests import requirement_lines


def test_pinned() -> None:
    """A version, a marker and all hashes are one line."""
    assert (
        "idna==3.10 ; python_version >= '3' --hash=sha256:a --hash=sha256:b"
        == requirement_lines.pinned(
            "idna", "==3.10", ["sha256:a", "sha256:b"], "python_version >= '3'"
        )
    )
    assert "idna" == requirement_lines.pinned("idna", "", [])


def test_direct() -> None:
    """A URL ends at a space before the marker."""
    assert "a @ https://x/a.whl" == requirement_lines.direct("a", "https://x/a.whl")
    assert "a @ https://x/a.whl ; sys_platform == 'linux'" == requirement_lines.direct(
        "a", "https://x/a.whl", "sys_platform == 'linux'"
    )


@pytest.mark.parametrize(
    ("repository", "subdirectory", "url"),
    [
        ("https://host/x.git", "", "git+https://host/x.git@abc"),
        ("https://host/x.git", "part", "git+https://host/x.git@abc#subdirectory=part"),
        ("git@host:me/x.git", "", "git+ssh://git@host/me/x.git@abc"),
        ("git@host:me/x:y.git", "", "git+ssh://git@host/me/x:y.git@abc"),
        ("ssh://git@host/me/x.git", "", "git+ssh://git@host/me/x.git@abc"),
    ],
)
def test_git_url(repository: str, subdirectory: str, url: str) -> None:
    """A repository, a revision and a folder are pip's URL, scp's form of an address too."""
    assert url == requirement_lines.git_url(repository, "abc", subdirectory)


def test_file_url() -> None:
    """A path is relative to the function's folder and may leave it."""
    assert "file:///w/libs/a%20b" == requirement_lines.file_url(Path("/w/fn"), "../libs/a b")


def test_environment() -> None:
    """Markers have the values of this platform, and of the function's Python."""
    assert default_environment() | {
        "python_version": "3.9",
        "python_full_version": "3.9.7",
    } == requirement_lines.environment("3.9.7")


@pytest.mark.parametrize(
    ("urls", "lines"),
    [
        ([], []),
        (["https://pypi.org/simple"], []),
        (["https://mine/X"], ["--index-url https://mine/X"]),
        (
            ["https://pypi.org/simple/", "https://mine/a", "https://mine/a/"],
            ["--extra-index-url https://mine/a"],
        ),
        (
            ["https://mine/a", "https://mine/b"],
            ["--index-url https://mine/a", "--extra-index-url https://mine/b"],
        ),
    ],
)
def test_indexes(urls: list[str], lines: list[str]) -> None:
    """PyPI stays uv's default, maybe a mirror; without it the first index takes its place."""
    assert lines == requirement_lines.indexes(urls)
