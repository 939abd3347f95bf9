"""bin/build like the lifecycle, with the real uv and the real package index."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from contract.phases import Workspace, files_below

HANDLE = """
async def handle(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"OK"})
"""
PYPROJECT = '[project]\nname = "function"\nversion = "1.0"\ndependencies = ["idna==3.10"]\n'
FUNC_YAML = "name: mine\nruntime: python\ninvoke: http\n"
FUNCTION = {
    "func.yaml": FUNC_YAML,
    "pyproject.toml": PYPROJECT,
    "function/__init__.py": "from .func import handle\n",
    "function/func.py": HANDLE,
}


CONTENTS = {"dependencies": "venv", "asgi-runtime": "packages", "project": "packages"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A function that was built once. Tests that build again copy it."""
    files = {**FUNCTION, ".git/HEAD": "x", ".func/build/x": "y", "template.py": "{{ name }}("}
    workspace = Workspace.create(tmp_path_factory.mktemp("built"), files)
    (workspace.app / "template.py").chmod(0o600)
    phase = workspace.run("build")
    assert phase.status == 0, phase.log
    return workspace


@pytest.fixture
def again(built: Workspace, tmp_path: Path) -> Workspace:
    """The function's source and the layers of its first build, as a lifecycle restores them."""
    workspace = Workspace.create(tmp_path, FUNCTION)
    workspace.layers.rmdir()
    shutil.copytree(built.layers, workspace.layers, symlinks=True)
    for layer in CONTENTS:  # of a launch layer, the metadata, without types
        shutil.rmtree(workspace.layers / layer)
        text = (workspace.layers / f"{layer}.toml").read_text()
        (workspace.layers / f"{layer}.toml").write_text(text[text.index("[metadata]") :])
    return workspace


@pytest.mark.row("T5")
def test_launch(built: Workspace) -> None:
    """The launch process is the environment's Python with the runtime, below an init."""
    bin_ = built.layers / "dependencies" / "venv" / "bin"
    minor = f"python{sys.version_info.major}.{sys.version_info.minor}"
    python = bin_ / minor
    init = built.layers / "asgi-runtime" / "packages" / "bin" / "dumb-init"

    assert {
        "type": "web",
        "command": [str(init), "--single-child", "--", str(python), "-m", "func_runtime"],
        "working-dir": str(built.app),
        "default": True,
    } == built.toml("launch.toml")["processes"][0]
    assert os.access(init, os.X_OK)
    assert ["dumb-init"] == [path.name for path in init.parent.iterdir()]
    # A run image with another Python must not get as far as starting it.
    assert {"python", "python3", minor} == {path.name for path in bin_.glob("python*")}
    assert {minor} == {path.readlink().name for path in bin_.glob("python*")}


def test_labels(built: Workspace) -> None:
    """The image has labels from the project."""
    labels = {label["key"]: label["value"] for label in built.toml("launch.toml")["labels"]}

    assert {
        "org.opencontainers.image.title": "mine",
        "org.opencontainers.image.version": "1.0",
    } == labels


def test_layers(built: Workspace) -> None:
    """Launch layers are not cached. The cached archives are not in the image."""
    launched = dict.fromkeys((*CONTENTS, "variables"), "launch")

    for name, kind in {**launched, "archives": "cache"}.items():
        types = built.toml(f"{name}.toml")["types"]
        assert [kind] == [each for each, is_so in types.items() if is_so], name
    assert {"FUNC_INVOKE.default": "http"} == built.launch_env("variables")
    assert ["PATH.delim", "PATH.prepend"] == sorted(built.launch_env("dependencies"))


def test_no_layer_adds_to_the_library_path(built: Workspace) -> None:
    """The lifecycle adds a layer's lib/ to LD_LIBRARY_PATH, so no layer has one."""
    assert [] == list(built.layers.glob("*/lib"))


