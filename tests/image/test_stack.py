"""The scripts of stack/: the same packages give the same images, and what is wrong is said."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from testcontainers.core.docker_client import DockerClient

from image import prerequisites

ROOT = prerequisites.ROOT


def build(
    *options: str | Path, root: Path = ROOT, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run stack/build.sh."""
    return subprocess.run(
        [root / "stack" / "build.sh", *options],
        env=os.environ | dict(env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a copy of the scripts, to be changed."""
    root = tmp_path / "clone"
    for folder in ("stack", "tools", "buildpack/runtime"):
        shutil.copytree(ROOT / folder, root / folder, symlinks=True)
    (root / ".venv").symlink_to((ROOT / ".venv").resolve())
    return root


@pytest.mark.timeout(1200)  # a machine that does much else
def test_layouts_are_the_same_from_nothing(docker: DockerClient, tmp_path: Path) -> None:
    """Two builds from nothing write the same bytes; the run image is the one that Docker has."""
    layouts = [tmp_path / "cached", tmp_path / "fresh"]
    for layout, env in zip(layouts, ({}, {"STACK_CACHE": str(tmp_path / "stack")}), strict=True):
        done = build("--oci", layout, env=env)
        assert done.returncode == 0, done.stdout

    first, second = (contents(layout) for layout in layouts)
    assert first == second
    for path, digest in first.items():
        assert path.parent.name != "sha256" or path.name == digest
    (manifest,) = json.loads((layouts[0] / "run" / "index.json").read_text())["manifests"]
    blobs = layouts[0] / "run" / "blobs"
    described = json.loads((blobs / manifest["digest"].replace(":", "/")).read_text())
    image = docker.client.images.get(prerequisites.RUN)
    assert image.id == described["config"]["digest"]


def contents(folder: Path) -> dict[Path, str]:
    """Return the SHA-256 of each file."""
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_missing_library(clone: Path, tmp_path: Path) -> None:
    """A run image without a library that is needed is not made; the library is named."""
    packages = clone / "stack" / "run" / "packages"
    packages.write_text(re.sub("(?m)^libexpat1 .*$", "", packages.read_text()))

    done = build("--oci", tmp_path / "layout", root=clone)

    assert done.returncode != 0
    assert "Libraries are missing. Name their packages in stack/run/packages" in done.stdout
    assert "libexpat.so.1" in done.stdout
    assert "Traceback" not in done.stdout


def test_other_packages_than_locked(clone: Path, tmp_path: Path) -> None:
    """What Debian no longer has is named with both versions, and how to go on."""
    lock = next(clone.glob("stack/locks/trixie.*"))
    locked = re.sub("(?m)^netbase .*$", f"netbase 1.0 {'0' * 64}", lock.read_text())
    lock.write_text(locked)

    done = build("--locked", "--oci", tmp_path / "layout", root=clone)

    assert done.returncode != 0
    assert re.search(r"netbase: 1\.0 -> \d", done.stdout)
    assert "make lock-stack" in done.stdout
    assert not (tmp_path / "layout").exists()


def test_unknown_variant() -> None:
    """A variant that is not there is named, with those that are."""
    done = build("--variant", "alpine")

    assert done.returncode != 0
    assert "There is no variant 'alpine'" in done.stdout
    assert "bookworm-base" in done.stdout
