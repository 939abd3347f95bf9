"""The scripts of stack/: the same packages give the same images, and errors have messages."""

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from testcontainers.core.docker_client import DockerClient

from image import prerequisites
from image.stack import build

ROOT = prerequisites.ROOT


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a copy of the scripts, to be changed."""
    root = tmp_path / "clone"
    for folder in ("stack", "tools", "buildpack/runtime"):
        shutil.copytree(ROOT / folder, root / folder, symlinks=True)
    (root / ".venv").symlink_to((ROOT / ".venv").resolve())
    return root


# Another machine: its name, its network, and where packages are from.
_ELSEWHERE = """\
echo elsewhere >hostname
{ cat /etc/resolv.conf && echo search elsewhere.example; } >resolv.conf
for file in hostname resolv.conf; do mount --bind "$file" "/etc/$file"; done
exec "$@"
"""


@pytest.mark.timeout(1200)  # on a machine that does much else
def test_the_same_from_nothing(docker: DockerClient, tmp_path: Path) -> None:
    """A build without a cache in another place has exactly the same layers."""
    layout = tmp_path / "layout"
    sources = docker.client.containers.run(
        prerequisites.BUILD, ["/etc/apt/sources.list"], entrypoint="cat", remove=True
    )
    (tmp_path / "my sources").write_bytes(b"# The same archive\n" + sources)

    # Paths are from the caller's folder.
    done = build(
        *("--oci", layout.name),
        env={"STACK_CACHE": "my stack", "DEBIAN_SOURCES": "my sources"},
        cwd=tmp_path,
        within=["unshare", "--mount", "--uts", "sh", "-euc", _ELSEWHERE, "sh"],
    )

    assert done.returncode == 0, done.stdout
    assert (tmp_path / "my stack").is_dir()
    images = docker.client.images
    assert images.get(prerequisites.RUN).id == manifest(layout / "run")["config"]["digest"]
    config = blob(layout / "build", manifest(layout / "build")["config"])
    layers = config["rootfs"]["diff_ids"]
    # The certificates of this machine are a layer on top.
    assert layers == images.get(prerequisites.BUILD).attrs["RootFS"]["Layers"][: len(layers)]


def manifest(layout: Path) -> dict[str, Any]:
    """Return the manifest of an OCI layout, after checking the digests of all blobs."""
    for path in (layout / "blobs" / "sha256").iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    (described,) = json.loads((layout / "index.json").read_text())["manifests"]
    return blob(layout, described)


def blob(layout: Path, described: Mapping[str, Any]) -> dict[str, Any]:
    """Return a blob of JSON."""
    content = (layout / "blobs" / described["digest"].replace(":", "/")).read_text()
    assert len(content.encode()) == described["size"]
    return dict(json.loads(content))


def test_missing_library(clone: Path, tmp_path: Path) -> None:
    """If a needed library is missing, no run image is built, and the error names it."""
    packages = clone / "stack" / "run" / "packages"
    packages.write_text(re.sub("(?m)^liblzma5 .*$", "", packages.read_text()))

    done = build("--oci", tmp_path / "layout", root=clone)

    assert done.returncode != 0
    assert "Libraries are missing. Name their packages in stack/run/packages" in done.stdout
    assert "liblzma.so.5" in done.stdout
    assert "Traceback" not in done.stdout


def test_other_packages_than_locked(clone: Path, tmp_path: Path) -> None:
    """For a package that Debian no longer has, the error has both versions and what to do."""
    for lock in clone.glob("stack/locks/trixie.*"):
        lock.write_text(re.sub("(?m)^netbase .*$", f"netbase 1.0 {'0' * 64}", lock.read_text()))

    done = build("--locked", "--oci", tmp_path / "layout", root=clone)

    assert done.returncode != 0
    assert re.search(r"netbase: 1\.0 -> \d", done.stdout)
    assert "make lock-stack" in done.stdout
    assert not (tmp_path / "layout").exists()


def test_other_sources(tmp_path: Path) -> None:
    """Packages only come from the sources in a file."""
    sources = tmp_path / "my.list"
    sources.write_text("deb http://127.0.0.1:9/debian trixie main\n")
    env = {"STACK_CACHE": "stack", "DEBIAN_SOURCES": sources.name}

    done = build("--oci", "layout", env=env, cwd=tmp_path)

    assert done.returncode != 0
    assert "Failed to fetch http://127.0.0.1:9/debian/dists/trixie/InRelease" in done.stdout
    assert not (tmp_path / "layout").exists()


@pytest.mark.parametrize("name", ["DEBIAN_SOURCES", "EXTRA_CAS"])
def test_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    """The error for a missing file has its variable and its path."""
    done = build("--oci", "layout", env={name: "none.txt"}, cwd=tmp_path)

    assert done.returncode != 0
    assert f"{name} names a file that cannot be read" in done.stdout
    assert f"Found: {tmp_path}/none.txt" in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--oci"], "Argument --oci: expected one argument"),
        (["--oci", ""], "Argument --oci: expected one argument"),
        (["--variant"], "Argument --variant: expected one argument"),
        (["--as", "Mine"], "'Mine' is not a name for images"),
        (["--oci", "/dev/null/layout"], "Cannot write to /dev/null/layout"),
        (["--all"], "Unrecognized arguments: --all"),
    ],
)
def test_options(options: list[str], said: str) -> None:
    """An invalid option is an error before anything is built."""
    done = build(*options)

    assert done.returncode != 0
    assert said in done.stdout
    assert "Making" not in done.stdout


def test_lock_that_is_not_there(clone: Path, tmp_path: Path) -> None:
    """Without a lock, no image is built, and none is taken from the cache."""
    for lock in clone.glob("stack/locks/trixie.*"):
        lock.unlink()

    done = build("--oci", tmp_path / "layout", root=clone)

    assert done.returncode != 0
    assert "A list of packages cannot be read" in done.stdout
    assert "make lock-stack" in done.stdout
    assert "Making" not in done.stdout


def test_unknown_variant() -> None:
    """The error for an unknown variant lists the existing ones."""
    done = build("--variant", "alpine")

    assert done.returncode != 0
    assert "There is no variant 'alpine'" in done.stdout
    assert "bookworm-base" in done.stdout


def test_unknown_architecture(tmp_path: Path) -> None:
    """The error for an unknown architecture lists the existing ones."""
    done = build("--arch", "riscv64", "--oci", tmp_path / "layout")

    assert done.returncode != 0
    assert "There is no architecture 'riscv64'" in done.stdout
    assert "Architectures: amd64 arm64" in done.stdout
    assert not (tmp_path / "layout").exists()


@pytest.mark.parametrize("suite", ["trixie", "bookworm"])
def test_locks_name_the_same_packages(suite: str) -> None:
    """Each architecture has a lock. They differ only in packages that Debian has for one."""
    amd64, arm64 = locked(f"{suite}.amd64"), locked(f"{suite}.arm64")

    assert {name for name in arm64 - amd64 if "aarch64" not in name} <= {"libhwasan0"}
    assert {name for name in amd64 - arm64 if "x86-64" not in name} == {"libquadmath0"}


def locked(lock: str) -> set[str]:
    """Return the names of the packages in a lock."""
    lines = (ROOT / "stack" / "locks" / lock).read_text().splitlines()
    return {line.split()[0] for line in lines if not line.startswith("#")}
