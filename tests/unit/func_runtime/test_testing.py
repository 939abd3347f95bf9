"""The helper for users' tests, used as in their tests."""

import asyncio
import gzip
import importlib
import json
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from cloudevents.core.v1.event import CloudEvent

from func_runtime.asgi import Receive, Scope, Send
from func_runtime.cloudevents.event import EventInvalid
from func_runtime.cloudevents.http_binding import EventRejected
from func_runtime.errors import FieldInvalid, HandleInvalid, RequestAborted, SettingInvalid
from func_runtime.testing import running

EVENT = {"type": "com.example.order", "source": "/shop", "id": "7", "data": {"sku": "a"}}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The function's folder, in which tests are run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Greeter:
    """A function with all hooks, some async and some not."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def start(self, cfg: dict[str, str]) -> None:
        """Note the configuration."""
        self.calls.append(cfg)

    async def stop(self) -> None:
        """Note the end."""
        self.calls.append("stop")

    def ready(self) -> tuple[bool, str]:
        """Return whether start() was called."""
        return bool(self.calls), "Greeting"

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond with the compressed body, or depending on the path."""
        if scope["path"] == "/fail":
            raise ValueError("secret")
        content = (await receive())["body"]
        headers = [(b"Content-Encoding", b"gzip"), (b"Content-Type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": gzip.compress(b"Hi " + content)})
        if scope["path"] == "/half":
            raise AssertionError("the answer was complete")


class Events:
    """A function that replies to an event depending on its type."""

    def handle(self, scope: Scope, receive: Receive, send: Any) -> object:
        """Reply, from a thread."""
        event = scope["event"]
        match event.get_type():
            case "data":
                return {"sku": event.get_data()}
            case "none":
                return None
            case "fail":
                raise ValueError("secret")
            case "binary":
                send.binary(reply_to(event))
                return None
            case "malformed":
                headers = [(b"Ce-Id", b"1")]
                send.http({"type": "http.response.start", "status": 200, "headers": headers})
                send.http({"type": "http.response.body"})
                return None
            case _:
                return reply_to(event)


def reply_to(event: CloudEvent) -> CloudEvent:
    """Return an event with an event's data."""
    attributes = {"id": "1", "source": "/me", "type": "reply", "datacontenttype": "text/plain"}
    return CloudEvent(attributes, f"{event.get_id()} {event.get_data()!r}")


@pytest.mark.anyio
async def test_http() -> None:
    """A function starts with the configuration, serves, answers health checks, and stops."""
    function, cfg = Greeter(), {"GREETING": "Hi"}
    async with running(function, cfg) as client:
        response = await client.post("/", content="there")
        health = await client.get("/health/readiness/")
        assert [cfg] == function.calls

    assert (200, "Hi there") == (response.status_code, response.text)
    assert (200, "Greeting") == (health.status_code, health.text)
    assert [cfg, "stop"] == function.calls


def test_http_blocking() -> None:
    """The same in a test that is not async. The function's loop runs in a separate thread."""
    function = Greeter()
    with running(function, {}) as client:
        response = client.post("/", content="there")
        health = client.get("/health/liveness")

    assert (200, "Hi there") == (response.status_code, response.text)
    assert 200 == health.status_code
    assert [{}, "stop"] == function.calls


def test_tasks_go_on_between_requests() -> None:
    """Tasks of start() keep running while a test that is not async does something else."""
    done = threading.Event()

    class Background(Greeter):
        async def start(self, cfg: dict[str, str]) -> None:  # type: ignore[override]
            asyncio.get_running_loop().call_later(0.01, done.set)

    with running(Background(), {}):
        assert done.wait(10)


@pytest.mark.anyio
async def test_handler_raises(caplog: pytest.LogCaptureFixture) -> None:
    """If a handler raises, the client gets the runtime's response, and the log has the reason."""
    async with running(Greeter(), {}) as client:
        response = await client.get("/fail")

    assert (500, "Internal Server Error") == (response.status_code, response.text)
    assert "ValueError: secret" in caplog.text


