"""Parts of the server that need no client. Tests with clients are in tests/contract."""

import asyncio
import socket

import pytest
import uvloop

from func_runtime.asgi import Receive, Scope, Send
from func_runtime.lifecycle import server
from func_runtime.settings.settings import EventLoop
from func_runtime.settings.trusted_proxies import TrustedProxies


def test_event_loops() -> None:
    """Both event loops can be created."""
    for chosen, kind in (
        (EventLoop.UVLOOP, uvloop.Loop),
        (EventLoop.ASYNCIO, asyncio.BaseEventLoop),
    ):
        loop = server.loop_factory(chosen)()
        assert isinstance(loop, kind)
        loop.close()


@pytest.mark.parametrize(
    ("chosen", "patched", "expected"),
    [(EventLoop.UVLOOP, True, 1), (EventLoop.UVLOOP, False, 0), (EventLoop.ASYNCIO, True, 0)],
)
def test_asyncio_is_changed(
    chosen: EventLoop,
    patched: bool,
    expected: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """If a package has patched asyncio and the loop is uvloop, the log names the setting."""
    if patched:
        monkeypatch.setattr(asyncio, "_nest_patched", True, raising=False)
    server.check_event_loop(chosen)

    assert expected == caplog.text.count("Set FUNC_EVENT_LOOP=asyncio")


@pytest.mark.anyio
async def test_adopted_connection_is_gone() -> None:
    """A connection that has ended does not affect others."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError

    connection = socket.socket()
    connection.close()
    await server.Server(app, 100, 1 << 20, TrustedProxies()).adopt(connection, b"")

    assert -1 == connection.fileno()
