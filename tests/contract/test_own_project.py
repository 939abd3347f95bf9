"""The function's own project is installed as by `pip install .`, with links to its source."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from contract.manifests import uv
from contract.phases import Workspace, files_below

HANDLE = "async def handle(scope, receive, send): ...\n"
HATCHLING = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
POETRY = """
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
"""
# A build backend without requirements, for what all backends have the same. Its wheels hold the
# packages of the folder, and a module that it generates.
BACKEND = r"""
import pathlib, zipfile

def build_wheel(directory, settings=None, metadata=None):
    root = pathlib.Path("src" if pathlib.Path("src").is_dir() else ".")
    info = "mine-2.0.dist-info"
    files = {str(path.relative_to(root)): path.read_text() for path in root.glob("function/*.py")}
    files |= {
        "function/_made.py": f"MADE = {len(files)}\n",
        "elsewhere/__init__.py": pathlib.Path("libs/elsewhere.txt").read_text(),
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: mine\nVersion: 2.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in files)
    with zipfile.ZipFile(pathlib.Path(directory, "mine-2.0-py3-none-any.whl"), "w") as wheel:
        for file, content in files.items():
            wheel.writestr(file, content)
    pathlib.Path("build").mkdir(exist_ok=True)
    pathlib.Path("build", "left").touch()
    return "mine-2.0-py3-none-any.whl"
"""
OWN_BACKEND = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
STATIC = """
[project]
name = "mine"
version = "1.2"
description = "What it does"
readme = "README.md"
license = "MIT"
dependencies = ["idna==3.10"]
[project.optional-dependencies]
more = ["six"]
[project.urls]
Homepage = "https://example.org"
[project.scripts]
say = "function.speech:say"
[project.gui-scripts]
show = "function.speech:say"
[project.entry-points."orders.steps"]
check = "function.speech:say"
"""
FUNCTION = {
    "function/__init__.py": HANDLE,
    "function/speech.py": "import common\ndef say(): print(common.WORD)\n",
    "function/data/words.txt": "one two",
    "common.py": "WORD = 'said'\n",
    "tests/__init__.py": "",
    "README.md": "# Read me",
    "LICENSE": "The license",
}
MADE = {
    "function/__init__.py": HANDLE,
    "pyproject.toml": f'[project]\nname = "mine"\ndynamic = ["version"]\n{OWN_BACKEND}',
    "backend.py": BACKEND,
    "libs/elsewhere.txt": "WORD = 'elsewhere'\n",
}
KNOWN = "from importlib.metadata import *; "


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return Workspace.create(tmp_path, {})


def build(workspace: Workspace, files: dict[str, str], **environ: str) -> str:
    """Build a function, and return the log."""
    workspace.write(files)
    phase = workspace.run("build", Path(__file__).parents[2] / "buildpack", **environ)
    assert 0 == phase.status, phase.log
    return phase.log


def rebuild(workspace: Workspace, files: dict[str, str], **environ: str) -> str:
    """Build like a lifecycle after a first build: only the earlier image has launch layers.

    What is launched is put together again at the end, as the image has it.
    """
    shutil.rmtree(workspace.app)
    image = workspace.layers.with_name("image")
    for layer in ("asgi-runtime", "dependencies", "project"):
        if (workspace.layers / layer).exists():
            shutil.rmtree(image / layer, ignore_errors=True)
            shutil.move(workspace.layers / layer, image / layer)
    log = build(workspace, files, **environ)
    for layer in ("asgi-runtime", "dependencies"):
        if not (workspace.layers / layer).exists():
            shutil.copytree(image / layer, workspace.layers / layer, symlinks=True)
    return log


def elsewhere(workspace: Workspace, code: str) -> str:
    """Run code in the function's environment, from another folder, and return what it prints."""
    python = workspace.layers / "dependencies" / "venv" / "bin" / "python"
    return subprocess.run(
        [python, "-c", code], cwd="/", check=True, text=True, stdout=subprocess.PIPE
    ).stdout.strip()


