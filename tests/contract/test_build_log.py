"""The log of a build: facts, decisions, actions and reused layers, in the order of the build."""

import re
import shutil
from pathlib import Path

import pytest

from contract.phases import ROOT, Phase, Workspace

_BUILDPACK = ROOT / "buildpack"

FUNCTION = {
    "func.yaml": "name: mine\nruntime: python\ninvoke: http\n",
    "pyproject.toml": '[project]\nname = "mine"\nversion = "1"\n'
    'dependencies = ["idna==3.10", "pytest"]\n',
    "requirements.txt": "idna==3.10\npytest\n",
    "function/__init__.py": "async def handle(scope, receive, send): ...\n",
    "src/function.py": "",
    ".git/HEAD": "x",
    "statistics.py": "",
}
SETTINGS = {"BP_FUNCTION_CHECK": "import", "BP_FUNCTION_CHEKC": "off", "BPE_GREETING": "Hi"}

PLAIN = {
    "func.yaml": "name: mine\nruntime: python\ninvoke: http\n",
    "function/__init__.py": "async def handle(scope, receive, send): ...\n",
}

# Of this machine, or of a clock.
_SCRUBBED = {
    r"\x1b\[[0-9;]*m": "",
    r"\d+\.\d s": "N s",
    r"\(files: \d+\)": "(files: N)",
    r"Python: \S+,": "Python: X.Y.Z,",
    r"function \d+\.\d+\.\d+": "function X.Y.Z",
    r"/\S+/layers": "/layers",
    r"bin/python3\.\d+": "bin/pythonX.Y",
    r"--python \S+": "--python PYTHON",
    r"-r /\S+/": "-r /",
}

READING = """\
# Knative Python function X.Y.Z

[Reading the function]
Settings: BP_FUNCTION_CHECK=import
Note: Unknown setting BP_FUNCTION_CHEKC was ignored. Did you mean BP_FUNCTION_CHECK?
Function: function
Note: src/function.py is ignored, because function comes first
Invocation: http (from func.yaml)
Python: X.Y.Z, from the run image
Note: statistics.py hides the standard library's module statistics from the function and from all \
packages. Rename it, unless you intend that.
"""
RUNTIME_REUSED = """
[Runtime]
Reusing the runtime layer: nothing it depends on has changed
"""
STATED = """
[Dependencies]
Dependencies from: requirements.txt
Ignored: pyproject.toml, because requirements.txt comes first
Note: The image contains packages for tests and checks: pytest. \
To exclude them, declare them in a group, such as dev in [dependency-groups].
"""
LAUNCH = """\
Process web: /layers/asgi-runtime/packages/bin/dumb-init --single-child -- \
/layers/dependencies/venv/bin/pythonX.Y -m func_runtime
Variables: FUNC_INVOKE=http, GREETING
Done in N s
"""


def told(phase: Phase) -> str:
    """Return the build's own lines. uv's are indented."""
    text = phase.log.lstrip("\n")
    for pattern, replacement in _SCRUBBED.items():
        text = re.sub(pattern, replacement, text)
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("  "))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Phase]:
    """A first build."""
    workspace = Workspace.create(tmp_path_factory.mktemp("first"), FUNCTION)
    return workspace, workspace.run("build", _BUILDPACK, **SETTINGS)


def rebuild(first: Workspace, tmp_path: Path, changed: dict[str, str]) -> Phase:
    """Build a changed function with the layers of the first build."""
    again = Workspace.create(tmp_path, FUNCTION | changed)
    again.layers.rmdir()
    shutil.copytree(first.layers, again.layers, symlinks=True)
    for layer in ("dependencies", "asgi-runtime", "project"):
        shutil.rmtree(again.layers / layer)
    return again.run("build", _BUILDPACK, **SETTINGS)


def test_first(first: tuple[Workspace, Phase]) -> None:
    """The log has facts, decisions with reasons, and the duration of each step."""
    _, phase = first

    assert (
        READING
        + """
[Runtime]
Installing: there is no layer of an earlier build
Running: uv pip install --no-editable --python PYTHON --target /layers/asgi-runtime/packages \
--no-deps --require-hashes --only-binary :all: -r /requirements.txt
Installed the runtime in N s
"""
        + STATED
        + """\
Installing: there is no layer of an earlier build
Running: uv pip install --no-editable --python PYTHON -r /requirements.txt
Installed the dependencies in N s
Compiled the dependencies (files: N) in N s

[Project]
Installing: there is no layer of an earlier build
Installed: mine 1

[Application]
Not in the image: .git

[Launch]
Checking that the function loads (BP_FUNCTION_CHECK=off skips this)
Loaded the function in N s
"""
        + LAUNCH
        == told(phase)
    )


def test_changed_source(first: tuple[Workspace, Phase], tmp_path: Path) -> None:
    """The log names the reused layers."""
    phase = rebuild(first[0], tmp_path, {"function/__init__.py": "def handle(*request): ...\n"})

    assert (
        READING
        + RUNTIME_REUSED
        + STATED
        + """\
Reusing the dependencies layer: nothing it depends on has changed
Not checked: newer versions in the package index. To install the dependencies again, set \
BP_FUNCTION_REFRESH to a new value, such as today's date.

[Project]
Reusing the project layer: nothing it depends on has changed
Installed: mine 1

[Application]
Not in the image: .git

[Launch]
Checking that the function loads (BP_FUNCTION_CHECK=off skips this)
Loaded the function in N s
"""
        + LAUNCH
        == told(phase)
    )


