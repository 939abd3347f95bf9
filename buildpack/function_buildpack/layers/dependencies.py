"""The dependencies layer: a virtual environment with the packages that the function asks for.

Launch and cache: a source-only rebuild needs its contents, to see that the function still loads.
"""

import os
import re
import tempfile
import venv
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from function_buildpack import names
from function_buildpack.cnb.context import Target
from function_buildpack.cnb.layer_env import Behaviour, Change, LayerEnv
from function_buildpack.cnb.layers import Empty, Layer, Layers, Restored, Types
from function_buildpack.errors import RuntimeConflict
from function_buildpack.installer import Uv
from function_buildpack.interpreter import Interpreter
from function_buildpack.plan import Plan, Source, digest


@dataclass(frozen=True)
class Metadata:
    """All that decides the layer's contents."""

    source: str
    requirements: str
    python: str
    platform: str
    uv: str
    buildpack: str
    wheels: str = ""


@dataclass(frozen=True)
class Dependencies:
    """The filled layer."""

    layer: Layer

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return _venv(self.layer) / "bin" / "python"

    @property
    def env(self) -> LayerEnv:
        """What the image's environment gets: the packages' commands on PATH."""
        bin_ = str(_venv(self.layer) / "bin")
        return (Change("PATH", Behaviour.PREPEND, bin_, delimiter=":"),)

    def keep(self) -> None:
        """Have the layer exported."""
        self.layer.keep(Types(launch=True, cache=True), self.env)

    def check_runtime(self, needed: list[Requirement]) -> None:
        """Compare the installed packages with what the runtime needs of the same names.

        :raises RuntimeConflict: the function's version wins at run time, but cannot serve.
        """
        site = next(_venv(self.layer).glob("lib/python*/site-packages"))
        ranges = {canonicalize_name(item.name): item.specifier for item in needed}
        for found in distributions(path=[str(site)]):
            name = canonicalize_name(found.name)
            if name in ranges and not ranges[name].contains(found.version, prereleases=True):
                raise RuntimeConflict(name, found.version, str(ranges[name]))


def metadata(
    plan: Plan, interpreter: Interpreter, target: Target, uv_version: str, buildpack_version: str
) -> Metadata:
    """Collect what decides the contents."""
    return Metadata(
        source=plan.source.value,
        requirements=_requirements(plan),
        python=interpreter.version,
        platform=f"{target.os}/{target.arch} {target.distro_name} {target.distro_version}".strip(),
        uv=uv_version,
        buildpack=buildpack_version,
    )


def restore(layers: Layers, wanted: Metadata) -> Restored | Empty:
    """Return the layer of an earlier build if it holds what is wanted, else an emptied one."""
    return layers.cached(names.DEPENDENCIES, wanted)


def install(layer: Layer, plan: Plan, uv: Uv) -> None:
    """Fill the layer.

    :raises BuildpackError: see installer.
    """
    path = _venv(layer)
    _make_environment(path)
    match plan.source:
        case Source.UV_LOCK:
            uv.sync(plan.project.folder, path)
        case Source.REQUIREMENTS | Source.PYPROJECT:
            _install_stated(path, plan, uv)
        case Source.NOTHING:
            pass
    _link_runtime(layer, path)


def _install_stated(path: Path, plan: Plan, uv: Uv) -> None:
    with tempfile.NamedTemporaryFile("w", suffix="-constraints.txt") as constraints:
        constraints.write("\n".join(plan.constraints))
        constraints.flush()
        options: list[str | Path] = ["--python", path / "bin" / "python"]
        if plan.constraints:
            options += ["--constraints", constraints.name]
        uv.install(plan.source_path, plan.project.folder, options)


def _venv(layer: Layer) -> Path:
    # Not at the layer's root: the lifecycle would put its lib/ on LD_LIBRARY_PATH.
    return layer.path / "venv"


def _make_environment(path: Path) -> None:
    # The standard library's, not uv's own, which adds an import hook to every start (uv#6426).
    venv.EnvBuilder(symlinks=True, with_pip=False).create(path)
    for script in (*path.glob("bin/activate*"), *path.glob("bin/Activate*")):
        script.unlink()  # for interactive shells
    (path / ".gitignore").unlink(missing_ok=True)  # written since Python 3.13


def _link_runtime(layer: Layer, path: Path) -> None:
    """Append the runtime layer to the environment's import path, behind the function's packages."""
    for site in path.glob("lib/python*/site-packages"):
        packages = layer.path.parent / names.RUNTIME / "packages"
        relative = os.path.relpath(packages, site)
        (site / "func_runtime.pth").write_text(f"{relative}\n")


_INCLUDE = re.compile(r"^\s*(?:-r|--requirement|-c|--constraint)[\s=]*(\S+)", re.MULTILINE)


def _requirements(plan: Plan) -> str:
    """Return a digest of what states the dependencies."""
    path = plan.source_path
    match plan.source:
        case Source.UV_LOCK:
            return digest([path.read_bytes(), plan.requirements_key().encode()])
        case Source.REQUIREMENTS:
            return digest([plan.requirements_key().encode(), *_with_includes(path, set())])
        case Source.PYPROJECT:
            return digest([plan.requirements_key().encode()])
        case Source.NOTHING:
            return ""


def _with_includes(path: Path, seen: set[Path]) -> list[bytes]:
    """Return a requirements file and all that it includes; a missing one is left to uv to name."""
    if path in seen or not path.is_file():
        return []
    seen.add(path)
    content = path.read_bytes()
    included = _INCLUDE.findall(content.decode(errors="replace"))
    return [
        content,
        *(part for name in included for part in _with_includes(path.parent / name, seen)),
    ]
