"""The pages of docs/migrate: the function gives the same answers before and after."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract.runtime_process import free_port
from image import prerequisites, test_how_to
from image.pack import Pack
from image.walkthrough import Page, Reader, in_words_of

PAGES = prerequisites.ROOT / "docs" / "migrate"
HERE = f"tests/image/{Path(__file__).name}"

_PARLIAMENT = (
    "import func, parliament.server, waitress;"
    "waitress.serve(parliament.server.create(func), port={port})"
)

# What starts the function of a page as it was; python -m parliament only knows port 8080.
BEFORE = {
    "dockerfile.md": "env GREETING=Hi python -m uvicorn main:app --port {port}",
    "flask.md": "python -m gunicorn --threads 2 --bind 127.0.0.1:{port} 'shop:create_app()'",
    "functions-framework.md": "functions-framework --target hello --host 127.0.0.1 --port {port}",
    "parliament.md": f"python -c '{_PARLIAMENT}'",
}


def test_each_page_is_followed_here() -> None:
    """All pages with commands are tested."""
    assert set(BEFORE) == {path.name for path in PAGES.glob("*.md") if Page(path, HERE).commands}


@pytest.mark.parametrize("page", BEFORE)
def test_after(pack: Pack, tmp_path: Path, page: str) -> None:
    """The commands succeed, in their order, with the output on the page."""
    written = Page(PAGES / page, HERE)

    assert written.outputs == Reader(pack, tmp_path / "folder").follow(written)


@pytest.mark.parametrize("page", BEFORE)
def test_before(tmp_path: Path, page: str) -> None:
    """The earlier function answers the same requests in the same way."""
    written = Page(PAGES / page, HERE)
    written.write(tmp_path)

    with serving(BEFORE[page], tmp_path) as port:
        printed = [ask(command, port) for command in written.requests]

    said = [*written.requests.values()]
    assert said == [in_words_of(*both) for both in zip(said, printed, strict=True)]


@contextmanager
def serving(command: str, folder: Path) -> Iterator[int]:
    """Run the earlier function of a page in its folder. Yield the port."""
    port = free_port()
    programs = f"{test_how_to.python().parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        ["bash", "-c", f"exec {command.format(port=port)}"],
        cwd=folder,
        env=os.environ | {"PATH": programs, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def ask(command: str, port: int) -> str:
    """Run a command of the page that sends a request. Return its output."""
    asked = ["bash", "-euc", command.replace("localhost:8080", f"127.0.0.1:{port}")]
    return subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=True).stdout
