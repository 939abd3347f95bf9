"""Code that runs in a build cannot change the image, or read secrets of the platform.

Folders of tests are below /tmp, where the kernel confines nothing (steps/isolation.py): here the
build itself finds what was changed. tests/image/test_isolation.py has the kernel's part.
"""

import shutil
import time
from pathlib import Path

import pytest

from contract.phases import Phase, Workspace, files_below

HANDLE = "async def handle(scope, receive, send): ...\n"
TITLE = "ERROR: Code that ran in the build changed files of the image"
BACKEND = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
IN_PACKAGES = """
import pathlib
for folder in pathlib.Path("LAYERS").glob("*/venv/lib/*/site-packages"):
    (folder / "evil.pth").write_text("import os")
    (folder / "sitecustomize.py").touch()
"""
IN_ARCHIVES = """
import glob
for path in glob.glob("LAYERS/archives/*.zip"):
    open(path, "ab").write(b"x")
"""
WHEEL = """
import zipfile
def build_wheel(folder, *_):
    with zipfile.ZipFile(f"{folder}/near-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("near.py", "")
        info = "near-1.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: near\\nVersion: 1\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return "near-1-py3-none-any.whl"
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layers of a function without dependencies."""
    workspace = Workspace.create(tmp_path_factory.mktemp("plain"), {"function.py": HANDLE})
    phase = workspace.run("build")
    assert phase.status == 0, phase.log
    return workspace.layers


@pytest.fixture
def workspace(tmp_path: Path, plain: Path) -> Workspace:
    """A function, and the layers of an earlier build with their contents."""
    made = Workspace.create(tmp_path, {"function.py": HANDLE})
    shutil.rmtree(made.layers)
    shutil.copytree(plain, made.layers, symlinks=True)
    return made


def build(workspace: Workspace, code: str = "", **environ: str) -> Phase:
    """Build a function with this code before its handle."""
    code = code.replace("LAYERS", str(workspace.layers)).replace("APP", str(workspace.app))
    workspace.write({"function.py": code + HANDLE})
    return workspace.run("build", **environ)


def contents(workspace: Workspace) -> dict[str, bytes]:
    """Return the exported files."""
    found = {**files_below(workspace.app)}
    for layer in ("asgi-runtime", "dependencies"):
        below = files_below(workspace.layers / layer)
        found |= {f"{layer}/{name}": content for name, content in below.items()}
    return found


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "open('app.log', 'a').write('x')\n",
            "writes into its own folder when it is loaded: app.log.",
        ),
        ("import os\nos.remove('function.py')\n", "own folder when it is loaded: function.py."),
        ("open('APP/app.log', 'a').write('x')\n", "Removed files that the function wrote: "),
        ("import os\nos.makedirs('APP/a/b')\nopen('APP/a/b/c', 'w')\n", "/workspace/a\n"),
        (IN_PACKAGES, "evil.pth"),
        (
            (
                "import os\nos.makedirs('LAYERS/dependencies/exec.d')\n"
                "open('LAYERS/dependencies/exec.d/x', 'w')\n"
            ),
            "exec.d",
        ),
    ],
    ids=["beside", "own source", "absolute", "folders", "site-packages", "exec.d"],
)
def test_what_is_new(workspace: Workspace, code: str, said: str) -> None:
    """Files that a function writes when it is loaded are in no image, and the log names them."""
    workspace.write({"function.py": HANDLE})
    build(workspace, code.replace("write", "closed"), BP_FUNCTION_CHECK="off")
    expected = contents(workspace).keys()

    phase = build(workspace, code)

    assert phase.status == 0, phase.log
    assert said in phase.log
    assert expected == contents(workspace).keys()


@pytest.mark.parametrize(
    "code",
    [
        "p = 'LAYERS/asgi-runtime/packages/func_runtime/errors.py'\nopen(p, 'a').write('#')\n",
        "import os\nos.remove('LAYERS/asgi-runtime/packages/func_runtime/errors.py')\n",
        "import os\nos.chmod('LAYERS/asgi-runtime/packages/func_runtime', 0o777)\n",
        "open('LAYERS/evil.toml', 'w').write('[types]\\nlaunch = true\\n')\n",
        IN_ARCHIVES,
        "open('APP/data.txt', 'a').write('x')\n",
    ],
    ids=["content", "removed", "mode", "another layer", "archive", "source"],
)
def test_what_is_changed(workspace: Workspace, code: str) -> None:
    """A function that changes files of the build is an error."""
    workspace.write({"data.txt": "data"})

    phase = build(workspace, code)

    assert (1, True) == (phase.status, TITLE in phase.log)


def test_nothing_lives_on(workspace: Workspace) -> None:
    """Processes that a function has started are killed after the check, even hidden ones."""
    late = workspace.app.parent / "late"

    phase = build(
        workspace,
        "import subprocess\n"
        f"subprocess.Popen('(setsid sh -c \"sleep 1; touch {late}\" &)', shell=True)\n",
    )

    assert 0 == phase.status
    time.sleep(1.5)
    assert not late.exists()


def test_environment(workspace: Workspace) -> None:
    """The function's environment and home do not have the platform's variables."""
    code = "import os\nraise ValueError(sorted(os.environ.items()), os.path.expanduser('~'))\n"

    phase = build(workspace, code, UV_INDEX_CORP_PASSWORD="planted-1", MY_TOKEN="planted-2")

    assert "ValueError: ([(" in phase.log
    assert "planted" not in phase.log
    assert "/.check-" in phase.log.rpartition("], ")[2]
    assert f'File "{workspace.app}/function.py", line 2' in phase.log


