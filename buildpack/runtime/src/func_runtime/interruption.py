"""Lets a signal end a start() that is not async, and so keeps the event loop from its handlers."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from func_runtime.errors import Stopped


@contextmanager
def by_signals() -> Iterator[None]:
    """Raise Stopped in this block at a signal that ends the process, after its own handler.

    An event loop learns of the signal all the same: by its wakeup descriptor, which the
    interpreter writes to whatever the handler is (signal.set_wakeup_fd).
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # in a test: signals are none of a thread's business
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def interrupt(number: int, frame: FrameType | None) -> None:
        handler = before[signal.Signals(number)]
        assert callable(handler)
        handler(number, frame)
        raise Stopped

    # What nobody handles, as in a test, stays as it is; so does Ctrl-C where Python handles it.
    handled = [
        number
        for number, handler in before.items()
        if callable(handler) and handler is not signal.default_int_handler
    ]
    try:
        for number in handled:
            signal.signal(number, interrupt)
        yield
    finally:
        for number in handled:
            # A handler that the function has set meanwhile is its own.
            if signal.getsignal(number) is interrupt:
                signal.signal(number, before[number])
