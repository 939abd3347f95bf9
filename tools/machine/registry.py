"""An image registry on loopback, for func, which always pulls its images.

It keeps its images in the cache, and has no password. REGISTRY_PORT names another port than 5000.
"""

import shutil
from pathlib import Path

from tools import loopback, process
from tools.cache.cache import Cache
from tools.console import Failure, say
from tools.machine import daemons
from tools.machine.daemons import Daemon
from tools.settings import Settings

_SECONDS = 10.0

_CONFIGURATION = """\
version: 0.1
log: {{ level: warn, accesslog: {{ disabled: true }} }}
storage:
  filesystem: {{ rootdirectory: {storage} }}
  delete: {{ enabled: true }}
http: {{ addr: "127.0.0.1:{port}" }}
"""


def start(settings: Settings) -> None:
    """See that the registry answers.

    :raises Failure: another program has its port, or it does not start
    """
    daemon = _daemon(settings)
    if daemon.pid and _answers(settings.registry_port):
        return
    with settings.cache.locked(daemon.name):
        if not (daemon.pid and _answers(settings.registry_port)):
            daemon.stop()
            _start(settings, daemon)


def folder(settings: Settings) -> Path:
    """Return where it keeps its images, and we what we know of them, so that both go together."""
    return settings.cache.folder / "registry" / str(settings.registry_port)


def _answers(port: int) -> bool:
    return loopback.listener(port) == loopback.REGISTRY


def _daemon(settings: Settings) -> Daemon:
    port = settings.registry_port
    return Daemon(settings.cache, f"registry-{port}", f"the registry localhost:{port}")


def _start(settings: Settings, daemon: Daemon) -> None:
    port, storage = settings.registry_port, folder(settings)
    if loopback.listener(port) != loopback.NOTHING:
        raise Failure(
            f"Port {port} of 127.0.0.1 is taken",
            "Another program listens there, not our registry.",
            "End it, or set REGISTRY_PORT to a free port.",
        )
    program = shutil.which("docker-registry") or _fetched(settings.cache)
    storage.mkdir(parents=True, exist_ok=True)
    configuration = storage.with_name(f"{port}.yml")
    configuration.write_text(_CONFIGURATION.format(storage=storage, port=port))
    daemon.start([program, "serve", configuration], lambda: _answers(port), _SECONDS)


def _fetched(cache: Cache) -> Path:
    """Unpack Debian's package: installed, it would start a service of its own on the same port."""
    if not shutil.which("apt-get"):
        raise Failure(
            "docker-registry is missing, and there is no apt-get",
            "Install a program docker-registry by hand.",
        )

    def fill(unpacked: Path) -> None:
        say("Fetching the registry (Debian package docker-registry; once)")
        download = ["apt-get", "download", "docker-registry"]
        process.quietly("fetch-registry", download, logs=cache.logs, cwd=unpacked)
        (package,) = unpacked.glob("*.deb")
        process.call(["dpkg-deb", "--extract", package, unpacked])
        package.unlink()

    unpacked = cache.once(cache.folder / "tools" / "docker-registry", fill)
    return unpacked / "usr" / "bin" / "docker-registry"


if __name__ == "__main__":
    daemons.run("registry.sh", __doc__, start, _daemon)
