"""Packages without a wheel for the function's Python: which are compiled, and which are not."""

import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract import package_index, python_mirror
from contract.package_index import PACKAGE
from contract.phases import Workspace
from tools import package_index as public_index

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
FUNCTION = {"function.py": "def handle(*request): ...\n"}
REQUIREMENTS = FUNCTION | {"requirements.txt": f"{PACKAGE}==1.0\n"}
PYPROJECT = f"[project]\nname = 'x'\nversion = '1'\ndependencies = ['{PACKAGE}==1.0']\n"
# Builds the package without any other; takes its time, and leaves a file at the end.
BACKEND = f"""
import os, pathlib, time, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    time.sleep(int(os.environ.get("COMPILING", "0")))
    pathlib.Path(os.environ["COMPILED"]).touch()
    wheel = "{PACKAGE}-1.0-py3-none-any.whl"
    metadata = "Metadata-Version: 2.1\\nName: {PACKAGE}\\nVersion: 1.0\\n"
    with zipfile.ZipFile(os.path.join(folder, wheel), "w") as packed:
        packed.writestr("{PACKAGE}.py", "")
        packed.writestr("{PACKAGE}-1.0.dist-info/METADATA", metadata)
        packed.writestr("{PACKAGE}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\n")
        packed.writestr("{PACKAGE}-1.0.dist-info/RECORD", "")
    return wheel
"""
BUILD = "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"


def serve(folder: Path, *tags: str) -> Iterator[dict[str, str]]:
    """Serve the package as source and as wheels; yields the settings for a build."""
    files = {"backend.py": BACKEND, "pyproject.toml": BUILD}
    package_index.write_sdist(folder / "packages", files)
    for tag in tags:
        package_index.write_wheel(folder / "packages", tag=tag)
    with public_index.serving(folder / "packages") as index:
        yield {"UV_INDEX": index.url, "COMPILED": str(folder / "compiled")}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Wheels for this machine and other Pythons, and for this Python and another machine."""
    here, own = f"linux_{platform.machine()}", f"cp{OWN.replace('.', '')}"
    others = (f"cp312-cp312-{here}", f"cp314-cp314-{here}", "cp39-cp39-win_amd64")
    yield from serve(tmp_path, *others, f"{own}-{own}-win_amd64", "cp313-cp313-macosx_11_0_arm64")


@pytest.fixture
def sdist_only(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Wheels for no Python on this machine."""
    yield from serve(tmp_path, "cp312-cp312-win_amd64")


EXPORT = ("export", "--no-emit-project", "-o", "pylock.toml")


def declared_in(kind: str, folder: Path, index: dict[str, str]) -> dict[str, str]:
    """Return a function that declares the package in one of these forms."""
    match kind:
        case "requirements":
            return REQUIREMENTS
        case "pyproject":
            return FUNCTION | {"pyproject.toml": PYPROJECT}
        case "uv lock":
            return FUNCTION | locked(folder, index, "lock")
        case _:
            files = locked(folder, index, *EXPORT)
            return FUNCTION | {name: files[name] for name in ("pyproject.toml", "pylock.toml")}


def locked(folder: Path, index: dict[str, str], *command: str) -> dict[str, str]:
    """Return a project with a lock that uv has created."""
    (folder / "pyproject.toml").write_text(f"{PYPROJECT}requires-python = '>=3.11'\n")
    settings = {"UV_INDEX": index["UV_INDEX"], "UV_PYTHON_DOWNLOADS": "never"}
    environ = {"PATH": str(Path(sys.executable).parent), "UV_PYTHON": sys.executable, **settings}
    subprocess.run(["uv", *command, "--quiet"], cwd=folder, env=environ, check=True)
    return {path.name: path.read_text() for path in folder.glob("*.*") if path.is_file()}


@pytest.mark.parametrize("declared", ["requirements", "pyproject", "uv lock", "pylock"])
def test_refused(tmp_path: Path, index: dict[str, str], declared: str) -> None:
    """If another Python has a wheel, nothing is compiled, and the error has the setting."""
    workspace = Workspace.create(tmp_path / "function", declared_in(declared, tmp_path, index))

    phase = workspace.run("build", COMPILING="60", **index)

    assert 1 == phase.status, phase.log
    assert "ERROR: A package has no wheel for this Python" in phase.log
    assert f"Package:  {PACKAGE.replace('_', '-')} 1.0" in phase.log
    assert "Wheels:   for Python 3.12, 3.14" in phase.log
    assert "BP_PYTHON_VERSION=3.14" in phase.log
    assert not Path(index["COMPILED"]).exists()
    assert not (workspace.layers / "dependencies.toml").exists()


@pytest.mark.parametrize("declared", ["requirements", "uv lock", "pylock"])
def test_without_source(tmp_path: Path, index: dict[str, str], declared: str) -> None:
    """A package without a source has the same error."""
    (sdist,) = (tmp_path / "packages").glob("*.tar.gz")
    sdist.unlink()
    workspace = Workspace.create(tmp_path / "function", declared_in(declared, tmp_path, index))

    phase = workspace.run("build", **index)

    assert 1 == phase.status, phase.log
    assert "ERROR: A package has no wheel for this Python" in phase.log
    assert "Source:   none" in phase.log
    assert "BP_PYTHON_VERSION=3.14" in phase.log


def test_advice(tmp_path: Path, index: dict[str, str]) -> None:
    """With the setting in the error, the wheel is installed."""
    workspace = Workspace.create(tmp_path / "function", REQUIREMENTS)
    mirror = python_mirror.create(tmp_path / "mirror")

    phase = workspace.run("build", BP_PYTHON_VERSION="3.14", **index, **mirror.settings())

    assert 0 == phase.status, phase.log
    assert not Path(index["COMPILED"]).exists()


@pytest.mark.parametrize(
    ("files", "settings", "reason"),
    [
        ({}, {"BP_PYTHON_VERSION": OWN}, f"BP_PYTHON_VERSION requests {OWN}"),
        (
            {"pyproject.toml": f"[project]\nname = 'x'\nrequires-python = '=={OWN}.*'\n"},
            {},
            f"requires-python of pyproject.toml requests =={OWN}.*",
        ),
    ],
)
def test_compiled(
    tmp_path: Path,
    index: dict[str, str],
    files: dict[str, str],
    settings: dict[str, str],
    reason: str,
) -> None:
    """If this Python is requested explicitly, the package is compiled, with a note."""
    workspace = Workspace.create(tmp_path / "function", REQUIREMENTS | files)

    phase = workspace.run("build", **settings, **index)

    assert 0 == phase.status, phase.log
    assert f"has no wheel for Python {OWN}, only for 3.12, 3.14. The function" in phase.log
    assert f"cannot use these versions, because {reason}." in phase.log
    assert Path(index["COMPILED"]).exists()


def test_built_without_a_fuss(tmp_path: Path, sdist_only: dict[str, str]) -> None:
    """A package without any wheel for this machine is built: it may be pure Python."""
    workspace = Workspace.create(tmp_path / "function", REQUIREMENTS)

    phase = workspace.run("build", **sdist_only)

    assert 0 == phase.status, phase.log
    assert "wheel" not in phase.log
    assert Path(sdist_only["COMPILED"]).exists()
