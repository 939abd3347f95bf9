"""The ASGI application around a function: health checks, the function, and what it gets wrong."""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress

from func_runtime.asgi import Answer, Handler, Message, Receive, Scope, Send
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
    """Serves one function. Tests and servers call it; it knows neither sockets nor settings."""

    def __init__(
        self,
        handler: Handler,
        lifespan: Lifespan,
        probes: dict[str, Probe],
        *,
        unanswered: int = responses.NO_CONTENT,
    ) -> None:
        """Take the handler, the probes by path, and the status for a handler that says nothing."""
        self._handler = handler
        self._lifespan = lifespan
        self._probes = probes
        self._unanswered = unanswered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        :raises RequestAborted: the answer has begun and cannot be completed.
        """
        if scope["type"] != "http":
            await self._converse(scope, receive, send)
            return
        if probe := self._probes.get(scope["path"]):
            await answer_probe(probe, scope["method"], send)
            return
        if self._lifespan.phase is not Phase.SERVING and not await self._lifespan.started():
            await responses.text(send, responses.SERVICE_UNAVAILABLE, "Service Unavailable")
            return
        # The server's own send knows how far the answer has got. What is put around it does not.
        answer: object = getattr(send, "__self__", None)
        if not isinstance(answer, Answer):
            send = answer = Reply(send)
        try:
            await self._handler(scope, receive, send)
        except (*RAISED, asyncio.CancelledError) as error:
            await _answer_for(error, scope, send, answer)
        else:
            if not answer.completed:
                await self._complete(scope, send, answer)

    async def _complete(self, scope: Scope, send: Send, answer: Answer) -> None:
        """Answer for a handler that has said nothing.

        :raises ResponseUnfinished: it has said something, but not all.
        """
        if answer.started:
            raise ResponseUnfinished(
                f"{scope['method']} {scope['path']!r} returned before its response was complete"
            )
        with suppress(ClientDisconnected):
            await responses.text(send, self._unanswered)

    async def _converse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the function serve a WebSocket, and close what it leaves open."""
        if self._lifespan.phase is not Phase.SERVING and not await self._lifespan.started():
            await send({"type": "websocket.close"})
            return
        socket = Socket(send)
        try:
            await self._handler(scope, receive, socket)
        except (*RAISED, asyncio.CancelledError) as error:
            if _says_disconnected(error):
                _log_disconnect(scope)
            else:
                _log_failure(scope, "raised an exception", error)
        await socket.close()


def probes(health: Health, liveness: Iterable[str], readiness: Iterable[str]) -> dict[str, Probe]:
    """Return the probes by path; each path also with a slash at its end."""
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


async def _answer_for(error: BaseException, scope: Scope, send: Send, answer: Answer) -> None:
    """Answer in place of a handler that ended with an error.

    :raises RequestAborted: its answer has begun.
    """
    match error:
        case asyncio.CancelledError() if _is_cut_off():
            _log_failure(scope, "was cut off: it took longer than the process had left")
            await _fail(send, answer, responses.SERVICE_UNAVAILABLE, "Service Unavailable")
        case TimeLimitExceeded():
            _log_failure(scope, str(error))
            # As from queue-proxy. Not 503, after which a service mesh asks again by itself.
            await _fail(send, answer, responses.GATEWAY_TIMEOUT, "Gateway Timeout")
        case RequestAborted():  # told by who raised it
            if not answer.completed:
                raise error
        case _ if _says_disconnected(error):
            _log_disconnect(scope)
            with suppress(ClientDisconnected, RequestAborted):
                await _fail(send, answer, responses.INTERNAL_SERVER_ERROR, "Internal Server Error")
        case _:
            _log_failure(scope, "raised an exception", error)
            await _fail(send, answer, responses.INTERNAL_SERVER_ERROR, "Internal Server Error")


def _is_cut_off() -> bool:
    """Say whether the server ends the request: else something ended that the function awaited."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


# What Starlette raises in place of the server's error, and Litestar after it.
_DISCONNECTS = ("ClientDisconnect", "WebSocketDisconnect")


def _says_disconnected(error: BaseException | None) -> bool:
    """Say whether all that is wrong is that the client has gone.

    What wraps that as its cause counts; another error in the wake of it is a failure of its own.
    """
    if isinstance(error, BaseExceptionGroup):
        return all(map(_says_disconnected, error.exceptions))
    if error is None or isinstance(error, ClientDisconnected):
        return error is not None
    return type(error).__name__ in _DISCONNECTS or _says_disconnected(error.__cause__)


def _log_disconnect(scope: Scope) -> None:
    log.debug("%s %r: the client has gone", scope.get("method", "WebSocket"), scope["path"])


def _log_failure(scope: Scope, what: str, error: BaseException | None = None) -> None:
    # %r: a path is the client's, and must not start lines of its own in the log.
    log.error("%s %r %s", scope.get("method", "WebSocket"), scope["path"], what, exc_info=error)


async def _fail(send: Send, answer: Answer, status: int, message: str) -> None:
    """Answer with an error, unless the answer is complete.

    :raises RequestAborted: it has begun: a client would take the error for its end.
    """
    if answer.completed:
        return
    if answer.started:
        raise RequestAborted
    await responses.text(send, status, message)


class Reply(Answer):
    """Sends the function's answer, and knows how far it has got."""

    __slots__ = ("_send", "completed", "started")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False
        self.completed = False

    async def __call__(self, message: Message) -> None:
        """Pass on a message of the function's."""
        await self._send(message)
        if message["type"] != "http.response.body":
            self.started = True
        elif not message.get("more_body"):
            self.completed = True


# RFC 6455, 7.4.1.
_WEBSOCKET_ERROR = 1011


class Socket:
    """Sends the function's messages on a WebSocket, and knows whether it is open."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._closed = False

    async def __call__(self, message: Message) -> None:
        """Pass on a message of the function's.

        :raises ClientDisconnected: nobody is there to get it.
        """
        try:
            await self._send(message)
        except OSError as error:
            self._closed = True
            raise ClientDisconnected from error
        if message["type"] == "websocket.close":
            self._closed = True

    async def close(self) -> None:
        """Close it, if the function has not: refused (403) if it was never accepted."""
        if self._closed:
            return
        try:
            await self._send({"type": "websocket.close", "code": _WEBSOCKET_ERROR})
        except (OSError, RuntimeError):
            log.debug("The WebSocket was closed already")