@pytest.mark.parametrize("backend", ["", HATCHLING, POETRY], ids=["none", "hatchling", "poetry"])
def test_static(workspace: Workspace, backend: str) -> None:
    """importlib.metadata has the metadata of pyproject.toml, without a build."""
    log = build(workspace, FUNCTION | {"pyproject.toml": STATIC + backend})

    assert "Installed: mine 1.2\n" in log
    assert "build backend" not in log
    about = json.loads(
        elsewhere(workspace, KNOWN + "import json; print(json.dumps(metadata('mine').json))")
    )
    assert about == {
        "metadata_version": "2.4",
        "name": "mine",
        "version": "1.2",
        "summary": "What it does",
        "description": "# Read me",
        "description_content_type": "text/markdown",
        "license_expression": "MIT",
        "license_file": "LICENSE",
        "requires_dist": ["idna==3.10", "six ; extra == 'more'"],
        "provides_extra": ["more"],
        "project_url": ["Homepage, https://example.org"],
    }
    read = "print([each.load() for each in entry_points(group='orders.steps')][0].__module__)"
    assert "function.speech" == elsewhere(workspace, KNOWN + read)
    read = "print([p for p in files('mine') if p.name == 'words.txt'][0].read_text())"
    assert "one two" == elsewhere(workspace, KNOWN + read)
    read = "print(packages_distributions()['function'], 'tests' in packages_distributions())"
    assert "['mine'] False" == elsewhere(workspace, KNOWN + read)


def test_command(workspace: Workspace) -> None:
    """The project's commands are on the image's PATH, and find the function from any folder."""
    build(workspace, FUNCTION | {"pyproject.toml": STATIC})

    path = workspace.launch_env("project")["PATH.prepend"]
    for command in ("say", "show"):
        said = subprocess.run([Path(path, command)], cwd="/", check=True, stdout=subprocess.PIPE)
        assert b"said\n" == said.stdout
    assert {"say", "show"} == {command.name for command in Path(path).iterdir()}


POETRY_1 = """
[tool.poetry]
name = "mine"
version = "4"
description = ""
authors = []
packages = [{ include = "function" }]
"""
SETUP_CFG = "[metadata]\nname = mine\nversion = 3\n[options]\npackages = function\n"


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"pyproject.toml": STATIC, "requirements.txt": "six\n"}, "1.2"),
        ({"pyproject.toml": STATIC, "requirements.txt": ".[more]\n"}, "1.2"),
        ({**MADE, "pyproject.toml": STATIC + OWN_BACKEND}, "2.0"),
        ({**MADE, "pyproject.toml": OWN_BACKEND, "requirements.txt": ".\n"}, "2.0"),
        ({"setup.cfg": SETUP_CFG}, "3"),
        ({"pyproject.toml": POETRY_1 + POETRY}, "4"),
    ],
    ids=["list", "list with it", "backend", "list with it and backend", "setup.cfg", "poetry"],
)
def test_version(workspace: Workspace, files: dict[str, str], version: str) -> None:
    """The project is installed from all kinds of files."""
    build(workspace, FUNCTION | files)

    assert version == elsewhere(workspace, KNOWN + "print(version('mine'))")
    code = "print([each.version for each in distributions() if each.name == 'mine'])"
    assert f"['{version}']" == elsewhere(workspace, KNOWN + code)
    assert not [*(workspace.layers / "dependencies").rglob("mine*")]
    assert not [*(workspace.layers / "dependencies").rglob("function")]
    assert str(workspace.app / "function") in workspace.python(
        "import function; print(function.__file__)"
    )


def test_shared(workspace: Workspace) -> None:
    """A package that the function and its build both need is not a conflict."""
    declared = '[project]\nname = "mine"\nversion = "1"\ndependencies = ["setuptools==80.9.0"]\n'
    system = '[build-system]\nrequires = ["setuptools==80.9.0"]\n'
    setup = "from setuptools import setup\nsetup(packages=['function'])\n"

    log = build(workspace, FUNCTION | {"pyproject.toml": declared + system, "setup.py": setup})

    assert "setuptools==80.9.0" in log
    assert "because there is a setup.py\n" in log
    assert "Installed: mine 1\n" in log


