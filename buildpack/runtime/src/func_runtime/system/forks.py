"""Forked child processes: those of multiprocessing and of os.fork().

A forked child has copies of everything: signal handlers and their pipe, sockets, the event loop. It
is not the server, so it gives these up. New programs (subprocess, multiprocessing's spawn and
forkserver) do not have them.
"""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from func_runtime.system import signals

log = logging.getLogger("func_runtime")

_FAILED = 1

# The signals that were blocked before, by thread. More than one may be forking.
_masks: dict[int, set[signal.Signals]] = {}


def protect() -> None:
    """Reset the signal handlers in forked children.

    A signal waits until the child has done so. Otherwise it would go to this process.
    """
    os.register_at_fork(before=_block, after_in_parent=_unblock, after_in_child=_reset)


def _block() -> None:
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, signals.SIGNALS)
    _masks[threading.get_ident()] = {signal.Signals(number) for number in blocked}


def _unblock() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, _masks.pop(threading.get_ident()))


def _reset() -> None:
    signals.process.reset_in_child()
    if _server is not None:
        _server.release()
    _unblock()


class _ServerResources:
    """The sockets and the event loop of this process."""

    def __init__(self, descriptors: Callable[[], Iterable[int]]) -> None:
        self._descriptors = descriptors
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def release(self) -> None:
        """Give up sockets and event loop, in a child.

        As long as any process has the socket, its port is in use, and a client does not see the end
        of its connection. The descriptor stays in use, because objects may still close it.
        """
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in self._descriptors():
            os.dup2(null, descriptor, inheritable=False)
        os.close(null)
        if threading.get_ident() == self._thread:
            asyncio._set_running_loop(None)  # noqa: SLF001 -- as asyncio does since 3.12
            self._loop.call_soon(_returned)


_server: _ServerResources | None = None


@contextmanager
def serving(descriptors: Callable[[], Iterable[int]]) -> Iterator[None]:
    """Make forked children give up the sockets; `descriptors` returns those of the moment."""
    global _server  # noqa: PLW0603 -- a process has one server
    _server = _ServerResources(descriptors)
    try:
        yield
    finally:
        _server = None


def _returned() -> None:
    """End a child of os.fork() that goes on as if it were the server."""
    log.error(
        "A child process of os.fork() has returned to the event loop. It must call os._exit()"
    )
    os._exit(_FAILED)
