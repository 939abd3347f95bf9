"""Functions that declare their dependencies in all forms, as in a user's checkout."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_FIXTURES = Path(__file__).parents[1] / "fixtures" / "manifests"
_UV = Path(sys.executable).parent / "uv"


@dataclass(frozen=True)
class Manifest:
    """A form of declaration, its name in the log, and the packages to install."""

    kind: str
    file: str
    installed: frozenset[str] = frozenset({"idna==3.10"})
    # With these settings, more is installed.
    selected: dict[str, str] = field(default_factory=dict)
    added: frozenset[str] = frozenset()


_MATH = {"BP_FUNCTION_EXTRAS": "Math"}
_BOTH = _MATH | {"BP_FUNCTION_GROUPS": "data"}
MANIFESTS = [
    Manifest("poetry", "poetry.lock", selected=_MATH, added=frozenset({"six==1.17.0"})),
    Manifest("poetry1", "poetry.lock", selected=_MATH, added=frozenset({"six==1.17.0"})),
    Manifest(
        "pipenv",
        "Pipfile.lock",
        selected={"BP_FUNCTION_GROUPS": "math"},
        added=frozenset({"six==1.17.0"}),
    ),
    Manifest("pylock", "pylock.toml"),
    Manifest(
        "dynamic",
        "pyproject.toml",
        selected=_BOTH,
        added=frozenset({"six==1.17.0", "sniffio==1.3.1"}),
    ),
    Manifest("setup", "setup.py", selected=_MATH, added=frozenset({"six==1.17.0"})),
    Manifest(
        "requirements",
        "requirements.txt",
        frozenset({"idna==3.10", "sniffio==1.3.0", "mine==1.0", "plain==1.0", "gitted==1.0"}),
    ),
]
# Of the test and development groups, and of those that nobody selected.
NOT_INSTALLED = frozenset({"iniconfig==2.3.1", "colorama==0.4.6"})


def prepare(kind: str, app: Path, at: str = "") -> None:
    """Copy a function into an application folder, and create what a clone cannot contain.

    `at` is where the build will see the folder, if not there.
    """
    shutil.copytree(_FIXTURES / kind, app, dirs_exist_ok=True)
    match kind:
        case "pylock":
            uv("export", "--no-dev", "--no-emit-project", "-o", "pylock.toml", cwd=app)
            (app / "uv.lock").unlink()
        case "uv_workspace":
            uv("lock", cwd=app)
        case "requirements":
            make_repository(app / "gitted", app / "vendor" / "gitted.git")
            manifest = app / "requirements.txt"
            repository = f"git+file://{at or app}/vendor/gitted.git"
            manifest.write_text(manifest.read_text().replace("@REPOSITORY@", repository))
        case _:
            pass


def uv(*arguments: str, cwd: Path) -> None:
    """Run uv like a user."""
    subprocess.run([_UV, *arguments, "--quiet"], cwd=cwd, check=True, stdout=subprocess.DEVNULL)


def make_repository(
    folder: Path,
    bare: Path,
    parts: Mapping[str, tuple[Path, str]] | None = None,
    tag: str = "v1",
) -> None:
    """Turn a folder into a bare git repository with a tag, and delete the folder.

    `parts` are its submodules: their repository, and the URL that is written down for it.
    """
    environ = os.environ | {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (
            ("NAME", "a"),
            ("EMAIL", "a@example.org"),
            ("DATE", "2026-01-01T00:00:00Z"),  # the same commit each time
        )
    }
    added = [
        command
        for name, (repository, url) in (parts or {}).items()
        for command in (
            ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", repository, name],
            ["submodule", "--quiet", "set-url", name, url],
        )
    ]
    for command in (
        ["init", "--quiet", "."],
        *added,
        ["add", "."],
        ["commit", "--quiet", "-m", "first"],
        ["tag", tag],
        ["clone", "--quiet", "--bare", ".", bare],
        ["--git-dir", bare, "remote", "remove", "origin"],
    ):
        subprocess.run(["git", *command], cwd=folder, env=environ, check=True)
    shutil.rmtree(folder)
