"""Tests of a function, run as in the developer's guide: pytest in the function's folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from contract.runtime_process import PATIENCE, environment

FUNCTION = """
async def handle(scope, receive, send):
    if "event" in scope:
        return {"type": "reply", "source": "/me", "data": scope["event"].get_data()}
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"Hello"})
"""

# As func's templates and the examples here have it.
PYTEST = """
[tool.pytest.ini_options]
asyncio_mode = "strict"
asyncio_default_fixture_loop_scope = "function"
"""

HTTP = """
import pytest
from func_runtime.testing import running
from function import handle

@pytest.mark.asyncio
async def test_hello():
    async with running(handle, cfg={}) as client:
        assert (await client.get("/")).text == "Hello"
        assert (await client.get("/health/readiness")).status_code == 200

@pytest.fixture
def client():
    with running(handle) as client:
        yield client

def test_hello_blocking(client):
    assert client.get("/").text == "Hello"
"""

EVENTS = """
import pytest
from func_runtime.testing import running
from function import handle

EVENT = {"type": "order", "source": "/shop", "data": {"id": 7}}

@pytest.mark.asyncio
async def test_reply():
    async with running(handle) as client:
        reply = await client.send_event(EVENT)
    assert reply.get_data() == {"id": 7}

def test_reply_blocking():
    with running(handle, cfg={}) as client:
        assert client.send_event(EVENT).get_type() == "reply"
"""


@pytest.mark.parametrize(("invoke", "tests"), [("http", HTTP), ("cloudevent", EVENTS)])
def test_in_the_functions_folder(tmp_path: Path, invoke: str, tests: str) -> None:
    """pytest with pytest-asyncio in strict mode runs tests with the helper, without a set-up."""
    (tmp_path / "function.py").write_text(FUNCTION)
    (tmp_path / "func.yaml").write_text(f"invoke: {invoke}\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_func.py").write_text(tests)
    (tmp_path / "pyproject.toml").write_text(PYTEST)

    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error"],
        cwd=tmp_path,
        env=environment(None),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert 0 == result.returncode, result.stdout
    assert "2 passed" in result.stdout
