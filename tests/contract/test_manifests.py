"""bin/build with all forms of declared dependencies: installed packages, and messages."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract.manifests import MANIFESTS, NOT_INSTALLED, Manifest, make_repository, prepare, uv
from contract.phases import ROOT, Phase, Workspace, files_below
from function_buildpack.layers.dependencies.inputs import Inputs
from function_buildpack.manifests import registry
from function_buildpack.plan import plan
from function_buildpack.source import project
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.settings import Settings
from function_buildpack.source.workspace import locate

_BUILDPACK = ROOT / "buildpack"
_MATH = {"BP_FUNCTION_EXTRAS": "math"}
_DISTRIBUTIONS = """
from importlib.metadata import distributions
print(" ".join(f"{each.name}=={each.version}" for each in distributions()))
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return Workspace.create(tmp_path, {})


def installed(workspace: Workspace) -> set[str]:
    """Return the installed packages of the function's environment."""
    return set(workspace.python(_DISTRIBUTIONS).split())


def rebuild(workspace: Workspace, **environ: str) -> Phase:
    """Build again, as if the layers of the first build were restored."""
    text = (workspace.layers / "dependencies.toml").read_text()
    (workspace.layers / "dependencies.toml").write_text(text[text.index("[metadata]") :])
    return workspace.run("build", _BUILDPACK, **environ)


@pytest.mark.parametrize("manifest", MANIFESTS, ids=[manifest.kind for manifest in MANIFESTS])
def test_declared(workspace: Workspace, manifest: Manifest) -> None:
    """The declared packages are installed, without groups and extras, and no files remain."""
    prepare(manifest.kind, workspace.app)
    before = set(files_below(workspace.app))

    phase = workspace.run("build")

    assert 0 == phase.status, phase.log
    assert f"Dependencies from: {manifest.file}\n" in phase.log
    assert manifest.installed <= installed(workspace)
    assert not (NOT_INSTALLED | manifest.added) & installed(workspace)
    assert before == {path for path in files_below(workspace.app) if not path.endswith(".pyc")}
    layer = files_below(workspace.layers / "dependencies")
    assert [] == [path for path, content in layer.items() if b".uv-cache-" in content]


@pytest.mark.parametrize(
    "manifest",
    [manifest for manifest in MANIFESTS if manifest.selected],
    ids=[manifest.kind for manifest in MANIFESTS if manifest.selected],
)
def test_selected(workspace: Workspace, manifest: Manifest) -> None:
    """Selected extras and groups are installed as well, into another layer."""
    prepare(manifest.kind, workspace.app)
    phase = workspace.run("build", _BUILDPACK, **manifest.selected)

    assert 0 == phase.status, phase.log
    assert manifest.installed | manifest.added <= installed(workspace)
    assert not NOT_INSTALLED & installed(workspace)

    assert "Reusing the dependencies layer" in rebuild(workspace, **manifest.selected).log
    log = rebuild(workspace).log
    assert "Installing: the declared dependencies changed" in log


@pytest.mark.parametrize(
    ("kind", "environ", "known"),
    [
        ("poetry", {"BP_FUNCTION_EXTRAS": "mat"}, "It has:   math"),
        ("poetry", {"BP_FUNCTION_GROUPS": "tests"}, "It has:   dev, test"),
        ("pipenv", {"BP_FUNCTION_GROUPS": "tests"}, "It has:   develop, math"),
        ("dynamic", {"BP_FUNCTION_EXTRAS": "mat"}, "It has:   math"),
        ("dynamic", {"BP_FUNCTION_GROUPS": "tests"}, "It has:   data, dev"),
        ("requirements", {"BP_FUNCTION_EXTRAS": "math"}, "requirements.txt\nIt has:   none\n"),
    ],
)
def test_selected_unknown(
    workspace: Workspace, kind: str, environ: dict[str, str], known: str
) -> None:
    """An unknown extra or group is an error that lists the known ones."""
    prepare(kind, workspace.app)

    phase = workspace.run("build", _BUILDPACK, **environ)

    assert 1 == phase.status
    assert "ERROR: Unknown extra or dependency group" in phase.log
    assert known in phase.log.partition("ERROR: ")[2]


