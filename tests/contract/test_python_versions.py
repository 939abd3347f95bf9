"""The Python that a function requests, with the real uv and a real CPython from a mirror."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from contract import python_mirror
from contract.phases import ROOT, Workspace, files_below
from contract.python_mirror import KEY, VERSION, Mirror
from function_buildpack.layers.python.python_versions import SERVED

OWN = ".".join(map(str, sys.version_info[:3]))
FUNCTION = {
    "function.py": "import sys\n\nasync def handle(scope, receive, send):\n    pass\n",
}
PYPROJECT = '[project]\nname = "function"\nversion = "1"\ndependencies = ["idna"]\n'


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Mirror:
    """A mirror in a folder."""
    return python_mirror.create(tmp_path_factory.mktemp("mirror"))


def test_own(tmp_path: Path) -> None:
    """The run image's Python is used if it matches, and the log has the request."""
    workspace = Workspace.create(tmp_path, {**FUNCTION, ".python-version": "3.99"})

    phase = workspace.run("build", BP_PYTHON_VERSION=OWN.rpartition(".")[0])

    assert 0 == phase.status, phase.log
    said = (
        f"Python: {OWN}, from the run image (BP_PYTHON_VERSION requests {OWN.rpartition('.')[0]})"
    )
    assert said in phase.log
    assert not (workspace.layers / "cpython.toml").exists()


def test_managed(tmp_path: Path, mirror: Mirror) -> None:
    """Another Python is installed into a layer, for dependencies, bytecode and the check."""
    # Python 3.14 reads this, and no earlier one.
    newer = "try:\n    x = t'{1}'\nexcept ValueError, KeyError:\n    pass\n"
    files = {**FUNCTION, "function.py": FUNCTION["function.py"] + newer}
    workspace = Workspace.create(
        tmp_path, {**files, "pyproject.toml": PYPROJECT, ".python-version": "3.14\n"}
    )

    phase = workspace.run("build", **mirror.settings())

    assert 0 == phase.status, phase.log
    assert f"Python: {VERSION}, in a layer (.python-version requests 3.14)" in phase.log
    assert f"Installing {KEY}: there is no layer of an earlier build" in phase.log
    assert "Loaded the function" in phase.log
    python = workspace.layers / "cpython" / KEY
    assert f"{VERSION} {python}" == workspace.python(
        "import sys, platform, idna; print(platform.python_version(), sys.base_prefix)"
    )
    tags = {path.name.split(".")[1] for path in python.parent.parent.rglob("*.pyc")}
    assert {"cpython-314"} == tags
    assert (workspace.app / "__pycache__" / "function.cpython-314.pyc").is_file()
    types = {"launch": True, "build": False, "cache": False}
    assert types == workspace.toml("cpython.toml")["types"]
    assert KEY == workspace.toml("cpython.toml")["metadata"]["python"]
    assert workspace.launch_env("cpython") == {
        "SSL_CERT_FILE.default": "/etc/ssl/certs/ca-certificates.crt"
    }
    labels = {item["key"]: item["value"] for item in workspace.toml("launch.toml")["labels"]}
    assert VERSION == labels["io.knative-python.python-version"]
    (component,) = json.loads((workspace.layers / "cpython.sbom.cdx.json").read_text())[
        "components"
    ]
    assert f"pkg:generic/python@{VERSION}" == component["purl"]


def test_module_has_left(tmp_path: Path, mirror: Mirror) -> None:
    """For a module that was removed from Python, the error names the package with it."""
    source = "import cgi\n\nasync def handle(scope, receive, send):\n    pass\n"
    workspace = Workspace.create(tmp_path, {"function.py": source, ".python-version": "3.14\n"})

    phase = workspace.run("build", **mirror.settings())

    assert 1 == phase.status
    assert (
        "Python 3.13 removed the module cgi.\n    Add the package legacy-cgi, which has it,"
        in phase.log
    )
    assert "BP_PYTHON_VERSION=3.12" in phase.log
    assert "No package that is installed has the module" not in phase.log


