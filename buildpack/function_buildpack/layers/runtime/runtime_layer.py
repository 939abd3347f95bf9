"""The runtime layer: func_runtime and its packages, the same bytes for every function.

So a node that has run one function has this layer for all others.
"""

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from function_buildpack import constants, prepared
from function_buildpack.cnb.context import Target
from function_buildpack.cnb.layer_env import Behaviour, Change, LayerEnv
from function_buildpack.cnb.layers import Empty, Layer, Layers, Restored, Types
from function_buildpack.image import artifacts, build_traces, bytecode, distributions, sbom
from function_buildpack.image.artifacts import Artifacts
from function_buildpack.layers.archives import Archives
from function_buildpack.log import output
from function_buildpack.log.errors.tools import ToolMissing
from function_buildpack.source import python_files
from function_buildpack.system import file_modes, interpreter, tree
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.uv.client import Uv
from function_buildpack.uv.index_settings import PackageSource

# The build image of our builder has the runtime's wheels, and a copy of their lock.
_WHEELS = Path("/opt/knative-python/wheels")

# Sources of extension modules.
_COMPILED = (".c", ".h", ".pxd", ".pxi", ".pyx")

# A start writes no bytecode, which exists already. Log lines appear without a delay.
ENV: LayerEnv = (
    Change("PYTHONDONTWRITEBYTECODE", Behaviour.DEFAULT, "1"),
    Change("PYTHONUNBUFFERED", Behaviour.DEFAULT, "1"),
)


@dataclass(frozen=True)
class RuntimeSource:
    """The runtime as the buildpack ships it."""

    root: Path
    ready: Path
    wheels: Path = _WHEELS

    @classmethod
    def of(cls, buildpack: Path) -> "RuntimeSource":
        """Return the runtime in a buildpack's folder."""
        return cls(buildpack / "runtime", prepared.packages(buildpack))

    @property
    def requirements(self) -> Path:
        """The list of its packages, pinned and with hashes."""
        return self.root / "requirements.txt"

    @property
    def pyproject(self) -> Path:
        """The runtime's pyproject.toml."""
        return self.root / constants.PYPROJECT

    @property
    def package(self) -> Path:
        """The source of func_runtime."""
        return self.root / "src" / constants.RUNTIME_MODULE

    def prepared(self, layer: Layer) -> Path:
        """Return the folder with the prepared packages of the layer, which some builders have."""
        return self.ready / layer.key

    def offline(self, minor: str) -> PackageSource | None:
        """Return the build image's wheels, if they are those of this lock.

        They are for the build image's Python version.
        """
        lock = self.wheels / "requirements.txt"
        fits = minor == interpreter.current().minor and lock.is_file()
        if fits and lock.read_bytes() == self.requirements.read_bytes():
            return PackageSource.folder(self.wheels)
        return None

    def ranges(self) -> list[Requirement]:
        """Return the version ranges in the runtime's pyproject.toml."""
        return [Requirement(text) for text in self._project()["dependencies"]]

    def component(self) -> sbom.Component:
        """Return func_runtime as a component of an SBOM."""
        project = self._project()
        return sbom.own(project["name"], project["version"], project["license"])

    def _project(self) -> dict[str, Any]:
        table: dict[str, Any] = tomllib.loads(self.pyproject.read_text(encoding="utf-8"))["project"]
        return table


@dataclass(frozen=True)
class Metadata:
    """Everything that decides the layer's contents."""

    sources: str
    python: str
    platform: str
    uv: str


def metadata(
    source: RuntimeSource, python: Interpreter, target: Target, uv_version: str
) -> Metadata:
    """Return everything that decides the contents."""
    files = [source.requirements, source.pyproject, *python_files.sources(source.package)]
    parts = [part for path in files for part in (path.name.encode(), path.read_bytes())]
    return Metadata(
        sources=tree.digest(parts),
        python=python.minor,
        platform=f"{target.os}/{target.arch}",
        uv=uv_version,
    )