def test_nothing_else_is_left(built: Workspace) -> None:
    """The layers folder has only layers and SBOMs, the application no .git and no .func."""
    names = {path.name for path in built.layers.iterdir()}

    layers = {*CONTENTS, "variables", "archives"}
    sboms = {f"{name}.sbom.cdx.json" for name in (*CONTENTS, "launch")}
    assert layers | {f"{name}.toml" for name in layers} | sboms | {"launch.toml"} == names
    assert not (built.app / ".git").exists()
    assert not (built.app / ".func").exists()


def test_other_files(built: Workspace) -> None:
    """Other files of the source may be anything. The image's user can read them."""
    assert 0o644 == (built.app / "template.py").stat().st_mode & 0o777
    assert not (built.app / "__pycache__").exists()


def test_packages_at_run_time(built: Workspace) -> None:
    """The function's packages come first on the import path, then the runtime's."""
    code = "import idna, func_runtime, uvloop; print(idna.__file__, uvloop.__file__)"
    idna, uvloop = built.python(code).split()

    assert f"{built.layers}/dependencies/venv/" in idna
    assert f"{built.layers}/asgi-runtime/packages/" in str(Path(uvloop).resolve())


def test_bytecode_is_complete(built: Workspace) -> None:
    """Every module of the layers and the application has unchecked-hash bytecode (PEP 552)."""
    suffix = f".cpython-{sys.version_info.major}{sys.version_info.minor}.pyc"
    folders = (built.layers / "dependencies", built.layers / "asgi-runtime", built.app)
    sources = [path for folder in folders for path in folder.rglob("*.py")]
    sources.remove(built.app / "template.py")

    assert len(sources) > 100
    for source in sources:
        cached = source.parent / "__pycache__" / f"{source.stem}{suffix}"
        assert 0b01 == int.from_bytes(cached.read_bytes()[4:8], "little"), source


def test_runtime_is_trimmed(built: Workspace) -> None:
    """The runtime layer has no debug symbols and no sources of extension modules."""
    packages = built.layers / "asgi-runtime" / "packages"
    libraries = list(packages.rglob("*.so"))
    sections = subprocess.run(
        ["readelf", "--sections", *libraries], check=True, text=True, stdout=subprocess.PIPE
    ).stdout

    assert libraries
    assert ".dynsym" in sections
    assert ".debug" not in sections
    assert ".symtab" not in sections
    assert [] == [path for path in packages.rglob("*") if path.suffix in (".pyx", ".c", ".h")]


def test_runtime_without_strip(tmp_path: Path) -> None:
    """Without binutils in the build image, the layer is larger, and the log has the reason."""
    tools = tmp_path / "tools"
    tools.mkdir()
    # By its path, an environment's Python finds its packages.
    (tools / "python3").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (tools / "python3").chmod(0o755)
    (tools / "uv").symlink_to(Path(sys.executable).parent / "uv")
    for tool in ("sh", "dirname"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    workspace = Workspace.create(tmp_path, {"function.py": HANDLE})

    phase = workspace.run("build", PATH=str(tools))

    assert 0 == phase.status, phase.log
    assert "the build image has no strip" in phase.log


def test_rebuild_reuses(again: Workspace) -> None:
    """After a change of the source, both layers are reused, although only the image has them."""
    again.write({"function/func.py": HANDLE.replace("OK", "Changed")})
    before = files_below(again.layers / "archives")

    phase = again.run("build")

    assert 0 == phase.status, phase.log
    assert "Reusing the dependencies layer" in phase.log
    assert "Reusing the runtime layer" in phase.log
    assert "Loaded the function" in phase.log
    assert before == files_below(again.layers / "archives")
    names = {path.name for path in again.layers.iterdir()}
    assert {"archives", "project", "variables"} == {name for name in names if "." not in name}
    assert not [name for name in names if name.startswith(".")]


def test_rebuild_loads_what_is_imported(again: Workspace) -> None:
    """The check finds the packages of a reused layer, by import or by their data."""
    imports = (
        "import idna\nfrom importlib.metadata import version\nassert version('idna') == '3.10'"
    )
    again.write({"function/func.py": f"{imports}\n{HANDLE}"})

    phase = again.run("build")

    assert 0 == phase.status, phase.log
    assert "Reusing the dependencies layer" in phase.log


def test_rebuild_looks_for_a_package_without_its_import(again: Workspace) -> None:
    """If a package reads files of others, the check is repeated with all files."""
    looks = "from importlib.metadata import version\nassert version('idna') == '3.10'"
    again.write({"function/func.py": f"{looks}\n{HANDLE}"})

    phase = again.run("build")

    assert 0 == phase.status, phase.log


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import nowhere_to_be_found\n", "ModuleNotFoundError: No module named 'nowhere_to_be"),
        ("raise RuntimeError('at import')\n", "RuntimeError: at import"),
    ],
)
@pytest.mark.row("T13")
def test_rebuild_that_does_not_load(again: Workspace, source: str, found: str) -> None:
    """A rebuild fails if the source no longer loads, like the first build."""
    again.write({"function/func.py": source + HANDLE})

    phase = again.run("build")

    assert 1 == phase.status
    assert found in phase.log


