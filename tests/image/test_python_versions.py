"""A Python that the images lack, from a mirror on loopback, with the real pack."""

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract import python_mirror
from contract.python_mirror import KEY, VERSION
from image import prerequisites
from image.container import serving
from image.pack import Build, Image, Pack

# What it runs on, and whether it can trust anybody.
SOURCE = """
import json
import platform
import ssl
import sys

import markupsafe._speedups
import uvloop

FACTS = {
    "version": platform.python_version(),
    "prefix": sys.base_prefix,
    "authorities": len(ssl.create_default_context().get_ca_certs()) > 100,
    "compiled": markupsafe._speedups.__file__.rpartition("/")[2],
}

async def handle(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(FACTS).encode()})
"""
LAYER = "/layers/knative-python_function/cpython"


class Silent(http.server.SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Return pack's options for a mirror that serves on loopback."""
    mirror = python_mirror.create(tmp_path_factory.mktemp("mirror"))
    handler = functools.partial(Silent, directory=str(mirror.folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        variables = mirror.settings(f"http://127.0.0.1:{server.server_port}")
        yield [part for item in variables.items() for part in ("--env", "=".join(item))]
        server.shutdown()


@pytest.fixture
def function(tmp_path: Path) -> Path:
    """A function that requires a Python of the mirror, with a compiled package."""
    folder = tmp_path / "function"
    folder.mkdir()
    (folder / "function.py").write_text(SOURCE)
    (folder / "requirements.txt").write_text("markupsafe\n")
    (folder / ".python-version").write_text("3.14\n")
    return folder


def test_managed(pack: Pack, function: Path, settings: list[str]) -> None:
    """The function runs on it. Later builds need no mirror, and remove it if it is unused."""
    built = build(pack, function, None, "--network", "host", *settings)

    assert built.status == 0, built.log
    assert f"Python: {VERSION}, in a layer (.python-version requests 3.14)" in built.log
    assert built.image.labels["io.knative-python.python-version"] == VERSION
    with serving(built.image) as container:
        facts = json.loads(container.get("/").text)
    assert (VERSION, f"{LAYER}/{KEY}") == (facts["version"], facts["prefix"])
    assert facts["authorities"]
    assert facts["compiled"].startswith("_speedups.cpython-314-")
    # The runtime layer has bytecode and compiled packages of that version alone.
    with built.image.files("/layers/knative-python_function/asgi-runtime") as files:
        tags = {name.rpartition(".")[0].rpartition(".")[2] for name in files.getnames()}
    assert "cpython-314" in tags
    assert "cpython-313" not in tags

    before = built.image.layers
    source = function / "function.py"
    source.write_text(source.read_text() + "\n# changed\n")
    # The list of what there is is asked for again, and only that.
    again = build(pack, function, built.image, "--network", "host", *without_mirror(settings))

    assert again.status == 0, again.log
    assert "Reusing the python layer" in again.log
    after = again.image.layers
    assert {name for name in after if before.get(name) != after[name]} == {"application"}
    with serving(again.image) as container:
        assert json.loads(container.get("/").text) == facts

    (function / ".python-version").unlink()
    dropped = build(pack, function, again.image)

    assert dropped.status == 0, dropped.log
    assert "from the run image" in dropped.log
    assert "cpython" not in dropped.image.layers
    assert "io.knative-python.python-version" not in dropped.image.labels
    with serving(dropped.image) as container:
        assert json.loads(container.get("/").text)["prefix"] == "/usr"


def test_same_bytes(pack: Pack, function: Path, settings: list[str]) -> None:
    """Two builds without a cache give the same image."""
    one, two = (build(pack, function, None, "--network", "host", *settings) for _ in range(2))

    assert one.status == 0, one.log
    assert one.image.layers == two.image.layers
    assert one.image.digest == two.image.digest


def test_unavailable(pack: Pack, function: Path) -> None:
    """Without a mirror or the internet, the error has the Python and its address."""
    settings = ("--env", "UV_PYTHON_INSTALL_MIRROR=http://127.0.0.1:9", "--env")

    failed = build(pack, function, None, *settings, "UV_HTTP_RETRIES=0")

    assert failed.status != 0
    assert not failed.image.exists
    said = failed.log.partition("ERROR: The requested Python version could not be")[2]
    assert "http://127.0.0.1:9/" in said
    assert "UV_PYTHON_INSTALL_MIRROR" in said


def without_mirror(settings: list[str]) -> list[str]:
    """Return the options with an empty mirror."""
    return [
        "UV_PYTHON_INSTALL_MIRROR=http://127.0.0.1:9" if "INSTALL_MIRROR" in part else part
        for part in settings
    ]


def build(pack: Pack, function: Path, image: Image | None, *options: str) -> Build:
    """Build with options of pack's."""
    return pack.command(
        [
            *("--path", str(function), "--buildpack", str(prerequisites.BUILDPACK)),
            *("--builder", prerequisites.builder(pack.client), "--pull-policy", "never"),
            *("--trust-builder", "--trust-extra-buildpacks", *options),
        ],
        image=image,
    )
