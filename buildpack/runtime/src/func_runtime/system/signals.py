"""SIGTERM and SIGINT: the first is never lost, and a later one ends the process at once.

Python runs the handlers of signals in the main thread only, between two bytecodes
(https://docs.python.org/3/library/signal.html#execution-of-python-signal-handlers): never while an
event loop waits in C, or while C code does not return. So a thread reads the signals too, from a
pipe to which Python's C handler writes their numbers (signal.set_wakeup_fd). It receives them
whatever the main thread does, and ends the process when its time is over.

This module is imported first, so it imports little. A process has one state, `process`.
"""

import atexit
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from func_runtime.errors import Stopped

SIGNALS = (signal.SIGTERM, signal.SIGINT)

# A second signal within this time is the same request to stop: `docker run` under `timeout`,
# process managers, and Ctrl-C (which reaches a process and its init) send two.
SAME_SECONDS = 1.0
# The time for the function's code to end by itself: after a signal while it loads, and for its
# threads at the end of the process.
_LEAVING_SECONDS = 1.0
# The time after FUNC_SHUTDOWN_SECONDS until the process is ended. A normal shutdown needs less.
_MARGIN_SECONDS = 1.5

# Calls of the main thread's stack that are logged: a line that is written at once is short.
_FRAMES = 8


