"""What is compared: each peer as one process with its best settings. Starts nothing."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_HERE = Path(__file__).parent
_LOCKS = _HERE / "peers"
ROOT = _HERE.parents[1]
RUNTIME = ROOT / "buildpack" / "runtime"
FUNCTIONS = _HERE / "functions"

# A placeholder for the port in an argument.
PORT = "{port}"


class Kind(StrEnum):
    """What a function is called with; also the name of its folder in functions/."""

    HTTP = "http"
    ORDER = "order"  # HTTP too, with bodies like those of real functions
    EVENT = "event"


@dataclass(frozen=True)
class Peer:
    """A way to serve a function.

    `http` and `event` are arguments to the interpreter, None if it cannot serve these.
    `requirements` is None if it needs no package. `is_asgi` tells whether it can call any ASGI
    function, also with bodies.
    """

    name: str
    note: str
    requirements: Path | None
    http: tuple[str, ...]
    event: tuple[str, ...] | None = None
    is_asgi: bool = True

    def serves(self, kind: Kind) -> bool:
        """Return whether it can serve this kind of function."""
        return {
            Kind.HTTP: True,
            Kind.ORDER: self.is_asgi,
            Kind.EVENT: self.event is not None,
        }[kind]

    def arguments(self, kind: Kind, port: int) -> list[str]:
        """Return the arguments that serve on a port of 127.0.0.1."""
        arguments = self.event if kind is Kind.EVENT else self.http
        assert arguments is not None, f"{self.name} serves no events"
        return [argument.replace(PORT, str(port)) for argument in arguments]


OURS = "func_runtime"
FUNC_PYTHON = "func-python"
UVICORN = "uvicorn"
GRANIAN = "granian"
ASYNCIO = "asyncio"
FLOOR = "floor"


def _words(arguments: str) -> tuple[str, ...]:
    return tuple(arguments.split())


PEERS = (
    Peer(
        OURS,
        "the runtime in this repository",
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
        is_asgi=False,
    ),
    Peer(
        UVICORN,
        "raw: uvloop, httptools, a bare ASGI application, all optional features switched off",
        _LOCKS / "uvicorn.txt",
        _words(
            "-m uvicorn asgi:app --interface asgi3 --loop uvloop --http httptools --ws none "
            "--lifespan off --no-proxy-headers --no-server-header --no-access-log "
            f"--log-level warning --host 127.0.0.1 --port {PORT}"
        ),
    ),
    Peer(
        GRANIAN,
        "asginl, one worker, uvloop, only HTTP/1",
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
        is_asgi=False,
    ),
    Peer(
        FLOOR,
        "a bare protocol on httptools and uvloop: no checks, no limits",
        _LOCKS / "floor.txt",
        _words(f"-m floor {PORT}"),
    ),
)
