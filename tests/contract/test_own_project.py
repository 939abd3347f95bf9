"""The function's own project is there as after `pip install .`, and its source is its source."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from contract.phases import Phase, Workspace, files_below

HANDLE = "async def handle(scope, receive, send): ...\n"
HATCHLING = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
# A build backend without requirements, for what all backends have the same. Its wheels hold the
# packages of the folder, and a module that it generates.
BACKEND = """
import base64, hashlib, pathlib, zipfile

def build_wheel(directory, settings=None, metadata=None):
    root = pathlib.Path.cwd()
    name = "mine-2.0-py3-none-any.whl"
    files = {str(p.relative_to(root)): p.read_text() for p in root.glob("function/**/*.py")}
    files["function/_made.py"] = "MADE = " + repr(len(files)) + "\\n"
    files["elsewhere/__init__.py"] = pathlib.Path("libs/elsewhere.txt").read_text()
    info = "mine-2.0.dist-info"
    files[f"{info}/METADATA"] = "Metadata-Version: 2.1\\nName: mine\\nVersion: 2.0\\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[f"{info}/RECORD"] = "".join(f"{file},,\\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(pathlib.Path(directory, name), "w") as wheel:
        for file, content in files.items():
            wheel.writestr(file, content)
    (root / "build").mkdir(exist_ok=True)
    (root / "build" / "left").touch()
    return name
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
    """Build as a lifecycle does after a first build: launch layers are in the earlier image alone.

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


@pytest.mark.parametrize(
    "backend",
    [
        "",
        HATCHLING,
        '[build-system]\nrequires = ["poetry-core>=2"]\n'
        'build-backend = "poetry.core.masonry.api"\n',
    ],
    ids=["none", "hatchling", "poetry"],
)
def test_static(workspace: Workspace, backend: str) -> None:
    """What pyproject.toml says of the project is known to importlib.metadata, without a build."""
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