def test_rebuild_without_archives(again: Workspace) -> None:
    """Without the cache, the layers are installed again."""
    shutil.rmtree(again.layers / "archives")
    (again.layers / "archives.toml").unlink()

    phase = again.run("build")

    assert 0 == phase.status, phase.log
    assert 3 == phase.log.count("Installing: there is no layer of an earlier build")


def test_rebuild_with_another_dependency(again: Workspace) -> None:
    """A changed requirement installs only the dependencies again, and the log has the reason."""
    again.write({"pyproject.toml": PYPROJECT.replace("3.10", "3.9")})

    phase = again.run("build")

    assert 0 == phase.status, phase.log
    assert "Installing: the declared dependencies changed since the earlier build\n" in phase.log
    assert "Reusing the runtime layer" in phase.log
    assert "3.9" == again.python("from importlib.metadata import version; print(version('idna'))")
    archives = [path.name.rpartition("-")[0] for path in (again.layers / "archives").glob("*.zip")]
    assert ["asgi-runtime", "dependencies", "project"] == sorted(archives)


def test_rebuild_with_another_setting_of_uv(again: Workspace) -> None:
    """A setting of the resolution is part of the layer key."""
    phase = again.run("build", UV_RESOLUTION="lowest-direct")

    assert 0 == phase.status
    assert "settings of uv changed from none to UV_RESOLUTION=lowest-direct" in phase.log


def test_rebuild_with_another_check(again: Workspace) -> None:
    """A stricter library check installs the dependencies again."""
    assert 0 == again.run("build", BP_LIBRARY_CHECK="note").status

    phase = again.run("build")

    assert 0 == phase.status
    assert "Installing: BP_LIBRARY_CHECK changed from note" in phase.log


def test_rebuild_with_damaged_metadata(again: Workspace) -> None:
    """Unreadable metadata only cause a new installation."""
    (again.layers / "asgi-runtime.toml").write_text("damaged")

    phase = again.run("build")

    assert 0 == phase.status, phase.log
    assert "Installing: another version of the buildpack created the layer" in phase.log


def test_same_bytes(built: Workspace, tmp_path: Path) -> None:
    """The same source gives the same bytes in every layer."""
    moved = built.layers.parent / "first"
    built.layers.rename(moved)
    try:
        built.layers.mkdir()
        phase = built.run("build")
        assert phase.status == 0, phase.log
        for layer in (*CONTENTS, "variables"):
            assert files_below(moved / layer) == files_below(built.layers / layer)
        for sbom in built.layers.glob("*.sbom.cdx.json"):
            assert sbom.read_bytes() == (moved / sbom.name).read_bytes()
    finally:
        shutil.rmtree(built.layers)
        moved.rename(built.layers)


