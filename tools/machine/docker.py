"""The Docker daemon.

start   uses the running daemon, or else installs Docker and starts it
stop    stops the daemon, if `start` started it
"""

import os
import shutil
from pathlib import Path

from tools import process
from tools.console import Failure
from tools.machine import daemons, packages
from tools.machine.daemons import Daemon, wait_until
from tools.settings import Settings

_SERVICE_SECONDS = 30.0
_DAEMON_SECONDS = 60.0
_VERSION = ("docker", "version")


def start(settings: Settings) -> None:
    """Use the running Docker daemon, or start one.

    :raises Failure: none answers and none can be started here, or this user may not use it
    """
    if answers():
        return
    if "permission denied" in (complaint := process.complaint(_VERSION)):
        raise Failure(
            "This user may not use Docker",
            complaint,
            "Run this in a root shell (sudo -s), or join the group docker and log in again.",
        )
    if settings.docker_host:
        if not shutil.which("docker"):
            _install(settings)
        if not answers():
            raise Failure(
                "The Docker daemon does not answer",
                f"DOCKER_HOST is {settings.docker_host}: {process.complaint(_VERSION)}",
                "Start it, or unset DOCKER_HOST to use this machine's daemon.",
            )
        return
    with settings.cache.locked("docker"):
        if not answers():  # else another run was faster
            _start(settings)


def answers() -> bool:
    """Return whether the daemon answers."""
    return process.succeeds(_VERSION)


def _daemon(settings: Settings) -> Daemon:
    return Daemon(settings.cache, "dockerd", "the Docker daemon")


def _start(settings: Settings) -> None:
    if not all(map(shutil.which, ("dockerd", "docker", "iptables"))):
        _install(settings)
    if Path("/run/systemd/system").is_dir():
        _start_service()
        return
    if os.geteuid() != 0:
        raise Failure(
            "No Docker daemon answers, and only root can start one",
            process.complaint(_VERSION),
            "Start it (sudo dockerd), or set DOCKER_HOST to the address of another one.",
        )
    forget_stale(Path("/var/run/docker.pid"), "dockerd")
    forget_stale(Path("/var/run/docker/containerd/containerd.pid"), "containerd")
    _daemon(settings).start(["dockerd"], answers, _DAEMON_SECONDS)


def _start_service() -> None:
    """Start Docker as a service of systemd. The installation may have started it."""
    process.succeeds(["systemctl", "start", "docker"])
    if not wait_until(answers, _SERVICE_SECONDS):
        raise Failure(
            "The Docker daemon does not answer",
            process.complaint(_VERSION),
            "Start it: sudo systemctl start docker",
        )


def forget_stale(note: Path, program: str) -> None:
    """Remove the pid file of a killed program. Another program may have its number now."""
    try:
        executable = Path(f"/proc/{int(note.read_text())}/exe").readlink().name
    except (OSError, ValueError):
        executable = ""
    if executable.removesuffix(" (deleted)") != program:
        note.unlink(missing_ok=True)


def _install(settings: Settings) -> None:
    packages.install(settings.cache, "docker.io", "iptables")
    # In newer Debians, the command is in a separate package.
    packages.need(settings.cache, ["docker"], "docker-cli")


if __name__ == "__main__":
    daemons.run("docker.sh", __doc__, start, _daemon)
