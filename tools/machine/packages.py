"""Debian packages for the set-up. No other module installs packages on this machine.

packages.py NAME...
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from tools import command, process
from tools.cache import keys
from tools.cache.cache import Cache
from tools.console import Failure, step
from tools.settings import Settings

# Seconds that apt waits for another installation.
_APT = ("apt-get", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300")


def need(cache: Cache, programs: Sequence[str], *packages: str) -> None:
    """Install packages if one of these programs is not on the PATH.

    :raises Failure: one is missing and cannot be installed here
    """
    if not all(shutil.which(program) for program in programs):
        install(cache, *packages)


def install(cache: Cache, *packages: str) -> None:
    """Install packages, if this user may.

    :raises Failure: there is no apt-get, the user is not root, or apt-get fails
    """
    names = " ".join(packages)
    if not shutil.which("apt-get"):
        raise Failure("Programs are missing, and there is no apt-get", f"Install by hand: {names}")
    if os.geteuid() != 0:
        raise Failure(
            "Programs are missing, and only root can install them",
            f"Run: sudo apt-get install {names}",
        )
    with cache.locked("apt"), step(f"Installing {names} with apt", "as root"):
        try:
            _apt(cache, "install", *packages)
        except Failure:  # a fresh machine has no package lists, or old ones
            _apt(cache, "update", "-qq")
            _apt(cache, "install", *packages)


def folder(cache: Cache, packages: Sequence[str]) -> Path:
    """Return the folder that `unpack` fills."""
    key = keys.key({"packages": " ".join(sorted(packages))})
    return cache.folder / "tools" / "debian-packages" / key


def unpack(cache: Cache, title: str, packages: Sequence[str]) -> Path:
    """Unpack packages into the cache, once, and return the folder.

    If it was installed, a package could start a service.

    :param title: what is downloaded, as users call it
    :raises Failure: there is no apt-get, or it has no such package
    """

    def fill(unpacked: Path) -> None:
        names = " ".join(packages)
        if not shutil.which("apt-get"):
            raise Failure(
                f"{title} cannot be downloaded: there is no apt-get",
                f"Debian packages: {names}",
            )
        with step(f"Downloading {title}", f"Debian packages {names}; once"):
            _download(cache, unpacked, packages)
            for package in unpacked.glob("*.deb"):
                process.call(["dpkg-deb", "--extract", package, unpacked])
                package.unlink()

    return cache.once(folder(cache, packages), fill)


def _download(cache: Cache, into: Path, packages: Sequence[str]) -> None:
    download = ["apt-get", "download", *packages]
    process.quietly(f"download-{packages[0]}", download, logs=cache.logs, cwd=into)


def _apt(cache: Cache, *arguments: str) -> None:
    # It must not ask questions on the terminal.
    environ = {"DEBIAN_FRONTEND": "noninteractive"}
    process.quietly(f"apt-{arguments[0]}", [*_APT, *arguments], logs=cache.logs, environ=environ)


def _main(arguments: Sequence[str], settings: Settings) -> None:
    parser = command.Parser("packages", __doc__)
    parser.add_argument("packages", nargs="+", metavar="NAME")
    install(settings.cache, *parser.parse_args(arguments).packages)


if __name__ == "__main__":
    command.run(_main)