@pytest.mark.parametrize("others", [{}, {"pyproject.toml": "[tool.ruff]\n"}], ids=["", "pyproject"])
def test_setup_cfg_alone(workspace: Workspace, others: dict[str, str]) -> None:
    """setuptools needs no setup.py, and the file for uv is removed after the build."""
    prepare("setup", workspace.app)
    (workspace.app / "setup.py").unlink()
    workspace.write(others)
    before = set(files_below(workspace.app))

    phase = workspace.run("build", _BUILDPACK, **_MATH)

    assert 0 == phase.status, phase.log
    assert "Dependencies from: setup.cfg\n" in phase.log
    assert {"idna==3.10", "six==1.17.0"} <= installed(workspace)
    assert not NOT_INSTALLED & installed(workspace)
    assert before == {path for path in files_below(workspace.app) if not path.endswith(".pyc")}
    assert "Reusing the dependencies layer" in rebuild(workspace, **_MATH).log


def test_selected_unknown_to_setup(workspace: Workspace) -> None:
    """Only setuptools knows the extras of setup.py, so uv's message is shown."""
    prepare("setup", workspace.app)

    phase = workspace.run("build", BP_FUNCTION_EXTRAS="mat")

    assert 1 == phase.status
    assert "ERROR: Unknown extra or dependency group" in phase.log
    assert "mat" in phase.log


@dataclass(frozen=True)
class Outdated:
    """A change that makes a lock outdated, and the message for it."""

    kind: str
    file: str
    before: str
    after: str
    title: str
    command: str


_OUTDATED = [
    Outdated(
        *("poetry", "pyproject.toml", "idna==3.10", "idna==3.9"),
        *("poetry.lock does not match pyproject.toml", "poetry lock"),
    ),
    Outdated(
        *("pipenv", "Pipfile", "==3.10", "==3.9"),
        *("Pipfile.lock does not match Pipfile", "pipenv lock"),
    ),
    Outdated(
        *("pylock", "pyproject.toml", "idna==3.10", "idna==3.9"),
        *(
            "pylock.toml does not match pyproject.toml",
            "uv export --no-dev --no-emit-project -o pylock.toml",
        ),
    ),
    Outdated(
        *("poetry", "poetry.lock", 'groups = ["test"]\n', ""),
        *("Unsupported lock format", "poetry lock"),
    ),
]


@pytest.mark.parametrize("case", _OUTDATED, ids=[case.title for case in _OUTDATED])
def test_outdated(workspace: Workspace, case: Outdated) -> None:
    """An outdated lock is an error with the command that locks again. Nothing is installed."""
    prepare(case.kind, workspace.app)
    text = (workspace.app / case.file).read_text()
    workspace.write({case.file: text.replace(case.before, case.after)})

    phase = workspace.run("build")

    assert 1 == phase.status
    assert f"ERROR: {case.title}" in phase.log
    assert f"    {case.command}\n" in phase.log
    assert "Installing" not in phase.log


def test_pipfile_without_lock(workspace: Workspace) -> None:
    """A Pipfile without a lock is an error."""
    prepare("pipenv", workspace.app)
    (workspace.app / "Pipfile.lock").unlink()

    phase = workspace.run("build")

    assert 1 == phase.status
    assert "ERROR: Pipfile has no lock" in phase.log


POETRY = """
[tool.poetry.dependencies]
python = "^3.11"
idna = "3.10"
"""
BACKEND = """
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
"""


PROJECT = '[project]\nname = "mine"\nversion = "1"\n'
ENRICHED = """
dependencies = ["iniconfig"]
[tool.poetry.dependencies]
iniconfig = { path = "libs/iniconfig" }
"""


@pytest.mark.parametrize(
    "pyproject",
    [
        POETRY,
        f"{POETRY}{BACKEND}[tool.poetry]\npackage-mode=false",
        f"{PROJECT}{POETRY}{BACKEND}",
        f"{PROJECT}{ENRICHED}{BACKEND}",
    ],
    ids=["no backend", "no package", "project without dependencies", "project with them"],
)
def test_poetry_without_lock(workspace: Workspace, pyproject: str) -> None:
    """So is a project of Poetry whose backend does not report all dependencies."""
    workspace.write({"pyproject.toml": pyproject, "function.py": "def handle(*request): ..."})

    phase = workspace.run("build")

    assert 1 == phase.status
    assert "ERROR: pyproject.toml has no lock" in phase.log
    assert "    poetry lock\n" in phase.log


