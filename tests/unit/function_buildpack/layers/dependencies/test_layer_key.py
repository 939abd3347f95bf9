"""The layer key of the dependencies: each of its fields, and the notes of a build for the next."""

import hashlib
import os
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from contract.package_index import write_wheel
from function_buildpack.cnb.context import BuildContext, Target
from function_buildpack.cnb.layers import Layers, Types
from function_buildpack.image.distributions import DirectUrl, Distribution
from function_buildpack.image.licenses import License
from function_buildpack.layers.archives import Archives
from function_buildpack.layers.build_context import Build, Buildpack
from function_buildpack.layers.dependencies import layer_key
from function_buildpack.layers.dependencies.inputs import Inputs
from function_buildpack.layers.dependencies.layer_key import LayerKey
from function_buildpack.manifests import registry
from function_buildpack.plan import plan
from function_buildpack.source import project, workspace
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.settings import LibraryCheck, Settings
from function_buildpack.system import process
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.uv.client import Uv

PYTHON = Interpreter(Path("/usr/bin/python3"), "3.13.5")
PACKAGE = """[project]
name = "lib"
version = "1"
[build-system]
requires = ["setuptools-scm"]
[tool.uv]
cache-keys = [{ env = "LIB_TOKEN" }]
"""
FILES = {"function.py": "", "requirements.txt": "./lib", "lib/pyproject.toml": PACKAGE}
GIT = "git commit=(initial), git branch=one, git tags=, git history=, uncommitted files=untracked"
KEY = LayerKey("requirements.txt", "1", "3.13.5", "linux/amd64", "0.13.9", "0.1.0")


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def made(
    folder: Path,
    environ: Mapping[str, str] | None = None,
    python: Interpreter = PYTHON,
    wheels: Path | None = None,
    settings: Settings | None = None,
) -> LayerKey:
    """Write a function with a package that reads git and a variable, and return its key."""
    write(folder, FILES)
    if not (folder / ".git").is_dir():
        subprocess.run(["git", "init", "--quiet", "--initial-branch", "one", folder], check=True)
    read = project.read(workspace.locate(folder))
    settings, environ = settings or Settings(), environ or {}
    layers = Layers(folder / "layers")
    build = Build(
        BuildContext(folder, folder, Target("linux", "amd64", "debian", "13"), environ),
        Buildpack(folder, "0.1.0"),
        settings,
        layers,
        Archives.restored(layers),
        process.run,
    )
    passed = {"PATH": os.environ["PATH"], **environ}
    uv = Uv(process.run, passed, _version=["0.13.9"]).with_other_cache(folder)
    around = ReferenceResolver(folder, read.folder, passed)
    chosen = plan.make(registry.read(read), settings, PYTHON.version)
    return layer_key.make(build, Inputs(chosen, around), wheels, python, uv)


def changed(before: LayerKey, now: LayerKey) -> dict[str, tuple[str, str]]:
    """Return the fields that differ."""
    was, is_ = asdict(before), asdict(now)
    return {name: (was[name], is_[name]) for name in was if was[name] != is_[name]}


def test_make(tmp_path: Path) -> None:
    """Without settings, the key has what each build has, and what the package's build may read."""
    found = made(tmp_path)

    expected = LayerKey(
        source="requirements.txt",
        requirements=found.requirements,
        python="3.13.5",
        platform="linux/amd64 debian 13",
        uv="0.13.9",
        buildpack="0.1.0",
        uv_configuration=found.uv_configuration,  # of this machine
        library_check="error",
        git=GIT,
    )
    assert expected == found
    assert 32 == len(found.requirements)


@pytest.mark.parametrize(
    ("environ", "field", "value"),
    [
        ({"UV_RESOLUTION": "lowest"}, "uv_settings", "UV_RESOLUTION=lowest"),
        ({"CFLAGS": "-O1"}, "variables", "CFLAGS={digest}"),
        ({"LIB_TOKEN": "-O1"}, "variables", "LIB_TOKEN={digest}"),
    ],
)
def test_make_with_a_variable(
    tmp_path: Path, environ: dict[str, str], field: str, value: str
) -> None:
    """Settings of uv are in the key, other variables with a digest of their value."""
    found = changed(made(tmp_path), made(tmp_path, environ))

    parts = len(b"-O1").to_bytes(8) + b"-O1"
    digest = hashlib.sha256(parts).hexdigest()[:16]
    assert {field: ("", value.format(digest=digest))} == found


