"""environment: creates the development environment, and links it as .venv.

It is in the cache, not in the clone: `pack build --buildpack .` ships every file of the clone.
"""

import importlib.util
import platform
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tools import ROOT, command, process
from tools.cache import keys
from tools.cache.cache import Cache
from tools.cache.links import link
from tools.console import step
from tools.machine import packages
from tools.settings import Settings

_FOLDER = ROOT / "tools" / "python"


def environment(cache: Cache) -> Path:
    """Return the folder of the environment. Create it if it does not exist.

    :raises Failure: a list of packages is missing, or the packages cannot be installed
    """
    uv, requirements = _FOLDER / "uv.txt", _FOLDER / "requirements.txt"
    python = f"{sys.version} {platform.machine()}"
    wanted = keys.key({"python": python, uv.name: uv, requirements.name: requirements})
    folder = cache.folder / "python" / wanted
    # It is not renamed at the end, as `once` does, because its scripts contain its path.
    complete = folder / ".complete"
    if not complete.exists():
        with cache.locked("python"):
            if not complete.exists():  # else another run was faster
                with step("Installing the development environment", "once; about a minute"):
                    _install(cache, folder, uv, requirements)
                complete.touch()
    link(ROOT / ".venv", folder)
    return folder


def _install(cache: Cache, folder: Path, uv: Path, requirements: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if not importlib.util.find_spec("ensurepip"):
        packages.install(cache, "python3-venv")
    logs, programs = cache.logs, folder / "bin"
    process.quietly("venv", [sys.executable, "-m", "venv", folder], logs=logs)
    pip: list[str | Path] = [programs / "pip", "--disable-pip-version-check", "install"]
    process.quietly("install-uv", [*pip, "--require-hashes", "-r", uv], logs=logs)
    install: list[str | Path] = [programs / "uv", "pip", "install", "--compile-bytecode"]
    process.quietly(
        "install-environment",
        [*install, "--python", programs / "python", "--require-hashes", "-r", requirements],
        logs=logs,
    )


def _main(arguments: Sequence[str], settings: Settings) -> None:
    command.Parser("environment", __doc__).parse_args(arguments)
    environment(settings.cache)


if __name__ == "__main__":
    command.run(_main)
