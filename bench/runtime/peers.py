"""What is compared: each peer as one process with its best settings. Starts nothing."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_HERE = Path(__file__).parent
_LOCKS = _HERE / "peers"
ROOT = _HERE.parents[1]
RUNTIME = ROOT / "buildpack" / "runtime"
FUNCTIONS = _HERE / "functions"

# Stands for the port in an argument.
PORT = "{port}"


class Kind(StrEnum):
    """What a function is called with; also the name of its folder in functions/."""

    HTTP = "http"
    EVENT = "event"


@dataclass(frozen=True)
class Peer:
    """A way to serve a function.

    `http` and `event` are arguments to the interpreter; None where it cannot do that.
    `requirements` is None for what needs no package.
    """

    name: str
    note: str
    requirements: Path | None
    http: tuple[str, ...]
    event: tuple[str, ...] | None = None

    def arguments(self, kind: Kind, port: int) -> list[str]:
        """Return the arguments that serve on a port of 127.0.0.1."""
        arguments = self.http if kind is Kind.HTTP else self.event
        assert arguments is not None, f"{self.name} serves no events"
        return [argument.replace(PORT, str(port)) for argument in arguments]


OURS = "func_runtime"
FUNC_PYTHON = "func-python"
UVICORN = "uvicorn"
GRANIAN = "granian"
ASYNCIO = "asyncio"


def _words(arguments: str) -> tuple[str, ...]:
    return tuple(arguments.split())


PEERS = (
    Peer(
        OURS,
        "this repository's",
        RUNTIME / "requirements.txt",
        _words("-m func_runtime"),
        _words("-m func_runtime"),
    ),
    Peer(
        FUNC_PYTHON,
        "what `func` puts into an image today, on hypercorn",
        _LOCKS / "func-python.txt",
        _words("-m func_python_http"),
        _words("-m func_python_event"),
    ),
    Peer(
        "functions-framework",
        "Flask on gunicorn, its defaults: one worker with threads",
        _LOCKS / "functions-framework.txt",
        _words(
            "-m functions_framework --source ../serve/framework.py --target handle "
            f"--host 127.0.0.1 --port {PORT}"
        ),
    ),
    Peer(
        UVICORN,
        "raw: uvloop, httptools, a bare ASGI application, without all that can be switched off",
        _LOCKS / "uvicorn.txt",
        _words(
            "-m uvicorn asgi:app --interface asgi3 --loop uvloop --http httptools --ws none "
            "--lifespan off --no-proxy-headers --no-server-header --no-access-log "
            f"--log-level warning --host 127.0.0.1 --port {PORT}"
        ),
    ),
    Peer(
        GRANIAN,
        "asginl, one worker, uvloop, HTTP/1 alone",
        _LOCKS / "granian.txt",
        _words(
            "-m granian asgi:app --interface asginl --workers 1 --loop uvloop --http 1 --no-ws "
            f"--log-level warning --host 127.0.0.1 --port {PORT}"
        ),
    ),
    Peer(
        ASYNCIO,
        "a bare server on the standard library: no checks, no limits",
        None,
        _words(f"-m asyncio_server {PORT}"),
    ),
    Peer(
        "floor",
        "a bare protocol on httptools and uvloop: no checks, no limits",
        _LOCKS / "floor.txt",
        _words(f"-m floor {PORT}"),
    ),
)
