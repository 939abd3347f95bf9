"""The run image holds what stack/run states, and nothing else."""

import hashlib
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from testcontainers.core.docker_client import DockerClient

from image import prerequisites
from image.layers import Saved, saved
from image.pack import Build

STACK = prerequisites.ROOT / "stack"
MB = 1_000_000


@dataclass(frozen=True)
class File:
    """An entry of the image."""

    mode: int
    kind: bytes
    link: str
    md5: str

    @property
    def is_regular(self) -> bool:
        """Say whether it is a file, or another name of one."""
        return self.kind in b"01"


@pytest.fixture(scope="module")
def run(docker: DockerClient) -> Iterator[Saved]:
    """Return the run image."""
    prerequisites.builder(docker)
    with saved(docker, prerequisites.RUN) as image:
        yield image


@pytest.fixture(scope="module")
def files(run: Saved) -> dict[str, File]:
    """Return the entries of the run image by path."""
    return {
        entry.name.removeprefix("./"): File(
            entry.mode,
            entry.type,
            entry.linkname,
            hashlib.md5(content, usedforsecurity=False).hexdigest(),
        )
        for entry, content in run.entries()
    }


@pytest.fixture(scope="module")
def sums(run: Saved) -> dict[str, str]:
    """Return the sums that the packages give for their files, by path."""
    return {
        path: md5
        for entry, content in run.entries()
        if entry.name.endswith(".md5sums")
        for md5, path in (line.split("  ", 1) for line in content.decode().splitlines())
    }


def statements(name: str) -> list[str]:
    """Return the first word of each line of a file of stack/run."""
    lines = Path(STACK / "run" / name).read_text().splitlines()
    return [words[0] for line in lines if (words := line.partition("#")[0].split())]


def test_size(docker: DockerClient, run: Saved, http_build: Build) -> None:
    """The run image is small, and so is the image of a function."""
    uncompressed = docker.client.images.get(prerequisites.RUN).attrs["Size"]

    assert uncompressed <= 60 * MB
    assert run.compressed <= 22 * MB
    assert http_build.image.attributes["Size"] <= 75 * MB


def test_packages(files: dict[str, File]) -> None:
    """The packages are those that stack/run/packages names."""
    found = {
        Path(path).name
        for path, file in files.items()
        if path.startswith("var/lib/dpkg/status.d/") and file.is_regular
    }

    assert set(statements("packages")) == {name for name in found if not name.endswith(".md5sums")}


def test_every_file_is_its_packages(files: dict[str, File], sums: dict[str, str]) -> None:
    """A file is as its package brought it, or stack/run/made says what makes it."""
    made = statements("made")
    own = {path for path in files if any(fnmatchcase(path, pattern) for pattern in made)}
    regular = {path: file.md5 for path, file in files.items() if file.is_regular}

    assert {} == {
        path: md5 for path, md5 in regular.items() if path not in own and sums.get(path) != md5
    }


def test_nothing_is_made_in_vain(files: dict[str, File]) -> None:
    """Each line of stack/run/made stands for a file that is there."""
    assert [] == [
        pattern
        for pattern in statements("made")
        if not any(fnmatchcase(path, pattern) for path in files)
    ]


def test_links_lead_somewhere(files: dict[str, File]) -> None:
    """No link of the image leads to what was left out."""
    links = {path: file.link for path, file in files.items() if file.kind == b"2"}
    outside = {"/proc/mounts", "/run"}

    def leads(path: str, target: str) -> bool:
        absolute = target if target.startswith("/") else f"/{Path(path).parent}/{target}"
        return absolute in outside or _resolved(absolute, links) in files

    assert [] == sorted(path for path, target in links.items() if not leads(path, target))


def test_no_file_has_special_rights(files: dict[str, File]) -> None:
    """Nothing is setuid or setgid; all may write to the temporary folders, and to nothing else."""
    special = {path for path, file in files.items() if file.mode & (stat.S_ISUID | stat.S_ISGID)}
    writable = {
        path for path, file in files.items() if file.kind != b"2" and file.mode & stat.S_IWOTH
    }

    assert set() == special
    assert {"tmp", "var/tmp"} == writable


def test_no_device(files: dict[str, File]) -> None:
    """It holds files, folders and links."""
    assert {b"0", b"1", b"2", b"5"} >= {file.kind for file in files.values()}


def test_no_shell_and_no_package_manager(files: dict[str, File]) -> None:
    """The only programs are the interpreter's, and the loader of libraries."""
    programs = {
        path
        for path, file in files.items()
        if re.search("(^|/)s?bin/", path) or (file.is_regular and file.mode & stat.S_IXUSR)
    }

    assert {"usr/bin/python", "usr/bin/python3", "usr/bin/python3.13"} == {
        path for path in programs if not re.fullmatch(r"usr/lib/.*\.(so[.0-9]*|py)", path)
    }


def _resolved(path: str, links: dict[str, str]) -> str:
    """Return the path without links on the way, from the image's root."""
    done = Path("/")
    parts = [part for part in path.split("/") if part]
    while parts:
        part, *parts = parts
        done = done.parent if part == ".." else done / part
        target = links.get(str(done)[1:])
        if target is not None:
            parts = [*(word for word in target.split("/") if word), *parts]
            done = Path("/") if target.startswith("/") else done.parent
    return str(done)[1:]
