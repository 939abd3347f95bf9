"""Applications of real frameworks as functions, each with what it has of start-up and shutdown.

The frameworks are in an environment of their own (tests/fixtures/frameworks/requirements.in), which
is made once, in the cache.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from bench.runtime import environments

from contract.runtime_process import ROOT, ended, serving
from contract.test_runtime_http import WebSocket

FRAMEWORKS = ROOT / "tests" / "fixtures" / "frameworks"


@pytest.fixture(scope="session")
def python() -> Path:
    """The interpreter of the environment with the frameworks."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    uv = environments.Uv(os.environ)
    return environments.environment(
        home / "knative-python" / "frameworks",
        FRAMEWORKS / "requirements.txt",
        uv.find(sys.executable),
        uv,
    )


WITH_LIFESPAN = ["fastapi", "starlette", "litestar", "quart"]


@pytest.mark.parametrize("framework", [*WITH_LIFESPAN, "django", "flask"])
def test_requests(framework: str, python: Path, tmp_path: Path) -> None:
    """An application answers, gets the state of its startup, and streams."""
    with serving(FRAMEWORKS / framework, tmp_path / "log", python=python) as runtime:
        # FastAPI says it as JSON.
        assert ["open"] * 2 == [runtime.get("/").text.strip('"') for _ in range(2)]
        assert "abc" == runtime.get("/stream").text
        assert 404 == runtime.get("/nowhere").status_code

    assert [] == [word for word in ("ERROR", "Traceback") if word in runtime.log]


@pytest.mark.parametrize("framework", WITH_LIFESPAN)
def test_lifespan(framework: str, python: Path, tmp_path: Path) -> None:
    """Its startup runs once before the first request, its shutdown once at the end.

    A WebSocket gets the state as well, and what it does after an answer is done.
    """
    with (
        serving(FRAMEWORKS / framework, tmp_path / "log", python=python) as runtime,
        WebSocket(runtime, "/socket") as socket,
        runtime.client() as client,
    ):
        socket.send("hello")
        assert (1, b"open hello") == socket.receive()
        assert "queued" == client.post("/background").text.strip('"')
        runtime.until_logged("background done")

    said = ("startup", "is serving", "SIGTERM received", "shutdown")
    assert [1, 1, 1, 1] == [runtime.log.count(each) for each in said]
    assert sorted(said, key=runtime.log.index) == list(said)
    if framework == "fastapi":  # its function has hooks as well
        hooks = [line for line in runtime.log.splitlines() if line in HOOKS]
        assert HOOKS == hooks


HOOKS = ["start", "startup", "shutdown", "stop"]


def test_mcp(python: Path, tmp_path: Path) -> None:
    """A server of the Model Context Protocol answers a session over streamable HTTP."""
    with (
        serving(FRAMEWORKS / "mcp", tmp_path / "log", python=python) as runtime,
        runtime.client() as client,
    ):
        client.headers["accept"] = "application/json, text/event-stream"
        opening = {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        }
        response = client.post("/mcp", json=call("initialize", opening))
        client.headers["mcp-session-id"] = response.headers["mcp-session-id"]
        client.post("/mcp", json={"jsonrpc": "2.0", "method": "notifications/initialized"})
        adding = {"name": "add", "arguments": {"a": 2, "b": 3}}
        response = client.post("/mcp", json=call("tools/call", adding))

    (data,) = (line[6:] for line in response.text.splitlines() if line.startswith("data: {"))
    assert "5" == json.loads(data)["result"]["content"][0]["text"]


