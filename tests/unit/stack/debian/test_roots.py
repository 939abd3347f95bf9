"""The keys of the images' files, and what mmdebstrap is asked to do."""

import dataclasses
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from stack import FOLDER
from stack.debian import packages, roots
from stack.debian.packages import Package
from stack.debian.roots import Packages
from stack.description import variants
from stack.description.variants import Variant
from tools.console import Failure

Key = Callable[[Variant, Packages], str]
SOURCE = Packages((Package("netbase", "6.5", "aa"),), None)
TINY = variants.select("tiny", machine="x86_64")


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the files that decide the images, to be changed."""
    copy = tmp_path / "stack"
    shutil.copytree(FOLDER, copy)
    monkeypatch.setattr(roots, "_RUN", copy / "run")
    monkeypatch.setattr(roots, "_BUILD", copy / "build")
    monkeypatch.setattr(roots, "_MAKERS", tuple(copy / name for name in SHARED))
    return copy


RUN = ["run/packages", "run/omit", "run/root.sh", "run/check.py"]
BUILD = ["build/packages", "build/dpkg.cfg", "build/root.sh", "run/omit"]
SHARED = ["debian/roots.py", "debian/sbom.py", "layers/archives.py"]
CASES = [(roots.run_key, name) for name in RUN + SHARED]
CASES += [(roots.build_key, name) for name in BUILD + SHARED]


@pytest.mark.parametrize(("key", "name"), CASES)
def test_each_file_that_decides_is_in_the_key(stack: Path, key: Key, name: str) -> None:
    """A changed file gives another key. A missing one is an error."""
    before = key(TINY, SOURCE)
    path = stack / name
    path.write_text(f"{path.read_text()}\nmore\n")
    changed = key(TINY, SOURCE)
    path.unlink()

    assert before != changed
    with pytest.raises(Failure, match="cannot be read"):
        key(TINY, SOURCE)


@pytest.mark.parametrize("key", [roots.run_key, roots.build_key])
def test_what_is_for_another_variant_does_not_count(stack: Path, key: Key) -> None:
    """Comments and lines of another suite leave the key as it is."""
    before = key(TINY, SOURCE)
    for name in ("run/packages", "run/omit", "build/packages", "build/dpkg.cfg"):
        path = stack / name
        path.write_text(f"{path.read_text()}\n# why\n[bookworm] only-there\n")

    assert before == key(TINY, SOURCE)


@pytest.mark.parametrize("key", [roots.run_key, roots.build_key])
def test_packages_and_variant_are_in_the_key(tmp_path: Path, key: Key) -> None:
    """Suite, architecture, the lock's versions and other sources of packages make other keys."""
    (tmp_path / "sources.list").write_text("deb http://127.0.0.1:9/debian trixie main\n")
    newer = Packages((Package("netbase", "7", "aa"),), None)
    elsewhere = dataclasses.replace(SOURCE, sources=tmp_path / "sources.list")

    found = {
        key(TINY, SOURCE),
        key(TINY, newer),
        key(TINY, elsewhere),
        key(variants.select("bookworm", machine="x86_64"), SOURCE),
        key(variants.select("tiny", "arm64", "x86_64"), SOURCE),
    }

    assert 5 == len(found)


def test_kinds_share_the_build_image() -> None:
    """Only the run image depends on the kind."""
    base = variants.select("base", machine="x86_64")

    assert roots.build_key(TINY, SOURCE) == roots.build_key(base, SOURCE)
    assert roots.run_key(TINY, SOURCE) != roots.run_key(base, SOURCE)


@pytest.mark.parametrize(
    ("sources", "form"),
    [
        ("deb http://host/debian trixie main\n", "list"),
        ("Types: deb\nURIs: http://host\n", "sources"),
    ],
)
def test_hooks_prepare_apt(tmp_path: Path, sources: str, form: str) -> None:
    """apt gets the versions of the lock and the caller's sources, from paths with any character."""
    apt = tmp_path / "a root" / "etc" / "apt"
    for folder in ("preferences.d", "sources.list.d"):
        (apt / folder).mkdir(parents=True)
    (apt / "sources.list").write_text("Debian's")
    given = tmp_path / "it's $HOME"
    given.mkdir()
    (given / "preferences").write_text(packages.preferences(SOURCE.lock))
    (given / "my sources").write_text(sources)

    for hook in roots.hooks(given / "preferences", given / "my sources"):
        subprocess.run(["sh", "-euc", hook, "sh", tmp_path / "a root"], check=True)

    assert packages.preferences(SOURCE.lock) == (apt / "preferences.d" / "lock").read_text()
    assert sources == (apt / "sources.list.d" / f"caller.{form}").read_text()
    assert "Debian's" == (apt / "sources.list.debian").read_text()
    assert not (apt / "sources.list").exists()


def test_without_other_sources_debians_own_stay(tmp_path: Path) -> None:
    """Without other sources, only the versions are set."""
    assert 1 == len(roots.hooks(tmp_path / "preferences", None))


@pytest.mark.parametrize("name", variants.NAMES)
@pytest.mark.parametrize("arch", variants.ARCHITECTURES)
def test_every_variant_has_a_lock(name: str, arch: str) -> None:
    """A lock of each suite and architecture is there, and can be read."""
    lock = packages.read(roots.lock_file(variants.select(name, arch)))

    assert "libc6" in {package.name for package in lock}
