"""Installs packages with uv, the installer of every way that dependencies are stated."""

import json
import os
import re
import shutil
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import unquote, urlsplit

from function_buildpack import index_failures, names, output, source_builds
from function_buildpack.errors import (
    HashMismatch,
    InstallFailed,
    LockOutdated,
    PythonUninstalled,
    RequirementsUnsolvable,
    SelectionUnknown,
    ToolMissing,
)
from function_buildpack.process import Result, Runner
from function_buildpack.settings import Selection
from function_buildpack.source_builds import Look, Package

# They name another environment than the one that we install into, another Python's files, another
# project than the function, or what is not for an image.
_FOREIGN = (
    *("CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "UV_DEV", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT"),
    *("UV_PYTHON", "UV_WORKING_DIR", "VIRTUAL_ENV"),
)
# They name files that say which version of a package will do, or that none will.
_NARROWING = ("UV_CONSTRAINT", "UV_EXCLUDE", "UV_OVERRIDE")
# What packages are compiled with here: without information for debuggers, for it has the names of
# this build's temporary folders. Build backends add what the platform has set.
_COMPILED = "-O2 -g0"
_FLAGS = ("CFLAGS", "CXXFLAGS")
_DOWNLOADS = "UV_PYTHON_DOWNLOADS"
# What is installed depends on them; of where it is from, it does not. Variables of compilers and
# build backends only count where something is built (build_inputs.py).
_DECISIVE = (
    *(*_NARROWING, "UV_AMD_GPU_ARCHITECTURE", "UV_BUILD_CONSTRAINT", "UV_CUDA_DRIVER_VERSION"),
    *("UV_EXCLUDE_NEWER", "UV_FORK_STRATEGY", "UV_GIT_LFS", "UV_INDEX_STRATEGY"),
    *("UV_NO_BINARY", "UV_NO_BINARY_PACKAGE", "UV_NO_BUILD", "UV_NO_BUILD_ISOLATION"),
    *("UV_NO_BUILD_PACKAGE", "UV_NO_GROUP", "UV_NO_INSTALL_LOCAL", "UV_NO_INSTALL_WORKSPACE"),
    *("UV_NO_SOURCES", "UV_NO_SOURCES_PACKAGE", "UV_PRERELEASE", "UV_REQUIRE_HASHES"),
    *("UV_RESOLUTION", "UV_TORCH_BACKEND"),
)


@dataclass(frozen=True)
class Download:
    """A CPython that uv can install: uv's name for it, its version and the file it is from."""

    key: str
    version: str
    file: str


# How often a build from source is spoken of while it goes on.
_TELL_SECONDS = 30.0


def _look_at_nothing(_: Package) -> None:
    """Let everything be built from source."""


