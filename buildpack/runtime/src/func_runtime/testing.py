"""For tests of functions: runs start, handle and stop, in process and without a port.

    async with running(new(), cfg={"GREETING": "Hi"}) as client:
        response = await client.get("/")

The function is served by the same modules as in an image.
"""

import inspect
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Literal

from func_runtime import constants
from func_runtime.app import app_factory
from func_runtime.asgi import Application
from func_runtime.cloudevents import http_binding, media_type, sdk
from func_runtime.cloudevents.event import Event
from func_runtime.cloudevents.http_binding import Content, EventRejected
from func_runtime.errors import FunctionFailed, StartFailure
from func_runtime.function.adapter import Function
from func_runtime.http.responses import UNSUPPORTED_MEDIA_TYPE
from func_runtime.log import messages
from func_runtime.settings import func_yaml
from func_runtime.settings.settings import Invoke, Settings, environment, working_directory

try:
    import httpx
    from anyio.from_thread import BlockingPortal, start_blocking_portal
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "func_runtime.testing needs httpx: pip install httpx", name=error.name
    ) from error

__all__ = ["BlockingClient", "Client", "Running", "running"]

# Requests need an absolute URL. The name is not resolved.
_URL = "http://function"


def running(
    function: object,
    cfg: Mapping[str, str] | None = None,
    *,
    invoke: Literal["http", "cloudevent"] | None = None,
) -> "Running":
    """Run a function within `with` or `async with`, which returns a client for it.

    :param function: what new() returns, or only a handle.
    :param cfg: the environment, for start(cfg) and for the settings; without it, the process's own.
    :param invoke: what the function is called with; without it, FUNC_INVOKE or the func.yaml of the
        current folder decides.

    On entry it raises what start() raises, or StartFailure if the function cannot be served. On
    exit it raises what stop() raises, or TimeoutError if that takes longer than
    FUNC_SHUTDOWN_SECONDS.
    """
    environ = environment() if cfg is None else dict(cfg)
    return Running(_started(function, environ, invoke))


class Running:
    """A function that runs within `async with`, or `with` in a test that is not async."""

    def __init__(self, started: AbstractAsyncContextManager[Application]) -> None:
        self._connected = _connected(started)
        self._connected_blocking = _connected_blocking(started)

    async def __aenter__(self) -> "Client":
        return await self._connected.__aenter__()

    async def __aexit__(self, *error: Any) -> None:  # noqa: ANN401, PYI036 -- passed on
        await self._connected.__aexit__(*error)

    def __enter__(self) -> "BlockingClient":
        return self._connected_blocking.__enter__()

    def __exit__(self, *error: Any) -> None:  # noqa: ANN401, PYI036 -- passed on
        self._connected_blocking.__exit__(*error)


class Client(httpx.AsyncClient):
    """An HTTP client of the function (https://www.python-httpx.org), which can send events."""

    async def send_event(self, event: object, *, structured: bool = False) -> Any:  # noqa: ANN401
        """Send an event and return what the function replies.

        An event is an object of the CloudEvents SDK, or a mapping with its attributes; a missing id
        is added. A list of events is a batch. An event is sent in binary mode, as brokers do, or as
        one JSON document. The reply is an event, a list of events, other data, or None.

        :raises EventInvalid: the event is not valid.
        :raises httpx.HTTPStatusError: the response is an error: perhaps the function raised.
        """
        content = _encode(event, structured=structured)
        return _decode(await self.post("/", headers=content.headers, content=content.body))


class BlockingClient(httpx.Client):
    """The same for tests that are not async."""

    def send_event(self, event: object, *, structured: bool = False) -> Any:  # noqa: ANN401
        """Send an event and return what the function replies. See Client.send_event."""
        content = _encode(event, structured=structured)
        return _decode(self.post("/", headers=content.headers, content=content.body))


@asynccontextmanager
async def _connected(
    started: AbstractAsyncContextManager[Application],
) -> AsyncIterator[Client]:
    async with started as app:
        transport = httpx.ASGITransport(app)
        async with Client(transport=transport, base_url=_URL) as client:
            yield client


@contextmanager
def _connected_blocking(
    started: AbstractAsyncContextManager[Application],
) -> Iterator[BlockingClient]:
    """Start a function in the event loop of a thread, and yield a client."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(started) as app:
        transport = _BlockingTransport(portal, httpx.ASGITransport(app))
        with BlockingClient(transport=transport, base_url=_URL) as client:
            yield client


class _BlockingTransport(httpx.BaseTransport):
    """Passes requests to the thread of the event loop."""

    def __init__(self, portal: BlockingPortal, transport: httpx.ASGITransport) -> None:
        self._portal = portal
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the complete response to a request."""
        request.read()
        return self._portal.call(self._answer, request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        content = b"".join([part async for part in answer.aiter_raw()])
        return httpx.Response(
            answer.status_code, headers=answer.headers, stream=httpx.ByteStream(content)
        )


@asynccontextmanager
async def _started(
    instance: object, environ: dict[str, str], invoke: str | None
) -> AsyncIterator[Application]:
    """Start a function, yield its application, and stop it."""
    with _with_message():
        settings = _settings(environ, invoke)
        adapted = await _adapt(instance, settings)
    app, lifespan, _ = app_factory.create_app(adapted, settings, lambda: dict(environ))
    try:
        await lifespan.start()
    except FunctionFailed as failure:
        # The traceback of a failed test ends in the function.
        raise (failure.__cause__ or failure) from None
    try:
        yield app
    finally:
        lifespan.stopping()
        await lifespan.stop(within=settings.shutdown)
    if lifespan.failure:
        raise lifespan.failure


@contextmanager
def _with_message() -> Iterator[None]:
    """Add the runtime's message to a failure."""
    try:
        yield
    except StartFailure as failure:
        message = messages.describe(failure)
        failure.add_note(f"{message.title}\n\n{message.body}")
        raise


def _settings(environ: dict[str, str], invoke: str | None) -> Settings:
    file = Path(working_directory(), constants.FUNC_YAML)
    settings = Settings.from_environ(environ, lambda: func_yaml.read(file))
    return settings._replace(invoke=Invoke(invoke)) if invoke else settings


async def _adapt(instance: object, settings: Settings) -> Function:
    if inspect.isawaitable(instance):
        instance = await instance  # of an `async def new`
    return app_factory.adapt(instance, type(instance).__module__, settings)


def _encode(source: object, *, structured: bool) -> Content:
    if isinstance(source, list):
        batch = http_binding.encode_batch([_event(each) for each in source])
        return batch._replace(headers=[*batch.headers, (b"accept", media_type.BATCH.encode())])
    encode = http_binding.encode_structured if structured else http_binding.encode_binary
    return encode(_event(source))


def _event(source: object) -> Event:
    found = sdk.read(source)
    if found is None:
        raise TypeError(f"not an event, and not a mapping with type and source: {source!r}")
    return found


def _decode(response: httpx.Response) -> Any:  # noqa: ANN401
    """Return the content of a response: events as the SDK's objects, or data."""
    response.raise_for_status()
    headers = [(name.lower(), value) for name, value in response.headers.raw]
    try:
        found = http_binding.decode(headers, response.content)
    except EventRejected as rejected:
        if rejected.status != UNSUPPORTED_MEDIA_TYPE:
            raise
        return http_binding.decode_data(response.headers.get("content-type", ""), response.content)
    make = sdk.choose()
    return make(found) if isinstance(found, Event) else [make(each) for each in found]
