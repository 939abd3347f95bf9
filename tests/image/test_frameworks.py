"""Applications of real frameworks in images. More of them: tests/contract/test_frameworks.py."""

import shutil
from pathlib import Path

import pytest

from image import prerequisites
from image.container import serving
from image.pack import Pack

FRAMEWORKS = prerequisites.ROOT / "tests" / "fixtures" / "frameworks"


@pytest.mark.parametrize(
    ("framework", "packages", "said"),
    [
        ("fastapi", ["fastapi"], ["start", "startup", "shutdown", "stop"]),
        ("flask", ["flask", "a2wsgi"], []),
    ],
)
def test_application(
    pack: Pack, tmp_path: Path, framework: str, packages: list[str], said: list[str]
) -> None:
    """An image of an application answers, streams, and runs its startup and shutdown."""
    folder = tmp_path / framework
    shutil.copytree(FRAMEWORKS / framework, folder)
    (folder / "func.yaml").write_text("runtime: python\ninvoke: http\n")
    (folder / "requirements.txt").write_text("\n".join(packages))
    built = pack.build(folder)

    with serving(built.image) as container:
        assert "open" == container.get("/").text.strip('"')
        assert "abc" == container.get("/stream").text
        assert 0 == container.stop()
        log = container.log.splitlines()
    assert said == [line for line in log if line in ("start", "startup", "shutdown", "stop")]


def test_wsgi(pack: Pack, tmp_path: Path) -> None:
    """For a WSGI application, the build fails, and explains how to wrap it."""
    (tmp_path / "func.yaml").write_text("runtime: python\ninvoke: http\n")
    (tmp_path / "requirements.txt").write_text("flask")
    (tmp_path / "function.py").write_text("from flask import Flask\nhandle = Flask('function')\n")

    built = pack.attempt(tmp_path)

    assert 0 != built.status
    assert "The function is a WSGI application" in built.log
    assert "handle = WSGIMiddleware(app)" in built.log


NESTING = """
import asyncio
import nest_asyncio2

nest_asyncio2.apply()

async def inner():
    async with asyncio.timeout(10):
        return await asyncio.sleep(0.001, b"inner")

async def handle(scope, receive, send):
    body = asyncio.get_event_loop().run_until_complete(inner())
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
"""


def test_event_loop(pack: Pack, tmp_path: Path) -> None:
    """A package that patches asyncio's event loop works, on the images' Python."""
    (tmp_path / "func.yaml").write_text("runtime: python\ninvoke: http\n")
    (tmp_path / "requirements.txt").write_text("nest-asyncio2")
    (tmp_path / "function.py").write_text(NESTING)
    built = pack.build(tmp_path, env={"BPE_FUNC_EVENT_LOOP": "asyncio"})

    with serving(built.image) as container:
        assert ["inner", "inner"] == [container.get("/").text for _ in range(2)]
