"""SIGTERM and SIGINT: the first one is never lost, and a later one ends the process at once.

Python runs the handlers of signals in the main thread only, between two bytecodes
(https://docs.python.org/3/library/signal.html#execution-of-python-signal-handlers): never while an
event loop waits in C, or while C code does not return. So a thread reads the signals as well, from
a pipe that Python's C handler writes their numbers to (signal.set_wakeup_fd). It sees them whatever
the main thread does, and ends the process when its time is over.

Imported before everything else, so it imports little. There is one process, so there is one state.
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

# A second signal in this time is the same request to stop: `docker run` under `timeout`, process
# managers, and a terminal's Ctrl-C (which reaches a process and the init above it) send two.
SAME_SECONDS = 1.0
# What the function's code may take to end by itself: after a signal while it loads, and when the
# process is at its end and threads of the function still run.
_LEAVING_SECONDS = 1.0
# How long the process may outlast its time to shut down. An orderly shutdown needs less.
_MARGIN_SECONDS = 1.5

# How much of the main thread's stack is shown: a line of the log that goes out at once is short.
_FRAMES = 8


class _State:
    """What has been received, and what happens then."""

    def __init__(self) -> None:
        self.first = 0  # the number of the first signal
        self.tell: Callable[[str], object] = sys.stderr.write
        self._first_at = 0.0
        self._interrupts = False  # whether a signal raises Stopped in the main thread
        self._notify: Callable[[], object] | None = None
        self._shutdown: float | None = None  # seconds; None while the function is loading
        self._end: tuple[float, int] | None = None  # when the process leaves, with which code
        self._before: dict[int, Any] = {}
        # The pipe, once there is a thread that reads it.
        self._reading = self._writing = -1
        self._event_loop_fd = -1

    def install(self) -> None:
        """Handle signals from now on. For the main thread."""
        atexit.register(self._end_last)
        for number in SIGNALS:
            self._before[number] = signal.signal(number, self._handle)
        self._reading, writing = os.pipe()
        os.set_blocking(writing, False)
        thread = threading.Thread(target=self._watch, name="func_runtime-signals", daemon=True)
        # Without a thread (--pids-limit) there are still the handlers.
        with suppress(RuntimeError):
            thread.start()
            self._writing = writing
            signal.set_wakeup_fd(writing, warn_on_full_buffer=False)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Raise Stopped in the main thread when a signal comes, for code that does not await.

        It is raised at the end again: the code may have swallowed it.

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
        """Call `notify`, from any thread, when the first signal comes, or has come before.

        For the thread of an event loop that runs, where nothing is raised then: its callbacks would
        swallow that. `shutdown` is how many seconds the process has to end by itself; it is ended
        soon after them.
        """
        self.take_back()
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

    def take_back(self) -> list[str]:
        """Handle signals again where other code does; return whose handlers were not ours.

        Signals other than ours still reach the event loop, or whoever else reads their numbers.
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
        """Have the process end soon, whatever threads the function has left behind.

        Signals change nothing any more: Python sets their default handlers while it ends, and the
        second of two would turn exit code 0 into 143.
        """
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self._end = time.monotonic() + _LEAVING_SECONDS, code
        self._wake()

    def reset_in_child(self) -> None:
        """Handle signals in a forked child as they were before: it is not the server."""
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        # Not libuv's, which writes to the parent's pipe and which Python does not know of.
        signal.signal(signal.SIGCHLD, signal.getsignal(signal.SIGCHLD))
        if self._writing >= 0:
            os.close(self._writing)
            os.close(self._reading)
        vars(self).update(vars(_State()))

    def _end_last(self) -> None:
        """End the process as the last of all functions that run at its exit.

        What follows, the teardown of the interpreter, is where native libraries crash or hang, and
        no thread could end it any more.
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
        """Handle a signal in the main thread, perhaps long after it has come."""
        if self._numbers_are_ours():
            self._begin(number)
        else:
            self._received(number)
        if self._interrupts:
            raise Stopped

    def _numbers_are_ours(self) -> bool:
        """Say whether the thread sees the signals; make sure that it sees the next one."""
        if self._writing < 0:
            return False
        fd = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        return fd == self._writing

    def _received(self, number: int) -> None:
        if self.first and time.monotonic() - self._first_at >= SAME_SECONDS:
            self.tell(f"{signal.Signals(number).name} again: leaving at once")
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
        """Have the thread look at the time again."""
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
        import traceback  # noqa: PLC0415 -- slow to import, and the handlers are to be set early

        # While the function is loading, nothing is lost with it: the process has done as it should.
        code = 0 if self._shutdown is None else 128 + self.first
        where = "".join(traceback.format_stack(_main_frame(), limit=_FRAMES))
        self.tell(
            f"Still running {self._patience:g} s after {signal.Signals(self.first).name}: leaving"
            f" at once. The main thread was here:\n{where.rstrip()}"
        )
        os._exit(code)


def _main_frame() -> FrameType | None:
    frames = sys._current_frames()  # noqa: SLF001 -- documented, in spite of its name
    return frames.get(threading.main_thread().ident or 0)


process = _State()