@pytest.mark.parametrize("layout", ["function", "src/function"])
def test_made(workspace: Workspace, layout: str) -> None:
    """Generated files are in the application. Other files of a build backend are not."""
    files = {name.replace("function/", f"{layout}/"): text for name, text in MADE.items()}

    log = build(workspace, files, UV_COMPILE_BYTECODE="1")

    assert f"Added to the source by the project's build: {layout}/_made.py\n" in log
    assert {*files, f"{layout}/_made.py"} == {
        name for name in files_below(workspace.app) if not name.endswith(".pyc")
    }
    path = f"import sys; sys.path.insert(0, '{Path(layout).parent}'); "
    assert "1" == workspace.python(path + "from function import _made; print(_made.MADE)")
    assert "elsewhere" == elsewhere(workspace, "import elsewhere; print(elsewhere.WORD)")
    assert "1" == elsewhere(workspace, "from function import _made; print(_made.MADE)")
    assert [*(workspace.layers / "project/packages/elsewhere/__pycache__").glob("__init__.*.pyc")]


def test_rebuilt(workspace: Workspace) -> None:
    """A change of the source builds the project again, but not the dependencies."""
    files = MADE | {"requirements.txt": "idna==3.10\n.\n"}
    build(workspace, files)

    log = rebuild(workspace, files)
    assert "Reusing the project layer: nothing it depends on has changed\n" in log
    assert "Added to the source by the project's build: function/_made.py\n" in log
    assert "1" == elsewhere(workspace, "from function import _made; print(_made.MADE)")

    log = rebuild(workspace, files | {"function/more.py": ""})
    assert "Reusing the dependencies layer" in log
    assert "Installing: the source changed since the earlier build\n" in log
    assert "2" == elsewhere(workspace, "from function import _made; print(_made.MADE)")

    settings = {"SOME_FLAG": "1", "BP_LIBRARY_CHECK": "note"}
    log = rebuild(workspace, files | {"function/more.py": ""}, **settings)
    changes = "the variable SOME_FLAG changed, BP_LIBRARY_CHECK changed from error to note"
    assert f"Installing: {changes} since" in log.partition("[Project]")[2]


def test_static_rebuilt(workspace: Workspace) -> None:
    """A change of the source changes only the RECORD, one of the description everything."""
    files = FUNCTION | {"pyproject.toml": STATIC}
    build(workspace, files)

    log = rebuild(workspace, files | {"function/more.py": ""})
    assert "Reusing the project layer: nothing it depends on has changed\n" in log
    assert "True" == elsewhere(
        workspace, KNOWN + "print('function/more.py' in map(str, files('mine')))"
    )

    log = rebuild(workspace, files | {"README.md": "# New"})
    assert "Reusing the dependencies layer" in log
    assert "# New" == elsewhere(workspace, KNOWN + "print(metadata('mine').json['description'])")

    log = rebuild(workspace, files | {"pyproject.toml": STATIC.replace("1.2", "1.3")})
    assert "Reusing the dependencies layer" in log
    assert "1.3" == elsewhere(workspace, KNOWN + "print(version('mine'))")


def test_replaced(workspace: Workspace) -> None:
    """A file that a build changes replaces that of the source, and the log names it."""
    stale = {"function/_made.py": "MADE = 'old'\n", "mine.egg-info/PKG-INFO": "Version: 1\n"}
    build(workspace, MADE | stale)

    log = rebuild(workspace, MADE | stale)

    what = "Replaced in the source by the project's build: function/_made.py\n"
    assert what in log
    assert "Not in the image: mine.egg-info\n" in log
    assert "2.0" == workspace.python(KNOWN + "print(version('mine'))")
    assert "2" == workspace.python("from function import _made; print(_made.MADE)")


SCM = """
[project]
name = "mine"
dynamic = ["version"]
[build-system]
requires = ["setuptools", "setuptools-scm"]
build-backend = "setuptools.build_meta"
[tool.setuptools_scm]
version_file = "function/_version.py"
[tool.setuptools]
packages = ["function"]
"""