@dataclass(frozen=True)
class Uv:
    """uv, as it is started in a build."""

    run: Runner
    environ: Mapping[str, str]
    options: tuple[str | Path, ...] = ()
    # Whether it may fetch a Python, as the platform says it.
    python_downloads: str = ""
    # Gets each package without a wheel; what it raises ends the install.
    look: Look = _look_at_nothing
    tell_seconds: float = _TELL_SECONDS

    @classmethod
    def with_cache(cls, run: Runner, environ: Mapping[str, str], cache: Path) -> "Uv":
        """Return uv with a cache folder of its own, on the file system that it installs to.

        There uv links files instead of copying them.
        """
        own = {name: value for name, value in environ.items() if name not in _FOREIGN}
        fixed = {
            "UV_CACHE_DIR": str(cache),
            # Whatever else is set or configured: links to the cache would lead nowhere.
            "UV_LINK_MODE": "hardlink",
            "UV_NO_PROGRESS": "1",
            _DOWNLOADS: "never",
            **{name: f"{_COMPILED} {own.get(name, '')}".rstrip() for name in _FLAGS},
        }
        return cls(run, own | fixed, python_downloads=own.get(_DOWNLOADS, ""))

    def with_options(self, *options: str | Path) -> "Uv":
        """Return uv with other options that say where packages come from."""
        return replace(self, options=options)

    def with_other_cache(self, cache: Path) -> "Uv":
        """Return uv with another cache folder."""
        return replace(self, environ={**self.environ, "UV_CACHE_DIR": str(cache)})

    def looking(self, look: Look) -> "Uv":
        """Return uv whose builds from source are looked at when they begin."""
        return replace(self, look=look)

    @property
    def cache(self) -> Path:
        """Its cache folder."""
        return Path(self.environ["UV_CACHE_DIR"])

    def without(self, names: Iterable[str]) -> "Uv":
        """Return uv without variables."""
        dropped = set(names)
        kept = {name: value for name, value in self.environ.items() if name not in dropped}
        return replace(self, environ=kept)

    @cached_property
    def version(self) -> str:
        """Its version. :raises ToolMissing: there is no uv."""
        return self.run(["uv", "--version"], environ=self.environ, cwd=self.cache).output.split()[1]

    @property
    def decisive(self) -> dict[str, str]:
        """The settings that decide what is installed, where they are set."""
        return {name: value for name in _DECISIVE if (value := self.environ.get(name))}

    @property
    def narrowing(self) -> dict[str, str]:
        """The settings that name constraints and their like, where they are set."""
        return {name: value for name in _NARROWING if (value := self.environ.get(name))}

    def pythons(self, cwd: Path) -> list[Download]:
        """Return the CPythons that can be installed here, by uv's own list or the platform's.

        :raises PythonUninstalled: the platform's list cannot be read.
        """
        command = ["uv", "python", "list", "--only-downloads", "--all-versions"]
        result = self.run([*command, "--output-format", "json"], environ=self._for_pythons, cwd=cwd)
        if result.status != 0:
            raise PythonUninstalled("the list of versions", _explanation(result.output))
        # One line, perhaps after warnings; none at all if the platform wants no such Pythons.
        lines = (line for line in result.output.splitlines() if line.startswith("[{"))
        return [
            Download(item["key"], item["version"], _file(item["url"]))
            for item in json.loads(next(lines, "[]"))
            if (item["implementation"], item["variant"]) == ("cpython", "default")
        ]

    def install_python(self, python: Download, folder: Path) -> None:
        """Install a CPython into a folder of its name.

        :raises PythonUninstalled: it could not be fetched, or is not the one that uv knows.
        """
        command: list[str | Path] = ["uv", "python", "install", "--no-bin"]
        result = self.run(
            [*command, "--install-dir", folder, python.key],
            environ=self._for_pythons,
            cwd=folder,
            on_line=output.child,
        )
        if result.status != 0:
            raise PythonUninstalled(python.key, _explanation(result.output))

    @property
    def _for_pythons(self) -> Mapping[str, str]:
        """The environment of commands that do fetch a Python, unless the platform forbids it."""
        others = {name: value for name, value in self.environ.items() if name != _DOWNLOADS}
        stated = self.python_downloads
        return others | {_DOWNLOADS: stated} if stated else others

    def ran_code(self) -> bool:
        """Say whether uv had to build a package, or to ask one for its metadata: that runs code."""
        return any(self.cache.glob("builds-v*"))

    def sync(self, project: Path, venv: Path, lock: Path, selection: Selection) -> None:
        """Install what uv.lock names for the project, and not the project itself.

        Development groups stay out; what is local is copied, not linked to.

        :raises BuildpackError: as `_raise_for` finds.
        """
        command: list[str | Path] = [
            *("uv", "sync", "--locked", "--no-default-groups", "--no-install-project"),
            *("--no-editable", "--python", venv / "bin" / "python"),
            *(*_selected(selection), *self.options),
        ]
        place = {"UV_PROJECT_ENVIRONMENT": str(venv)}
        result = self._run_followed(command, project, {**self.environ, **place})
        _raise_for(result, lock, "uv sync --locked", self.wheels)

    def _run_followed(
        self, command: Sequence[str | Path], cwd: Path, environ: Mapping[str, str]
    ) -> Result:
        with source_builds.followed(self.look, self.tell_seconds) as tell:
            result = self.run(command, environ=environ, cwd=cwd, on_line=tell)
        if package := source_builds.failed(result.output):
            compiler = shutil.which("cc", path=environ.get("PATH"))
            output.note(
                f"{package} has no wheel that fits here, and building it from source has failed. "
                f"The build image has {'a' if compiler else 'no'} C compiler."
            )
        if result.status and (package := source_builds.unfitting(result.output)):
            self.look(package)
        return result

    def wheels_of(self, package: Package, cwd: Path, pythons: Iterable[str]) -> list[str]:
        """Return the file names of the wheels that a package has in its index.

        Those for the first of these Pythons that it is for at all, and for newer ones. None if it
        has no wheels, or if that cannot be told.
        """
        command: list[str | Path] = [
            *("uv", "pip", "compile", "--quiet", "--no-header", "--no-deps", "--no-build"),
            *("--universal", "--format", "pylock.toml", *self.options),
        ]
        with NamedTemporaryFile("w", suffix="-requirements.txt") as stated:
            stated.write(f"{package.name}=={package.version}\n")
            stated.flush()
            for python in pythons:
                words = [*command, "--python-version", python, stated.name]
                result = self.run(words, environ=self.environ, cwd=cwd)
                if result.status == 0:
                    return _WHEEL.findall(result.output)
        return []

    def export(self, project: Path, selection: Selection, requirements: Path) -> None:
        """Write what uv.lock names for the project, and not the project itself, into a file.

        :raises BuildpackError: as `_raise_for` finds.
        """
        command: list[str | Path] = [
            *("uv", "export", "--quiet", "--frozen", "--no-default-groups", "--no-emit-project"),
            *("--no-editable", *_selected(selection)),
            *("--output-file", requirements),
        ]
        result = self.run(command, environ=self.environ, cwd=project, on_line=output.child)
        _raise_for(result, project / names.UV_LOCK, "uv export --frozen", self.wheels)

    @property
    def wheels(self) -> str:
        """The folder of wheels that stands in for all indexes, if one does."""
        return str(self.options[-1]) if "--no-index" in self.options else ""

    def install(
        self,
        requirements: Path,
        cwd: Path,
        options: Sequence[str | Path],
        selection: Selection | None = None,
        stated_in: Path | None = None,
    ) -> None:
        """Install what a requirements file, a pylock.toml or a project's own file names.

        What is local is copied, not linked to. Errors name `stated_in`, where the requirements
        were made from another file.

        :raises BuildpackError: as `_raise_for` finds.
        """
        command: list[str | Path] = [
            *("uv", "pip", "install", "--no-editable"),
            *("--preview-features", "pylock"),
            *(*options, *self.options),
            *_selected(selection or Selection()),
            *("-r", requirements),
        ]
        result = self._run_followed(command, cwd, self.environ)
        stated = stated_in or requirements
        again = _COMMANDS.get(stated.name, f"uv pip install -r {stated.name}")
        _raise_for(result, stated, again, self.wheels)

    def install_folder(self, folder: Path, target: Path, python: Path) -> Result:
        """Install the package of a folder, and nothing that it needs, into another folder."""
        command: list[str | Path] = [
            *("uv", "pip", "install", "--no-deps", "--no-editable"),
            *("--python", python, "--target", target, *self.options, "."),
        ]
        return self.run(command, environ=self.environ, cwd=folder)

    def uninstall(self, packages: Iterable[str], venv: Path) -> None:
        """Remove installed packages from an environment."""
        python = venv / "bin" / "python"
        command: list[str | Path] = ["uv", "pip", "uninstall", "--python", python, *packages]
        result = self.run(command, environ=self.environ, cwd=venv)
        assert result.status == 0, result.output


