"""The dependencies layer: a virtual environment with the packages that the function asks for."""

import importlib.metadata
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from function_buildpack import constants
from function_buildpack.cnb.context import BuildContext
from function_buildpack.cnb.layer_env import Behaviour, Change, LayerEnv
from function_buildpack.cnb.layers import Empty, Layer, Layers, Restored, Types
from function_buildpack.image import artifacts, build_traces, distributions, sbom
from function_buildpack.image.distributions import Distribution
from function_buildpack.layers.archives import Archives
from function_buildpack.layers.dependencies import build_inputs, layer_key, repositories
from function_buildpack.layers.dependencies.layer_key import Decisive
from function_buildpack.log import phrases
from function_buildpack.log.errors.dependencies import RuntimeConflict
from function_buildpack.manifests.statements import LOCKS, Source
from function_buildpack.plan.plan import Plan
from function_buildpack.source import requirements_files
from function_buildpack.system import file_changes, file_modes
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.system.process import Runner
from function_buildpack.uv import index_failures, named_indexes
from function_buildpack.uv.client import Uv


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
    uv_settings: str = ""
    uv_configuration: str = ""
    library_check: str = ""  # what one setting lets pass another may not
    refresh: str = ""
    git: str = ""  # the state of checkouts that builds of local packages may read
    # What a build notes of its install, for the next one.
    built: str = ""  # whether a package was built from source
    variables: str = ""  # if so, those that a build backend may read
    moving: str = ""  # addresses where something else may be tomorrow, with commits


@dataclass(frozen=True)
class Dependencies:
    """The filled layer."""

    layer: Layer

    def python(self, minor: str) -> Path:
        """Return the environment's interpreter, by the minor version of Python that it is for."""
        return _python(self.layer.path, minor)

    @property
    def env(self) -> LayerEnv:
        """What the image's environment gets: the packages' commands on PATH."""
        bin_ = str(_venv(self.layer) / "bin")
        return (Change("PATH", Behaviour.PREPEND, bin_, delimiter=":"),)

    @property
    def library(self) -> Path:
        """The environment without its commands, which begin with their interpreter's path."""
        return _venv(self.layer) / "lib"

    def site(self, minor: str) -> Path:
        """Return the folder of its packages for a minor version of Python."""
        return self.library / f"python{minor}" / "site-packages"

    def keep(self) -> None:
        """Have the layer exported."""
        self.layer.keep(Types(launch=True), self.env)

    def check_runtime(self, needed: list[Requirement]) -> None:
        """Compare the installed packages with what the runtime needs of the same names.

        :raises RuntimeConflict: the function's version wins at run time, but cannot serve.
        """
        ranges = {canonicalize_name(item.name): item.specifier for item in needed}
        for found in importlib.metadata.distributions(path=[str(_site_packages(self.layer))]):
            name = canonicalize_name(found.name)
            if name in ranges and not ranges[name].contains(found.version, prereleases=True):
                raise RuntimeConflict(name, found.version, str(ranges[name]))


def metadata(
    decided: Decisive,
    interpreter: Interpreter,
    context: BuildContext,
    uv: Uv,
    buildpack_version: str,
) -> Metadata:
    """Collect what decides the contents, as if something were built from source."""
    target = context.target
    passed = {name: value for name, value in context.environ.items() if name in uv.environ}
    asked = [name for folder in decided.built for name in build_inputs.cache_keys(folder).variables]
    return Metadata(
        source=decided.plan.source.value,
        requirements=decided.digest,
        python=interpreter.identity or interpreter.version,
        platform=f"{target.os}/{target.arch} {target.distro_name} {target.distro_version}".strip(),
        uv=uv.version,
        buildpack=buildpack_version,
        uv_settings=layer_key.settings(uv.decisive, decided.around),
        uv_configuration=layer_key.configuration(uv.environ),
        git=phrases.listed(build_inputs.git_state(decided.built, uv.run, uv.environ)),
        variables=phrases.listed(build_inputs.variables(passed, asked)),
    )


def earlier(layers: Layers) -> Metadata | None:
    """Return the metadata of the restored layer, if there is one of this version."""
    found = layers.earlier(constants.DEPENDENCIES)
    return Metadata(**found) if found.keys() == {field.name for field in fields(Metadata)} else None


