"""An image registry on loopback, for func, which always pulls its images.

Its images are in the cache, and it has no password. REGISTRY_PORT sets another port than 5000.
"""

import shutil
from pathlib import Path

from tools import loopback
from tools.console import Failure
from tools.machine import daemons, packages
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
    """Start the registry, if it does not run.

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
    """Return the folder of its images and of our notes on them, which are removed together."""
    return settings.cache.folder / "registry" / str(settings.registry_port)


def configuration(settings: Settings) -> Path:
    """Return the file of its configuration, which exists after its first start."""
    return folder(settings).with_name(f"{settings.registry_port}.yml")


def program(settings: Settings) -> Path:
    """Return the program: the one on the PATH, or else that of Debian's unpacked package.

    :raises Failure: both are missing
    """
    if found := shutil.which("docker-registry"):
        return Path(found)
    unpacked = packages.unpack(settings.cache, "the registry", ["docker-registry"])
    return unpacked / "usr" / "bin" / "docker-registry"


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
            "Stop it, or set REGISTRY_PORT to a free port.",
        )
    storage.mkdir(parents=True, exist_ok=True)
    configuration(settings).write_text(_CONFIGURATION.format(storage=storage, port=port))
    command: list[str | Path] = [program(settings), "serve", configuration(settings)]
    daemon.start(command, lambda: _answers(port), _SECONDS)


if __name__ == "__main__":
    daemons.run("registry.sh", __doc__, start, _daemon)