def test_make_with_settings(tmp_path: Path) -> None:
    """Settings of the build that decide its result are in the key."""
    settings = Settings(refresh="2", library_check=LibraryCheck.NOTE)

    found = changed(made(tmp_path), made(tmp_path, settings=settings))

    assert {"refresh": ("", "2"), "library_check": ("error", "note")} == found


def test_make_with_files(tmp_path: Path) -> None:
    """Files of uv's settings and constraints, and wheels, are in the key by a digest."""
    function, outside = tmp_path / "function", tmp_path / "outside"
    write(function, {"constraints.txt": "idna<4"})
    write(outside, {"uv/uv.toml": "prerelease = 'allow'"})
    write_wheel(outside)
    variables = {"UV_CONSTRAINT": "constraints.txt", "XDG_CONFIG_DIRS": str(outside)}

    found = changed(made(function), made(function, variables, wheels=outside))

    lengths = {name: len(now) for name, (_, now) in found.items()}
    of_settings = len("UV_CONSTRAINT=constraints.txt (12345678)")
    assert {"wheels": 32, "uv_settings": of_settings, "uv_configuration": 8} == lengths


def test_make_with_another_branch(tmp_path: Path) -> None:
    """The state of git is in the key if a build may read it."""
    before = made(tmp_path)
    subprocess.run(["git", "-C", tmp_path, "symbolic-ref", "HEAD", "refs/heads/two"], check=True)

    assert {"git": (GIT, GIT.replace("one", "two"))} == changed(before, made(tmp_path))


def test_make_with_a_python_of_a_layer(tmp_path: Path) -> None:
    """A Python in a layer has uv's key, which has more than the version."""
    python = replace(PYTHON, identity="cpython-3.13.5-linux-x86_64-gnu")

    assert python.identity == made(tmp_path, python=python).python


def test_earlier(tmp_path: Path) -> None:
    """The key of the earlier build is its layer's metadata."""
    layers = Layers(tmp_path)
    layers.fresh("dependencies", KEY).keep(Types(launch=True))

    assert KEY == layer_key.earlier(layers)


@pytest.mark.parametrize("metadata", [None, "", 'source = "requirements.txt"', 'new = ""'])
def test_earlier_of_another_version(tmp_path: Path, metadata: str | None) -> None:
    """A missing layer, or one with other fields, has no key."""
    if metadata is not None:
        (tmp_path / "dependencies.toml").write_text(f"[metadata]\n{metadata}\n")

    assert layer_key.earlier(Layers(tmp_path)) is None


def test_with_notes() -> None:
    """The notes of the earlier build are taken over; variables only if it ran a build backend."""
    now = replace(KEY, variables="A=1")
    noted = replace(KEY, moving="git+https://host/a@main=1", variables="A=0")

    assert now == layer_key.with_notes(now, None)
    assert replace(KEY, moving=noted.moving) == layer_key.with_notes(now, noted)
    assert replace(now, built="yes", moving=noted.moving) == layer_key.with_notes(
        now, replace(noted, built="yes")
    )


def test_with_own_notes() -> None:
    """A build notes whether a backend ran, and the commits of branches unless they are locked."""
    key = replace(KEY, variables="A=1")
    origin = DirectUrl("git+https://host/a.git", "0" * 40, "main")
    installed = [Distribution("a", "1", License("MIT"), origin=origin)]
    moving = f"git+https://host/a.git@main={'0' * 40}"

    def noted(*, has_built: bool, is_locked: bool) -> LayerKey:
        return layer_key.with_own_notes(key, installed, has_built=has_built, is_locked=is_locked)

    assert replace(key, built="yes", moving=moving) == noted(has_built=True, is_locked=False)
    assert replace(key, built="yes") == noted(has_built=True, is_locked=True)
    assert replace(KEY, moving=moving) == noted(has_built=False, is_locked=False)
    assert KEY == noted(has_built=False, is_locked=True)