def test_poetry_group_without_lock(workspace: Workspace) -> None:
    """So is a selected group of Poetry, whose packages only the lock has."""
    pyproject = f"{PROJECT}dependencies = []\n[tool.poetry.group.dev.dependencies]\nsix = '*'\n"
    workspace.write({"pyproject.toml": pyproject, "function.py": "def handle(*request): ..."})

    phase = workspace.run("build", _BUILDPACK, BP_FUNCTION_GROUPS="dev")

    assert 1 == phase.status
    assert "ERROR: pyproject.toml has no lock" in phase.log
    assert "Missing:  poetry.lock\nGroups:   dev\n" in phase.log


def test_poetry_package(workspace: Workspace) -> None:
    """The build backend of a package reports the dependencies in Poetry's table."""
    package = '[tool.poetry]\nname = "function"\nversion = "1"\ndescription = ""\nauthors = []\n'
    function = {"pyproject.toml": package + POETRY + BACKEND}
    workspace.write({**function, "function/__init__.py": "def handle(*request): ..."})

    phase = workspace.run("build")

    assert 0 == phase.status, phase.log
    assert "idna==3.10" in installed(workspace)


def test_declared_in_other_lists(workspace: Workspace) -> None:
    """Without declared dependencies, the log names similar files, and how to include them."""
    workspace.write({"requirements/prod.txt": "idna", "function.py": "def handle(*request): ..."})

    phase = workspace.run("build")

    assert 0 == phase.status, phase.log
    said = "requirements.txt does not include it (-r requirements/prod.txt)"
    assert f"requirements/prod.txt is ignored: {said}\n" in phase.log


def test_not_read(workspace: Workspace) -> None:
    """The log names files of other tools and platforms, and groups that uv would install."""
    project = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\n'
    groups = '[dependency-groups]\nprod = ["idna"]\ndev = ["pytest"]\n'
    workspace.write(
        {
            "function.py": "import idna\n",
            "pyproject.toml": f'{project}{groups}[tool.uv]\ndefault-groups = ["prod", "dev"]\n',
            "pylock.prod.toml": "",
            "Procfile": "web: gunicorn app\n",
        }
    )
    uv("lock", cwd=workspace.app)

    phase = workspace.run("build")

    assert 1 == phase.status
    for said in (
        "pylock.prod.toml is ignored: the build reads only pylock.toml",
        "Procfile is ignored: the image starts the runtime",
        "uv installs these groups by default, but this build does not: prod. If the",
        "    BP_FUNCTION_GROUPS=prod\n",
    ):
        assert said in phase.log


def test_conflict(workspace: Workspace) -> None:
    """Conflicting extras are an error of the setting, with uv's explanation once."""
    project = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\n'
    extras = '[project.optional-dependencies]\ncpu = ["idna==3.9"]\ngpu = ["idna==3.10"]\n'
    conflicts = '[tool.uv]\nconflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]\n'
    workspace.write({"function.py": "", "pyproject.toml": f"{project}{extras}{conflicts}"})
    uv("lock", cwd=workspace.app)

    phase = workspace.run("build", BP_FUNCTION_EXTRAS="cpu gpu")

    assert 1 == phase.status
    assert "ERROR: The selected extras or dependency groups conflict" in phase.log
    assert "Setting:  BP_FUNCTION_EXTRAS=cpu gpu\n" in phase.log
    command = "uv sync --locked --no-default-groups --no-install-project --no-editable"
    assert f"    {command} --extra cpu --extra gpu --python 3." in phase.log
    assert 1 == phase.log.count("are incompatible")


@pytest.mark.parametrize("locked", [True, False])
def test_uv_unfit(workspace: Workspace, *, locked: bool) -> None:
    """A project that requires another uv has its own error, wherever uv reports it first."""
    project = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\n'
    workspace.write({"function.py": "", "pyproject.toml": f"{project}dependencies = []\n"})
    if locked:
        uv("lock", cwd=workspace.app)
    workspace.write({"uv.toml": 'required-version = "==0.9.5"\n'})

    phase = workspace.run("build", **({} if locked else {"BP_PYTHON_VERSION": "3.99"}))

    assert 1 == phase.status
    assert "ERROR: The project requires another version of uv" in phase.log
    found = f"File:     {workspace.app}/uv.toml\nField:    required-version\nFound:    ==0.9.5\n"
    assert found in phase.log