def test_managed_is_lean(tmp_path: Path, mirror: Mirror) -> None:
    """The layer has no pip, no Tk, no headers, nothing at its root, and reproducible bytes."""
    found = []
    for _ in range(2):
        workspace = Workspace.create(tmp_path / "same", FUNCTION)
        phase = workspace.run("build", BP_PYTHON_VERSION="3.14", **mirror.settings())
        assert 0 == phase.status, phase.log
        found.append(files_below(workspace.layers / "cpython"))
        assert {KEY, "env.launch"} == {
            path.name for path in (workspace.layers / "cpython").iterdir()
        }
        shutil.rmtree(tmp_path / "same")

    assert [] == [name for name in found[0] if found[0][name] != found[1].get(name)]
    assert found[0] == found[1]
    names = {Path(name).relative_to(KEY) for name in found[0] if name.startswith(KEY)}
    words = {part.partition(".")[0] for name in names for part in name.parts}
    assert {"asyncio", "ssl", "sqlite3", "venv"} <= words
    assert not words & {"pip", "pip3", "tkinter", "idlelib", "ensurepip", "include", "turtle"}
    assert not [name for name in names if name.suffix == ".so" and len(name.parts) == 2]


def test_managed_again(tmp_path: Path, mirror: Mirror) -> None:
    """A rebuild gets the Python from the cache, without a mirror. The image keeps its layer."""
    settings = mirror.settings()
    workspace = Workspace.create(tmp_path, {**FUNCTION, ".python-version": "3.14"})
    assert 0 == workspace.run("build", **settings).status
    before = files_below(workspace.layers / "cpython")
    restore(workspace)
    settings["UV_PYTHON_INSTALL_MIRROR"] = "file:///nowhere"

    phase = workspace.run("build", UV_OFFLINE="1", **settings)

    assert 0 == phase.status, phase.log
    assert "Reusing the python layer" in phase.log
    assert "Loaded the function" in phase.log
    assert not (workspace.layers / "cpython").exists()
    assert workspace.toml("cpython.toml")["types"]["launch"]

    restore(workspace)
    workspace.write({"requirements.txt": "idna"})

    phase = workspace.run("build", **settings)

    assert 0 == phase.status, phase.log
    assert "Installed the dependencies" in phase.log
    assert "Reusing the python layer" in phase.log
    assert before


def test_managed_from_archives(tmp_path: Path) -> None:
    """Downloaded archives replace the mirror."""
    mirror = python_mirror.create(tmp_path / "mirror")
    archives = {"UV_PYTHON_CACHE_DIR": str(tmp_path / "archives")}
    first = Workspace.create(tmp_path / "first", {**FUNCTION, ".python-version": "3.14"})
    assert 0 == first.run("build", **mirror.settings(), **archives).status
    for path in mirror.folder.glob("*/*.tar.gz"):
        path.unlink()
    second = Workspace.create(tmp_path / "second", {**FUNCTION, ".python-version": "3.14"})

    without = second.run("build", **mirror.settings())
    phase = second.run("build", **mirror.settings(), **archives)

    assert 1 == without.status
    assert 0 == phase.status, phase.log
    assert f"Python: {VERSION}, in a layer" in phase.log


def test_no_more_managed(tmp_path: Path, mirror: Mirror) -> None:
    """If the Python is no longer requested, neither the layer nor its archive is kept."""
    workspace = Workspace.create(tmp_path, {**FUNCTION, ".python-version": "3.14"})
    assert 0 == workspace.run("build", **mirror.settings()).status
    restore(workspace)
    workspace.write({".python-version": ""})

    phase = workspace.run("build")

    assert 0 == phase.status, phase.log
    assert "python changed from 3.14 to" in phase.log
    # Without types the lifecycle drops a layer, from the image and from the cache.
    assert "types" not in workspace.toml("cpython.toml")
    assert "types" not in workspace.toml("cpython-archive.toml")


def restore(workspace: Workspace) -> None:
    """Act like a lifecycle between builds: metadata stay, types and uncached files do not."""
    for path in workspace.layers.glob("*.toml"):
        table = workspace.toml(path.name)
        if "metadata" not in table:
            continue
        if not table["types"]["cache"]:
            shutil.rmtree(path.with_suffix(""), ignore_errors=True)
        lines = [f'{key} = "{value}"' for key, value in table["metadata"].items()]
        path.write_text("\n".join(["[metadata]", *lines]))


REFUSED = [
    ("pypy3.10", "The function requires a Python other than CPython", ["pypy3.10"]),
    ("latest", "Invalid Python version", ["latest", "3.12.4"]),
    (
        "3.8",
        "The requested Python version has reached its end of life",
        ["2024-10", "3.13, 3.14"],
    ),
    ("3.99", "The requested Python version is not available", ["3.99", "3.13.", "3.14."]),
    (
        "3.11.99",
        "The requested Python version is not available",
        ["Versions: 3.11."],
    ),
]


