"""The check that a function loads, with the real runtime."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from contract.phases import ROOT
from function_buildpack.checks import load_check
from function_buildpack.cnb.layer_env import Behaviour, Change
from function_buildpack.log.errors.image import FunctionSlow, FunctionUnloadable
from function_buildpack.manifests import registry
from function_buildpack.plan import plan
from function_buildpack.plan.plan import Plan
from function_buildpack.source import project, workspace
from function_buildpack.source.settings import Settings
from function_buildpack.system import process

RUNTIME = Change("PYTHONPATH", Behaviour.OVERRIDE, str(ROOT / "buildpack" / "runtime" / "src"))
PATIENCE = 60.0


def made(folder: Path, source: str, files: Mapping[str, str] | None = None) -> Plan:
    """Return the plan of a function."""
    (folder / "function.py").write_text(source)
    for name, text in (files or {}).items():
        (folder / name).write_text(text)
    return plan.make(registry.read(project.read(workspace.locate(folder))), Settings(), "3.11.7")


def load(chosen: Plan, limit: float = PATIENCE) -> None:
    """Load the function with the Python of the tests."""
    packages = load_check.InstalledPackages(Path(sys.executable))
    load_check.Loader(process.run, packages, (RUNTIME,), limit).load(
        chosen, {}, chosen.project.folder
    )


def failure(chosen: Plan) -> FunctionUnloadable:
    """Return the error of a function that cannot be loaded."""
    with pytest.raises(FunctionUnloadable) as caught:
        load(chosen)
    return caught.value


@pytest.mark.parametrize(
    "source",
    [
        "def handle(scope, receive, send): ...\n",
        "import sys\nsys.stdout.close()\ndef handle(scope, receive, send): ...\n",
        "import os\nos.system('sleep 1000 &')\ndef handle(scope, receive, send): ...\n",
    ],
    ids=["plain", "without output", "with a child"],
)
def test_loads(tmp_path: Path, source: str) -> None:
    """A function that loads passes, whatever it does with its output and child processes."""
    load(made(tmp_path, source))


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("import ctypes\n\nctypes.string_at(0)\n", -11),
        ("import os\n\nos.abort()\n", -6),
        ("import os\n\nos._exit(7)\n", 7),
        ("import os\n\nos._exit(0)\n", 0),
        ("import os\n\nos.execv('/bin/true', ['true'])\n", 0),
        ("import sys\n\nsys.exit(0)\n", 1),
    ],
    ids=["SIGSEGV", "SIGABRT", "7", "0", "exec", "SystemExit"],
)
def test_ends(tmp_path: Path, source: str, status: int) -> None:
    """A process that exits early is an error. A crash shows Python's position."""
    error = failure(made(tmp_path, source))

    assert status == error.status
    assert status >= 0 or 'function.py", line 3 in <module>' in error.output


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("import not_installed\n", "not_installed"),
        ("import function_part.missing\n", ""),
    ],
)
def test_missing(tmp_path: Path, source: str, missing: str) -> None:
    """The error names a missing module, with hints for modules of the function."""
    chosen = made(tmp_path, source, {"function_part.py": ""})
    (tmp_path / "function_part.py").unlink()
    (tmp_path / "function_part").mkdir()

    assert missing == failure(chosen).missing


def test_missing_elsewhere(tmp_path: Path) -> None:
    """The error has the path of a missing module in the source, and its declaration."""
    (tmp_path / "libs").mkdir()
    (tmp_path / "libs" / "common.py").write_text("")

    error = failure(made(tmp_path, "import common\n"))

    assert ("libs/common.py",) == error.places
    assert ("common", ".", "requirements.txt") == (error.missing, error.path, error.declare_in)


@pytest.mark.parametrize("source", ["import yaml\n", "import pkg_resources\n"])
def test_missing_known(tmp_path: Path, source: str) -> None:
    """If the runtime names the package of a missing module, the build does not."""
    hidden = "import sys\nsys.path[:] = sys.path[:1]\nsys.meta_path[:] = sys.meta_path[-1:]\n"

    error = failure(made(tmp_path, f"{hidden}{source}"))

    assert "" == error.missing
    assert "to the function's dependencies" in error.output


def test_sdk_1(tmp_path: Path) -> None:
    """For a module of the SDK's version 1, the runtime's output says which version to declare."""
    error = failure(made(tmp_path, "from cloudevents.http import CloudEvent\n"))

    assert "" == error.missing
    assert 'Add "cloudevents<2" to the function\'s dependencies' in error.output


@pytest.mark.parametrize(
    "source",
    ["import time\n\ntime.sleep(10**6)\n", "def new():\n    print(1)\n    while True: ...\n"],
    ids=["import", "new"],
)
def test_slow(tmp_path: Path, source: str) -> None:
    """A function that takes too long is stopped, and the error has its position."""
    with pytest.raises(FunctionSlow) as caught:
        load(made(tmp_path, source), limit=3)

    assert 3 == caught.value.seconds
    assert 'function.py", line 3 in ' in caught.value.output


def test_first_of_several(tmp_path: Path) -> None:
    """Of several modules `function`, the one that the build has found is loaded."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "function.py").write_text("raise ValueError\n")

    chosen = made(tmp_path, "def handle(scope, receive, send): ...\n")
    load(chosen)

    assert tmp_path / "function.py" == chosen.project.package
