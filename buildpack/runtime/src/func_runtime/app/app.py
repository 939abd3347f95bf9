"""The ASGI application around a function: health checks, the function, and its errors."""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress

from func_runtime.asgi import Handler, Message, Receive, ResponseProgress, Scope, Send
from func_runtime.errors import (
    ClientDisconnected,
    RequestAborted,
    ResponseUnfinished,
    TimeLimitExceeded,
)
from func_runtime.function.health import Health, Probe
from func_runtime.function.lifespan import Lifespan, Phase
from func_runtime.function.loader import RAISED
from func_runtime.http import responses

log = logging.getLogger("func_runtime")


class App:
    """Serves one function. It knows neither sockets nor settings."""

    def __init__(
        self,
        handler: Handler,
        lifespan: Lifespan,
        probes: dict[str, Probe],
        *,
        unanswered: int = responses.NO_CONTENT,
    ) -> None:
        """Take the handler, the health checks by path, and the status if nothing is sent."""
        self._handler = handler
        self._lifespan = lifespan
        self._probes = probes
        self._unanswered = unanswered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        :raises RequestAborted: the response has started and cannot be completed.
        """
        if scope["type"] != "http":
            await self._serve_websocket(scope, receive, send)
            return
        if probe := self._probes.get(scope["path"]):
            await answer_probe(probe, scope["method"], send)
            return
        if self._lifespan.phase is not Phase.SERVING and not await self._lifespan.started():
            await responses.text(send, responses.SERVICE_UNAVAILABLE, "Service Unavailable")
            return
        # The server's own send knows how much has been sent. A wrapper around it does not.
        progress: object = getattr(send, "__self__", None)
        if not isinstance(progress, ResponseProgress):
            send = progress = ResponseSender(send)
        try:
            await self._handler(scope, receive, send)
        except (*RAISED, asyncio.CancelledError) as error:
            await _respond_to_error(error, scope, send, progress)
        else:
            if not progress.completed:
                await self._complete(scope, send, progress)

    async def _complete(self, scope: Scope, send: Send, progress: ResponseProgress) -> None:
        """Respond for a handler that has sent nothing.

        :raises ResponseUnfinished: it has sent a part of a response.
        """
        if progress.started:
            raise ResponseUnfinished(
                f"{scope['method']} {scope['path']!r} returned before its response was complete"
            )
        with suppress(ClientDisconnected):
            await responses.text(send, self._unanswered)

    async def _serve_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the function with a WebSocket, and close it if the function leaves it open."""
        if self._lifespan.phase is not Phase.SERVING and not await self._lifespan.started():
            await send({"type": "websocket.close"})
            return
        socket = WebSocketSender(send)
        try:
            await self._handler(scope, receive, socket)
        except (*RAISED, asyncio.CancelledError) as error:
            if _is_disconnect(error):
                _log_disconnect(scope)
            else:
                _log_failure(scope, "raised an exception", error)
        await socket.close()


def probes(health: Health, liveness: Iterable[str], readiness: Iterable[str]) -> dict[str, Probe]:
    """Return the health checks by path. A slash may follow each path."""
    by_path: dict[str, Probe] = dict.fromkeys(liveness, health.liveness)
    by_path |= dict.fromkeys(readiness, health.readiness)
    return by_path | {f"{path}/": probe for path, probe in by_path.items()}


async def answer_probe(probe: Probe, method: str, send: Send) -> None:
    """Answer a health check."""
    if method not in ("GET", "HEAD"):
        allow = [(b"allow", b"GET, HEAD")]
        await responses.text(
            send, responses.METHOD_NOT_ALLOWED, "Method Not Allowed", headers=allow
        )
        return
    status = await probe()
    code = responses.OK if status.healthy else responses.SERVICE_UNAVAILABLE
    await responses.text(send, code, status.message, body=method != "HEAD")


async def _respond_to_error(
    error: BaseException, scope: Scope, send: Send, progress: ResponseProgress
) -> None:
    """Respond for a handler that has raised.

    :raises RequestAborted: its response has started.
    """
    match error:
        case asyncio.CancelledError() if _is_cut_off():
            _log_failure(scope, "was cut off: it took longer than the process had left")
            await _fail(send, progress, responses.SERVICE_UNAVAILABLE, "Service Unavailable")
        case TimeLimitExceeded():
            _log_failure(scope, str(error))
            # As queue-proxy does. After a 503 a service mesh would send the request again.
            await _fail(send, progress, responses.GATEWAY_TIMEOUT, "Gateway Timeout")
        case RequestAborted():  # logged where it was raised
            if not progress.completed:
                raise error
        case _ if _is_disconnect(error):
            _log_disconnect(scope)
            with suppress(ClientDisconnected, RequestAborted):
                await _fail(
                    send, progress, responses.INTERNAL_SERVER_ERROR, "Internal Server Error"
                )
        case _:
            _log_failure(scope, "raised an exception", error)
            await _fail(send, progress, responses.INTERNAL_SERVER_ERROR, "Internal Server Error")


def _is_cut_off() -> bool:
    """Return whether the server has cancelled the request, and not the function itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


# What Starlette and Litestar raise in place of the server's error.
_DISCONNECTS = ("ClientDisconnect", "WebSocketDisconnect")


def _is_disconnect(error: BaseException | None) -> bool:
    """Return whether the only problem is that the client has disconnected.

    An exception counts too if this is its `__cause__`, but not if it is its `__context__`.
    """
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_disconnect, error.exceptions))
    if error is None or isinstance(error, ClientDisconnected):
        return error is not None
    return type(error).__name__ in _DISCONNECTS or _is_disconnect(error.__cause__)


def _log_disconnect(scope: Scope) -> None:
    log.debug("%s %r: the client has disconnected", scope.get("method", "WebSocket"), scope["path"])


def _log_failure(scope: Scope, what: str, error: BaseException | None = None) -> None:
    # %r: a client must not start a new line in the log.
    log.error("%s %r %s", scope.get("method", "WebSocket"), scope["path"], what, exc_info=error)


async def _fail(send: Send, progress: ResponseProgress, status: int, message: str) -> None:
    """Send an error, unless the response is complete.

    :raises RequestAborted: the response has started: the client would take the error for its end.
    """
    if progress.completed:
        return
    if progress.started:
        raise RequestAborted
    await responses.text(send, status, message)


class ResponseSender(ResponseProgress):
    """Sends the function's response, and knows how much has been sent."""

    __slots__ = ("_send", "completed", "started")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False
        self.completed = False

    async def __call__(self, message: Message) -> None:
        """Send a message of the function."""
        await self._send(message)
        if message["type"] != "http.response.body":
            self.started = True
        elif not message.get("more_body"):
            self.completed = True


# RFC 6455, 7.4.1.
_WEBSOCKET_ERROR = 1011


class WebSocketSender:
    """Sends the function's messages on a WebSocket, and knows whether it is closed."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._closed = False

    async def __call__(self, message: Message) -> None:
        """Send a message of the function.

        :raises ClientDisconnected: the client has disconnected.
        """
        try:
            await self._send(message)
        except OSError as error:
            self._closed = True
            raise ClientDisconnected from error
        if message["type"] == "websocket.close":
            self._closed = True

    async def close(self) -> None:
        """Close it, if the function has not. One that was never accepted is denied (403)."""
        if self._closed:
            return
        try:
            await self._send({"type": "websocket.close", "code": _WEBSOCKET_ERROR})
        except (OSError, RuntimeError):
            log.debug("The WebSocket was closed already")