def with_notes(wanted: Metadata, before: Metadata | None) -> Metadata:
    """Return what is wanted with what the earlier build has noted of its install.

    Variables count if anything was built from source then.
    """
    if before is None:
        return wanted
    return replace(
        wanted,
        built=before.built,
        variables=wanted.variables if before.built else "",
        moving=before.moving,
    )


def restore(layers: Layers, wanted: Metadata, archives: Archives) -> Restored | Empty:
    """Return the layer of an earlier build if it holds what is wanted, else an emptied one."""
    return layers.restored(constants.DEPENDENCIES, wanted, archives.hold)


def install(
    layer: Layer, plan: Plan, python: Interpreter, uv: Uv, source: Path
) -> list[Distribution]:
    """Fill the layer and return what is in it; `source` is the folder that is built.

    :raises BuildpackError: see installer.
    """
    path = _venv(layer)
    _make_environment(path, python, uv.run)
    with build_traces.removed([source]):
        _install(path, plan, uv, source)
    site = _site_packages(layer)
    if plan.package.exists:
        _uninstall_own(path, site, plan.project.folder, uv)
    build_traces.forget_times(site)
    build_traces.forget_place(site, source)
    (path / ".lock").unlink(missing_ok=True)  # uv's, open to everybody
    file_modes.settle(path)
    for path in {*layer.path.iterdir()} - {_venv(layer)}:  # an exec.d/ would be run at each start
        file_changes.remove(path)
    _link_layers(layer)
    locked, installed = artifacts.locked(plan.source_path), distributions.installed(site)
    layer.describe(sbom.document(sbom.packages(installed, locked)))
    return installed


def with_own_notes(
    layer: Layer, wanted: Metadata, installed: Iterable[Distribution], *, has_built: bool
) -> Layer:
    """Return the filled layer with what the next build has to know of this install.

    `wanted` has the variables that a build backend may read, whether or not one was run.
    """
    noted = replace(
        wanted,
        built="yes" if has_built else "",
        variables=wanted.variables if has_built else "",
        # A lock has the commit or the hash of everything.
        moving="" if wanted.source in _LOCKS else phrases.listed(repositories.noted(installed)),
    )
    return replace(layer, metadata=noted)


_LOCKS = frozenset(source.value for source in LOCKS)


def _install(path: Path, plan: Plan, uv: Uv, source: Path) -> None:
    match plan.source:
        case Source.UV_LOCK if not uv.asks_indexes:
            _install_exported(path, plan, uv)
        case Source.UV_LOCK:
            uv.sync(plan.project.folder, path, plan.source_path, plan.selection)
        case Source.POETRY_LOCK | Source.PIPFILE_LOCK:
            _install_locked(path, plan, uv)
        case Source.NOTHING:
            pass
        case Source.REQUIREMENTS:
            _install_requirements(path, plan, uv, source)
        case _:
            _install_stated(path, plan, uv)


def _uninstall_own(venv: Path, site: Path, folder: Path, uv: Uv) -> None:
    """Remove the function's own project, which "." names: it has a layer of its own.

    Here it would be a second copy, and old after the next change of the source.
    """
    if own := distributions.from_folder(site, folder):
        uv.uninstall(own, venv)


def _install_exported(path: Path, plan: Plan, uv: Uv) -> None:
    """Install what uv.lock names from a folder of wheels; `uv sync` asks the lock's own addresses.

    Without an index uv cannot see that a lock fits; its versions and hashes are kept to.
    """
    with _temporary("-requirements.txt", ()) as requirements:
        uv.export(plan.project.folder, plan.selection, requirements)
        options: list[str | Path] = ["--python", path / "bin" / "python", "--no-deps"]
        _install_made(requirements, plan, uv, options)


def _install_locked(path: Path, plan: Plan, uv: Uv) -> None:
    """Install what the plan has read from a lock: all of it, nothing else, hashes checked."""
    lines = [_with_credentials(line, uv) for line in plan.locked]
    with _temporary("-requirements.txt", lines) as requirements:
        options: list[str | Path] = ["--python", path / "bin" / "python", "--no-deps"]
        if _is_exact(plan.locked):
            # Then it does not matter which of several indexes a package is from.
            options += ["--index-strategy", "unsafe-best-match"]
        _install_made(requirements, plan, uv, options)


