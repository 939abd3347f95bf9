"""Our language pack: func creates each template, its tests pass, and its image answers."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from image import prerequisites
from image.func import Func

TEMPLATES = prerequisites.ROOT / "templates" / "python"

EVENT = {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-source": "/shop",
    "ce-type": "com.example.order",
}


def ask_http(address: str) -> None:
    """Ask a function of the template http."""
    assert httpx.get(f"{address}/orders").json()["path"] == "/orders"


def ask_cloudevents(address: str) -> None:
    """Ask a function of the template cloudevents."""
    reply = httpx.post(address, headers=EVENT, json={"item": "book"})
    assert reply.json()["data"] == {"received": {"item": "book"}}


def ask_fastapi(address: str) -> None:
    """Ask a function of the template fastapi: its lifespan has run."""
    assert httpx.get(address).json() == {"message": "Hello"}
    order = httpx.post(f"{address}/orders", json={"item": "book"})
    assert order.json() == {"ordered": "book", "count": 1}


def ask_flask(address: str) -> None:
    """Ask a function of the template flask."""
    assert httpx.get(address).json() == {"message": "Hello"}
    order = httpx.post(f"{address}/orders", json={"item": "book"})
    assert (order.status_code, order.json()) == (201, {"ordered": "book"})


def ask_sse(address: str) -> None:
    """Ask a function of the template sse, and disconnect in the middle."""
    with httpx.stream("GET", address) as response:
        first = next(line for line in response.iter_lines() if line)
    assert json.loads(first.removeprefix("data: "))["tick"] == 1


def ask_websocket(address: str) -> None:
    """Ask a function of the template websocket: two clients get the message of one."""
    url = address.replace("http", "ws", 1)
    with connect(url) as first, connect(url) as second:
        first.send("Hello")
        assert [first.recv(10), second.recv(10)] == ["Hello", "Hello"]


def ask_worker(address: str) -> None:
    """Ask a function of the template worker: an event is done, or rejected."""
    done = httpx.post(address, headers=EVENT, json={"item": "book"})
    never = httpx.post(address, headers=EVENT | {"ce-id": "2"}, json={})
    assert [done.status_code, never.status_code] == [202, 400]


def ask_mcp(address: str) -> None:
    """Ask a function of the template mcp which tools it has."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"Accept": "application/json, text/event-stream"}
    answer = httpx.post(f"{address}/mcp", headers=accept, json=call).json()
    assert [tool["name"] for tool in answer["result"]["tools"]] == ["add"]


ASK: dict[str, Callable[[str], None]] = {
    "http": ask_http,
    "cloudevents": ask_cloudevents,
    "fastapi": ask_fastapi,
    "flask": ask_flask,
    "sse": ask_sse,
    "websocket": ask_websocket,
    "worker": ask_worker,
    "mcp": ask_mcp,
}


def test_each_template_is_asked_here() -> None:
    """All templates are tested below."""
    assert set(ASK) == {folder.name for folder in TEMPLATES.iterdir()}


@pytest.mark.parametrize("template", ASK)
def test_template(command: Func, template: str, tmp_path: Path) -> None:
    """func creates it with our builder's name, its tests pass, and its image answers."""
    name = f"{template}-made"
    repository = ["--repository", f"file://{prerequisites.ROOT}"]
    command.command(["create", "-l", "python", "-t", template, *repository, name])
    folder = command.folder / name
    assert (
        f"pack: {prerequisites.REGISTRY}/{prerequisites.BUILDER}"
        in (folder / "func.yaml").read_text()
    )

    assert "passed" in run_its_tests(folder, tmp_path)
    command.build(folder)
    with command.running(folder) as address:
        ASK[template](address)


def run_its_tests(folder: Path, scratch: Path) -> str:
    """Run the commands of the template's README: `pip install -e .`, `pytest`.

    In a copy, for they leave files behind; uv in pip's place, which takes the same words.
    """
    copy = shutil.copytree(folder, scratch / "tested")
    uv = [str(prerequisites.ROOT / ".venv" / "bin" / "uv"), "--quiet"]
    run(copy, *uv, "venv", "venv")
    run(copy, *uv, "pip", "install", "--python", "venv/bin/python", "--editable", ".")
    return run(copy, "venv/bin/python", "-m", "pytest")


def run(folder: Path, *command: str) -> str:
    """Run a command in a folder and return what it wrote."""
    done = subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
