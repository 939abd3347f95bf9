"""`make site`: builds the pages as a site. `python -m documentation.site FOLDER`, with .venv.

It fails on a broken link or anchor, and on a page that is not in the navigation.
"""

import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from tools import ROOT, command, process
from tools.cache import keys
from tools.cache.cache import Cache
from tools.console import say, step
from tools.settings import Settings

HERE = Path(__file__).parent


def build(cache: Cache, folder: Path) -> None:
    """Build the site into a folder.

    :raises Failure: a page is wrong, or the generator cannot be installed
    """
    # NO_MKDOCS_2_WARNING: removes Material's advertisement for its successor.
    variables = {
        "PYTHONPATH": f"{_generator(cache)}{os.pathsep}{ROOT}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NO_MKDOCS_2_WARNING": "1",
    }
    # Not --quiet: it hides the warnings from --strict, too.
    mkdocs: list[str | Path] = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    mkdocs += ["--site-dir", folder.absolute()]
    with step("Building the site"):
        process.quietly("build-site", mkdocs, logs=cache.logs, environ=variables, cwd=HERE)
    say(f"The site: {folder.absolute() / 'index.html'}")


def _generator(cache: Cache) -> Path:
    """Return the folder of the generator's packages; they are installed once, into the cache."""
    lock = HERE / "requirements.txt"

    def install(folder: Path) -> None:
        uv: list[str | Path] = [sys.executable, "-m", "uv", "pip", "install", "--compile-bytecode"]
        uv += ["--require-hashes", "--requirements", lock, "--target", folder]
        with step("Installing the site's generator", "once"):
            process.quietly("install-site", [*uv, "--python", sys.executable], logs=cache.logs)

    python = f"{sys.version} {platform.machine()}"
    return cache.once(
        cache.folder / "python-site" / keys.key({"python": python, lock.name: lock}), install
    )


def _main(arguments: Sequence[str], settings: Settings) -> None:
    parser = command.Parser("python -m documentation.site", __doc__)
    parser.add_argument(
        "folder", metavar="FOLDER", nargs="?", type=Path, help="default: site, in the cache"
    )
    parsed = parser.parse_args(arguments)
    build(settings.cache, parsed.folder or settings.cache.folder / "site")


if __name__ == "__main__":
    command.run(_main)
