"""Findings from the facts: whether `make image` would fail, and what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools import loopback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.doctor.facts import Facts

OK, NOTE, PROBLEM = "ok", "note", "problem"

_GB = 1_000_000_000
# A first `make image`: Go's modules and build cache, .venv, Debian's packages.
_CACHE_NEEDED = 6 * _GB
_DOCKER_NEEDED = 3 * _GB
_MEMORY_NEEDED = 2 * _GB
_PYTHON_NEEDED = (3, 11)
_DOCKER_NEEDED_VERSION = (20, 10)
_LANDLOCK = (5, 19)  # docs/adr/0020
_MACHINES = ("x86_64", "amd64", "aarch64", "arm64")
# Words in pip's output, and the problem. The first match counts.
_INDEX_ERRORS = (
    (
        ("CERTIFICATE_VERIFY_FAILED", "SSLError", "certificate verify failed"),
        "the certificate of the package index, or of a proxy, is not trusted",
        "Set SSL_CERT_FILE to a bundle that contains your authority's certificate.",
    ),
    (
        ("ProxyError", "Cannot connect to proxy", "Tunnel connection failed"),
        "the proxy does not connect to the package index",
        "Check HTTPS_PROXY and NO_PROXY.",
    ),
    (
        ("401 ", "403 ", "Unauthorized", "Forbidden"),
        "the package index refuses access",
        "Check the credentials in pip's configuration: pip config list",
    ),
)


@dataclass(frozen=True)
class Finding:
    """A line of the report. With a problem, `make image` would fail."""

    level: str
    title: str
    do: str = ""


def findings(facts: Facts) -> list[Finding]:
    """Return the findings (ok, notes and problems), in the order of the set-up."""
    return [
        *_machine(facts),
        *_python(facts),
        *_programs(facts),
        *_disk(facts),
        *_docker(facts),
        *_network(facts),
        *_ports(facts),
    ]


def _machine(facts: Facts) -> Iterator[Finding]:
    if facts.system != "Linux":
        yield Finding(
            PROBLEM,
            f"{facts.system}: base images can only be built on Linux",
            "Use a Linux machine, or pull a published builder (README.md).",
        )
        return
    if facts.machine not in _MACHINES:
        yield Finding(PROBLEM, f"{facts.machine}: there are only images for amd64 and arm64")
    else:
        yield Finding(OK, f"Linux on {facts.machine}")
    if facts.kernel < _LANDLOCK:
        yield Finding(
            NOTE,
            f"Linux {_dotted(facts.kernel)} cannot confine code that runs in a build",
            "Builds work. Linux 5.19 and newer can (docs/adr/0020).",
        )
    if facts.memory < _MEMORY_NEEDED:
        yield Finding(NOTE, f"{facts.memory / _GB:.1f} GB of memory: compiling pack may need more")


def _python(facts: Facts) -> Iterator[Finding]:
    version = _dotted(facts.python)
    if facts.python < _PYTHON_NEEDED:
        yield Finding(
            PROBLEM,
            f"python3 is {version}; 3.11 or newer is needed",
            "Install it (apt-get install python3 python3-venv), and put it first on the PATH.",
        )
    elif not facts.venv and not _can_install(facts):
        yield Finding(
            PROBLEM,
            f"Python {version} has no venv",
            "Install it: sudo apt-get install python3-venv",
        )
    else:
        yield Finding(OK, f"Python {version}")


def _programs(facts: Facts) -> Iterator[Finding]:
    for name, package in (("git", "git"), ("flock", "util-linux")):
        if name not in facts.programs:
            yield Finding(PROBLEM, f"{name} is missing", f"Install it: apt-get install {package}")
    if not facts.root:
        yield Finding(
            PROBLEM,
            "Only root can build the images: their files belong to several users",
            "Use a root shell (sudo -s) for `make image`, and for `pack` and `func` in .tools. "
            "A published builder (README.md) does not need root.",
        )
    if "apt-get" not in facts.programs and "mmdebstrap" not in facts.programs:
        yield Finding(
            PROBLEM,
            "mmdebstrap and apt-get are missing: the images are built from Debian packages",
            "Use Debian or Ubuntu, or install mmdebstrap.",
        )
    if "go" not in facts.programs and not {"pack", "lifecycle"} <= facts.built:
        yield Finding(NOTE, "Go is missing; the set-up downloads one from the package index")


def _disk(facts: Facts) -> Iterator[Finding]:
    if not facts.cache_writable:
        yield Finding(
            PROBLEM,
            f"{facts.cache} cannot be written to",
            "Change its owner or mode, or set XDG_CACHE_HOME to another folder.",
        )
    if not facts.cache_executable:
        yield Finding(
            PROBLEM,
            f"{facts.cache} is on a file system that is mounted with noexec",
            "Programs run from there. Set XDG_CACHE_HOME to a folder on another file system.",
        )
    needed = 1 * _GB if {"pack", "lifecycle"} <= facts.built else _CACHE_NEEDED
    yield _free(
        f"{facts.cache} has", facts.cache_free, needed, "Free some space, or set XDG_CACHE_HOME."
    )
    if facts.docker.free:
        free = facts.docker.free
        cure = "Free some space: docker system df, docker image prune."
        yield _free(f"Docker's {facts.docker.folder} has", free, _DOCKER_NEEDED, cure)


def _free(subject: str, free: int, needed: int, cure: str) -> Finding:
    title = f"{subject} {free / _GB:.1f} GB free"
    if free < needed:
        return Finding(PROBLEM, f"{title}; {needed / _GB:.0f} GB are needed", cure)
    return Finding(OK, title)


def _docker(facts: Facts) -> Iterator[Finding]:
    if facts.docker.version:
        yield _docker_version(facts.docker.version)
        if facts.docker.containerd:
            yield Finding(
                NOTE,
                "Docker keeps images in containerd's image store: builds with --buildpack or "
                "--env, and those of func, take about 20 s longer",
                "See docs/build.md, Docker with containerd's image store.",
            )
    elif facts.docker_host:
        yield Finding(
            PROBLEM,
            f"Docker at DOCKER_HOST={facts.docker_host} does not answer: {facts.docker.error}",
            "Start it, or unset DOCKER_HOST to use this machine's daemon.",
        )
    elif facts.root and ("dockerd" in facts.programs or _can_install(facts)):
        does = "starts it" if "dockerd" in facts.programs else "installs and starts it"
        yield Finding(NOTE, f"No Docker daemon answers; `make image` {does}")
    elif "permission denied" in facts.docker.error:
        yield Finding(
            PROBLEM,
            "This user may not use Docker",
            "Run as root, or join the group docker and log in again (the group has root's power).",
        )
    else:
        yield Finding(
            PROBLEM,
            f"No Docker daemon answers: {facts.docker.error}",
            "Start it: sudo systemctl start docker",
        )
    if facts.docker_host.startswith(("tcp:", "ssh:")):
        yield Finding(
            PROBLEM,
            f"DOCKER_HOST={facts.docker_host} is another machine; `make image` needs this one",
            "Unset DOCKER_HOST, or run `pack build` yourself.",
        )


def _docker_version(version: str) -> Finding:
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers and numbers < _DOCKER_NEEDED_VERSION:
        return Finding(PROBLEM, f"Docker {version} is too old", "Install 20.10 or newer.")
    return Finding(OK, f"Docker {version} answers")


def _network(facts: Facts) -> Iterator[Finding]:
    if facts.certificates_error:
        yield Finding(
            PROBLEM,
            f"SSL_CERT_FILE={facts.certificates}: {facts.certificates_error}",
            "Name a readable file with certificates in PEM format, or unset it.",
        )
    elif facts.certificates:
        yield Finding(
            NOTE,
            f"Certificates of {facts.certificates} that Debian lacks are added to the build image",
        )
    if facts.proxies:
        yield Finding(
            NOTE,
            f"A proxy is set ({', '.join(facts.proxies)}); containers of a build do not get it",
            "Pass it to a build: pack build … --env HTTPS_PROXY --env NO_PROXY",
        )
    if facts.proxy_for_loopback:
        yield Finding(
            PROBLEM,
            "The proxy is also used for 127.0.0.1, where `make image` sends requests",
            "Run: export NO_PROXY=localhost,127.0.0.1 no_proxy=localhost,127.0.0.1",
        )
    yield _index(facts)


def _index(facts: Facts) -> Finding:
    error = facts.index_error
    if not error:
        return Finding(OK, "The package index answers")
    if "No module named pip" in error:
        return Finding(NOTE, "The package index was not asked: this Python has no pip")
    for words, title, cure in _INDEX_ERRORS:
        if any(word in error for word in words):
            return Finding(PROBLEM, title[0].upper() + title[1:], cure)
    last = error.splitlines()[-1]
    return Finding(
        PROBLEM,
        f"The package index does not answer: {last}",
        "Check the network. Behind a proxy, set HTTPS_PROXY. For another index, use pip config.",
    )


def _ports(facts: Facts) -> Iterator[Finding]:
    if not loopback.is_port(facts.registry_port):
        yield Finding(
            PROBLEM,
            f"REGISTRY_PORT is not a port number: {facts.registry_port}",
            "Set it to a number from 1 to 65535, or unset it.",
        )
    for port, listener in facts.ports.items():
        if port == 8080 and listener != loopback.NOTHING:  # noqa: PLR2004 -- of the pages' docker run
            yield Finding(NOTE, "Port 8080 is taken: use another one where pages have 8080")
        elif port != 8080 and listener == loopback.OTHER:  # noqa: PLR2004
            yield Finding(
                NOTE,
                f"Port {port} is taken by another program; `make registry` needs it",
                "Set REGISTRY_PORT to a free port. `make image` does not need it.",
            )


def _can_install(facts: Facts) -> bool:
    return facts.root and "apt-get" in facts.programs


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