@pytest.mark.anyio
async def test_handler_raises_after_the_first_message() -> None:
    """An incomplete response raises, like an aborted connection."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("secret")

    async with running(handle, {}) as client:
        with pytest.raises(RequestAborted):
            await client.get("/")


@pytest.mark.anyio
async def test_handle_alone() -> None:
    """A handle without new() is a function, too. If it sends nothing, the client gets 204."""

    def handle(scope: Scope, receive: Receive, send: Send) -> None:
        pass

    async with running(handle, {}) as client:
        assert 204 == (await client.get("/")).status_code


class Application:
    """An ASGI application whose startup or shutdown can fail."""

    def __init__(self, *, fails_in: str = "") -> None:
        self._fails_in = fails_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond with the state of the startup."""
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                await receive()
                scope["state"]["greeting"] = "Hi"
                if step == self._fails_in:
                    await send({"type": f"lifespan.{step}.failed", "message": "mine"})
                    raise ConnectionError("no database")
                await send({"type": f"lifespan.{step}.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["state"]["greeting"].encode()})


@pytest.mark.anyio
async def test_application() -> None:
    """An application starts up before its first request, and shuts down at the end."""
    async with running(Application(), {}) as client:
        assert "Hi" == (await client.get("/")).text


@pytest.mark.parametrize("step", ["startup", "shutdown"])
def test_application_fails(step: str) -> None:
    """Exceptions of its startup and shutdown reach the test."""
    with pytest.raises(ConnectionError, match="no database"), running(Application(fails_in=step)):
        pass


@pytest.mark.anyio
async def test_async_new() -> None:
    """An `async def new` is awaited."""

    async def new() -> Greeter:
        return Greeter()

    async with running(new(), {}) as client:
        assert 200 == (await client.get("/")).status_code


@pytest.mark.anyio
async def test_environment_is_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a configuration the function gets the environment, as in an image."""
    monkeypatch.setenv("GREETING", "Good morning")
    function = Greeter()
    async with running(function):
        assert isinstance(function.calls[0], dict)
        assert "Good morning" == function.calls[0]["GREETING"]


@pytest.mark.anyio
@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize("kind", ["order", "binary"])
async def test_event(structured: bool, kind: str) -> None:
    """A mapping is sent as an event, in both modes; the reply is an object of the SDK."""
    async with running(Events(), {}, invoke="cloudevent") as client:
        reply = await client.send_event({**EVENT, "type": kind}, structured=structured)

    assert isinstance(reply, CloudEvent)
    assert ("reply", "7 {'sku': 'a'}") == (reply.get_type(), reply.get_data())


@pytest.mark.parametrize(("kind", "expected"), [("data", {"sku": "a"}), ("none", None)])
def test_event_of_the_sdk(kind: str, expected: object) -> None:
    """An event of the SDK is sent. A reply that is not an event is returned as data, or None."""
    event = CloudEvent({"type": kind, "source": "/shop", "id": "7"}, "a")
    with running(Events(), {"FUNC_INVOKE": "cloudevent"}) as client:
        assert expected == client.send_event(event)


def test_batch() -> None:
    """A list is a batch, and the events that come back are one too."""
    with running(Events(), {}, invoke="cloudevent") as client:
        replies = client.send_event([EVENT, {**EVENT, "id": "8"}, {**EVENT, "type": "none"}])

    assert ["7 {'sku': 'a'}", "8 {'sku': 'a'}"] == [reply.get_data() for reply in replies]


def test_event_for_an_http_function() -> None:
    """A function that reads the attributes' headers itself gets events as well."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        content = json.dumps([headers[b"ce-type"].decode(), (await receive())["body"].decode()])
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": content.encode()})

    with running(handle, {}) as client:
        assert ["com.example.order", '{"sku":"a"}'] == client.send_event(EVENT)


def test_event_fails() -> None:
    """An error response raises, and so does a malformed reply."""
    with running(Events(), {}, invoke="cloudevent") as client:
        with pytest.raises(httpx.HTTPStatusError, match="500 Internal Server Error"):
            client.send_event({**EVENT, "type": "fail"})
        with pytest.raises(EventRejected):
            client.send_event({**EVENT, "type": "malformed"})


def test_event_invalid() -> None:
    """Data that is not an event is not sent."""
    with running(Events(), {}, invoke="cloudevent") as client:
        with pytest.raises(
            TypeError, match="not an event, and not a mapping with type and source: 'a'"
        ):
            client.send_event("a")
        with pytest.raises(EventInvalid):
            client.send_event({**EVENT, "source": ""})


def test_func_yaml_decides(folder: Path) -> None:
    """func.yaml in the current folder has the invocation, as on a host."""
    health = "deploy: {healthEndpoints: {liveness: /live}}"
    (folder / "func.yaml").write_text(f"invoke: cloudevent\n{health}\n")
    with running(Events(), {}) as client:
        assert None is client.send_event({**EVENT, "type": "none"})
        assert 200 == client.get("/live").status_code
    with running(Greeter(), {}, invoke="http") as client:
        assert "Hi " == client.get("/").text
        assert 200 == client.get("/live").status_code


def test_start_raises() -> None:
    """The exception of start() reaches the test, and stop() is not called."""

    class Broken(Greeter):
        def start(self, cfg: dict[str, str]) -> None:
            raise ConnectionError("no database")

    function = Broken()
    with pytest.raises(ConnectionError, match="no database"), running(function, {}):
        pass

    assert [] == function.calls


def test_stop_raises() -> None:
    """The exception of stop() fails the test. The runtime would only log it."""

    class Broken(Greeter):
        async def stop(self) -> None:
            raise ConnectionError("no database")

    with pytest.raises(ConnectionError, match="no database"), running(Broken(), {}):
        pass


def test_stop_takes_too_long() -> None:
    """A stop() that takes too long fails the test."""

    class Slow(Greeter):
        async def stop(self) -> None:
            await asyncio.sleep(60)

    cfg = {"FUNC_SHUTDOWN_SECONDS": "0.05"}
    with pytest.raises(TimeoutError, match="stop"), running(Slow(), cfg):
        pass


@pytest.mark.anyio
async def test_test_fails() -> None:
    """If a test fails, stop() runs, and the test's own exception is raised."""
    function = Greeter()
    with pytest.raises(AssertionError, match="mine"):
        async with running(function, {}):
            raise AssertionError("mine")

    assert [{}, "stop"] == function.calls


def test_function_without_handle() -> None:
    """A function that cannot be served raises with the runtime's message."""
    with pytest.raises(HandleInvalid) as caught, running(object(), {}):
        pass

    (note,) = caught.value.__notes__
    assert note.startswith("The function has no handle that can be called\n\n")


def test_setting_malformed(folder: Path) -> None:
    """An invalid setting or func.yaml raises here, too."""
    with pytest.raises(SettingInvalid), running(Greeter(), {"FUNC_THREADS": "many"}):
        pass
    (folder / "func.yaml").write_text("invoke: [http]")
    with pytest.raises(FieldInvalid), running(Greeter(), {}):
        pass


def test_without_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without httpx, the import error names the package to install."""
    monkeypatch.setitem(sys.modules, "httpx", None)
    monkeypatch.delitem(sys.modules, "func_runtime.testing")

    with pytest.raises(ModuleNotFoundError, match=r"needs httpx: pip install httpx"):
        importlib.import_module("func_runtime.testing")
