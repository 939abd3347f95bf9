"""Sees that the function loads, with the runtime's own loader, as the first start would."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from function_buildpack import names
from function_buildpack.cnb import layer_env
from function_buildpack.errors import FunctionUnloadable
from function_buildpack.process import Runner
from function_buildpack.project import Project
from function_buildpack.settings import Check

# What a start needs of the build's environment. The rest is the build's alone, credentials of
# package indexes among it.
_PASSED = ("PATH", "LANG", "TMPDIR")


# A module of the function's own that is missing has its package's name before it.
_MISSING = re.compile(r"^ *ModuleNotFoundError: No module named '(\w+)'$", re.MULTILINE)

# A script of ours for the function's interpreter, which does not know this package.
_UNPACKING = Path(__file__).with_name("unpacking.py")


class Packages(Protocol):
    """Where the image's packages are during the build."""

    def starts(self) -> Iterable[Sequence[str | Path]]:
        """Return how a module of them is run, before its name: one or more ways, tried in order."""
        ...


@dataclass(frozen=True)
class Installed:
    """In the layers, as at run time: this build has installed them."""

    python: Path

    def starts(self) -> Iterable[Sequence[str | Path]]:
        """Return the image's own start."""
        return ((self.python, "-m"),)


@dataclass(frozen=True)
class Archived:
    """In archives, to be unpacked below `root`; `site` is a folder there.

    A package that looks for another's files without importing it may not find them: so a module
    that fails is run once more with all unpacked, and that counts.
    """

    interpreter: Path
    root: Path
    site: Path
    archives: Sequence[Path]

    def starts(self) -> Iterable[Sequence[str | Path]]:
        """Return the quick start and the whole one."""
        # -S: no packages of the build image's.
        script: list[str | Path] = [self.interpreter, "-s", "-S", _UNPACKING]
        places: list[str | Path] = [self.root, self.site, *self.archives, "--"]
        return ([*script, *places], [*script, "--all", *places])


@dataclass(frozen=True)
class Loader:
    """The runtime's loader, in the image's Python environment."""

    run: Runner
    packages: Packages
    env: layer_env.LayerEnv

    def load(self, project: Project, check: Check, environ: Mapping[str, str]) -> None:
        """Import the function and, unless only that is asked for, call its new().

        :raises FunctionUnloadable: one of both failed.
        """
        passed = {name: environ[name] for name in _PASSED if name in environ}
        output = ""
        for start in self.packages.starts():
            result = self.run(
                [*start, names.RUNTIME_MODULE, "--check", check.value],
                environ=layer_env.apply(self.env, passed),
                cwd=project.folder,
            )
            if result.status == 0:
                return
            output = result.output
        # One error is shown, ours; the runtime's words are what was found.
        said = output.strip().removeprefix("ERROR: ")
        hiding = tuple(path.name for path in project.hiding)
        missing = _MISSING.findall(said)
        raise FunctionUnloadable(project.package, said, hiding, *missing[-1:])