def call(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return a request of JSON-RPC."""
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


FAILING = {
    "fastapi": """
from contextlib import asynccontextmanager
from fastapi import FastAPI

@asynccontextmanager
async def lifespan(app):
    raise ConnectionError("no database at db01")
    yield

handle = FastAPI(lifespan=lifespan)
""",
    "litestar": """
from litestar import Litestar

def connect(app):
    raise ConnectionError("no database at db01")

handle = Litestar(on_startup=[connect])
""",
    "quart": """
from quart import Quart

handle = Quart("function")

@handle.before_serving
async def connect():
    raise ConnectionError("no database at db01")
""",
}


@pytest.mark.parametrize("framework", FAILING)
def test_startup_fails(framework: str, python: Path, tmp_path: Path) -> None:
    """If a startup fails, the process exits with 1, and its log ends with the reason."""
    (tmp_path / "function.py").write_text(FAILING[framework])

    status, log = ended(tmp_path, python=python)

    assert 1 == status
    assert "is serving" not in log
    assert "no database at db01" in log[log.index("ERROR: ") :]


WSGI = {
    "flask": "from flask import Flask\nhandle = Flask('function')\n",
    "flask by new": "from flask import Flask\ndef new():\n    return Flask('function')\n",
    "flask behind a middleware": (
        "from flask import Flask\nfrom werkzeug.middleware.proxy_fix import ProxyFix\n"
        "handle = ProxyFix(Flask('function').wsgi_app)\n"
    ),
    "django": (
        "from django.conf import settings\nsettings.configure(LOGGING_CONFIG=None)\n"
        "from django.core.wsgi import get_wsgi_application as new\n"
    ),
    "a function": "def handle(environ, start_response):\n    return []\n",
}


@pytest.mark.parametrize("source", WSGI.values(), ids=WSGI)
@pytest.mark.parametrize("arguments", [(), ("--check", "new")], ids=["start", "check"])
def test_wsgi(source: str, arguments: tuple[str, ...], python: Path, tmp_path: Path) -> None:
    """A WSGI application is recognized, and the error has the two lines that convert it."""
    (tmp_path / "function.py").write_text(source)

    status, log = ended(tmp_path, *arguments, python=python)

    assert 2 == status
    assert "ERROR: The function is a WSGI application\n" in log
    assert "    from a2wsgi import WSGIMiddleware\n    handle = WSGIMiddleware(app)\n" in log


NESTING = """
import asyncio

import {package}

{package}.apply()

async def inner():
    async with asyncio.timeout(10):
        return await asyncio.sleep(0.001, "inner")

async def handle(scope, receive, send):
    nested = asyncio.get_event_loop().run_until_complete(inner())
    also, _ = await asyncio.gather(inner(), inner())
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": (nested + also).encode()}})
"""


@pytest.mark.parametrize("package", ["nest_asyncio", "nest_asyncio2"])
def test_nested_event_loop(package: str, python: Path, tmp_path: Path) -> None:
    """On asyncio's own event loop a package may change it; on uvloop, the log names the setting."""
    (tmp_path / "function.py").write_text(NESTING.format(package=package))
    variables = {"FUNC_EVENT_LOOP": "asyncio"}
    log = tmp_path / "log"
    with serving(tmp_path, log, python=python, variables=variables) as runtime:
        assert ["innerinner"] * 2 == [runtime.get("/").text for _ in range(2)]

    assert "WARNING" not in runtime.log
    with serving(tmp_path, log, python=python) as runtime:
        runtime.until_logged("FUNC_EVENT_LOOP=asyncio")


def test_uvloop_cannot_be_changed(python: Path, tmp_path: Path) -> None:
    """A start that fails because it cannot change the event loop ends with the setting's name."""
    (tmp_path / "function.py").write_text(
        "import nest_asyncio\nasync def new():\n    nest_asyncio.apply()\n"
    )

    status, log = ended(tmp_path, python=python)

    assert 1 == status
    assert log.rstrip().splitlines()[-1].startswith("Set FUNC_EVENT_LOOP=asyncio. ")


HOLDING = """
import aiohttp

class Function:
    def start(self, cfg):
        self.session = aiohttp.ClientSession()

    async def handle(self, scope, receive, send):
        assert not self.session.closed

    async def stop(self):
        await self.session.close()

new = Function
"""


def test_client_of_the_event_loop(python: Path, tmp_path: Path) -> None:
    """A start() that is not async may create objects of the event loop: aiohttp's client."""
    (tmp_path / "function.py").write_text(HOLDING)
    with serving(tmp_path, tmp_path / "log", python=python) as runtime:
        assert 204 == runtime.get("/").status_code