def _install_made(requirements: Path, plan: Plan, uv: Uv, options: Sequence[str | Path]) -> None:
    """Install a list that was made from the plan's lock."""
    folder, stated = plan.project.folder, plan.source_path
    uv.install(requirements, folder, options, plan.selection, stated_in=stated)


def _with_credentials(line: str, uv: Uv) -> str:
    """Return a line with what Pipenv takes from variables for the address of an index."""
    return named_indexes.expanded(line, uv.environ) if line.startswith("--") else line


def _is_exact(lines: Iterable[str]) -> bool:
    """Say whether each requirement has a hash or a URL; lines of options have neither."""
    return all(line.startswith("--") or "--hash=" in line or " @ " in line for line in lines)


def _install_stated(path: Path, plan: Plan, uv: Uv) -> None:
    if plan.source is Source.SETUP_CFG and not plan.project.has_pyproject:
        # Without it uv sees no project. An empty one names no backend, which means setuptools
        # (PEP 518); it goes with what that leaves behind.
        plan.project.pyproject_path.touch()
    options: list[str | Path] = ["--python", path / "bin" / "python"]
    others = named_indexes.of_other_tools(plan.project.pyproject)
    limited = uv.with_constraints(plan.constraints).asking(others)
    limited.install(plan.source_path, plan.project.folder, options, selection=plan.selection)


def _install_requirements(path: Path, plan: Plan, uv: Uv, source: Path) -> None:
    with requirements_files.for_uv(plan.source_path, source, uv.environ) as read:
        if read.copies:  # uv names the copies where it complains
            uv = uv.calling(read.copies, source)
        options: list[str | Path] = ["--python", path / "bin" / "python", *read.options]
        uv.install(read.path, plan.project.folder, options, stated_in=plan.source_path)


@contextmanager
def _temporary(suffix: str, lines: Iterable[str]) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile("w", suffix=suffix) as file:
        file.write("\n".join(lines))
        file.flush()
        yield Path(file.name)


def python(layers: Layers, minor: str) -> Path:
    """Return where the image has the environment's interpreter; in this build it may be missing."""
    return _python(layers.root / constants.DEPENDENCIES, minor)


def _python(layer: Path, minor: str) -> Path:
    return layer / _VENV / "bin" / f"python{minor}"


# Not at the layer's root: the lifecycle would put its lib/ on LD_LIBRARY_PATH.
_VENV = "venv"


def _venv(layer: Layer) -> Path:
    return layer.path / _VENV


def _site_packages(layer: Layer) -> Path:
    return next(_venv(layer).glob("lib/python*/site-packages"))


def _make_environment(path: Path, python: Interpreter, run: Runner) -> None:
    # The standard library's, not uv's own, which adds an import hook to every start (uv#6426).
    command: list[str | Path] = [python.path, "-I", "-B", "-m", "venv", "--without-pip", path]
    made = run(command, environ={}, cwd=path.parent)
    if failure := index_failures.find(made.output):
        raise failure(made.output.strip())
    assert made.status == 0, made.output
    for script in (*path.glob("bin/activate*"), *path.glob("bin/Activate*")):
        script.unlink()  # for interactive shells
    (path / ".gitignore").unlink(missing_ok=True)  # written since Python 3.13
    _link_version(path)


def _link_version(venv: Path) -> None:
    """Have the environment's commands lead to one minor version of Python, by its name.

    Where a run image has another one or none, the launcher then says that this one is not there;
    another Python would begin and not find the packages.
    """
    (library,) = venv.glob("lib/python*")
    commands = venv / "bin"
    python = (commands / "python").resolve()
    for name in {"python", "python3", library.name}:
        (commands / name).unlink(missing_ok=True)
        (commands / name).symlink_to(python if name == library.name else library.name)


def _link_layers(layer: Layer) -> None:
    """Append other layers to the environment's import path, behind the function's packages.

    That of the function's own project may not be there: Python passes it over then.
    """
    site = _site_packages(layer)
    others = [
        layer.path.parent / name / "packages" for name in (constants.RUNTIME, constants.PROJECT)
    ]
    lines = [f"{os.path.relpath(packages, site)}\n" for packages in others]
    (site / "func_runtime.pth").write_text("".join(lines))
