"""Emulation of another architecture on this machine, also in containers and chroots."""

import os
import shutil
from pathlib import Path

from tools import process
from tools.cache.cache import Cache
from tools.console import Failure, say
from tools.machine import packages

_FORMATS = Path("/proc/sys/fs/binfmt_misc")
_REGISTER = (
    "Register one, so that containers have it too (flag F): "
    "https://docs.kernel.org/admin-guide/binfmt-misc.html"
)


def start(cache: Cache, machine: str) -> None:
    """Make the kernel run programs of a machine, with a registered emulator or with qemu.

    The registration is for the whole machine, and lasts until it restarts.

    :param machine: as `uname -m` prints it: x86_64, aarch64
    :raises Failure: it cannot be registered here
    """
    if registered(_FORMATS, machine):
        return
    with cache.locked("emulation"):
        if not registered(_FORMATS, machine):  # else another run was faster
            _register(cache, machine)


def registered(formats: Path, machine: str) -> bool:
    """Return whether qemu is registered with flag F, so that containers do not need it."""
    try:
        lines = (formats / f"qemu-{machine}").read_text().splitlines()
    except FileNotFoundError:
        return False
    flags = [line for line in lines if line.startswith("flags:")]
    return "enabled" in lines and any("F" in line.removeprefix("flags:") for line in flags)


def _register(cache: Cache, machine: str) -> None:
    if os.geteuid() != 0:
        raise Failure(
            f"This machine does not run programs of {machine}",
            "Only root can register an emulator for them.",
            _REGISTER,
        )
    if not shutil.which(f"qemu-{machine}-static"):
        packages.install(cache, "qemu-user-static")
    say(f"Registering qemu for programs of {machine} (as root)")
    if not (_FORMATS / "register").exists() and not process.succeeds(
        ["mount", "-t", "binfmt_misc", "binfmt_misc", _FORMATS]
    ):
        raise Failure(
            f"The kernel has no binfmt_misc, so it cannot emulate {machine}",
            "Build these images on a machine that has it.",
        )
    # Debian's package registers qemu itself, if systemd or binfmt-support runs.
    if not registered(_FORMATS, machine):
        _write(machine)
    if not registered(_FORMATS, machine):
        raise Failure(f"qemu for {machine} cannot be registered with the kernel", _REGISTER)


def _write(machine: str) -> None:
    listed = process.answer(["dpkg", "-L", "qemu-user-static"]) or ""
    for path in listed.splitlines():
        if path.endswith(f"/binfmt.d/qemu-{machine}.conf"):
            try:
                (_FORMATS / "register").write_text(Path(path).read_text())
            except OSError as error:
                raise Failure(
                    f"qemu for {machine} cannot be registered with the kernel",
                    f"Found: {error}",
                    _REGISTER,
                ) from error
