"""The run image contains what stack/run declares, and nothing else."""

import hashlib
import json
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import pytest
from bench.images.saved import Saved
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from testcontainers.core.docker_client import DockerClient

from image import prerequisites
from image.layers import saved
from image.pack import Build
from stack.description import descriptions, variants

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
        """Return whether it is a file, or another name of one."""
        return self.kind in b"01"


@dataclass(frozen=True)
class Variant:
    """A run image, and its declarations in stack/run."""

    name: str
    image: str
    saved: Saved

    @cached_property
    def files(self) -> dict[str, File]:
        """Return its entries by path."""
        return {
            entry.name.removeprefix("./"): File(
                entry.mode,
                entry.type,
                entry.linkname,
                hashlib.md5(content, usedforsecurity=False).hexdigest(),
            )
            for entry, content in self.saved.entries()
        }

    @cached_property
    def contents(self) -> dict[str, bytes]:
        """Return the packages' control files, by path."""
        return {
            entry.name.removeprefix("./"): content
            for entry, content in self.saved.entries()
            if entry.name.startswith("./var/lib/dpkg/status.d/")
        }

    @cached_property
    def links(self) -> dict[str, str]:
        """Return its symbolic links and their targets, by path."""
        return {path: file.link for path, file in self.files.items() if file.kind == b"2"}

    @cached_property
    def sums(self) -> dict[str, str]:
        """Return the packages' checksums of their files, by path."""
        return {
            _resolved(path, self.links): md5
            for file, content in self.contents.items()
            if file.endswith(".md5sums")
            for md5, path in (line.split("  ", 1) for line in content.decode().splitlines())
        }

    def declared(self, name: str) -> list[str]:
        """Return the first word of each line of a description that is for this variant."""
        lines = descriptions.lines(STACK / "run" / name, variants.select(self.name))
        return [line.split()[0] for line in lines]


@pytest.fixture(scope="module", params=["tiny", "base", "bookworm", "bookworm-base"])
def run(docker: DockerClient, request: pytest.FixtureRequest) -> Iterator[Variant]:
    """Return a run image, of each variant."""
    name = request.param
    image = prerequisites.RUN if name == "tiny" else prerequisites.variant("run", name)
    with saved(docker, image) as opened:
        yield Variant(name, image, opened)


def test_size(docker: DockerClient, http_build: Build) -> None:
    """The run image is small, and so is the image of a function."""
    prerequisites.builder(docker)

    assert docker.client.images.get(prerequisites.RUN).attrs["Size"] <= 60 * MB
    with saved(docker, prerequisites.RUN) as image:
        assert image.compressed <= 22 * MB
    assert http_build.image.attributes["Size"] <= 75 * MB


def test_packages(run: Variant) -> None:
    """The packages are those that stack/run/packages names."""
    found = {
        Path(path).name
        for path, file in run.files.items()
        if path.startswith("var/lib/dpkg/status.d/") and file.is_regular
    }

    packages = {name for name in found if not name.endswith(".md5sums")}
    assert set(run.declared("packages")) == packages


def test_every_file_is_its_packages(run: Variant) -> None:
    """A file is unchanged from its package, or stack/run/made names what creates it."""
    made = run.declared("made")
    own = {path for path in run.files if any(fnmatchcase(path, pattern) for pattern in made)}
    regular = {path: file.md5 for path, file in run.files.items() if file.is_regular}

    assert {} == {
        path: md5 for path, md5 in regular.items() if path not in own and run.sums.get(path) != md5
    }


def test_empty_folders(run: Variant) -> None:
    """An empty folder is for the kernel, the user, or temporary files."""
    folders = {path for path, file in run.files.items() if file.kind == b"5"}
    filled = {str(folder) for path in run.files for folder in Path(path).parents}

    assert {"dev", "home/cnb", "proc", "run", "sys", "tmp", "var/tmp"} == (
        folders - filled - {".", "usr/sbin"}
    )


