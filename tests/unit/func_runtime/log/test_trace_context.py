"""The trace of a request in its log lines."""

import asyncio

import pytest

from func_runtime.asgi import Headers, Message, Receive, Scope, Send
from func_runtime.function.threads import Threads
from func_runtime.log import trace_context
from func_runtime.log.trace_context import TraceContext

pytestmark = pytest.mark.anyio

TRACE = b"4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = b"00f067aa0ba902b7"
IDS = {"trace_id": TRACE.decode(), "span_id": SPAN.decode()}
VALID = b"00-%b-%b-01" % (TRACE, SPAN)


async def receive() -> Message:
    """Receive nothing."""
    raise AssertionError


async def send(message: Message) -> None:
    """Send nothing."""


async def ids(headers: Headers) -> dict[str, str]:
    """Return the trace that a request's handler sees."""
    seen: dict[str, str] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.update(trace_context.ids())

    await TraceContext(app)({"type": "http", "headers": headers}, receive, send)
    return seen


@pytest.mark.parametrize(
    "value", [VALID, VALID.replace(b"00-", b"cc-", 1), b"cc" + VALID[2:] + b"-more"]
)
async def test_traceparent(value: bytes) -> None:
    """The ids are those of traceparent, of a later version too."""
    assert IDS == await ids([(b"host", b"f"), (b"traceparent", value)])


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"ff" + VALID[2:],
        VALID + b"-more",
        VALID.upper(),
        VALID.replace(SPAN, b"0" * 16),
        VALID.replace(TRACE, b"0" * 32),
        b'00-"\n' + VALID[5:],
    ],
)
async def test_traceparent_malformed(value: bytes) -> None:
    """An invalid trace is not logged."""
    assert {} == await ids([(b"traceparent", value)])


async def test_traceparent_twice() -> None:
    """If there are two headers, both are ignored."""
    assert {} == await ids([(b"traceparent", VALID)] * 2)


async def test_outside_of_a_request() -> None:
    """Outside a request, there is no trace."""
    await ids([(b"traceparent", VALID)])

    assert {} == trace_context.ids()


async def test_tasks_and_threads() -> None:
    """Tasks and threads that a handler starts are in its trace, and requests do not mix."""
    seen = []

    async def task() -> None:
        await asyncio.sleep(0)
        seen.append(await Threads("t", 1).run(trace_context.ids))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.create_task(task())

    other = {**IDS, "span_id": "b" * 16}
    headers = [[(b"traceparent", value)] for value in (VALID, VALID.replace(SPAN, b"b" * 16))]
    requests = [TraceContext(app)({"headers": each}, receive, send) for each in headers]
    await asyncio.gather(*requests)

    assert [IDS, other] == sorted(seen, key=str)