def test_module_of_another_folder(workspace: Workspace) -> None:
    """The error has the path of a missing module in the source. Its advice works."""
    workspace.write(
        {
            "common/__init__.py": "",
            "services/pay/function.py": "import common\ndef handle(*request): ...\n",
            "services/pay/requirements.txt": "idna==3.10\n",
        }
    )
    failed = workspace.run("build", BP_FUNCTION_PATH="services/pay")
    project = re.search(r"Create common/pyproject.toml:\n\n(.*?)\n\nand", failed.log, re.DOTALL)
    asked = re.search(r"and declare it in requirements.txt .*:\n\n    (.*)\n", failed.log)
    assert project, failed.log
    assert asked
    workspace.write(
        {
            "common/pyproject.toml": textwrap.dedent(project[1]),
            "services/pay/requirements.txt": f"idna==3.10\n{asked[1]}\n",
        }
    )

    phase = workspace.run("build", BP_FUNCTION_PATH="services/pay")

    assert 0 == phase.status, phase.log


def test_order(workspace: Workspace) -> None:
    """The first of several manifests in a fixed order is installed. The log names the others."""
    for kind in ("setup", "pipenv", "pylock"):
        prepare(kind, workspace.app)
    workspace.write({"requirements.txt": "six", "pdm.lock": ""})

    phase = workspace.run("build")

    assert 0 == phase.status, phase.log
    assert "pdm.lock is ignored: create a lock with pdm export -f pylock" in phase.log
    assert "Dependencies from: pylock.toml\n" in phase.log
    for unused in ("Pipfile.lock", "requirements.txt", "pyproject.toml", "setup.py"):
        assert f"Ignored: {unused}, because pylock.toml comes first\n" in phase.log


@pytest.mark.parametrize(
    ("kind", "file"),
    [("poetry", "poetry.lock"), ("pipenv", "Pipfile.lock"), ("pylock", "pylock.toml")],
)
def test_hash(workspace: Workspace, kind: str, file: str) -> None:
    """A file with another hash than in the lock is not installed."""
    prepare(kind, workspace.app)
    text = (workspace.app / file).read_text()
    for digest in set(re.findall("[0-9a-f]{64}", text.partition("idna")[2])):
        text = text.replace(f"sha256:{digest}", f"sha256:{'0' * 64}")
        text = text.replace(f'sha256 = "{digest}"', f'sha256 = "{"0" * 64}"')
    workspace.write({file: text})

    phase = workspace.run("build")

    assert 1 == phase.status
    assert "Hash mismatch for `idna==3.10`" in phase.log


def test_git_missing(workspace: Workspace, tmp_path: Path) -> None:
    """Without git in the build image, the error names git."""
    workspace.write({"function.py": "def handle(*request): ...\n"})
    workspace.write({"requirements.txt": "x @ git+https://example.invalid/x@v1\n"})
    programs = tmp_path / "programs"
    programs.mkdir()
    own = Path(sys.executable).parent
    for name, found in (("python3", own), ("uv", own), ("dirname", Path("/usr/bin"))):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {found / name} "$@"\n')
        program.chmod(0o755)

    phase = workspace.run("build", PATH=str(programs))

    assert 1 == phase.status
    assert "ERROR: The build image lacks a program that the build needs" in phase.log
    assert "Missing:  git\n" in phase.log


@pytest.mark.parametrize(
    ("kind", "changed", "reinstalls"),
    [
        ("requirements", "more/declared.txt", True),
        ("requirements", "constraints.txt", True),
        ("requirements", "libs/plain/plain/__init__.py", True),
        ("requirements", "function/__init__.py", False),  # it has -e ., which has its own layer
        ("dynamic", "declared.in", True),
        ("dynamic", "function/__init__.py", False),
        ("setup", "setup.cfg", True),
        ("setup", "function/__init__.py", False),
        ("poetry", "function/__init__.py", False),
        ("uv_workspace", "libs/measured/src/acme/measured/data.txt", True),
        ("uv_workspace", "vendor/hooked/acme/hooked/__init__.py", True),
        ("uv_workspace", "services/mine/src/function/__init__.py", False),
    ],
)
def test_key(kind: str, changed: str, reinstalls: bool, tmp_path: Path) -> None:
    """The layer key has all files that decide what is installed, and no other."""
    assert reinstalls == (key(kind, tmp_path, "") != key(kind, tmp_path, changed))


