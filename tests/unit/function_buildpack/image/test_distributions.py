"""Installed packages, read from the files of installers."""

import json
from pathlib import Path
from typing import Any

import pytest
from packaging.tags import Tag

from function_buildpack.image.distributions import (
    DirectUrl,
    Distribution,
    installed,
    owners,
    providing,
)
from function_buildpack.image.licenses import License


def install(folder: Path, name: str = "Some_Package", **files: str) -> None:
    """Write the files that an installer writes for a package."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    for file, content in {"METADATA": f"Name: {name}\nVersion: 1.0\n", **files}.items():
        (info / file.replace("_json", ".json")).write_text(content)


def test_installed(tmp_path: Path) -> None:
    """Name and version as the package writes them, its license and its wheel's tags, sorted."""
    metadata = "Name: Some_Package\nVersion: 1.0\nLicense-Expression: MIT\n\nLicense: none\n"
    install(tmp_path, WHEEL="Wheel-Version: 1.0\nTag: py3-none-any\n", METADATA=metadata)
    install(tmp_path, "another", METADATA="Name: another\nVersion: 1.0\nLicense: BSD-2-Clause\n")
    install(tmp_path, "third", METADATA="Name: third\nVersion: 1.0\n")
    install(tmp_path, "damaged", METADATA="")

    assert [
        Distribution("another", "1.0", License("BSD-2-Clause")),
        Distribution("Some_Package", "1.0", License("MIT"), frozenset({Tag("py3", "none", "any")})),
        Distribution("third", "1.0", License()),
    ] == installed(tmp_path)


@pytest.mark.parametrize(
    ("direct_url", "origin"),
    [
        (
            {
                "url": "https://me:secret@example.com/a.git",
                "vcs_info": {"vcs": "git", "commit_id": "0" * 40},
            },
            DirectUrl("git+https://example.com/a.git", "0" * 40),
        ),
        (
            {"url": "file:///home/me/a", "vcs_info": {"vcs": "git", "commit_id": "0" * 40}},
            DirectUrl("", "0" * 40),
        ),
        (
            {
                "url": "https://example.com/a.whl",
                "archive_info": {"hashes": {"sha256": "ab"}},
            },
            DirectUrl("https://example.com/a.whl", sha256="ab"),
        ),
        (
            {"url": "https://example.com/a.whl", "archive_info": {}},
            DirectUrl("https://example.com/a.whl"),
        ),
        ({"url": "file:///workspace/a", "dir_info": {"editable": True}}, DirectUrl()),
    ],
)
def test_installed_from_elsewhere(
    tmp_path: Path, direct_url: dict[str, Any], origin: DirectUrl
) -> None:
    """A package that is from no index has its address, without credentials and machine paths."""
    install(tmp_path, direct_url_json=json.dumps(direct_url))

    (found,) = installed(tmp_path)

    assert origin == found.origin


def test_owners(tmp_path: Path) -> None:
    """Each file belongs to the package that lists it. A copied file belongs to none."""
    install(tmp_path, "one", RECORD='one/a.so,sha256=x,1\n"one/b,c.so",,\n../bin/one,,\n')
    install(tmp_path, "two", RECORD="two/one/a.so,,\n")
    install(tmp_path, "three")

    found = owners(tmp_path, [Path("one/a.so"), Path("one/b,c.so"), Path("own.so")])

    assert {"one/a.so": "one", "one/b,c.so": "one"} == {
        str(path): package.name for path, package in found.items()
    }


def test_providing(tmp_path: Path) -> None:
    """A module belongs to the package with it in its RECORD. Local packages do not count."""
    for name in ("first", "mine", "nobodys"):
        (tmp_path / name).mkdir()
    (tmp_path / "second.py").touch()
    install(tmp_path, "A", RECORD="first/__init__.py,,\nsecond.py,,\n")
    install(tmp_path, "B", RECORD="mine/__init__.py,,\n", direct_url_json='{"url": "file:///b"}')

    found = providing(tmp_path, ["first", "second", "mine", "nobodys", "absent"])

    assert {"first": "A", "second": "A"} == found
    assert {} == providing(tmp_path, ["absent"])
