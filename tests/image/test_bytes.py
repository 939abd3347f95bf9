"""The same input gives the same bytes anywhere and at any time, without needless files."""

import os
import re
import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from image import prerequisites
from image.pack import Build, Image, Pack


def checkout(source: Path, target: Path, *, umask: int, time: int, order: int = 1) -> Path:
    """Copy a folder file by file, like a checkout on another machine."""
    before = os.umask(umask)
    try:
        for path in sorted(path for path in source.rglob("*") if path.is_file())[::order]:
            copied = target / path.relative_to(source)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)
            os.utime(copied, (time, time))
    finally:
        os.umask(before)
    return target


@pytest.fixture(scope="module")
def local_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A function with a local package, which is built, and a package from the index."""
    folder = tmp_path_factory.mktemp("source")
    shutil.copytree(prerequisites.FUNCTIONS / "http_basic", folder, dirs_exist_ok=True)
    local = folder / "libs" / "mine"
    local.mkdir(parents=True)
    (local / "mine.py").write_text("X = 1\n")
    (local / "setup.py").write_text(
        'from setuptools import setup\nsetup(name="mine", version="1", py_modules=["mine"])\n'
    )
    (folder / "requirements.txt").write_text("idna==3.10\n./libs/mine\n")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    return folder


def test_same_digest_elsewhere(pack: Pack, local_packages: Path, tmp_path: Path) -> None:
    """Another folder, umask, date and order of writing give the same image, without a cache."""
    machines = [
        checkout(local_packages, tmp_path / "one", umask=0o022, time=1_000_000_000),
        checkout(local_packages, tmp_path / "another", umask=0o002, time=1_700_000_000, order=-1),
        checkout(local_packages, tmp_path / "closed", umask=0o077, time=315_532_801),
    ]

    builds = [pack.build(machine) for machine in machines]

    assert [builds[0].image.layers] * 3 == [build.image.layers for build in builds]
    assert 1 == len({build.image.digest for build in builds})


def test_same_runtime_everywhere(pack: Pack, http_build: Build, event_build: Build) -> None:
    """All functions have the same runtime layer, prepared by the builder or installed."""
    layers = [build.image.layers["asgi-runtime"] for build in (http_build, event_build)]
    ready = by_builder(pack, prerequisites.FUNCTIONS / "handle_without_new")

    assert "Downloaded" not in ready.log
    assert [ready.image.layers["asgi-runtime"]] * 2 == layers


def by_builder(pack: Pack, app: Path) -> Build:
    """Build with only the builder, which has prepared the runtime's packages."""
    options = ["--path", str(app), "--builder", prerequisites.builder(pack.client)]
    built = pack.command([*options, "--pull-policy", "never", "--trust-builder"])
    assert built.status == 0, built.log
    return built


def test_nothing_needless(pack: Pack, local_packages: Path) -> None:
    """No installer, no times, no folders of the build, and only unchecked bytecode."""
    image = pack.build(local_packages).image
    files = contents(image, "/layers") | contents(image, "/workspace")

    assert not [name for name in files if re.search(r"/(pip|setuptools|wheel)(/|-\d)", name)]
    assert not [name for name in files if name.endswith(("/uv_cache.json", "/uv_build.json"))]
    assert not [name for name in files if name.endswith((".pyx", ".egg-info", "/activate"))]
    for name, content in files.items():
        assert b".uv-cache-" not in content, name
        assert b".check-" not in content, name
    bytecode = {name: content for name, content in files.items() if name.endswith(".pyc")}
    # Unchecked (PEP 552): nobody looks at its source's time, and nobody writes it again.
    assert {0b01} == {int.from_bytes(content[4:8], "little") for content in bytecode.values()}
    assert sources(files) == sources(bytecode)


def contents(image: Image, folder: str) -> dict[str, bytes]:
    """Return the files of a folder of an image."""
    with image.files(folder) as archive:
        return {member.name: read(archive, member) for member in archive if member.isfile()}


def read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """Return a file's bytes."""
    file = archive.extractfile(member)
    assert file
    return file.read()


def sources(names: Iterable[str]) -> set[str]:
    """Return the Python files of these names, or the sources of bytecode."""
    return {
        re.sub(r"__pycache__/(.+)\.cpython-\d+\.pyc$", r"\1.py", name)
        for name in names
        if name.endswith((".py", ".pyc"))
    }
