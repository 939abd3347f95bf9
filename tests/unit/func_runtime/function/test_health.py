"""Health checks: results and durations of hooks, and the phases of the function."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from func_runtime.asgi import Receive, Scope, Send
from func_runtime.function import health
from func_runtime.function.adapter import Function
from func_runtime.function.health import Health, Status
from func_runtime.function.lifespan import Lifespan

pytestmark = pytest.mark.anyio

Hook = Callable[[], Awaitable[object]]


async def handle(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer nothing."""


async def serving(alive: Hook | None = None, ready: Hook | None = None) -> tuple[Health, Lifespan]:
    """Return the health of a function that has started."""
    function = Function(handle, alive=alive, ready=ready)
    lifespan = Lifespan(function, dict)
    await lifespan.start()
    return Health(function, lifespan), lifespan


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (True, Status(healthy=True, message="OK")),
        (False, Status(healthy=False, message="Not OK")),
        ((True, "Fine"), Status(healthy=True, message="Fine")),
        ((False, "No database"), Status(healthy=False, message="No database")),
        ([1, 2], Status(healthy=True, message="2")),
        ("Fine", Status(healthy=True, message="Fine")),
        # A hook with a branch that returns nothing.
        (None, Status(healthy=False, message="Not OK")),
        (1, Status(healthy=True, message="OK")),
    ],
)
async def test_answers(answer: object, expected: Status) -> None:
    """A hook returns a bool, a message, or both."""

    async def hook() -> object:
        return answer

    checked, _ = await serving(hook, hook)

    assert expected == await checked.liveness()
    assert expected == await checked.readiness()


async def test_without_hooks() -> None:
    """A function without hooks is alive and ready while it serves."""
    checked, lifespan = await serving()
    assert Status(healthy=True) == await checked.liveness()
    assert Status(healthy=True) == await checked.readiness()

    lifespan.stopping()
    assert Status(healthy=True) == await checked.liveness()
    assert not (await checked.readiness()).healthy


async def test_while_starting() -> None:
    """During the start, a function is alive and not ready, and its hooks are not called."""

    async def hook() -> object:
        raise AssertionError

    function = Function(handle, alive=hook, ready=hook)
    checked = Health(function, Lifespan(function, dict))

    assert Status(healthy=True) == await checked.liveness()
    assert Status(healthy=False, message="The function is starting") == await checked.readiness()


async def test_hook_raises(caplog: pytest.LogCaptureFixture) -> None:
    """An exception of a hook is logged if it is new. The response does not contain it."""
    errors = iter([ValueError("a"), ValueError("a"), ValueError("b"), None, ValueError("b")])

    async def hook() -> object:
        if error := next(errors):
            raise error
        return True

    checked, _ = await serving(ready=hook)
    answers = [await checked.readiness() for _ in range(5)]

    failed = Status(healthy=False, message="The check failed")
    assert [failed, failed, failed, Status(healthy=True), failed] == answers
    assert 3 == caplog.text.count("ready() raised an exception")


async def test_slow_hook() -> None:
    """A slow hook is not waited for and runs only once at a time. Its result is used later."""
    assert health.PATIENCE < 0.1  # what the queue-proxy gives a probe
    running = 0
    goes_on = asyncio.Event()

    async def hook() -> object:
        nonlocal running
        running += 1
        assert 1 == running
        await goes_on.wait()
        running -= 1
        return True, "Slow"

    checked, _ = await serving(hook, hook)
    first = await asyncio.gather(*(checked.readiness() for _ in range(5)))
    goes_on.set()
    second = await checked.readiness()
    goes_on.clear()
    third = await checked.readiness()

    assert {Status(healthy=False, message="Not checked yet")} == set(first)
    assert [Status(healthy=True, message="Slow")] * 2 == [second, third]
    running = 0
    assert Status(healthy=True, message="Not checked yet") == await checked.liveness()


async def test_hook_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a hook hangs, its last result is used for a while. After that, the check fails."""
    answers = iter([asyncio.sleep(0, True), asyncio.Event().wait()])
    checked, _ = await serving(ready=lambda: next(answers))

    assert (await checked.readiness()).healthy
    assert (await checked.readiness()).healthy
    monkeypatch.setattr(health, "FRESH", 0.0)
    assert Status(healthy=False, message="Not checked yet") == await checked.readiness()
    monkeypatch.setattr(health, "HUNG", 0.0)
    assert Status(healthy=False, message="The check does not finish") == await checked.readiness()
