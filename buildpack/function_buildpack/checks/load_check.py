"""Checks that the function loads, with the runtime's loader, as at a start of the image."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from function_buildpack import constants
from function_buildpack.checks import missing_module
from function_buildpack.checks.missing_module import ModuleHints
from function_buildpack.cnb import layer_env
from function_buildpack.log.errors.image import FunctionSlow, FunctionUnloadable
from function_buildpack.plan.plan import Plan
from function_buildpack.system import source_copy
from function_buildpack.system.kernel import Confinement
from function_buildpack.system.process import Result, Runner

# Variables of the build that a start needs. Others are for the build only, such as credentials.
_PASSED = ("PATH", "LANG")
# Shows Python's position if native code crashes, or at the time limit.
_FAULT_HANDLER = {"PYTHONFAULTHANDLER": "1"}

# More than the import of many large packages takes, and less than a platform's time limit.
_LIMIT_SECONDS = 300.0

_MISSING = re.compile(r"^ *ModuleNotFoundError: No module named '([\w.]+)'$", re.MULTILINE)

# A script for the function's interpreter, which cannot import this package.
_UNPACKING = Path(__file__).with_name("unpacking.py")


class Packages(Protocol):
    """Where the image's packages are during the build."""

    def starts(self) -> Iterable[Sequence[str | Path]]:
        """Return the starts of commands that run a module, to be tried in this order."""
        ...


@dataclass(frozen=True)
class InstalledPackages:
    """Packages in the layers, as at run time: this build has installed them."""

    python: Path

    def starts(self) -> Iterable[Sequence[str | Path]]:
        """Return the image's own start."""
        return ((self.python, "-m"),)


@dataclass(frozen=True)
class ArchivedPackages:
    """Packages in archives, which are unpacked below `root`. `site` is a folder there.

    The first start unpacks only imported packages. A package that reads files of another one
    without an import may not find them, so a second start unpacks everything.
    """

    interpreter: Path
    root: Path
    site: Path
    archives: Sequence[Path]

    def starts(self) -> Iterable[Sequence[str | Path]]:
        """Return the quick start and the complete one."""
        # -S: no packages of the build image.
        script: list[str | Path] = [self.interpreter, "-s", "-S", _UNPACKING]
        places: list[str | Path] = [self.root, self.site, *self.archives, "--"]
        return ([*script, *places], [*script, "--all", *places])


@dataclass(frozen=True)
class Sandbox:
    """A temporary folder with a copy of the source, in which the function is loaded.

    So no image contains what it writes. `confinement` is what the kernel prevents.
    """

    root: Path
    source: Path
    confinement: Confinement

    @classmethod
    def create(cls, root: Path, source: Path, confinement: Confinement) -> "Sandbox":
        """Copy the source into a folder, and create the other folders that a process needs."""
        made = cls(root, source, confinement)
        source_copy.make(source, made.copy)
        for folder in made.environ.values():
            Path(folder).mkdir()
        return made

    @property
    def copy(self) -> Path:
        """The copy of the source."""
        return self.root / "source"

    @property
    def environ(self) -> dict[str, str]:
        """The variables that name folders to write to."""
        return {"HOME": str(self.root / "home"), "TMPDIR": str(self.root / "tmp")}

    def folder(self, original: Path) -> Path:
        """Return the copy of a folder of the source."""
        return self.copy / original.relative_to(self.source)

    def with_source_paths(self, text: str) -> str:
        """Return a text with paths of the copy replaced by paths of the source."""
        return text.replace(str(self.copy), str(self.source))


@dataclass(frozen=True)
class Loader:
    """The runtime's loader, in the image's Python environment.

    Without a sandbox, the function is loaded from the source itself.
    """

    run: Runner
    packages: Packages
    env: layer_env.LayerEnv
    limit: float = _LIMIT_SECONDS
    sandbox: Sandbox | None = None

    def load(self, chosen: Plan, environ: Mapping[str, str], app: Path) -> None:
        """Import the function and call its new(), depending on the plan's check.

        `app` is the source, in which a missing module may be.

        :raises FunctionUnloadable: one of them failed. :raises FunctionSlow: it took too long.
        """
        passed = {name: environ[name] for name in _PASSED if name in environ}
        result = Result(0, "")
        for start in self.packages.starts():
            command = [*start, constants.RUNTIME_MODULE, "--check", chosen.check.value]
            result = self._run(command, chosen.project.folder, passed)
            if not result.in_time:
                raise FunctionSlow(chosen.project.package, self.limit, result.output.strip())
            # A call such as os._exit(0) ends the process early, and would end the image's, too.
            if result.status == 0 and constants.LOADED in result.output:
                return
        raise _unloadable(chosen, result, app)

    def _run(
        self, command: Sequence[str | Path], folder: Path, environ: Mapping[str, str]
    ) -> Result:
        environ = layer_env.apply(self.env, {**_FAULT_HANDLER, **environ})
        if not (box := self.sandbox):
            return self.run(command, environ=environ, cwd=folder, limit=self.limit)
        result = self.run(
            command,
            environ={**environ, **box.environ},
            cwd=box.folder(folder),
            limit=self.limit,
            confinement=box.confinement,
        )
        return replace(result, output=box.with_source_paths(result.output))


def _unloadable(chosen: Plan, result: Result, app: Path) -> FunctionUnloadable:
    # The output is part of this error, so it needs no title of its own.
    said = result.output.strip().removeprefix("ERROR: ")
    hiding = tuple(path.name for path in chosen.project.hiding)
    missing = (_MISSING.findall(said) or [""])[-1]
    # Then the runtime's output names the package with this module. Before a dot, a package exists.
    if "." in missing or f"{constants.MISSING}{missing}\n" in said:
        missing = ""
    found = missing_module.search(missing, chosen, app) if missing else ModuleHints()
    return FunctionUnloadable(
        chosen.project.package,
        result.status,
        said,
        hiding,
        missing,
        places=found.places,
        settings=found.settings,
        excluding=found.excluding,
        path=str(chosen.project.folder.relative_to(app)) if found.places else "",
        declare_in=found.declare_in,
        declaration=found.declaration,
    )