@pytest.mark.parametrize(
    "code",
    [
        "open('../near/version.txt', 'w').write('changed')\n",
        "import pathlib\npathlib.Path('../near/version.txt').unlink(missing_ok=True)\n",
        "import os, shutil\nshutil.rmtree('../data', ignore_errors=True)\nopen('../data', 'w')\n",
        "open('../new.txt', 'w')\n",
        "import os\nos.chmod('../data', 0o777)\n",
    ],
    ids=["changed", "removed", "folder", "new", "mode"],
)
def test_source_after_an_installation(workspace: Workspace, code: str) -> None:
    """The source is restored after code of a package has changed it."""
    files = {"near/pyproject.toml": BACKEND, "near/version.txt": "1", "data/x": "y"}
    workspace.write({**files, "near/backend.py": code + WHEEL, "requirements.txt": "./near\n"})
    before = files_below(workspace.app)

    phase = build(workspace)

    assert phase.status == 0, phase.log
    kept = {
        name: text for name, text in files_below(workspace.app).items() if "__pycache" not in name
    }
    assert before == kept
    assert 0o755 == (workspace.app / "data").stat().st_mode & 0o777


@pytest.mark.parametrize(
    "code",
    [
        "open('LAYERS/asgi-runtime/packages/func_runtime/errors.py', 'a').write('#')\n",
        "open('LAYERS/asgi-runtime/packages/evil.py', 'w')\n",
        IN_ARCHIVES,
    ],
    ids=["changed", "new", "archive"],
)
def test_layers_after_an_installation(workspace: Workspace, code: str) -> None:
    """Code of a package that changes another layer is an error."""
    code = code.replace("LAYERS", str(workspace.layers))
    workspace.write({"near/pyproject.toml": BACKEND, "near/backend.py": code + WHEEL})
    workspace.write({"requirements.txt": "./near\n"})

    phase = build(workspace)

    assert (1, True) == (phase.status, TITLE in phase.log)


def test_other_layers_after_an_installation(workspace: Workspace) -> None:
    """Layers and start-up programs that code of a package adds are not exported."""
    code = (
        "import os\nos.makedirs('LAYERS/dependencies/exec.d', exist_ok=True)\n"
        "open('LAYERS/evil.toml', 'w').write('[types]\\nlaunch = true\\n')\n"
    ).replace("LAYERS", str(workspace.layers))
    workspace.write({"near/pyproject.toml": BACKEND, "near/backend.py": code + WHEEL})
    workspace.write({"requirements.txt": "./near\n"})

    phase = build(workspace)

    assert phase.status == 0, phase.log
    assert not (workspace.layers / "evil.toml").exists()
    found = {path.name for path in (workspace.layers / "dependencies").iterdir()}
    assert {"venv", "env.launch"} == found


@pytest.mark.parametrize(
    "code",
    [
        "open('APP/data.txt', 'a').write('x')\n",
        "open('APP/new.txt', 'w')\n",
        "open('LAYERS/asgi-runtime/packages/func_runtime/errors.py', 'a').write('#')\n",
        IN_ARCHIVES,
        IN_PACKAGES,
    ],
    ids=["source", "new", "runtime", "archive", "dependencies"],
)
def test_own_build(workspace: Workspace, code: str) -> None:
    """The build of the function's own project can change neither its source nor other layers."""
    code = code.replace("LAYERS", str(workspace.layers)).replace("APP", str(workspace.app))
    declared = f'{BACKEND}[project]\nname = "near"\nversion = "1"\n'
    workspace.write({"pyproject.toml": declared, "backend.py": code + WHEEL, "data.txt": "data"})

    phase = build(workspace)

    assert (1, True) == (phase.status, TITLE in phase.log)


DEPENDING = """
[project]
name = "a"
dependencies = ["x\\nERROR: forged\\u001b[2J"]
"""
FORGED = "x\n\x1b[2J\nERROR: forged\n::error::forged\r"


@pytest.mark.parametrize(
    ("files", "environ"),
    [
        ({"func.yaml": 'invoke: "a\\n\\nERROR: forged\\e[2J"\n'}, {}),
        ({"func.yaml": '? "a\\nERROR: forged\\e[2J"\n: x\ninvoke: ["\\nERROR: forged"]\n'}, {}),
        ({"pyproject.toml": DEPENDING}, {}),
        ({f"{FORGED}/logging.py": "", f"function/{FORGED}.py": "def x(:"}, {}),
        ({}, {"BP_FUNCTION_CHECK": FORGED}),
        ({}, {"BP_FUNCTION_PATH": FORGED}),
        ({}, {"BP_PYTHON_VERSION": FORGED}),
        ({"function.py": f"raise ValueError({FORGED!r} * 2)\n"}, {}),
        ({"function.py": f"print({FORGED!r})\nimport os\nos._exit(3)\n"}, {}),
    ],
)
def test_forged_lines(workspace: Workspace, files: dict[str, str], environ: dict[str, str]) -> None:
    """Values, file names and output of a function cannot forge lines of the log."""
    if any(name.startswith("function/") for name in files):
        (workspace.app / "function.py").unlink()
        files = {"function/__init__.py": HANDLE, **files}
    workspace.write(files)

    phase = workspace.run("build", **environ)

    own = [line for line in phase.log.splitlines() if line.startswith("ERROR: forged")]
    assert (1, [], False) == (phase.status, own, "\x1b[2J" in phase.log)
    assert [] == [line for line in phase.log.split("\n") if line.strip().startswith("::")]
