"""A user's environment: a clone of this repository, a home, and a shell."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from image import prerequisites

_WITHIN = 280.0  # seconds
_AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@example.com")


@dataclass(frozen=True)
class Clone:
    """A clone of this repository with its present files, and a new home."""

    folder: Path
    home: Path

    @classmethod
    def create(cls, folder: Path) -> "Clone":
        """Make a clone and an empty home in a folder. All files are committed."""
        made = cls(folder / "clone", folder / "home")
        for name in _git(
            prerequisites.ROOT, "ls-files", "--cached", "--others", "--exclude-standard"
        ).splitlines():
            source = prerequisites.ROOT / name
            if source.exists() and not source.is_dir():
                (made.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, made.folder / name, follow_symlinks=False)
        _git(made.folder, "init", "--quiet")
        _git(made.folder, "add", "--all")
        _git(made.folder, *_AUTHOR, "commit", "--quiet", "--message=All")
        made.home.mkdir()
        return made

    def run(self, commands: str, folder: str = ".") -> str:
        """Run commands in one shell in a folder of the clone, and return their output."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
        own = {"HOME": str(self.home), "GIT_CONFIG_GLOBAL": "/dev/null"}
        return type_in(commands, self.folder / folder, kept | own)


def type_in(
    commands: str, folder: Path, environment: Mapping[str, str], within: float = _WITHIN
) -> str:
    """Run commands in one shell until one fails. Return their output."""
    done = subprocess.run(
        ["bash", "-euxo", "pipefail"],
        cwd=folder,
        env=environment,
        input=commands,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=within,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
