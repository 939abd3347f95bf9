"""Creates what a peer needs to run: an environment with its packages, and compiled sources.

Environments are created once, in the cache, with a key of everything that decides their contents.
Sources are copied for each run. So they have bytecode, as in an image, and do not change in a run.
"""

import fcntl
import hashlib
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchFailed
from bench.runtime import process
from bench.runtime.peers import FUNCTIONS, OURS, RUNTIME, Kind, Peer

_DIGITS = 16
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True)
class Interpreter:
    """A Python. `identity` is its full version."""

    path: Path
    identity: str


@dataclass(frozen=True)
class Sources:
    """Copies of func_runtime and of the functions."""

    folder: Path

    def function(self, kind: Kind) -> Path:
        """Return the folder of a function, for a process to be started in."""
        return self.folder / "functions" / kind

    def path(self, peer: Peer, kind: Kind) -> str:
        """Return the peer's PYTHONPATH."""
        folders = [self.function(kind), self.folder / "functions" / "serve"]
        if peer.name == OURS:
            folders.append(self.folder / "runtime")
        return ":".join(map(str, folders))


class Uv:
    """Installs packages. `environ` is the environment of uv."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = {**environ, "UV_PYTHON_DOWNLOADS": "never"}
        own = Path(sys.executable).with_name("uv")
        found = own if own.exists() else shutil.which("uv", path=environ.get("PATH"))
        if found is None:
            raise BenchFailed("uv is missing: make python")
        self._uv = found

    def find(self, wanted: str) -> Interpreter:
        """Find a Python by a version, a name or a path, as uv does.

        :raises BenchFailed: there is none.
        """
        found = self._run("python", "find", "--no-project", "--resolve-links", wanted).strip()
        identity = process.complete([found, "-VV"], environ=self._environ)
        return Interpreter(Path(found), " ".join(identity.split()))

    def install(self, folder: Path, interpreter: Interpreter, requirements: Path | None) -> None:
        """Create an environment with exactly the packages of a list with hashes."""
        self._run("venv", "--quiet", "--python", interpreter.path, folder)
        if requirements is not None:
            options = ("--quiet", "--compile-bytecode", "--no-deps", "--require-hashes")
            python = folder / "bin" / "python"
            self._run("pip", "install", *options, "--python", python, "-r", requirements)

    def _run(self, *arguments: str | Path) -> str:
        return process.complete([self._uv, *arguments], environ=self._environ)


def environment(cache: Path, requirements: Path | None, interpreter: Interpreter, uv: Uv) -> Path:
    """Return the interpreter of the environment for a list. Create it if it is missing."""
    listed = b"" if requirements is None else requirements.read_bytes()
    place = f"{interpreter.path}\n{interpreter.identity}\n{sys.platform}\n"
    key = hashlib.sha256(place.encode() + listed).hexdigest()[:_DIGITS]
    folder = cache / key
    complete = folder / ".complete"
    with _locked(cache / f"{key}.lock"):
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            uv.install(folder, interpreter, requirements)
            complete.touch()
    return folder / "bin" / "python"


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Prevent other runs from creating the same environment."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield


def copy_sources(folder: Path, interpreter: Interpreter) -> Sources:
    """Copy and compile func_runtime and the functions."""
    without = shutil.ignore_patterns("__pycache__")
    package = RUNTIME / "src" / "func_runtime"
    shutil.copytree(package, folder / "runtime" / "func_runtime", ignore=without)
    shutil.copytree(FUNCTIONS, folder / "functions", ignore=without)
    process.complete([interpreter.path, "-m", "compileall", "-q", folder], environ={})
    return Sources(folder)


def digest(files: Iterable[Path]) -> str:
    """Return a digest of sources."""
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()[:_DIGITS]


def versions(peer: Peer) -> dict[str, str]:
    """Return the packages of a peer's list, with their versions."""
    if peer.requirements is None:
        return {}
    return dict(_PINNED.findall(peer.requirements.read_text(encoding="utf-8")))
