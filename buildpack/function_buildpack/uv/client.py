"""Installs packages with uv, the installer of all formats of manifests."""

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
from function_buildpack.uv.origin import Origin
from function_buildpack.uv.source_builds import Look, look_at_nothing

DOWNLOADS = "UV_PYTHON_DOWNLOADS"
_INDEXES = "UV_INDEX"
_STRATEGY = "--index-strategy"


# How often a build from source is spoken of while it goes on.
_TELL_SECONDS = 30.0


@dataclass(frozen=True)
class Uv:
    """uv, as it is started in a build."""

    run: Runner
    environ: Mapping[str, str]
    source: PackageSource = field(default_factory=PackageSource)
    # Whether it may fetch a Python, as the platform says it.
    python_downloads: str = ""
    # Gets each package without a wheel; what it raises ends the install.
    look: Look = look_at_nothing
    tell_seconds: float = _TELL_SECONDS
    # Requirements that limit versions, beside those that the platform's variable names.
    constraints: tuple[str, ...] = ()
    # Whether uv would not read the original of what it installs from.
    is_given_copies: bool = False
    # The indexes that the project names: name → URL.
    indexes: Mapping[str, str] = field(default_factory=dict)
    # The version, once it was asked for: the same list in all that are made from this one.
    _version: list[str] = field(default_factory=list)

    @classmethod
    def with_cache(cls, run: Runner, environ: Mapping[str, str], cache: Path) -> "Uv":
        """Return uv with a cache folder of its own, on the file system that it installs to.

        There uv links files instead of copying them.
        """
        own = {name: value for name, value in environ.items() if name not in variables.FOREIGN}
        fixed = {
            "UV_CACHE_DIR": str(cache),
            # Whatever else is set or configured: links to the cache would lead nowhere.
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
        """Return uv that takes packages from another place."""
        return replace(self, source=source)

    def with_other_cache(self, cache: Path) -> "Uv":
        """Return uv with another cache folder."""
        return replace(self, environ={**self.environ, "UV_CACHE_DIR": str(cache)})

    def copying(self) -> "Uv":
        """Return uv that does not link to its cache: what it installs is apart from all else."""
        return replace(self, environ={**self.environ, "UV_LINK_MODE": "copy"})

    def looking(self, look: Look) -> "Uv":
        """Return uv whose builds from source are looked at when they begin."""
        return replace(self, look=look)

    def with_constraints(self, constraints: tuple[str, ...]) -> "Uv":
        """Return uv with requirements that limit versions without installing anything."""
        return replace(self, constraints=constraints)

    def knowing(self, indexes: Mapping[str, str]) -> "Uv":
        """Return uv with the indexes that the project names, for what is said of a failure."""
        return replace(self, indexes=indexes)

    def asking(self, indexes: Mapping[str, str]) -> "Uv":
        """Return uv that asks more indexes, name → URL, after those that the platform names."""
        more = [
            f"{name}={named_indexes.expanded(url, self.environ)}" for name, url in indexes.items()
        ]
        asked = " ".join([self.environ.get(_INDEXES, ""), *more]).strip()
        return replace(self, environ={**self.environ, _INDEXES: asked}) if more else self

    def calling(self, copies: Path, source: Path) -> "Uv":
        """Return uv that names the files of a source where it is given copies of them."""
        run = process.renamed(self.run, {str(copies): str(source)})
        return replace(self, run=run, is_given_copies=True)

    @property
    def cache(self) -> Path:
        """Its cache folder."""
        return Path(self.environ["UV_CACHE_DIR"])

    def without(self, names: Iterable[str]) -> "Uv":
        """Return uv without variables."""
        dropped = set(names)
        kept = {name: value for name, value in self.environ.items() if name not in dropped}
        return replace(self, environ=kept)

    @property
    def version(self) -> str:
        """Its version. :raises ToolMissing: there is no uv."""
        if not self._version:
            said = self.run(["uv", "--version"], environ=self.environ, cwd=self.cache).output
            self._version.append(said.split()[1])
        return self._version[0]

    @property
    def decisive(self) -> dict[str, str]:
        """The settings that decide what is installed, where they are set."""
        return {name: value for name in variables.DECISIVE if (value := self.environ.get(name))}

    @property
    def narrowing(self) -> dict[str, str]:
        """The settings that name constraints and their like, where they are set."""
        return {name: value for name in variables.NARROWING if (value := self.environ.get(name))}

    def ran_code(self) -> bool:
        """Say whether uv had to build a package, or to ask one for its metadata: that runs code."""
        return any(self.cache.glob("builds-v*"))

    def sync(self, project: Path, venv: Path, lock: Path, selection: Selection) -> None:
        """Install what uv.lock names for the project, and not the project itself.

        Development groups stay out; what is local is copied, not linked to.

        :raises BuildpackError: see install_failures.
        """
        command: list[str | Path] = [
            *("uv", "sync", "--locked", "--no-default-groups", "--no-install-project"),
            *("--no-editable", "--python", venv / "bin" / "python"),
            *(*selection.options, *self.source.options),
        ]
        environ = {**self.environ, "UV_PROJECT_ENVIRONMENT": str(venv)}
        again = same_install.of_project(command, project, self.shown)
        self._install(command, environ, self._attempt(project, Origin(lock, selection, again)))

    def export(self, project: Path, selection: Selection, requirements: Path) -> tuple[str, ...]:
        """Write what uv.lock names for the project, and not the project itself, into a file.

        Return the command that did it, which writes to standard output without a file.

        :raises BuildpackError: see install_failures.
        """
        command = (*same_install.EXPORT, *selection.options)
        again = same_install.of_project(command, project, self.shown)
        attempt = self._attempt(project, Origin(project / constants.UV_LOCK, selection, again))
        self._install([*command, "--output-file", requirements], self.environ, attempt)
        return command

    def install(
        self,
        requirements: Path,
        cwd: Path,
        options: Sequence[str | Path],
        selection: Selection | None = None,
        origin: Origin | None = None,
    ) -> None:
        """Install what a requirements file, a pylock.toml or a project's own file names.

        What is local is copied, not linked to. Errors name the file of `origin`, where the
        requirements were made from another file.

        :raises BuildpackError: see install_failures.
        """
        made_from = origin or Origin(requirements, selection or Selection())
        selected = [] if origin else made_from.selection.options  # else it has been selected
        words = [*options, *self.source.options, *selected]
        base: list[str | Path] = ["uv", "pip", "install", "--no-editable", *words]
        shown = [*base, "-r", made_from.path, *self.constraints]
        again = same_install.of_file(made_from, shown, cwd, self.shown, by_pip=self.is_given_copies)
        attempt = self._attempt(cwd, replace(made_from, again=again))
        with self._constrained() as limits:
            self._install([*base, *limits, "-r", requirements], self.environ, attempt)

    @contextmanager
    def _constrained(self) -> Iterator[list[str | Path]]:
        """Yield options for constraints: with any, uv does not read its variable for them."""
        if not self.constraints:
            yield []
            return
        with tempfile.NamedTemporaryFile("w", suffix="-constraints.txt") as file:
            file.write("\n".join(self.constraints))
            file.flush()
            places = [file.name, *self.narrowing.get("UV_CONSTRAINT", "").split()]
            yield [word for place in places for word in ("--constraints", place)]

    @property
    def shown(self) -> dict[str, str]:
        """The settings that the same install needs elsewhere."""
        leading = {name: value for name in variables.LEADING if (value := self.environ.get(name))}
        return leading | self.decisive

    @property
    def asks_indexes(self) -> bool:
        """Whether packages may come from an index."""
        return not self.source.no_index

    def _attempt(self, cwd: Path, origin: Origin) -> Attempt:
        links = tuple(filter(None, self.environ.get("UV_FIND_LINKS", "").split(",")))
        return Attempt(cwd, origin, self.source, self.indexes, links)

    def _install(
        self, command: Sequence[str | Path], environ: Mapping[str, str], attempt: Attempt
    ) -> None:
        """Run a command that installs packages, and tell what went wrong."""
        with source_builds.followed(self.look, self.tell_seconds) as follow:
            result = self.run_shown(command, environ, attempt.cwd, follow)
        if result.status == 0:
            return
        self._tell_unbuilt(result.output)
        if install_failures.is_unsolvable(result.output):
            result = self._refusal(command, environ, attempt.cwd) or result
        install_failures.tell(result, attempt)

    def _tell_unbuilt(self, said: str) -> None:
        """Say what a package without a wheel lacks here, where uv has failed for that."""
        if package := source_builds.failed(said):
            compiler = shutil.which("cc", path=self.environ.get("PATH"))
            output.note(
                f"{package} has no wheel that fits here, and building it from source has failed. "
                f"The build image has {'a' if compiler else 'no'} C compiler."
            )
        if package := source_builds.unfitting(said):
            self.look(package)

    def run_shown(
        self,
        command: Sequence[str | Path],
        environ: Mapping[str, str],
        cwd: Path,
        show: Callable[[str], None] = output.child,
    ) -> Result:
        """Run a command and show it. What it says when it fails is for the error alone."""
        output.line(f"Running: {shlex.join(map(str, command))}")
        said = source_builds.Said(show)
        result = self.run(command, environ=environ, cwd=cwd, on_line=said.line)
        if result.status == 0:
            said.finish()
        return result

    def _refusal(
        self, command: Sequence[str | Path], environ: Mapping[str, str], cwd: Path
    ) -> Result | None:
        """Ask the indexes again, as uv does by default, and return what it says if one fails.

        With another strategy uv takes an index that refuses access for one without the package.
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
        """Install the package of a folder, and nothing that it needs, into another folder."""
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