def key(kind: str, folder: Path, changed: str) -> str:
    """Return the digest of a function's manifests, with one of its files changed."""
    app = folder / (changed.replace("/", "-") or "unchanged") / "app"
    prepare(kind, app, at="/workspace")  # some files have the place in them
    if changed:
        with (app / changed).open("a") as file:
            file.write("\n")
    found = locate(app, "services/mine" if kind == "uv_workspace" else "")
    planned = plan.make(registry.read(project.read(found)), Settings(), "3.13.5")
    return Inputs(planned, ReferenceResolver(app, found.folder, {})).digest


SETUPTOOLS = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[tool.setuptools]
packages = ["{name}"]
package-data = {{ "{name}" = ["**"] }}
[project]
name = "{name}"
version = "1"
"""
POETRY_PACKAGE = """
[tool.poetry]
name = "{name}"
version = "1"
description = ""
authors = []
"""


@dataclass(frozen=True)
class Named:
    """How a function declares the local package aaa, and aaa perhaps bbb; the changed file."""

    files: dict[str, str]
    changed: str = "libs/bbb/bbb/__init__.py"
    environ: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


_IN_FOLDER = {"BP_FUNCTION_PATH": "fn"}
_AAA = SETUPTOOLS.format(name="aaa")
_NAMED = {
    "uv's sources of a local package": Named(
        {
            "requirements.txt": "./libs/aaa",
            "libs/aaa/pyproject.toml": f"{_AAA}dependencies = ['bbb']\n"
            "[tool.uv.sources]\nbbb = { path = '../bbb' }",
        }
    ),
    "Poetry's sources of a local package": Named(
        {
            "requirements.txt": "./libs/aaa",
            "libs/aaa/pyproject.toml": f"{POETRY_PACKAGE.format(name='aaa')}"
            f"[tool.poetry.dependencies]\nbbb = {{ path = '../bbb' }}{BACKEND}",
        }
    ),
    "Poetry's sources": Named(
        {
            "fn/pyproject.toml": f"{POETRY_PACKAGE.format(name='function')}"
            f"[tool.poetry.dependencies]\naaa = {{ path = '../libs/aaa' }}{BACKEND}",
            "fn/function/__init__.py": "def handle(*request): ...",
        },
        "libs/aaa/aaa/__init__.py",
        _IN_FOLDER,
    ),
    "a URL of a file": Named(
        {
            "pyproject.toml": "[project]\nname = 'x'\nversion = '1'\n"
            "dependencies = ['aaa @ file://{app}/libs/aaa']",
        },
        "libs/aaa/aaa/__init__.py",
    ),
    "a link": Named(
        {"requirements.txt": "./libs/aaa"},
        "shared/data.txt",
        links={"libs/aaa/aaa/data": "../../../shared"},
    ),
    "the variable of the folder": Named(
        {"requirements.txt": "aaa @ file:///${PROJECT_ROOT}/libs/aaa"}, "libs/aaa/aaa/__init__.py"
    ),
    "a variable for an include": Named(
        {"requirements.txt": "-r ${BASE}.txt", "base.txt": "./libs/aaa"},
        "libs/aaa/aaa/__init__.py",
        {"BASE": "base"},
    ),
    "percent signs": Named(
        {"requirements.txt": "aaa @ file:libs/%61aa"}, "libs/aaa/aaa/__init__.py"
    ),
    "a fragment": Named(
        {"requirements.txt": "-e file:libs/aaa#egg=aaa"}, "libs/aaa/aaa/__init__.py"
    ),
}


@pytest.mark.parametrize("named", _NAMED.values(), ids=_NAMED)
def test_local_package_changes(workspace: Workspace, named: Named) -> None:
    """The image has changes of a local package in all forms. Otherwise the layer is reused."""
    app = workspace.app
    workspace.write(
        {
            "function/__init__.py": "def handle(*request): ...",
            "shared/data.txt": "",
            **{f"libs/{name}/{name}/__init__.py": "" for name in ("aaa", "bbb")},
            **{
                f"libs/{name}/pyproject.toml": SETUPTOOLS.format(name=name)
                for name in ("aaa", "bbb")
            },
            **{file: text.replace("{app}", str(app)) for file, text in named.files.items()},
        }
    )
    for link, target in named.links.items():
        (app / link).symlink_to(target)
    first = workspace.run("build", _BUILDPACK, **named.environ)
    assert 0 == first.status, first.log
    assert [] == [*app.rglob("build"), *app.rglob("*.egg-info")]
    assert "Reusing the dependencies layer" in rebuild(workspace, **named.environ).log

    (app / named.changed).write_text("# changed")

    log = rebuild(workspace, **named.environ).log
    assert "Installing: the declared dependencies changed" in log
    layer = files_below(workspace.layers / "dependencies")
    assert b"# changed" in layer.values()


def test_uv_workspace(workspace: Workspace) -> None:
    """A member of a uv workspace gets its members and paths as copies."""
    prepare("uv_workspace", workspace.app)

    phase = workspace.run("build", BP_FUNCTION_PATH="services/mine")

    assert 0 == phase.status, phase.log
    assert "Dependencies from: ../../uv.lock\n" in phase.log
    assert {"measured==2.0", "hooked==3.0", "idna==3.10", "mine==1.0"} <= installed(workspace)
    assert not {"six==1.17.0", "sniffio==1.3.1"} & installed(workspace)
    links = [
        path for path in workspace.layers.rglob("*.pth") if str(workspace.app) in path.read_text()
    ]
    assert [] == links


def test_same_bytes(workspace: Workspace) -> None:
    """Packages from local folders have the same bytes at another time."""
    prepare("requirements", workspace.app)
    assert 0 == workspace.run("build").status
    first = files_below(workspace.layers / "dependencies")
    shutil.rmtree(workspace.layers)
    workspace.layers.mkdir()
    for path in workspace.app.rglob("*"):
        os.utime(path, (1, 1))

    assert 0 == workspace.run("build").status

    assert first == files_below(workspace.layers / "dependencies")


NATIVE = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "{name}"
version = "1.0"
[tool.setuptools]
py-modules = []
ext-modules = [{{ name = "{name}", sources = ["{name}.c"] }}]
"""
SOURCE = """
#include <Python.h>
static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "{name}", NULL, 0, NULL}};
PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModule_Create(&module); }}
"""