def test_requirements(tmp_path: Path) -> None:
    """requirements.txt is installed with its includes. The log names pyproject.toml as ignored."""
    files = {**FUNCTION, "requirements.txt": "-r more.txt\n", "more.txt": "six==1.16.0\n"}
    workspace = Workspace.create(tmp_path, files)

    phase = workspace.run("build")

    assert 0 == phase.status, phase.log
    assert "Ignored: pyproject.toml, because requirements.txt comes first" in phase.log
    assert "1.16.0" == workspace.python("import six; print(six.__version__)")


def lock(folder: Path) -> None:
    """Create uv.lock."""
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, "lock", "--quiet"], cwd=folder, check=True)


def test_lock(tmp_path: Path) -> None:
    """uv.lock is installed without development groups. The project has its own layer."""
    workspace = Workspace.create(tmp_path, FUNCTION)
    workspace.write({"pyproject.toml": f'{PYPROJECT}[dependency-groups]\ndev = ["six"]\n'})
    lock(workspace.app)

    phase = workspace.run("build")

    assert 0 == phase.status, phase.log
    assert "Dependencies from: uv.lock" in phase.log
    code = "from importlib.metadata import distributions as d; print(sorted(x.name for x in d()))"
    assert "idna" in workspace.python(code)
    assert "six" not in workspace.python(code)
    assert "'function'" in workspace.python(code)
    assert [] == [*workspace.layers.glob("dependencies/**/function-*")]


def test_lock_outdated(tmp_path: Path) -> None:
    """An outdated lock is an error with the command that locks again."""
    workspace = Workspace.create(tmp_path, FUNCTION)
    lock(workspace.app)
    workspace.write({"pyproject.toml": PYPROJECT.replace("3.10", "3.9")})

    phase = workspace.run("build")

    assert 1 == phase.status
    assert "ERROR: uv.lock does not match pyproject.toml" in phase.log
    assert "uv lock" in phase.log


def test_lock_for_another_python(tmp_path: Path) -> None:
    """For a lock of another Python without requires-python, the error has the line to add."""
    workspace = Workspace.create(tmp_path, FUNCTION)
    lock(workspace.app)
    text = (workspace.app / "uv.lock").read_text()
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    workspace.write({"uv.lock": text.replace(f">={minor}", ">=3.10")})

    phase = workspace.run("build")

    assert 1 == phase.status
    assert "ERROR: uv.lock does not match pyproject.toml" in phase.log
    assert '    requires-python = ">=3.10"\n' in phase.log


def test_nothing_declared(tmp_path: Path) -> None:
    """A function without dependencies is built with the runtime only."""
    workspace = Workspace.create(tmp_path, {"function.py": HANDLE})

    phase = workspace.run("build", BP_FUNCTION_CHEK="off")

    assert 0 == phase.status, phase.log
    assert "No dependencies declared" in phase.log
    assert (
        "Unknown setting BP_FUNCTION_CHEK was ignored. Did you mean BP_FUNCTION_CHECK?" in phase.log
    )


def test_nested(tmp_path: Path) -> None:
    """In func's layout, the function in fn/ is built without func's service."""
    files = {f"fn/{name}": content for name, content in FUNCTION.items()}
    scaffolding = {
        "service/__init__.py": "",
        "service/main.py": "from func_python.cloudevent import serve",
        "pyproject.toml": '[project]\nname = "service"\ndependencies = ["function @ ./fn"]\n',
    }
    workspace = Workspace.create(tmp_path, files | scaffolding)

    phase = workspace.run("build")

    assert 0 == phase.status, phase.log
    process = workspace.toml("launch.toml")["processes"][0]
    assert str(workspace.app / "fn") == process["working-dir"]
    assert ["fn"] == [path.name for path in workspace.app.iterdir()]


