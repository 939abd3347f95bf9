"""The keys of the dependencies and the runtime layer."""

from dataclasses import replace
from pathlib import Path

import pytest

from function_buildpack.cnb.context import BuildContext, Target
from function_buildpack.cnb.layers import Layers
from function_buildpack.layers.archives import Archives
from function_buildpack.layers.build_context import Build, Buildpack
from function_buildpack.layers.dependencies import layer_key
from function_buildpack.layers.dependencies.inputs import Inputs
from function_buildpack.layers.dependencies.layer_key import LayerKey
from function_buildpack.layers.runtime import runtime_layer
from function_buildpack.manifests import registry
from function_buildpack.plan import plan
from function_buildpack.source import project, workspace
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.settings import Settings
from function_buildpack.system import interpreter, process
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.system.process import Result
from function_buildpack.uv.client import Uv
from function_buildpack.uv.index_settings import PackageSource

PYTHON = Interpreter(Path("/usr/bin/python3"), "3.13.5")
TARGET = Target("linux", "amd64", "debian", "13")


def metadata(folder: Path, files: dict[str, str]) -> LayerKey:
    """Write a function and collect the metadata of its dependencies layer."""
    for name, content in {"function.py": "", **files}.items():
        (folder / name).write_text(content)
    read = project.read(workspace.locate(folder))
    chosen = plan.make(registry.read(read), Settings(), PYTHON.version)
    layers = Layers(folder)
    build = Build(
        BuildContext(folder, folder, TARGET, {}),
        Buildpack(folder, "0.1.0"),
        Settings(),
        layers,
        Archives.restored(layers),
        process.run,
    )
    uv = Uv.with_cache(lambda *_, **__: Result(0, "uv 0.13.9"), {}, folder)
    inputs = Inputs(chosen, ReferenceResolver(folder, read.folder, uv.environ))
    return layer_key.make(build, inputs, None, PYTHON, uv)


def test_dependencies(tmp_path: Path) -> None:
    """The layer is decided by the source, the Python, the platform, uv and the buildpack."""
    found = metadata(tmp_path, {"requirements.txt": "idna"})

    assert ("requirements.txt", "3.13.5", "linux/amd64 debian 13", "0.13.9", "0.1.0") == (
        *(found.source, found.python, found.platform, found.uv, found.buildpack),
    )


@pytest.mark.parametrize(
    ("name", "content", "matters"),
    [
        ("function.py", "x = 1", False),
        ("README.md", "text", False),
        ("requirements.txt", "-r more.txt\n-c missing.txt\nsix\n", True),
        ("more.txt", "idna==3.9", True),  # included
        ("other.txt", "idna==3.9", False),
    ],
)
def test_dependencies_requirements(tmp_path: Path, name: str, content: str, matters: bool) -> None:
    """The key has a requirements file with its includes, and no other files."""
    files = {"requirements.txt": "-r more.txt\n-c missing.txt\n", "more.txt": "-r requirements.txt"}
    before = metadata(tmp_path, files)

    after = metadata(tmp_path, {name: content})

    assert matters is (before.requirements != after.requirements)


def test_dependencies_none(tmp_path: Path) -> None:
    """Without declared dependencies, no file of the source is in the key."""
    assert "" == metadata(tmp_path, {}).requirements


def source(folder: Path) -> runtime_layer.RuntimeSource:
    """Write a runtime as a buildpack ships it."""
    (folder / "src" / "func_runtime").mkdir(parents=True)
    (folder / "src" / "func_runtime" / "app.py").write_text("x = 1")
    (folder / "requirements.txt").write_text("uvicorn==1")
    (folder / "pyproject.toml").write_text('[project]\ndependencies = ["uvicorn>=1"]')
    return runtime_layer.RuntimeSource(folder, folder / "ready", folder / "wheels")


def test_runtime(tmp_path: Path) -> None:
    """The key has the runtime's sources. A patch version of Python does not change bytecode."""
    made = source(tmp_path)

    def now(interpreter: Interpreter = PYTHON) -> runtime_layer.Metadata:
        return runtime_layer.metadata(made, interpreter, TARGET, "0.13.9")

    before = now()
    assert before == now(replace(PYTHON, version="3.13.6"))
    assert before != now(replace(PYTHON, version="3.14.0"))
    (tmp_path / "src" / "func_runtime" / "app.py").write_text("x = 2")
    assert before.sources != now().sources


def test_runtime_offline(tmp_path: Path) -> None:
    """Wheels of the build image are used if they are this lock's, and never another's."""
    made = source(tmp_path)
    made.wheels.mkdir()
    minor = interpreter.current().minor

    assert made.offline(minor) is None
    (made.wheels / "requirements.txt").write_text("uvicorn==0")
    assert made.offline(minor) is None
    (made.wheels / "requirements.txt").write_text("uvicorn==1")
    assert PackageSource.folder(made.wheels) == made.offline(minor)
    assert made.offline("3.99") is None  # they are for the build image's own Python


def test_runtime_ranges(tmp_path: Path) -> None:
    """The runtime's version ranges are only in its pyproject.toml."""
    assert ["uvicorn>=1"] == [str(item) for item in source(tmp_path).ranges()]
