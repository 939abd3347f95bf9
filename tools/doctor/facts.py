"""Facts about this machine. findings.py evaluates them.

It also runs on a Python that is too old for the other tools. So it does not use tools.process and
tools.settings, but starts programs and reads the environment itself.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tools import loopback

REGISTRY_PORT = 5000
FUNCTION_PORT = 8080
_WITHIN = 20.0  # seconds for a program
_ANSWER_WITHIN = 2.0  # seconds for a response from a port
# As `docker info` has it among its DriverStatus; pack looks for the same.
_CONTAINERD_STORE = ["driver-type", "io.containerd.snapshotter.v1"]
_PROGRAMS = ("git", "make", "flock", "apt-get", "mmdebstrap", "docker", "dockerd", "go")


@dataclass(frozen=True)
class Docker:
    """The daemon. If it does not answer, the version is empty, and `error` has the reason."""

    version: str = ""
    error: str = ""
    folder: str = ""
    free: int = 0
    containerd: bool = False  # its images are in containerd's store


@dataclass(frozen=True)
class Facts:
    """The facts that matter for `make image`."""

    system: str
    machine: str
    kernel: tuple[int, ...]
    python: tuple[int, ...]
    venv: bool
    root: bool
    programs: frozenset[str]
    docker: Docker
    docker_host: str
    cache: str
    cache_writable: bool
    cache_executable: bool
    cache_free: int
    memory: int
    built: frozenset[str]
    certificates: str
    certificates_error: str
    proxies: tuple[str, ...]
    proxy_for_loopback: bool
    index_error: str
    registry_port: str
    ports: dict[int, str]


def collect() -> Facts:
    """Collect the facts. This changes nothing, and sends one request to the package index."""
    cache = _cache()
    place = next(folder for folder in (cache, *cache.parents) if folder.is_dir())
    registry_port = os.environ.get("REGISTRY_PORT") or str(REGISTRY_PORT)
    with ThreadPoolExecutor() as pool:
        index = pool.submit(_index_error)
        docker = pool.submit(_docker)
        ports = {
            port: pool.submit(loopback.listener, port, _ANSWER_WITHIN)
            for port in (*map(int, filter(loopback.is_port, [registry_port])), FUNCTION_PORT)
        }
    bundle = os.environ.get("SSL_CERT_FILE", "")
    return Facts(
        system=platform.system(),
        machine=platform.machine(),
        kernel=_numbers(platform.release()),
        python=tuple(sys.version_info[:3]),
        venv=_has_module("ensurepip"),
        root=os.geteuid() == 0,
        programs=frozenset(name for name in _PROGRAMS if shutil.which(name)),
        docker=docker.result(),
        docker_host=os.environ.get("DOCKER_HOST", ""),
        cache=str(cache),
        cache_writable=os.access(place, os.W_OK),
        cache_executable=not os.statvfs(place).f_flag & os.ST_NOEXEC,
        cache_free=shutil.disk_usage(place).free,
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        built=frozenset(
            name for name in ("pack", "lifecycle") if any((cache / "tools").glob(f"{name}/*"))
        ),
        certificates=bundle,
        certificates_error=certificates_error(bundle) if bundle else "",
        proxies=tuple(sorted(urllib.request.getproxies_environment())),
        proxy_for_loopback="http" in urllib.request.getproxies_environment()
        and not urllib.request.proxy_bypass("127.0.0.1"),
        index_error=index.result(),
        registry_port=registry_port,
        ports={port: found.result() for port, found in ports.items()},
    )


def has_colours(stream: TextIO) -> bool:
    """Return whether a stream is a terminal whose user wants colours (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "knative-python"


def _numbers(release: str) -> tuple[int, ...]:
    """Return the first numbers of a version, such as 6 and 1 of 6.1.0-18-amd64."""
    parts = release.replace("-", ".").split(".")[:2]
    return tuple(int(part) for part in parts if part.isdigit())


def _has_module(name: str) -> bool:
    return _run([sys.executable, "-c", f"import {name}"])[0] == 0


def certificates_error(bundle: str) -> str:
    """Return the problem of a file with certificates. Empty if there is none."""
    try:
        ssl.create_default_context(cafile=bundle)
    except OSError as error:  # ssl.SSLError is one
        return error.strerror or str(error)
    return ""


def _docker() -> Docker:
    if not shutil.which("docker"):
        return Docker(error="there is no program docker")
    status, text = _run(["docker", "info", "--format", "{{json .}}"])
    try:
        described = json.loads(text.splitlines()[-1])
    except (ValueError, IndexError):
        described = {}
    if status or not described.get("ServerVersion"):
        errors = described.get("ServerErrors") or text.splitlines()[-1:]
        return Docker(error=" ".join(errors) or "it did not answer in time")
    folder = str(described.get("DockerRootDir", ""))
    free = shutil.disk_usage(folder).free if folder and Path(folder).is_dir() else 0
    containerd = _CONTAINERD_STORE in (described.get("DriverStatus") or [])
    return Docker(str(described["ServerVersion"]), "", folder, free, containerd)


def _index_error() -> str:
    """Query one package with pip's configuration. Return the error. Empty if it succeeds."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--no-deps", "--no-input", "--no-cache-dir", "--dest", folder]
        options += ["--retries", "1", "--timeout", "10"]
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
        # pip runs rustc for its version, and rustup would create its folder then.
        status, text = _run([*pip, "download", "dumb-init", *options], RUSTUP_HOME=folder)
    return text if status else ""


def _run(command: list[str], **variables: str) -> tuple[int, str]:
    """Run a program, with more variables; return its exit code, and what it wrote."""
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=_WITHIN,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, str(error)
    return done.returncode, done.stdout.strip()
