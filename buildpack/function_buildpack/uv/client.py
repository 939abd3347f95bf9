"""Runs uv, which installs packages from all formats of manifests."""

import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from function_buildpack import constants
from function_buildpack.log import output
from function_buildpack.source.settings import Selection
from function_buildpack.system import process
from function_buildpack.system.process import Result, Runner
from function_buildpack.uv import (
    index_failures,
    install_failures,
    named_indexes,
    same_install,
    source_builds,
    variables,
)
from function_buildpack.uv.index_settings import PackageSource
from function_buildpack.uv.install_failures import Attempt
from function_buildpack.uv.origin import RequirementsOrigin
from function_buildpack.uv.source_builds import PackageCheck, accept_all

DOWNLOADS = "UV_PYTHON_DOWNLOADS"
_INDEXES = "UV_INDEX"
_STRATEGY = "--index-strategy"
_REPORT_SECONDS = 30.0  # between two lines of the log about a running build from source


@dataclass(frozen=True)
class Uv:
    """uv with its environment and settings. The methods return changed copies."""

    run: Runner
    environ: Mapping[str, str]
    source: PackageSource = field(default_factory=PackageSource)
    # The platform's setting whether uv may download a Python.
    python_downloads: str = ""
    # Called for each package without a wheel. An exception of it stops the installation.
    package_check: PackageCheck = accept_all
    report_seconds: float = _REPORT_SECONDS
    # Requirements that limit versions, in addition to those in the platform's variable.
    constraints: tuple[str, ...] = ()
    # Whether uv gets rewritten copies of the requirements files.
    reads_copies: bool = False
    # The project's indexes: name → URL.
    indexes: Mapping[str, str] = field(default_factory=dict)
    # The version, once it is known. All copies share this list.
    _version: list[str] = field(default_factory=list)

    @classmethod
    def with_cache(cls, run: Runner, environ: Mapping[str, str], cache: Path) -> "Uv":
        """Return uv with a cache on the file system of the layers, so that uv can link files."""
        own = {name: value for name, value in environ.items() if name not in variables.EXCLUDED}
        fixed = {
            "UV_CACHE_DIR": str(cache),
            # Regardless of other settings: symbolic links to the cache would be broken later.
            "UV_LINK_MODE": "hardlink",
            "UV_NO_PROGRESS": "1",
            DOWNLOADS: "never",
            **{
                name: f"{variables.COMPILED} {own.get(name, '')}".rstrip()
                for name in variables.FLAGS
            },
        }
        return cls(run, own | fixed, python_downloads=own.get(DOWNLOADS, ""))

    def from_source(self, source: PackageSource) -> "Uv":
        """Return uv with another source of packages."""
        return replace(self, source=source)

    def with_other_cache(self, cache: Path) -> "Uv":
        """Return uv with another cache folder."""
        return replace(self, environ={**self.environ, "UV_CACHE_DIR": str(cache)})

    def with_copies(self) -> "Uv":
        """Return uv that copies files from its cache instead of linking them."""
        return replace(self, environ={**self.environ, "UV_LINK_MODE": "copy"})

    def with_package_check(self, package_check: PackageCheck) -> "Uv":
        """Return uv with a callback for the start of each build from source."""
        return replace(self, package_check=package_check)

    def with_constraints(self, constraints: tuple[str, ...]) -> "Uv":
        """Return uv with requirements that limit versions without installing a package."""
        return replace(self, constraints=constraints)

    def with_indexes(self, indexes: Mapping[str, str]) -> "Uv":
        """Return uv with the project's indexes, which error messages name."""
        return replace(self, indexes=indexes)

    def with_extra_indexes(self, indexes: Mapping[str, str]) -> "Uv":
        """Return uv with more indexes, name → URL, which are searched after the platform's."""
        more = [
            f"{name}={named_indexes.expanded(url, self.environ)}" for name, url in indexes.items()
        ]
        asked = " ".join([self.environ.get(_INDEXES, ""), *more]).strip()
        return replace(self, environ={**self.environ, _INDEXES: asked}) if more else self

    def with_renamed_paths(self, copies: Path, source: Path) -> "Uv":
        """Return uv that reads copies of a source's files, and whose output has the real paths."""
        run = process.renamed(self.run, {str(copies): str(source)})
        return replace(self, run=run, reads_copies=True)

    @property
    def cache(self) -> Path:
        """The cache folder."""
        return Path(self.environ["UV_CACHE_DIR"])

    def without(self, names: Iterable[str]) -> "Uv":
        """Return uv without some environment variables."""
        dropped = set(names)
        kept = {name: value for name, value in self.environ.items() if name not in dropped}
        return replace(self, environ=kept)

    @property
    def version(self) -> str:
        """The version. :raises ToolMissing: there is no uv."""
        if not self._version:
            said = self.run(["uv", "--version"], environ=self.environ, cwd=self.cache).output
            self._version.append(said.split()[1])
        return self._version[0]

    @property
    def install_settings(self) -> dict[str, str]:
        """The settings that decide what is installed, if they are set."""
        return self._settings(variables.INSTALL_SETTINGS)

    @property
    def constraint_settings(self) -> dict[str, str]:
        """The settings that name files with constraints, if they are set."""
        return self._settings(variables.CONSTRAINT_FILES)

    def _settings(self, names: Iterable[str]) -> dict[str, str]:
        return {name: value for name in names if (value := self.environ.get(name))}

    def ran_code(self) -> bool:
        """Return whether uv ran code of a package, to build it or to get its metadata."""
        return any(self.cache.glob("builds-v*"))

    def sync(self, project: Path, venv: Path, lock: Path, selection: Selection) -> None:
        """Install the packages in uv.lock, without the project itself and development groups.

        Local packages are copied, not linked.

        :raises BuildpackError: see install_failures.
        """
        command: list[str | Path] = [
            *("uv", "sync", "--locked", "--no-default-groups", "--no-install-project"),
            *("--no-editable", "--python", venv / "bin" / "python"),
            *(*selection.options, *self.source.options),
        ]
        environ = {**self.environ, "UV_PROJECT_ENVIRONMENT": str(venv)}
        again = same_install.of_project(command, project, self.shown)
        self._install(
            command, environ, self._attempt(project, RequirementsOrigin(lock, selection, again))
        )

    def export(self, project: Path, selection: Selection, requirements: Path) -> tuple[str, ...]:
        """Write the packages in uv.lock, without the project itself, into a requirements file.

        Return the command without the file, which writes to standard output.

        :raises BuildpackError: see install_failures.
        """
        command = (*same_install.EXPORT, *selection.options)
        again = same_install.of_project(command, project, self.shown)
        attempt = self._attempt(
            project, RequirementsOrigin(project / constants.UV_LOCK, selection, again)
        )
        self._install([*command, "--output-file", requirements], self.environ, attempt)
        return command

    def install(
        self,
        requirements: Path,
        cwd: Path,
        options: Sequence[str | Path],
        selection: Selection | None = None,
        origin: RequirementsOrigin | None = None,
    ) -> None:
        """Install from a requirements file, a pylock.toml or a project's own file.

        Local packages are copied, not linked. If the requirements were made from another file,
        `origin` is that file, which errors name.

        :raises BuildpackError: see install_failures.
        """
        made_from = origin or RequirementsOrigin(requirements, selection or Selection())
        selected = [] if origin else made_from.selection.options  # `origin` has been selected from
        words = [*options, *self.source.options, *selected]
        base: list[str | Path] = ["uv", "pip", "install", "--no-editable", *words]
        shown = [*base, "-r", made_from.path, *self.constraints]
        again = same_install.of_file(made_from, shown, cwd, self.shown, by_pip=self.reads_copies)
        attempt = self._attempt(cwd, replace(made_from, again=again))
        with self._constrained() as limits:
            self._install([*base, *limits, "-r", requirements], self.environ, attempt)

    @contextmanager
    def _constrained(self) -> Iterator[list[str | Path]]:
        """Yield the options for constraints. With these, uv ignores its variable for them."""
        if not self.constraints:
            yield []
            return
        with tempfile.NamedTemporaryFile("w", suffix="-constraints.txt") as file:
            file.write("\n".join(self.constraints))
            file.flush()
            places = [file.name, *self.constraint_settings.get("UV_CONSTRAINT", "").split()]
            yield [word for place in places for word in ("--constraints", place)]

    @property
    def shown(self) -> dict[str, str]:
        """The settings that the same installation requires on another machine."""
        return self._settings(variables.PACKAGE_SOURCES) | self.install_settings

    @property
    def uses_indexes(self) -> bool:
        """Whether uv uses package indexes."""
        return not self.source.no_index

    def _attempt(self, cwd: Path, origin: RequirementsOrigin) -> Attempt:
        links = tuple(filter(None, self.environ.get("UV_FIND_LINKS", "").split(",")))
        return Attempt(cwd, origin, self.source, self.indexes, links)

    def _install(
        self, command: Sequence[str | Path], environ: Mapping[str, str], attempt: Attempt
    ) -> None:
        """Run a command that installs packages, and raise an error if it fails."""
        with source_builds.followed(self.package_check, self.report_seconds) as follow:
            result = self.run_shown(command, environ, attempt.cwd, follow)
        if result.status == 0:
            return
        self._log_unbuilt(result.output)
        if install_failures.is_unsolvable(result.output):
            result = self._index_failure(command, environ, attempt.cwd) or result
        install_failures.raise_error(result, attempt)

    def _log_unbuilt(self, said: str) -> None:
        """Log why a package without a wheel could not be built or installed."""
        if package := source_builds.failed(said):
            compiler = shutil.which("cc", path=self.environ.get("PATH"))
            output.note(
                f"{package} has no wheel for this Python and platform, and building it from "
                f"source failed. The build image has {'a' if compiler else 'no'} C compiler."
            )
        if package := source_builds.without_wheel(said):
            self.package_check(package)

    def run_shown(
        self,
        command: Sequence[str | Path],
        environ: Mapping[str, str],
        cwd: Path,
        show: Callable[[str], None] = output.child,
    ) -> Result:
        """Run a command, and log it with its output. The output of a failure is in the error."""
        words = [*map(str, command), *(["--verbose"] if output.is_debug() else [])]
        output.line(f"Running: {shlex.join(words)}")
        said = source_builds.UvOutput(show)
        result = self.run(words, environ=environ, cwd=cwd, on_line=said.line)
        if result.status == 0:
            said.finish()
        return replace(result, output=source_builds.without_debug_lines(result.output))

    def _index_failure(
        self, command: Sequence[str | Path], environ: Mapping[str, str], cwd: Path
    ) -> Result | None:
        """Try again with uv's default index strategy, and return the result if an index fails.

        With other strategies, uv treats an index that refuses access like one without the package.
        """
        words = [*command]
        if _STRATEGY in words:
            place = words.index(_STRATEGY)
            del words[place : place + 2]
        elif not environ.get("UV_INDEX_STRATEGY"):
            return None
        words += ["--dry-run", _STRATEGY, "first-index"]
        asked = self.run(words, environ=environ, cwd=cwd)
        return asked if index_failures.find(asked.output) else None

    def install_folder(self, folder: Path, target: Path, python: Path) -> Result:
        """Install the package in a folder, without its dependencies, into another folder."""
        command: list[str | Path] = [
            *("uv", "pip", "install", "--no-deps", "--no-editable"),
            *("--python", python, "--target", target, *self.source.options, "."),
        ]
        return self.run(command, environ=self.environ, cwd=folder)

    def uninstall(self, packages: Iterable[str], venv: Path) -> None:
        """Remove installed packages from an environment."""
        python = venv / "bin" / "python"
        command: list[str | Path] = ["uv", "pip", "uninstall", "--python", python, *packages]
        result = self.run(command, environ=self.environ, cwd=venv)
        assert result.status == 0, result.output