def test_nothing_is_declared_in_vain(run: Variant) -> None:
    """Each line of stack/run/made has an existing file, no line of omit has one."""
    made = {
        pattern
        for pattern in run.declared("made")
        if any(fnmatchcase(path, pattern) for path in run.files)
    }

    assert set(run.declared("made")) == made
    assert [] == [
        path for path in run.files for pattern in run.declared("omit") if fnmatchcase(path, pattern)
    ]


def test_links_lead_somewhere(run: Variant) -> None:
    """No link of the image is broken."""

    def leads(path: str, target: str) -> bool:
        absolute = target if target.startswith("/") else f"/{Path(path).parent}/{target}"
        return _resolved(absolute, run.links) in run.files

    assert [] == sorted(path for path, target in run.links.items() if not leads(path, target))


def test_no_file_has_special_rights(run: Variant) -> None:
    """No file is setuid or setgid. Everybody can write only to the temporary folders."""
    modes = {path: file.mode for path, file in run.files.items() if file.kind != b"2"}

    assert [] == [path for path, mode in modes.items() if mode & (stat.S_ISUID | stat.S_ISGID)]
    assert {"tmp", "var/tmp"} == {path for path, mode in modes.items() if mode & stat.S_IWOTH}


def test_no_device(run: Variant) -> None:
    """It only contains files, folders and links."""
    assert {b"0", b"1", b"2", b"5"} >= {file.kind for file in run.files.values()}


def test_programs(run: Variant) -> None:
    """`tiny` only has the interpreter. `base` has a shell, but no package manager."""
    programs = {
        path
        for path, file in run.files.items()
        if re.search("(^|/)s?bin/", path) or (file.is_regular and file.mode & stat.S_IXUSR)
    }
    programs = {name for name in programs if not re.fullmatch(r"usr/lib/.*\.(so[.0-9]*|py)", name)}

    python = "usr/bin/python3.11" if "bookworm" in run.name else "usr/bin/python3.13"
    if "base" not in run.name:
        assert {"usr/bin/python", "usr/bin/python3", python} == programs
    else:
        assert {"usr/bin/bash", "usr/bin/sh", "usr/bin/ls", "usr/sbin/ldconfig", python} <= programs
        assert not {"usr/bin/apt", "usr/bin/dpkg", "usr/bin/su"} & programs


def test_modules(docker: DockerClient, run: Variant) -> None:
    """The run image has the modules of the build image's standard library, and no others.

    So a function that imports one that is not there fails in the build, and not when it starts.
    """
    image = prerequisites.BUILD + (":bookworm" if "bookworm" in run.name else "")
    find = ["-c", "find /usr/lib/python3.* -name '*.py' -o -name '*.so'"]
    listed = docker.client.containers.run(image, find, entrypoint="sh", remove=True).decode()

    assert _modules(line.removeprefix("/") for line in listed.splitlines()) == _modules(run.files)


def _modules(paths: Iterable[str]) -> set[str]:
    found = (re.fullmatch(r"usr/lib/python3\.\d+/(.+\.(?:py|so))", path) for path in paths)
    names = {match[1] for match in found if match}
    return {name for name in names if not name.startswith("config-")}


def test_sbom(run: Variant) -> None:
    """The label names the layer whose SBOM lists the packages: valid, with hash and version."""
    with run.saved.layer(run.saved.labels["io.buildpacks.base.sbom"]) as layer:
        content = layer.extractfile("./cnb/sbom/bom.cdx.json")
        assert content
        sbom = content.read().decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom) is None
    system, *packages = json.loads(sbom)["components"]

    assert "debian" == system["name"]
    assert set(run.declared("packages")) == {package["name"] for package in packages}
    for package in packages:
        control = run.contents[f"var/lib/dpkg/status.d/{package['name']}"].decode()
        assert f"\nVersion: {package['version']}\n" in control
        assert re.fullmatch("[0-9a-f]{64}", package["hashes"][0]["content"])
        assert package["purl"].startswith(f"pkg:deb/debian/{quote(package['name'])}@")


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
