"""The repository's layout, which pack requires."""

import subprocess
import tomllib

from contract.phases import ROOT


def tracked(folder: str) -> list[str]:
    """Return the files of a folder that git knows."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", folder], cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE
    )
    return [name for name in listed.stdout.split("\0") if name]


def test_root_is_the_same_buildpack() -> None:
    """pack does not follow a link to buildpack.toml, so the root has an equal copy."""
    copy = (ROOT / "buildpack.toml").read_text()

    assert (ROOT / "buildpack" / "buildpack.toml").read_text() == copy
    assert (ROOT / "buildpack" / "bin") == (ROOT / "bin").resolve()
    assert (ROOT / "buildpack" / "runtime") == (ROOT / "runtime").resolve()


def test_buildpack_folder_is_complete() -> None:
    """pack ships the folder unchanged, so a link that leaves it would be broken."""
    links = [path for path in (ROOT / "buildpack").rglob("*") if path.is_symlink()]

    assert [] == links


def test_no_name_holds_two_dots() -> None:
    """pack rejects a path with `..` anywhere in it."""
    assert [] == [name for name in tracked(".") if ".." in name]


def test_descriptor() -> None:
    """The descriptor has API 0.10, both architectures, and any stack."""
    descriptor = tomllib.loads((ROOT / "buildpack.toml").read_text())

    assert "0.10" == descriptor["api"]
    assert "knative-python/function" == descriptor["buildpack"]["id"]
    assert ["amd64", "arm64"] == [target["arch"] for target in descriptor["targets"]]
    assert [{"id": "*"}] == descriptor["stacks"]


def test_root_project_builds_the_example() -> None:
    """The root's project.toml has the builder and the function, so that the short command works."""
    project = tomllib.loads((ROOT / "project.toml").read_text())["io"]["buildpacks"]

    assert "knative-python/builder" == project["builder"]
    assert ["examples/http"] == project["include"]
    assert [{"name": "BP_FUNCTION_PATH", "value": "examples/http"}] == project["build"]["env"]


def test_no_address_of_a_package_index() -> None:
    """Locked lists have packages and hashes, but no index."""
    locks = [name for name in tracked(".") if name.endswith((".txt", ".in"))]

    assert len(locks) >= 4
    for name in locks:
        assert "://" not in (ROOT / name).read_text(), name


def test_checkouts_on_windows() -> None:
    """Shipped files keep their line ends in any checkout."""
    asked = ["git", "check-attr", "eol", "--", *tracked("buildpack")]
    told = subprocess.run(asked, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout

    assert {"lf"} == {line.rpartition(": ")[2] for line in told.splitlines()}
