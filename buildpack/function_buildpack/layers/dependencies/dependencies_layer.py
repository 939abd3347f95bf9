"""The dependencies layer: a virtual environment with the function's dependencies."""

import importlib.metadata
import os
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from function_buildpack import constants
from function_buildpack.cnb.layer_env import Behaviour, Change, LayerEnv
from function_buildpack.cnb.layers import Empty, Layer, Layers, Restored, Types
from function_buildpack.image import build_traces, distributions, sbom
from function_buildpack.image.distributions import Distribution
from function_buildpack.layers.archives import Archives
from function_buildpack.layers.dependencies.layer_key import LayerKey
from function_buildpack.log.errors.dependencies import RuntimeConflict
from function_buildpack.manifests.manifest import Installation
from function_buildpack.plan.plan import Plan
from function_buildpack.system import file_modes, tree
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.system.process import Runner
from function_buildpack.uv import index_failures
from function_buildpack.uv.client import Uv


@dataclass(frozen=True)
class Dependencies:
    """The filled layer."""

    layer: Layer

    def python(self, minor: str) -> Path:
        """Return the environment's interpreter for a minor version of Python."""
        return _python(self.layer.path, minor)

    @property
    def env(self) -> LayerEnv:
        """Changes to the image's environment: the packages' commands on PATH."""
        bin_ = str(_venv(self.layer) / "bin")
        return (Change("PATH", Behaviour.PREPEND, bin_, delimiter=":"),)

    @property
    def library(self) -> Path:
        """The environment without its commands, which start with their interpreter's path."""
        return _venv(self.layer) / "lib"

    def site(self, minor: str) -> Path:
        """Return the site-packages folder for a minor version of Python."""
        return self.library / f"python{minor}" / "site-packages"

    def keep(self) -> None:
        """Write `<layer>.toml`, so that the lifecycle exports the layer."""
        self.layer.keep(Types(launch=True), self.env)

    def check_runtime(self, needed: list[Requirement]) -> None:
        """Check that the runtime works with the installed versions of its packages.

        :raises RuntimeConflict: the function's version takes precedence, but the runtime fails.
        """
        ranges = {canonicalize_name(item.name): item.specifier for item in needed}
        for found in importlib.metadata.distributions(path=[str(_site_packages(self.layer))]):
            name = canonicalize_name(found.name)
            if name in ranges and not ranges[name].contains(found.version, prereleases=True):
                raise RuntimeConflict(name, found.version, str(ranges[name]))


def restore(layers: Layers, wanted: LayerKey, archives: Archives) -> Restored | Empty:
    """Return the layer of an earlier build if its key is the same, else an emptied one."""
    return layers.restored(constants.DEPENDENCIES, wanted, archives.has)


def install(
    layer: Layer, plan: Plan, python: Interpreter, uv: Uv, source: Path
) -> list[Distribution]:
    """Fill the layer and return its packages. `source` is the folder that is built.

    :raises BuildpackError: see uv/install_failures.py.
    """
    path = _venv(layer)
    _make_environment(path, python, uv.run)
    with build_traces.restored([source]):
        wanted = Installation(path, source, uv, plan.selection, plan.locked, plan.constraints)
        plan.manifest.install(wanted)
    site = _site_packages(layer)
    if plan.package.exists:
        _uninstall_own(path, site, plan.project.folder, uv)
    build_traces.drop_uv_notes(site)
    build_traces.normalize_direct_urls(site, source)
    (path / ".lock").unlink(missing_ok=True)  # of uv, writable by everybody
    file_modes.normalize(path)
    for path in {*layer.path.iterdir()} - {_venv(layer)}:  # an exec.d/ would run at each start
        tree.remove(path)
    _link_layers(layer)
    installed = distributions.installed(site)
    layer.describe(sbom.document(sbom.packages(installed, plan.manifest.artifacts)))
    return installed


def _uninstall_own(venv: Path, site: Path, folder: Path, uv: Uv) -> None:
    """Uninstall the function's own project, which "." installs: it has its own layer.

    Here it would be a second copy, outdated after the next change of the source.
    """
    if own := distributions.built_from(site, folder):
        uv.uninstall(own, venv)


def python(layers: Layers, minor: str) -> Path:
    """Return the path of the environment's interpreter in the image. This build may not have it."""
    return _python(layers.root / constants.DEPENDENCIES, minor)


def _python(layer: Path, minor: str) -> Path:
    return layer / _VENV / "bin" / f"python{minor}"


# Not the layer's root: the lifecycle would add its lib/ to LD_LIBRARY_PATH.
_VENV = "venv"


def _venv(layer: Layer) -> Path:
    return layer.path / _VENV


def _site_packages(layer: Layer) -> Path:
    return next(_venv(layer).glob("lib/python*/site-packages"))


def _make_environment(path: Path, python: Interpreter, run: Runner) -> None:
    # With venv, not "uv venv", which adds an import hook to every start (uv#6426).
    command: list[str | Path] = [python.path, "-I", "-B", "-m", "venv", "--without-pip", path]
    made = run(command, environ={}, cwd=path.parent)
    if failure := index_failures.find(made.output):
        raise failure(made.output.strip())
    assert made.status == 0, made.output
    for script in (*path.glob("bin/activate*"), *path.glob("bin/Activate*")):
        script.unlink()  # for interactive shells
    (path / ".gitignore").unlink(missing_ok=True)  # since Python 3.13
    _link_version(path)


def _link_version(venv: Path) -> None:
    """Link the environment's commands to one minor version of Python by its name.

    If a run image has another version or none, the start reports that this one is missing.
    Otherwise another Python would start and not find the packages.
    """
    (library,) = venv.glob("lib/python*")
    commands = venv / "bin"
    python = (commands / "python").resolve()
    for name in {"python", "python3", library.name}:
        (commands / name).unlink(missing_ok=True)
        (commands / name).symlink_to(python if name == library.name else library.name)


def _link_layers(layer: Layer) -> None:
    """Append other layers to the environment's import path, after the function's packages.

    The project layer may not exist. Python ignores a missing folder.
    """
    site = _site_packages(layer)
    others = [
        layer.path.parent / name / "packages" for name in (constants.RUNTIME, constants.PROJECT)
    ]
    lines = [f"{os.path.relpath(packages, site)}\n" for packages in others]
    (site / "func_runtime.pth").write_text("".join(lines))
