"""Signals during a start() that is not async."""

import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from func_runtime import interruption
from func_runtime.errors import Stopped


@pytest.fixture
def received() -> Iterator[list[int]]:
    """Handle SIGTERM as the runtime does: note it."""
    numbers: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGTERM, before)


def test_signal(received: list[int]) -> None:
    """A signal ends the block, after its own handler has seen it, which is there again then."""
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Stopped), interruption.by_signals():
        signal.raise_signal(signal.SIGTERM)

    assert [signal.SIGTERM] == received
    assert handler is signal.getsignal(signal.SIGTERM)


def test_ctrl_c(received: list[int]) -> None:
    """Ctrl-C stays what it is in a test."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.raises(KeyboardInterrupt), interruption.by_signals():
        signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def test_handler_of_the_function(received: list[int]) -> None:
    """A handler that the function sets meanwhile is its own."""

    def own(*_: Any) -> None:
        """Do nothing."""

    with interruption.by_signals():
        signal.signal(signal.SIGTERM, own)

    assert own is signal.getsignal(signal.SIGTERM)


def test_thread(received: list[int]) -> None:
    """In a thread, where a test may run a function, nothing is handled."""
    seen: list[object] = []

    def run() -> None:
        with interruption.by_signals():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    assert [signal.getsignal(signal.SIGTERM)] == seen
