"""Child processes that are forked from this one: multiprocessing's and those of os.fork().

A forked child has copies of everything: the handlers of signals and the pipe that tells of them,
the sockets, the event loop. It is not the server, so it gives these up. Programs that are started
(subprocess, multiprocessing's spawn and forkserver) have none of them in the first place.
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

# The signals that each thread which is forking blocked before.
_masks: dict[int, set[signal.Signals]] = {}


def protect() -> None:
    """Have forked children handle signals as this process did before it handled its own.

    A signal that comes before the child has done so waits: it would be told to this process.
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
        _server.let_go()
    _unblock()


class _Server:
    """What this process serves with."""

    def __init__(self, descriptors: Callable[[], Iterable[int]]) -> None:
        self._descriptors = descriptors
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def let_go(self) -> None:
        """Give up sockets and event loop, in a child.

        A port stays in use, and a client does not see the end of its connection, for as long as any
        process has the socket. Its number stays taken: objects that have it may still close it.
        """
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in self._descriptors():
            os.dup2(null, descriptor, inheritable=False)
        os.close(null)
        if threading.get_ident() == self._thread:
            asyncio._set_running_loop(None)  # noqa: SLF001 -- as asyncio does since 3.12
            self._loop.call_soon(_returned)


_server: _Server | None = None


@contextmanager
def without(descriptors: Callable[[], Iterable[int]]) -> Iterator[None]:
    """Keep children that are forked meanwhile from serving: `descriptors` are the sockets' now."""
    global _server  # noqa: PLW0603 -- there is one process, so one of it
    _server = _Server(descriptors)
    try:
        yield
    finally:
        _server = None


def _returned() -> None:
    """End a child of os.fork() that went on as if it were the server."""
    log.error("A child process of os.fork() is ended: it must not return, but call os._exit()")
    os._exit(_FAILED)