class _SignalState:
    """Which signal has been received, and what it causes."""

    def __init__(self) -> None:
        self.first = 0  # the number of the first signal
        self.write_error: Callable[[str], object] = sys.stderr.write
        self._first_at = 0.0
        self._interrupts = False  # whether a signal raises Stopped in the main thread
        self._notify: Callable[[], object] | None = None
        self._shutdown: float | None = None  # seconds; None while the function is loading
        self._end: tuple[float, int] | None = None  # when the process exits, and with which code
        self._before: dict[int, Any] = {}
        # The pipe, when there is a thread that reads it.
        self._reading = self._writing = -1
        self._event_loop_fd = -1

    def install(self) -> None:
        """Handle signals from now on. Call this in the main thread."""
        atexit.register(self._end_last)
        for number in SIGNALS:
            self._before[number] = signal.signal(number, self._handle)
        self._reading, writing = os.pipe()
        os.set_blocking(writing, False)
        thread = threading.Thread(target=self._watch, name="func_runtime-signals", daemon=True)
        # If there can be no thread (--pids-limit), there are still the handlers.
        with suppress(RuntimeError):
            thread.start()
            self._writing = writing
            signal.set_wakeup_fd(writing, warn_on_full_buffer=False)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Raise Stopped in the main thread when a signal comes, for code that does not await.

        It is raised again at the end, because the code may have caught it.

        :raises Stopped: a signal has come, now or before.
        """
        self._raise_if_received()
        outside, self._interrupts = self._interrupts, True
        try:
            yield
        finally:
            self._interrupts = outside
        self._raise_if_received()

    @contextmanager
    def notifying(
        self, notify: Callable[[], object], shutdown: float | None = None
    ) -> Iterator[None]:
        """Call `notify`, in any thread, when the first signal comes, or has come before.

        This is for a running event loop. Nothing is raised then: its callbacks would catch that.

        :param shutdown: seconds for the process to end by itself. It is ended soon after them.
        """
        self.restore_handlers()
        outside, self._interrupts = self._interrupts, False
        self._notify, self._shutdown = notify, shutdown
        self._wake()  # the time has changed
        if self.first:
            notify()
        try:
            yield
        finally:
            self._interrupts = outside
            self._notify = None
            self._event_loop_fd = -1

    def restore_handlers(self) -> list[str]:
        """Set the handlers again. Return the signals for which other code had set one.

        Other signals still reach the event loop, or what else has set a wakeup fd.
        """
        replaced = [
            each.name for each in SIGNALS if signal.signal(each, self._handle) != self._handle
        ]
        if self._writing >= 0:
            fd = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
            if fd != self._writing:
                self._event_loop_fd = fd
        return replaced

    def leave(self, code: int) -> None:
        """End the process soon, even if threads of the function still run.

        Signals are ignored from now on: Python restores the default handlers while it exits, and
        another signal would change exit code 0 to 143.
        """
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self._end = time.monotonic() + _LEAVING_SECONDS, code
        self._wake()

    def reset_in_child(self) -> None:
        """Restore the earlier handlers, in a forked child: it is not the server."""
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        # Remove libuv's handler, which writes to the parent's pipe, and is unknown to Python.
        signal.signal(signal.SIGCHLD, signal.getsignal(signal.SIGCHLD))
        if self._writing >= 0:
            os.close(self._writing)
            os.close(self._reading)
        vars(self).update(vars(_SignalState()))

    def _end_last(self) -> None:
        """Exit, as the last function of atexit.

        Next would be the teardown of the interpreter, in which native libraries crash or hang, and
        no thread could end that.
        """
        if self._end is not None:
            for stream in (sys.stdout, sys.stderr):
                with suppress(AttributeError, OSError, ValueError):  # none, gone, closed
                    stream.flush()
            os._exit(self._end[1])

    def _raise_if_received(self) -> None:
        if self.first:
            raise Stopped

    def _handle(self, number: int, _: FrameType | None) -> None:
        """Handle a signal in the main thread, perhaps long after it was received."""
        if self._numbers_are_ours():
            self._begin(number)
        else:
            self._received(number)
        if self._interrupts:
            raise Stopped

    def _numbers_are_ours(self) -> bool:
        """Return whether the thread receives the signals, and make sure that it does."""
        if self._writing < 0:
            return False
        fd = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        return fd == self._writing

    def _received(self, number: int) -> None:
        if self.first and time.monotonic() - self._first_at >= SAME_SECONDS:
            self.write_error(f"{signal.Signals(number).name} again: exiting at once")
            os._exit(128 + number)
        self._begin(number)

    def _begin(self, number: int) -> None:
        if self.first:
            return
        self._first_at = time.monotonic()
        self.first = number
        if self._notify is not None:
            with suppress(RuntimeError):  # the event loop is closed
                self._notify()

    def _watch(self) -> None:
        """Read the numbers of signals, and end the process when its time is over."""
        poll = select.poll()
        poll.register(self._reading, select.POLLIN)
        while True:
            if not poll.poll(self._milliseconds_left()):
                self._end_now()
            for number in os.read(self._reading, 512):
                if number in SIGNALS:
                    self._received(number)
                elif number and self._event_loop_fd >= 0:
                    with suppress(OSError):
                        os.write(self._event_loop_fd, bytes((number,)))

    def _wake(self) -> None:
        """Make the thread compute its deadline again."""
        if self._writing >= 0:
            os.write(self._writing, b"\0")

    def _milliseconds_left(self) -> float | None:
        if self._end is not None:
            end = self._end[0]
        elif self.first:
            end = self._first_at + self._patience
        else:
            return None
        return max(end - time.monotonic(), 0) * 1000

    @property
    def _patience(self) -> float:
        return _LEAVING_SECONDS if self._shutdown is None else self._shutdown + _MARGIN_SECONDS

    def _end_now(self) -> None:
        if self._end is not None:
            os._exit(self._end[1])
        import traceback  # noqa: PLC0415 -- slow to import, and the handlers are needed early

        # While the function is loading there is nothing to finish: this is a normal exit.
        code = 0 if self._shutdown is None else 128 + self.first
        where = "".join(traceback.format_stack(_main_frame(), limit=_FRAMES))
        self.write_error(
            f"Still running {self._patience:g} s after {signal.Signals(self.first).name}: exiting"
            f" at once. The main thread was here:\n{where.rstrip()}"
        )
        os._exit(code)


def _main_frame() -> FrameType | None:
    frames = sys._current_frames()  # noqa: SLF001 -- documented, in spite of its name
    return frames.get(threading.main_thread().ident or 0)


process = _SignalState()
