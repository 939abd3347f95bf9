"""For tests of functions: drives one through start, handle and stop, in process, without a port.

    async with running(new(), cfg={"GREETING": "Hi"}) as client:
        response = await client.get("/")

The parts are those that serve in an image. Nothing that serves imports this module.
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
from func_runtime.cloudevents.http_binding import Content, Refused
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

# Requests need an absolute address; no name is looked up.
_URL = "http://function"


def running(
    function: object,
    cfg: Mapping[str, str] | None = None,
    *,
    invoke: Literal["http", "cloudevent"] | None = None,
) -> "Running":
    """Run a function for as long as a `with` or `async with` lasts, which gives a client for it.

    `function` is what new() returns, or a handle alone. `cfg` is its environment: what start(cfg)
    gets, and where the settings are read; without it, the process's own. `invoke` says what the
    function is called with; without it, FUNC_INVOKE or the func.yaml of the current folder do.

    On entry, what start() raises is raised, or StartFailure for what cannot be served; on exit,
    what stop() raises, or TimeoutError if that takes longer than FUNC_SHUTDOWN_SECONDS.
    """
    environ = environment() if cfg is None else dict(cfg)
    return Running(_started(function, environ, invoke))


class Running:
    """A function that runs inside of `async with`, or of `with` in a test that is not async."""

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
    """An HTTP client of the function, https://www.python-httpx.org, that can send events too."""

    async def send_event(self, event: object, *, structured: bool = False) -> Any:  # noqa: ANN401
        """Send an event and return what the function replies.

        `event` is an object of the CloudEvents SDK or a mapping with its attributes, whose id is
        added if it is missing; a list of them is a batch. It is sent in binary mode, as brokers
        do, or as one JSON document. The reply is an event, as the function would see it, a list of
        them, other data, or None.

        :raises EventInvalid: the event breaks the specification.
        :raises httpx.HTTPStatusError: the answer is an error: the function raised, perhaps.
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
    """Connect to a function whose event loop runs in a thread."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(started) as app:
        transport = _BlockingTransport(portal, httpx.ASGITransport(app))
        with BlockingClient(transport=transport, base_url=_URL) as client:
            yield client


class _BlockingTransport(httpx.BaseTransport):
    """Hands requests over to the event loop's thread."""

    def __init__(self, portal: BlockingPortal, transport: httpx.ASGITransport) -> None:
        self._portal = portal
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the whole answer to a request."""
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
    with _explained():
        settings = _settings(environ, invoke)
        adapted = await _adapt(instance, settings)
    app, lifespan, _ = app_factory.assemble(adapted, settings, lambda: dict(environ))
    try:
        await lifespan.start()
    except FunctionFailed as failure:
        # The traceback of a failed test is to end in the function.
        raise (failure.__cause__ or failure) from None
    try:
        yield app
    finally:
        lifespan.stopping()
        await lifespan.stop(within=settings.shutdown)
    if lifespan.failure:
        raise lifespan.failure


@contextmanager
def _explained() -> Iterator[None]:
    """Give a failure the words that the runtime has for it."""
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
        raise TypeError(f"no event, nor a mapping with type and source: {source!r}")
    return found


def _decode(response: httpx.Response) -> Any:  # noqa: ANN401
    """Return what a response holds: events as the SDK's objects, else data."""
    response.raise_for_status()
    headers = [(name.lower(), value) for name, value in response.headers.raw]
    try:
        found = http_binding.decode(headers, response.content)
    except Refused as refused:
        if refused.status != UNSUPPORTED_MEDIA_TYPE:
            raise
        return http_binding.decode_data(response.headers.get("content-type", ""), response.content)
    make = sdk.choose()
    return make(found) if isinstance(found, Event) else [make(each) for each in found]