def commit(folder: Path, tag: str) -> None:
    """Make a folder a git repository with one tagged commit."""
    name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init"], ["add", "."], [*name, "commit", "-m", "first"], ["tag", tag]):
        subprocess.run(["git", *command], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def test_version_file(workspace: Workspace) -> None:
    """The module that setuptools-scm writes has the version of git's tag."""
    workspace.write({".gitignore": "function/_version.py\n"})
    workspace.write({"function/__init__.py": f"from ._version import version\n{HANDLE}"})
    workspace.write({"pyproject.toml": SCM})
    commit(workspace.app, "v2.5.0")

    log = build(workspace, {})

    assert "Installed: mine 2.5.0\n" in log
    assert "2.5.0" == workspace.python("import function; print(function.version)")
    assert {".gitignore", "pyproject.toml", "function/__init__.py", "function/_version.py"} == {
        name for name in files_below(workspace.app) if not name.endswith(".pyc")
    }


EXTENSION = """
#include <Python.h>
static PyObject *answer(PyObject *s, PyObject *a) { return PyLong_FromLong(42); }
static PyMethodDef m[] = {{"answer", answer, METH_NOARGS, ""}, {NULL}};
static struct PyModuleDef d = {PyModuleDef_HEAD_INIT, "fast", "", -1, m};
PyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&d); }
"""
SETUP_PY = """
from setuptools import Extension, setup
setup(
    name="mine",
    version="1",
    packages=["function"],
    ext_modules=[Extension("function.fast", ["function/fast.c"]), Extension("fast", ["fast.c"])],
)
"""


def test_extension(workspace: Workspace) -> None:
    """Extension modules are compiled once, within the function's package and next to it."""
    files = {
        "function/__init__.py": f"import fast as beside\nfrom . import fast\n{HANDLE}",
        "function/fast.c": EXTENSION,
        "fast.c": EXTENSION,
        "setup.py": SETUP_PY,
        "requirements.txt": ".\n",
    }
    build(workspace, files)

    log = rebuild(workspace, files)

    assert "Reusing the project layer" in log
    assert "Reusing the dependencies layer" in log
    code = "import function as f; print(f.beside.answer(), f.fast.answer(), f.fast.__file__)"
    here = f"42 42 {workspace.app}/function/fast.cpython-"
    assert workspace.python(code).startswith(here)


@pytest.mark.parametrize(
    ("files", "shown"),
    [
        (
            {**MADE, "backend.py": "def build_wheel(*a): raise ValueError('Unable to determine')"},
            "ValueError: Unable to determine",
        ),
        (
            {"pyproject.toml": STATIC.replace('"MIT"', '"My Own"')},
            "Invalid project metadata",
        ),
    ],
    ids=["backend", "metadata"],
)
def test_not_installed(workspace: Workspace, files: dict[str, str], shown: str) -> None:
    """A project that is not a valid package is built without it, with a note."""
    log = build(workspace, FUNCTION | files)

    assert shown in log
    assert "The project cannot be installed as a package. The image has its source" in log
    assert not (workspace.layers / "project").exists()
    assert "[]" == elsewhere(workspace, KNOWN + "print([*entry_points(group='orders.steps')])")


def test_locked(workspace: Workspace) -> None:
    """uv.lock has the project itself as a package. The image has it once."""
    workspace.write({"pyproject.toml": STATIC + HATCHLING + "[tool.uv]\npackage = true\n"})
    uv("lock", cwd=workspace.app)

    build(workspace, FUNCTION)

    code = "print([d.version for d in distributions() if d.name == 'mine'])"
    assert "['1.2']" == elsewhere(workspace, KNOWN + code)


def test_described(workspace: Workspace) -> None:
    """The layer's SBOM has the project, and no other layer has it."""
    build(workspace, FUNCTION | {"pyproject.toml": STATIC, "requirements.txt": ".\n"})

    found = {
        layer: [item["purl"] for item in json.loads(path.read_text())["components"]]
        for layer in ("dependencies", "project")
        for path in workspace.layers.glob(f"{layer}.sbom.cdx.json")
    }
    assert ["pkg:generic/mine@1.2"] == found["project"]
    assert ["pkg:pypi/idna@3.10"] == found["dependencies"]
