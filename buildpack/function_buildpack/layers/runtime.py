"""The runtime layer: func_runtime and its packages, the same bytes for every function.

So a node that has run one function has this layer of all others.
"""

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from function_buildpack import bytecode, names, project
from function_buildpack.cnb.context import Target
from function_buildpack.cnb.layer_env import Behaviour, Change, LayerEnv
from function_buildpack.cnb.layers import Empty, Layer, Layers, Restored, Types
from function_buildpack.installer import Uv
from function_buildpack.interpreter import Interpreter
from function_buildpack.plan import digest

# The build image of our builder holds the runtime's wheels, beside the lock that they are of.
_WHEELS = Path("/opt/knative-python/wheels")

# A start writes no bytecode (it is there), and a log line is seen when it is written.
ENV: LayerEnv = (
    Change("PYTHONDONTWRITEBYTECODE", Behaviour.DEFAULT, "1"),
    Change("PYTHONUNBUFFERED", Behaviour.DEFAULT, "1"),
)


@dataclass(frozen=True)
class Source:
    """The runtime as the buildpack ships it."""

    root: Path
    wheels: Path = _WHEELS

    @property
    def requirements(self) -> Path:
        """The hash-locked list of its packages."""
        return self.root / "requirements.txt"

    @property
    def package(self) -> Path:
        """The source of func_runtime."""
        return self.root / "src" / names.RUNTIME_MODULE

    def offline(self) -> tuple[str | Path, ...]:
        """Return the options that take the wheels from the build image, if it has this lock's."""
        lock = self.wheels / "requirements.txt"
        if lock.is_file() and lock.read_bytes() == self.requirements.read_bytes():
            return ("--no-index", "--find-links", self.wheels)
        return ()

    def ranges(self) -> list[Requirement]:
        """Return the versions that the runtime works with, by its pyproject.toml."""
        table = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))
        return [Requirement(text) for text in table["project"]["dependencies"]]


@dataclass(frozen=True)
class Metadata:
    """All that decides the layer's contents."""

    sources: str
    python: str
    platform: str
    uv: str


def metadata(source: Source, interpreter: Interpreter, target: Target, uv_version: str) -> Metadata:
    """Collect what decides the contents."""
    files = [source.requirements, *project.sources(source.package)]
    parts = [part for path in files for part in (path.name.encode(), path.read_bytes())]
    return Metadata(
        sources=digest(parts),
        python=interpreter.minor,
        platform=f"{target.os}/{target.arch}",
        uv=uv_version,
    )


def restore(layers: Layers, wanted: Metadata) -> Restored | Empty:
    """Return the layer of an earlier build if it holds what is wanted, else an emptied one."""
    return layers.cached(names.RUNTIME, wanted)


def install(layer: Layer, source: Source, interpreter: Interpreter, uv: Uv) -> None:
    """Fill the layer.

    :raises BuildpackError: see installer.
    """
    packages = layer.path / "packages"
    options: list[str | Path] = ["--python", interpreter.path, "--target", packages]
    options += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    offline = source.offline()
    (uv.with_options(*offline) if offline else uv).install(
        source.requirements, source.root, options
    )
    for unneeded in (packages / "bin", packages / ".lock"):
        shutil.rmtree(unneeded) if unneeded.is_dir() else unneeded.unlink(missing_ok=True)
    copied = packages / names.RUNTIME_MODULE
    shutil.copytree(source.package, copied, ignore=shutil.ignore_patterns("__pycache__"))
    for path in project.sources(copied):
        bytecode.compile_source(path)


def keep(layer: Layer) -> None:
    """Have the layer exported."""
    layer.keep(Types(launch=True, cache=True), ENV)