def write_native(folder: Path, name: str) -> Path:
    """Write a package that is compiled."""
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(NATIVE.format(name=name))
    (folder / f"{name}.c").write_text(SOURCE.format(name=name))
    return folder


def test_same_bytes_elsewhere(tmp_path: Path) -> None:
    """No installed package has the source's folder, or temporary ones of the build."""
    write_native(tmp_path / "packed", "packed")
    with tarfile.open(tmp_path / "packed-1.0.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "packed", "packed-1.0")
    workspaces = [
        Workspace(tmp_path / "workspace", tmp_path / "layers"),
        Workspace(tmp_path / "workspace/source/sub", tmp_path / "layers"),
    ]
    layers = []
    for workspace in workspaces:
        write_native(workspace.app / "native", "native")
        shutil.copy(tmp_path / "packed-1.0.tar.gz", workspace.app)
        manifest = "./native\n./packed-1.0.tar.gz\n"
        workspace.write({"requirements.txt": manifest, "function.py": "def handle(*request): ..."})
        workspace.layers.mkdir()

        phase = workspace.run("build")

        assert 0 == phase.status, phase.log
        assert {"native==1.0", "packed==1.0"} <= installed(workspace)
        layers.append(files_below(workspace.layers / "dependencies"))
        shutil.rmtree(workspace.layers)

    assert layers[0] == layers[1]
    assert [] == [name for name, content in layers[0].items() if bytes(tmp_path / "w") in content]


def test_version_from_git(workspace: Workspace) -> None:
    """A package that reads its version from git finds the history. The image does not have it."""
    pyproject = """
        [build-system]
        requires = ["setuptools", "setuptools-scm"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "mine"
        dynamic = ["version"]
        [tool.setuptools_scm]
        """
    function = {"pyproject.toml": pyproject, "requirements.txt": ".\n"}
    workspace.write({**function, "function/__init__.py": "def handle(*request): ..."})
    make_repository(workspace.app, workspace.app.with_name("bare"), tag="v1.2")
    subprocess.run(
        ["git", "clone", "--quiet", "bare", "workspace"], cwd=workspace.app.parent, check=True
    )

    phase = workspace.run("build")

    assert 0 == phase.status, phase.log
    assert "mine==1.2" in installed(workspace)
    assert "Not in the image: .git\n" in phase.log
    assert not (workspace.app / ".git").exists()


def test_for_tests(workspace: Workspace) -> None:
    """Packages for tests among the function's dependencies cause a note."""
    project = {"name": "mine", "version": "1", "dependencies": ["iniconfig", "pytest"]}
    manifest = "\n".join(f"{name} = {json.dumps(value)}" for name, value in project.items())
    workspace.write(
        {"pyproject.toml": f"[project]\n{manifest}\n", "function.py": "def handle(*request): ..."}
    )
    uv("lock", cwd=workspace.app)

    phase = workspace.run("build")

    assert 0 == phase.status, phase.log
    assert "The image contains packages for tests and checks: pytest." in phase.log


CONSTRAINED = {
    "function.py": "def handle(*request): ...",
    "requirements.txt": "idna\n",
    "limits/constraints.txt": "-r more.txt\n",
    "limits/more.txt": "idna<3.10\n",
}


@pytest.mark.parametrize("variable", ["PIP_CONSTRAINT", "UV_CONSTRAINT"])
def test_constraints(workspace: Workspace, variable: str) -> None:
    """pip's variable for constraints works, and the layer key has its file."""
    settings = {variable: "limits/constraints.txt"}
    workspace.write(CONSTRAINED)

    phase = workspace.run("build", **settings)

    assert 0 == phase.status, phase.log
    assert "Constraints: limits/constraints.txt\n" in phase.log
    assert "idna==3.9" in installed(workspace)
    assert "Reusing the dependencies layer" in rebuild(workspace, **settings).log

    workspace.write({"limits/more.txt": "idna==3.8\n"})
    assert "Installing: settings of uv" in rebuild(workspace, **settings).log
    assert "idna==3.8" in installed(workspace)


def test_constraints_beside_ours(workspace: Workspace) -> None:
    """The build's own constraint, for the cloudevents SDK 1, is added to them."""
    workspace.write(
        {
            "function.py": "from cloudevents.http import CloudEvent\ndef handle(*request): ...",
            "pyproject.toml": "[project]\nname='x'\nversion='1'\ndependencies=['cloudevents']\n",
            "constraints.txt": "cloudevents<1.11\n",
        }
    )

    phase = workspace.run("build", PIP_CONSTRAINT="constraints.txt")

    assert 0 == phase.status, phase.log
    assert "cloudevents==1.10.1" in installed(workspace)


@pytest.mark.parametrize("kind", ["pylock", "poetry"])
def test_constraints_of_a_lock(workspace: Workspace, kind: str) -> None:
    """A lock pins versions, so constraints are ignored with a note."""
    prepare(kind, workspace.app)
    workspace.write({"constraints.txt": "idna<3.10\n"})

    phase = workspace.run("build", PIP_CONSTRAINT="constraints.txt")

    assert 0 == phase.status, phase.log
    assert "Constraints ignored: constraints.txt, because " in phase.log
    assert "idna==3.10" in installed(workspace)


def test_settings_for_other_uses(workspace: Workspace) -> None:
    """Settings of uv for a user's own machine do not affect the image."""
    project = "[project]\nname='x'\nversion='1'\ndependencies=['idna==3.10']\n"
    workspace.write(
        {
            "function.py": "import idna\ndef handle(*request): ...",
            "pyproject.toml": f"{project}[dependency-groups]\ndev=['six']\n",
            "uv.toml": "link-mode = 'symlink'\n",
        }
    )
    uv("lock", cwd=workspace.app)

    phase = workspace.run(
        *("build", _BUILDPACK),
        **dict.fromkeys(("UV_DEV", "UV_FROZEN", "UV_NO_CACHE", "UV_SYSTEM_PYTHON"), "1"),
        UV_LINK_MODE="symlink",
        UV_PROJECT="/",
        UV_WORKING_DIR="/",
    )

    assert 0 == phase.status, phase.log
    assert "idna==3.10" in installed(workspace)
    assert "six" not in " ".join(installed(workspace))
    links = [
        path for path in workspace.layers.rglob("*") if path.is_symlink() and not path.exists()
    ]
    assert [] == links
