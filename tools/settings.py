"""Settings in variables. Only doctor/facts.py reads the environment, too."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tools import loopback
from tools.cache.cache import Cache
from tools.console import Failure, Output


@dataclass(frozen=True)
class Settings:
    """The variables of a command.

    :param cache: below XDG_CACHE_HOME, else ~/.cache
    :param stack_cache: STACK_CACHE: where the images' layers are kept
    :param debian_sources: DEBIAN_SOURCES: a file with apt's sources
    :param extra_cas: EXTRA_CAS: a bundle of certificates for the build image
    :param machine_cas: SSL_CERT_FILE: the bundle that this machine trusts; only used where
        EXTRA_CAS is not set
    :param mirrors: RUN_IMAGE_MIRRORS: names of copies of the run image
    :param registry_port: REGISTRY_PORT: of the registry on loopback
    :param docker_host: DOCKER_HOST: the daemon's address, if it is not this machine's usual one
    """

    cache: Cache
    stack_cache: Path
    debian_sources: Path | None
    extra_cas: Path | None
    machine_cas: Path | None
    mirrors: tuple[str, ...]
    registry_port: int
    docker_host: str


def read(environ: Mapping[str, str], folder: Path) -> Settings:
    """Read the variables.

    :param folder: the caller's, from which relative paths start
    :raises Failure: a variable names a file that cannot be read, or is no number
    """
    caches = Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", "/root"), ".cache"))
    cache = folder / caches / "knative-python"
    # An empty EXTRA_CAS means none.
    machine_cas = "" if "EXTRA_CAS" in environ else environ.get("SSL_CERT_FILE")
    return Settings(
        cache=Cache(cache),
        stack_cache=folder / (environ.get("STACK_CACHE") or cache / "stack"),
        debian_sources=_file(environ, "DEBIAN_SOURCES", folder),
        extra_cas=_file(environ, "EXTRA_CAS", folder),
        machine_cas=folder / machine_cas if machine_cas else None,
        mirrors=tuple(environ.get("RUN_IMAGE_MIRRORS", "").split()),
        registry_port=_port(environ.get("REGISTRY_PORT") or "5000"),
        docker_host=environ.get("DOCKER_HOST", ""),
    )


def output(environ: Mapping[str, str], stream: TextIO) -> Output:
    """Read how much to show: V=1 for more, V=0 for only errors, NO_COLOR for no colours.

    :param stream: where it goes; only a terminal gets colours (https://no-color.org)
    :raises Failure: V is neither 0 nor 1
    """
    wanted = environ.get("V", "")
    if wanted not in ("", "0", "1"):
        raise Failure(
            "V is neither 0 nor 1",
            f"Found: {wanted}",
            "V=1 also shows what programs print, V=0 shows only errors.",
        )
    return Output(
        has_colours=stream.isatty() and not environ.get("NO_COLOR"),
        shows_steps=wanted != "0",
        shows_programs=wanted == "1",
    )


def _file(environ: Mapping[str, str], name: str, folder: Path) -> Path | None:
    if not environ.get(name):
        return None
    path = folder / environ[name]
    try:
        path.open("rb").close()
    except OSError as error:
        raise Failure(
            f"{name} names a file that cannot be read", f"Found: {path}: {error.strerror}"
        ) from error
    return path


def _port(text: str) -> int:
    if not loopback.is_port(text):
        raise Failure("REGISTRY_PORT is not a port number", f"Found: {text}")
    return int(text)