def test_sdk_1(tmp_path: Path) -> None:
    """A function for version 1 of the cloudevents SDK that pins nothing gets that version."""
    files = {
        "func.yaml": FUNC_YAML.replace("http", "cloudevent"),
        "function.py": f"from cloudevents.http import CloudEvent\n{HANDLE}",
        "pyproject.toml": PYPROJECT.replace("idna==3.10", "cloudevents"),
    }
    workspace = Workspace.create(tmp_path, files)

    phase = workspace.run("build")

    assert 0 == phase.status, phase.log
    assert 'so the build installs "cloudevents<2"' in phase.log
    version = "from importlib.metadata import version; print(version('cloudevents'))"
    assert "1." == workspace.python(version)[:2]


@pytest.mark.row("T4")
def test_settings(tmp_path: Path) -> None:
    """BP_ and BPE_ variables become labels and launch variables. Credentials do not."""
    workspace = Workspace.create(tmp_path, {"apps/a/function.py": HANDLE})

    phase = workspace.run(
        "build",
        BP_FUNCTION_PATH="apps/a",
        BP_IMAGE_LABELS='middleware-version=0.8.1 note="two words"',
        BPE_DEFAULT_LISTEN_ADDRESS="[::]:8080",
        BPE_GREETING="Hi",
        UV_INDEX_PRIVATE_PASSWORD="planted-secret",
    )

    assert 0 == phase.status, phase.log
    given = (
        """BP_FUNCTION_PATH=apps/a, BP_IMAGE_LABELS='middleware-version=0.8.1 note="two words"'"""
    )
    assert f"Settings: {given}\n" in phase.log
    assert "Variables: FUNC_INVOKE=http, GREETING, LISTEN_ADDRESS\n" in phase.log
    assert "planted-secret" not in phase.log
    for content in (*files_below(workspace.layers).values(), *files_below(workspace.app).values()):
        assert b"planted-secret" not in content
    env = workspace.launch_env("variables")
    assert ("[::]:8080", "Hi") == (env["LISTEN_ADDRESS.default"], env["GREETING.override"])
    labels = {label["key"]: label["value"] for label in workspace.toml("launch.toml")["labels"]}
    assert {"middleware-version": "0.8.1", "note": "two words"} == labels


BAD_INPUT: list[tuple[dict[str, str], str, list[str]]] = [
    (
        {"func.yaml": FUNC_YAML, "handler/func.py": ""},
        "There is no package named function",
        ["handler", "function/__init__.py"],
    ),
    (
        {**FUNCTION, "function/__init__.py": "x = 1\n"},
        "The function cannot be loaded",
        ["new", "handle"],
    ),
    (
        {**FUNCTION, "function/__init__.py": "def new():\n    raise ValueError('no database')\n"},
        "The function cannot be loaded",
        ["function/__init__.py", "line 2", "ValueError: no database", "BP_FUNCTION_CHECK"],
    ),
    (
        {**FUNCTION, "function/__init__.py": "def handle(request):\n    return 'hi'\n"},
        "The function cannot be loaded",
        ["handle(request), which cannot be called", "handle(scope, receive, send)"],
    ),
    (
        {**FUNCTION, "function/__init__.py": "import not_installed\n"},
        "The function cannot be loaded",
        ["No module named 'not_installed'", "from . import not_installed"],
    ),
    (
        {**FUNCTION, "function/func.py": "\ndef new(:\n"},
        "A source file of the function has a syntax error",
        ["function/func.py, line 2", "def new(:"],
    ),
    (
        {**FUNCTION, "pyproject.toml": "[project]\nname =\n"},
        "pyproject.toml is not valid TOML",
        ["pyproject.toml", "line 2"],
    ),
    (
        {**FUNCTION, "func.yaml": "name: x\n  bad: y\n"},
        "func.yaml is not valid YAML",
        ["func.yaml", "line 2"],
    ),
    (
        {**FUNCTION, "pyproject.toml": PYPROJECT.replace("3.10", "99")},
        "The function's dependencies cannot be resolved",
        ["pyproject.toml", "idna==99"],
    ),
    (
        {**FUNCTION, "requirements.txt": "no-such-package-of-anybody-here\n"},
        "The function's dependencies cannot be resolved",
        ["requirements.txt", "no-such-package-of-anybody-here"],
    ),
    (
        {**FUNCTION, "requirements.txt": "what is this\n"},
        "The packages could not be installed",
        ["requirements.txt", "    uv pip install --no-editable -r requirements.txt\n"],
    ),
    *(
        (
            {**FUNCTION, "requirements.txt": f"{line}\n"},
            "The packages could not be installed",
            ["Missing:  /", path, "BP_FUNCTION_PATH"],
        )
        for line, path in (
            ("-r ../common.txt", "/common.txt\n"),
            ("../outside", "/outside\n"),
            ("-e /nowhere/outside", "  /nowhere/outside\n"),
        )
    ),
    (
        {"function.py": "import ctypes\nctypes.string_at(0)\n"},
        "The function cannot be loaded",
        ["was killed by signal SIGSEGV", "function.py", "line 2 in <module>"],
    ),
    (
        {"function.py": "import os\nos._exit(0)\n"},
        "The function cannot be loaded",
        ["exited with status 0, without output"],
    ),
    (
        {**FUNCTION, "pyproject.toml": f'{PYPROJECT}requires-python = ">=3.99"\n'},
        "The requested Python version is not available",
        [">=3.99", "requires-python"],
    ),
    (
        {**FUNCTION, "requirements.txt": "websockets==10.4\n"},
        "The function's dependencies conflict with the runtime",
        ["websockets", "10.4"],
    ),
]