def test_changed_dependency(first: tuple[Workspace, Phase], tmp_path: Path) -> None:
    """The log has the reason why a layer is not reused, without digests."""
    phase = rebuild(first[0], tmp_path, {"requirements.txt": "idna==3.9\nsix==1.17.0\n"})

    assert "Installing: the declared dependencies changed since the earlier build\n" in told(phase)
    (packages,) = re.findall("Package changes: (.*)", told(phase))
    assert packages.startswith("idna 3.9 (was 3.10), added six 1.17.0, removed iniconfig ")
    assert ", removed pytest " in packages
    assert "Reusing the runtime layer" in told(phase)
    # Of a package that is new, and of one that is another version.
    assert "\nCompiled the dependencies (files: N) in N s\n" in told(phase)


def test_changed_way(first: tuple[Workspace, Phase], tmp_path: Path) -> None:
    """Readable values are shown before and after a change."""
    lock = 'lock-version = "1.0"\ncreated-by = "x"\npackages = []\n'

    phase = rebuild(first[0], tmp_path, {"pyproject.toml": "", "pylock.toml": lock})

    assert "Installing: the source changed from requirements.txt to pylock.toml, " in told(phase)


def test_failed(tmp_path: Path) -> None:
    """A failed build ends with the error, after the earlier steps, without durations."""
    files = FUNCTION | {"requirements.txt": "idna==3.10\nno-such-package-of-anybody-here\n"}

    said = told(Workspace.create(tmp_path, files).run("build", _BUILDPACK, **SETTINGS))

    assert "\n[Dependencies]\n" in said
    assert "Installed the dependencies" not in said
    assert "Done" not in said
    _, _, ending = said.partition("\nERROR: The function's dependencies cannot be resolved\n")
    assert "/workspace/requirements.txt" in ending


def test_secrets_are_masked(tmp_path: Path) -> None:
    """Settings have their values without secrets; the user's variables have only their names."""
    settings = {
        "BP_FUNCTION_CHECK": "off",
        "BP_IMAGE_LABELS": 'team=a api-token=secret-1 other="x y"',
        "BPE_API_KEY": "secret-2",
        "BPE_DEFAULT_DATABASE": "secret-3",
        "BPE_FUNC_THREADS": "4",
    }
    phase = Workspace.create(tmp_path, PLAIN).run("build", _BUILDPACK, **settings)
    lines = told(phase).splitlines()

    assert 0 == phase.status
    labels = """'team=a api-token=**** other="x y"'"""
    assert f"Settings: BP_FUNCTION_CHECK=off, BP_IMAGE_LABELS={labels}" in lines
    assert "Variables: API_KEY, DATABASE, FUNC_INVOKE=http, FUNC_THREADS" in lines
    assert "secret-" not in phase.log


def test_no_colours(tmp_path: Path) -> None:
    """With NO_COLOR the log has no sequence for terminals, whatever happens."""
    files = PLAIN | {"statistics.py": "", "function/__init__.py": "1/0"}

    phase = Workspace.create(tmp_path, files).run("build", _BUILDPACK, NO_COLOR="1")

    assert 1 == phase.status
    assert "\n# Knative Python function" in phase.log
    assert "\nNote: statistics.py hides" in phase.log
    assert "\nERROR: " in phase.log
    assert "\x1b" not in phase.log


def test_quiet(tmp_path: Path) -> None:
    """BP_LOG_LEVEL=warn leaves the title and the notes."""
    files = PLAIN | {"statistics.py": ""}

    log = told(Workspace.create(tmp_path, files).run("build", _BUILDPACK, BP_LOG_LEVEL="warn"))

    title, note = log.splitlines()
    assert "# Knative Python function X.Y.Z" == title
    assert note.startswith("Note: statistics.py hides")


def test_debug(tmp_path: Path) -> None:
    """BP_LOG_LEVEL=debug adds uv's own log, and how long each step took."""
    files = PLAIN | {"requirements.txt": "idna==3.10\n"}
    debug = {"BP_LOG_LEVEL": "debug", "NO_COLOR": "1"}

    log = Workspace.create(tmp_path, files).run("build", _BUILDPACK, **debug).log

    assert "\nDebug: Variables of the build: " in log
    assert "\n  DEBUG " in log
    for step in ("Reading the function", "Runtime", "Dependencies", "Application", "Launch"):
        assert re.search(rf"\nDebug: Step {step} took \d+\.\d\d s\n", log)


def test_an_error_is_the_same_on_each_level(tmp_path: Path) -> None:
    """A quiet log has the lines of the step that failed; uv's own log is not in the message."""
    files = PLAIN | {"requirements.txt": "no-such-package-of-anybody-here\n"}
    logs = []
    for level in ("warn", "debug"):
        workspace = Workspace.create(tmp_path / level, files)
        phase = workspace.run("build", _BUILDPACK, BP_LOG_LEVEL=level, NO_COLOR="1")
        logs.append(phase.log.replace(f"/{level}/", "/"))
    step, message = logs[0].split("\nERROR: ")

    assert "[Reading the function]" not in step
    assert "\n[Dependencies]\nDependencies from: requirements.txt\n" in step
    assert message.startswith("The function's dependencies cannot be resolved\n")
    assert message == logs[1].split("\nERROR: ")[1]


def test_another_level_is_an_error(tmp_path: Path) -> None:
    """The error names the setting and its values."""
    phase = Workspace.create(tmp_path, PLAIN).run("build", _BUILDPACK, BP_LOG_LEVEL="loud")

    assert 1 == phase.status
    assert "ERROR: Invalid build setting" in phase.log
    assert "BP_LOG_LEVEL" in phase.log
    assert "debug, info or warn" in phase.log