def restore(
    layers: Layers, wanted: Metadata, archives: Archives, source: RuntimeSource
) -> Restored | Empty:
    """Return the layer of an earlier build if its key is the same, else an emptied one."""

    def has_contents(layer: Layer) -> bool:
        return source.prepared(layer).is_dir() or archives.has(layer)

    return layers.restored(constants.RUNTIME, wanted, has_contents)


def copy(layer: Layer, source: RuntimeSource) -> None:
    """Fill the layer with the builder's prepared packages, which are for the images' Python."""
    shutil.copytree(source.prepared(layer), library(layer))
    _settle(layer, source, interpreter.current())


def differing(layer: Layer, source: RuntimeSource) -> list[Path]:
    """Return the files in the filled layer that differ from the builder's prepared ones."""
    here, ready = library(layer), source.prepared(layer)
    if not (layer.filled and ready.is_dir()):
        return []
    found, wanted = _contents(here), _contents(ready)
    return sorted(
        here / name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)
    )


def _contents(folder: Path) -> dict[Path, bytes]:
    return {
        path.relative_to(folder): b"" if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
    }


def install(layer: Layer, source: RuntimeSource, python: Interpreter, uv: Uv) -> None:
    """Fill the layer.

    :raises BuildpackError: see uv/install_failures.py.
    """
    fill(library(layer), source, python, uv)
    _settle(layer, source, python)


def _settle(layer: Layer, source: RuntimeSource, python: Interpreter) -> None:
    """Set the file modes of the filled layer, and write its SBOM."""
    packages = library(layer)
    file_modes.normalize(packages)
    offline = source.offline(python.minor)
    wheels = artifacts.in_folder(source.wheels) if offline else Artifacts()
    installed = sbom.packages(distributions.installed(packages), wheels)
    layer.describe(sbom.document([source.component(), *installed]))


def fill(packages: Path, source: RuntimeSource, python: Interpreter, uv: Uv) -> None:
    """Install the packages into a folder.

    :raises BuildpackError: see uv/install_failures.py.
    """
    options: list[str | Path] = ["--python", python.path, "--target", packages]
    options += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    offline = source.offline(python.minor)
    # Copies: hard links to uv's cache would change together with the cache.
    uv = uv.with_copies()
    (uv.from_source(offline) if offline else uv).install(source.requirements, source.root, options)
    (packages / ".lock").unlink(missing_ok=True)
    for script in (packages / "bin").iterdir():
        if script.name != constants.INIT:
            script.unlink()
    _trim(packages, uv)
    build_traces.drop_uv_notes(packages)
    copied = packages / constants.RUNTIME_MODULE
    shutil.copytree(source.package, copied, ignore=shutil.ignore_patterns("__pycache__"))
    bytecode.compile_packages(python_files.sources(packages), python, uv.run)


def _trim(packages: Path, uv: Uv) -> None:
    """Delete what is not needed at run time: three quarters of the layer, mostly of uvloop."""
    files = [path for path in packages.rglob("*") if path.is_file()]
    for path in files:
        if path.suffix in _COMPILED:
            path.unlink()
    native = sorted(path for path in files if path.suffix == ".so" or path.name == constants.INIT)
    try:
        uv.run(["strip", "--strip-unneeded", *native], environ=uv.environ, cwd=packages)
    except ToolMissing:
        output.line("The runtime keeps its debug symbols: the build image has no strip (binutils)")


def library(layer: Layer) -> Path:
    """Return the folder with the layer's packages."""
    return layer.path / "packages"


def init(layer: Layer) -> Path:
    """Return the program that starts the launch process and is PID 1 (ADR 17)."""
    return library(layer) / "bin" / constants.INIT


def here(layer: Layer, source: RuntimeSource) -> Path:
    """Return the folder of the packages in this build, if any: in the layer or in the builder."""
    return library(layer) if layer.filled else source.prepared(layer)


def keep(layer: Layer) -> None:
    """Write `<layer>.toml`, so that the lifecycle exports the layer."""
    layer.keep(Types(launch=True), ENV)