@pytest.mark.parametrize(("files", "title", "facts"), BAD_INPUT, ids=lambda value: str(value)[:40])
def test_bad_input(tmp_path: Path, files: dict[str, str], title: str, facts: list[str]) -> None:
    """Invalid input fails with a title, the problem and the fix. No layer is exported."""
    workspace = Workspace.create(tmp_path, files)

    phase = workspace.run("build")

    assert 1 == phase.status, phase.log
    assert f"ERROR: {title}" in phase.log
    said = phase.log[phase.log.index("ERROR:") :]
    for fact in facts:
        assert fact in said
    assert [] == list(workspace.layers.glob("*.toml"))


def test_check_off(tmp_path: Path) -> None:
    """BP_FUNCTION_CHECK allows a function that loads only in its environment."""
    files = {"function.py": "def new():\n    raise ValueError\n"}

    off = Workspace.create(tmp_path / "off", files).run("build", BP_FUNCTION_CHECK="off")
    imported = Workspace.create(tmp_path / "import", files).run("build", BP_FUNCTION_CHECK="import")

    assert (0, 0) == (off.status, imported.status)
    assert "Skipped the check that the function loads" in off.log
    assert "Loaded the function" in imported.log


def test_index_unreachable(tmp_path: Path) -> None:
    """An index that does not respond has an error with the settings for another one."""
    workspace = Workspace.create(tmp_path, FUNCTION)

    phase = workspace.run(
        "build", UV_DEFAULT_INDEX="http://127.0.0.1:9/simple", UV_HTTP_RETRIES="0"
    )

    assert 1 == phase.status
    assert "ERROR: The package index does not respond" in phase.log


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("after", ["Installing:", "Installed the dependencies"])
def test_killed(tmp_path: Path, sent: signal.Signals, after: str) -> None:
    """A build that is killed leaves no layer, and the next one is complete."""
    workspace = Workspace.create(tmp_path, FUNCTION)

    killed = workspace.kill(sent, after)
    kept = {path.name for path in workspace.layers.glob("*.toml")}
    again = workspace.run("build")

    assert -sent == killed.status, killed.log
    assert "ERROR" not in killed.log
    assert set() == kept
    assert 0 == again.status, again.log
    assert 3 == again.log.count("Installing: there is no layer of an earlier build")
    assert "3.10" == workspace.python(
        "from importlib.metadata import version as v; print(v('idna'))"
    )