@pytest.mark.parametrize(("version", "title", "facts"), REFUSED, ids=lambda value: str(value)[:20])
def test_refused(tmp_path: Path, version: str, title: str, facts: list[str]) -> None:
    """A request that no Python matches fails before any installation, with its origin."""
    workspace = Workspace.create(tmp_path, {**FUNCTION, ".python-version": f"{version}\n"})

    phase = workspace.run("build")

    assert 1 == phase.status, phase.log
    assert f"ERROR: {title}" in phase.log
    for fact in [".python-version", *facts]:
        assert fact in phase.log
    assert "Installing" not in phase.log
    assert [] == list(workspace.layers.glob("*.toml"))


def test_conflict(tmp_path: Path) -> None:
    """A version that requires-python excludes is an error with both."""
    requires = PYPROJECT + 'requires-python = ">=3.14"\n'
    workspace = Workspace.create(tmp_path, {**FUNCTION, "pyproject.toml": requires})

    phase = workspace.run("build", BP_PYTHON_VERSION="3.12")

    assert 1 == phase.status, phase.log
    assert "ERROR: The requested Python versions conflict" in phase.log
    assert "BP_PYTHON_VERSION requests 3.12" in phase.log
    assert "requires-python of pyproject.toml requests >=3.14" in phase.log


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"UV_PYTHON_INSTALL_MIRROR": "http://someone:planted-secret@localhost:9/mirror"},
            "http://someone:****@localhost:9/mirror",
        ),
        ({"UV_PYTHON_INSTALL_MIRROR": "file:///nowhere"}, "No such file or directory"),
        ({"UV_PYTHON_DOWNLOADS": "never"}, "Python downloads are not allowed"),
        ({"UV_PYTHON_DOWNLOADS_JSON_URL": "file:///nowhere.json"}, "the list of versions"),
    ],
    ids=["unreachable", "missing", "forbidden", "list"],
)
def test_not_installed(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    """A Python that cannot be downloaded is an error with uv's reason, without credentials."""
    workspace = Workspace.create(tmp_path, {**FUNCTION, ".python-version": "3.14"})

    phase = workspace.run("build", UV_HTTP_RETRIES="0", **settings)

    assert 1 == phase.status, phase.log
    assert "ERROR: The requested Python version could not be installed" in phase.log
    assert said in phase.log
    assert "UV_PYTHON_INSTALL_MIRROR" in phase.log
    assert "planted-secret" not in phase.log
    assert [] == list(workspace.layers.glob("*.toml"))


def test_damaged(tmp_path: Path) -> None:
    """A Python with a wrong hash is not used."""
    mirror = python_mirror.create(tmp_path / "mirror")
    (archive,) = mirror.folder.glob("*/*.tar.gz")
    archive.write_bytes(archive.read_bytes() + b"\0")
    workspace = Workspace.create(tmp_path, {**FUNCTION, ".python-version": "3.14"})

    phase = workspace.run("build", **mirror.settings())

    assert 1 == phase.status, phase.log
    assert "Hash mismatch" in phase.log
    assert not list((workspace.layers).rglob("bin/python3.14"))


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (b"\x7fELF of another machine", "Exec format error"),
        (b"#!/bin/sh\necho GLIBC_2.99 not found >&2\nexit 1\n", "GLIBC_2.99 not found"),
        (b"#!/bin/sh\nexit 4\n", "status 4"),
    ],
    ids=["format", "library", "silent"],
)
def test_does_not_start(tmp_path: Path, program: bytes, said: str) -> None:
    """A Python for another machine is an error with its output."""
    mirror = python_mirror.create(tmp_path / "mirror", program)
    workspace = Workspace.create(tmp_path, {**FUNCTION, ".python-version": "3.14"})

    phase = workspace.run("build", **mirror.settings())

    assert 1 == phase.status, phase.log
    assert "ERROR: The requested Python version could not be installed" in phase.log
    assert "It does not start: " in phase.log, phase.log
    assert said in phase.log


@pytest.mark.parametrize("version", SERVED)
def test_runtime_is_compiled(tmp_path: Path, version: str) -> None:
    """Each supported version has wheels of the runtime's packages, with the locked hashes."""
    installed = subprocess.run(
        [
            *(Path(sys.executable).with_name("uv"), "pip", "install", "--dry-run", "--no-deps"),
            *("--require-hashes", "--only-binary", ":all:", "--python-version", version),
            *("--python-platform", "x86_64-manylinux_2_28", "--target", tmp_path / "packages"),
            *("-r", ROOT / "buildpack" / "runtime" / "requirements.txt"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert 0 == installed.returncode, installed.stdout
    assert "+ uvloop==" in installed.stdout