_WHEEL = re.compile(r"[^/\"]+\.whl(?=[\"#])")

# Of locks that uv does not read.
_COMMANDS = {names.POETRY_LOCK: "poetry sync", names.PIPFILE_LOCK: "pipenv sync"}


def _file(url: str) -> str:
    """Return a file's name; the rest of an address may hold credentials, its query too."""
    return unquote(urlsplit(url).path.rpartition("/")[2])


def _selected(selection: Selection) -> list[str]:
    extras = [word for name in sorted(selection.extras) for word in ("--extra", name)]
    return extras + [word for name in sorted(selection.groups) for word in ("--group", name)]


_NO_PYTHON = re.compile(r"No `requires-python` value found .* Defaulting to `(.+?)`")


def _outdated(result: Result, lock: Path) -> LockOutdated:
    """Tell a lock for another Python than uv assumes, for a project that states none, apart."""
    unstated = ""
    if default := _NO_PYTHON.search(result.output):
        locked_for = tomllib.loads(lock.read_text(encoding="utf-8-sig")).get("requires-python", "")
        unstated = locked_for if locked_for != default[1] else ""
    return LockOutdated(lock, lock.with_name(names.PYPROJECT), "uv lock", unstated=unstated)


_NO_EXTRA = re.compile(r"Requested extra not found: (\S+)")


# A folder or wheel that a requirement names; a list that another one includes.
_NOT_THERE = re.compile(
    r"Distribution not found at: file://(.+)|failed to read from file `(.+?)`: No such file"
)


def _raise_for(result: Result, requirements: Path, command: str, wheels: str) -> None:
    """Tell uv's failures apart by what it says; it has one exit status for many of them.

    :raises LockOutdated: :raises RequirementsUnsolvable: :raises HashMismatch:
    :raises SelectionUnknown: :raises ToolMissing: :raises InstallFailed: any other.
    :raises BuildpackError: as index_failures finds.
    """
    if result.status == 0:
        return
    if "needs to be updated, but `--locked`" in result.output:
        raise _outdated(result, requirements)
    if extra := _NO_EXTRA.search(result.output):
        raise SelectionUnknown(names.FUNCTION_EXTRAS, extra[1], requirements, None)
    if "Git executable not found" in result.output:
        raise ToolMissing("git")
    if "Hash mismatch for" in result.output:
        raise HashMismatch(requirements, _explanation(result.output))
    if failure := index_failures.find(result.output):
        raise failure(_explanation(result.output))
    if "No solution found" in result.output:
        raise RequirementsUnsolvable(requirements, _explanation(result.output), wheels)
    raise InstallFailed(str(requirements), result.status, command, _not_there(result.output))


def _not_there(said: str) -> str:
    found = _NOT_THERE.search(said)
    return os.path.normpath(unquote(found[1]) if found[1] else found[2]) if found else ""


def _explanation(text: str) -> str:
    """Return uv's own explanation: all from its first mark of an error on."""
    lines = text.strip().splitlines()
    marked = [i for i, line in enumerate(lines) if line.lstrip().startswith(("×", "error:"))]  # noqa: RUF001 -- uv's
    return "\n".join(lines[marked[0] :] if marked else lines[-5:])
