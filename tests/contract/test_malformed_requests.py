"""Malformed requests on raw sockets: a running process answers them and keeps serving."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.fuzzing import FUZZ
from contract.runtime_process import Runtime, eventually, serving

SECRET = "hunter2"
# It echoes requests. /fail gets 500, and only a smuggled request would have that path.
FUNCTION = """
async def handle(scope, receive, send):
    if scope["path"] == "/fail":
        raise RuntimeError
    if scope["type"] == "websocket" or scope["path"] == "/nothing":
        return
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"".join(parts)})
"""


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Serve a function; at the end it has logged no secret and no failure."""
    folder = tmp_path_factory.mktemp("malformed")
    (folder / "function.py").write_text(FUNCTION)
    variables = {"FUNC_INVOKE": "http", "LOG_LEVEL": "debug"}
    with serving(folder, folder / "log", variables=variables) as process:
        yield process
    assert SECRET not in process.log
    assert "Traceback" not in process.log


@pytest.fixture(autouse=True)
def _serves_on(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test it answers as before."""
    yield
    if "runtime" in request.fixturenames:
        assert 204 == request.getfixturevalue("runtime").get("/nothing").status_code


def exchange(runtime: Runtime, sent: bytes, answers: int = 0) -> list[int]:
    """Send bytes, stop sending after so many responses, and return all statuses."""
    received = b""
    with runtime.connect() as connection, suppress(ConnectionError):
        connection.sendall(sent)
        while len(statuses(received)) < answers:
            part = connection.recv(65536)
            received += part
            answers = answers if part else 0
        connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(65536):
            received += part
    return statuses(received)


def statuses(received: bytes) -> list[int]:
    """Return the statuses of responses whose bodies have no status lines."""
    return [int(line[9:12]) for line in received.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


GET = b"GET /nothing HTTP/1.1\r\nhost: f\r\n"
POST = b"POST / HTTP/1.1\r\nhost: f\r\nauthorization: hunter2\r\n"
SMUGGLED = b"GET /fail?hunter2 HTTP/1.1\r\nhost: f\r\n\r\n"
CHUNKED = POST + b"transfer-encoding: chunked\r\n"
UPGRADE = (
    GET + b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n"
)

# Where two readers of a request could disagree about its end, the second is refused with it.
CORPUS: dict[str, tuple[list[int], bytes]] = {
    "nothing": ([], b""),
    "only line ends": ([], b"\r\n" * 10),
    "half a method": ([], b"GE"),
    "half a head": ([], GET),
    "half a body": ([], POST + b"content-length: 10\r\n\r\nhunter2"),
    "half a chunk": ([], CHUNKED + b"\r\n5\r\nhun"),
    "chunks without end": ([], CHUNKED + b"\r\n3\r\nhun\r\n"),
    "line end before a request": ([204], b"\r\n" + GET + b"\r\n"),
    "target with a secret": ([400], b"GET http://f:99999/?hunter2 HTTP/1.1\r\nhost: f\r\n\r\n"),
    "NUL in the target": ([400], b"GET /\0 HTTP/1.1\r\nhost: f\r\n\r\n"),
    "invalid UTF-8 in the target": ([400], b"GET /\xff\xfe HTTP/1.1\r\nhost: f\r\n\r\n"),
    "invalid UTF-8 in the target, encoded": ([200], GET.replace(b"/nothing", b"/%ff%00") + b"\r\n"),
    "invalid UTF-8 in a header": ([204], GET + b"x: \xff\xfe\r\n\r\n"),
    "NUL in a header": ([400], GET + b"x: hunter2\0\r\n\r\n"),
    "bare CR in a header": ([400], GET + b"x: a\rb: c\r\n\r\n"),
    "bare LF in a header": ([400], GET + b"x: a\nb: c\r\n\r\n"),
    "bare LF at the end of a head": ([400], GET + b"x: a\r\n\n"),
    "folded header": ([400], GET + b"x: a\r\n hunter2\r\n\r\n"),
    "header without a name": ([400], GET + b": hunter2\r\n\r\n"),
    "header without a colon": ([400], GET + b"hunter2\r\n\r\n"),
    "blank before a colon": ([400], POST + b"content-length : 5\r\n\r\n" + SMUGGLED),
    "huge header": ([431], GET + b"x: " + b"hunter2" * 20_000 + b"\r\n\r\n"),
    "huge target": ([414], b"GET /?" + b"hunter2" * 5_000 + b" HTTP/1.1\r\nhost: f\r\n\r\n"),
    "lengths that differ": (
        [400],
        POST + b"content-length: 0\r\ncontent-length: 5\r\n\r\n" + SMUGGLED,
    ),
    "lengths that agree": (
        [400],
        POST + b"content-length: 0\r\ncontent-length: 0\r\n\r\n" + SMUGGLED,
    ),
    "lengths in a list": ([400], POST + b"content-length: 0, 0\r\n\r\n" + SMUGGLED),
    "length with a sign": ([400], POST + b"content-length: +5\r\n\r\n" + SMUGGLED),
    "negative length": ([400], POST + b"content-length: -5\r\n\r\n" + SMUGGLED),
    "hexadecimal length": ([400], POST + b"content-length: 0x5\r\n\r\n" + SMUGGLED),
    "length of nothing": ([400], POST + b"content-length:\r\n\r\n" + SMUGGLED),
    "length that overflows": (
        [400],
        POST + b"content-length: 18446744073709551617\r\n\r\n" + SMUGGLED,
    ),
    "length and chunks": ([400], CHUNKED + b"content-length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED),
    "chunks and length": (
        [400],
        POST + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    ),
    "coding that hides chunks": ([400], POST + b"transfer-encoding: xchunked\r\n\r\n" + SMUGGLED),
    "chunks not last": ([400], POST + b"transfer-encoding: chunked, gzip\r\n\r\n" + SMUGGLED),
    "chunks twice": ([400], CHUNKED + b"transfer-encoding: identity\r\n\r\n" + SMUGGLED),
    "chunks with a tab before": ([200], POST + b"transfer-encoding:\tchunked\r\n\r\n0\r\n\r\n"),
    "chunk size that is none": ([400], CHUNKED + b"\r\nhunter2\r\n\r\n" + SMUGGLED),
    "chunk size that overflows": ([400], CHUNKED + b"\r\n" + b"f" * 17 + b"\r\n\r\n" + SMUGGLED),
    "chunk size with a sign": ([400], CHUNKED + b"\r\n-1\r\n\r\n" + SMUGGLED),
    "chunk longer than it says": ([400], CHUNKED + b"\r\n1\r\nhunter2\r\n0\r\n\r\n" + SMUGGLED),
    "chunk that ends with LF": ([400], CHUNKED + b"\r\n1\r\na\n0\r\n\r\n" + SMUGGLED),
    "chunk extension": ([200], CHUNKED + b'\r\n1;a=b;c="d"\r\nx\r\n0\r\n\r\n'),
    "chunk extension with LF": ([400], CHUNKED + b"\r\n1;a\nb\r\nx\r\n0\r\n\r\n" + SMUGGLED),
    "trailer": ([200], CHUNKED + b"\r\n1\r\nx\r\n0\r\nx: hunter2\r\n\r\n"),
    "trailer that frames": ([400], CHUNKED + b"\r\n0\r\ncontent-length: 9\r\n\r\n" + GET + b"\r\n"),
    "body of a GET": ([204, 204], GET + b"content-length: 7\r\n\r\nhunter2" + GET + b"\r\n"),
    "pipelined": ([204] * 20, (GET + b"\r\n") * 20),
    "pipelined without end": ([429], (GET + b"\r\n") * 500),
    "h2c": ([204], UPGRADE + b"\r\n"),
    "h2c and a request": ([204, 204], UPGRADE + b"\r\n" + GET + b"\r\n"),
    "preface of HTTP/2": ([400], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9)),
    "TLS": ([400], b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "HTTP/0.9": ([505], b"GET /\r\n\r\n"),
    "tunnel": ([400], b"CONNECT hunter2:1 HTTP/1.1\r\nhost: f\r\n\r\n"),
    "WebSocket that is refused": (
        [403],
        GET.replace(b"nothing", b"nothing?hunter2")
        + b"connection: upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
    "WebSocket without a key": (
        [400],
        GET + b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\r\n",
    ),
}


@pytest.mark.parametrize(("expected", "sent"), CORPUS.values(), ids=CORPUS)
def test_corpus(runtime: Runtime, expected: list[int], sent: bytes) -> None:
    """Each gets its response. Bytes that are smuggled behind a request are not a request."""
    found = exchange(runtime, sent, len(expected))

    if expected == [429]:
        assert {204, 429} >= set(found)
    else:
        assert expected == found


seeds = st.sampled_from([sent for _, sent in CORPUS.values() if len(sent) < 5_000])
edits = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.integers(0, 3),
        st.sampled_from(
            [b"\r\n", b"\r", b"\n", b"\0", b"\xff", b":", b" ", b"0", b"\t", b";", b"%"]
        )
        | st.binary(max_size=4),
    ),
    max_size=4,
)


@FUZZ
@given(seeds, seeds, edits)
def test_edited_requests(
    runtime: Runtime, first: bytes, second: bytes, edited: list[tuple[int, int, bytes]]
) -> None:
    """Inserted or missing bytes never look like a failure of the function."""
    sent = first + second
    for position, dropped, inserted in edited:
        sent = sent[:position] + inserted + sent[position + dropped :]
    sent = sent.replace(b"/fail", b"/nothing")
    found = exchange(runtime, sent)

    assert {200, 204, 400, 403, 414, 429, 431, 505, 101} >= set(found), sent


def test_slow_senders(runtime: Runtime) -> None:
    """A client that sends single bytes, or stops sending, does not make others wait."""
    with ExitStack() as stack:
        slow = [stack.enter_context(runtime.connect()) for _ in range(50)]
        for connection in slow[:40]:
            connection.sendall(POST + b"content-length: 100\r\n\r\nhunter2")
        for position in range(len(GET)):
            for connection in slow[40:]:
                connection.sendall(GET[position : position + 1])
            if position % 20 == 0:
                assert 204 == runtime.get("/nothing").status_code
        for connection in slow[40:]:
            connection.sendall(b"\r\n")

            assert [204] == statuses(connection.recv(65536))


CONNECTIONS = 1000


@contextmanager
def open_files(soft: int) -> Iterator[None]:
    """Set the soft limit of this process, which those that it starts inherit."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


def ask(connection: socket.socket) -> list[int]:
    """Send a request on an open connection. None if the server has closed it."""
    try:
        connection.sendall(GET + b"\r\n")
        return statuses(connection.recv(65536))
    except ConnectionError:
        return []


@pytest.mark.row("R33")
def test_connections_beyond_the_soft_limit(tmp_path: Path) -> None:
    """The soft limit of open files does not limit the connections."""
    (tmp_path / "function.py").write_text(FUNCTION)
    with open_files(64):
        served = serving(tmp_path, tmp_path / "log")
        runtime = served.__enter__()
    with ExitStack() as stack, open_files(CONNECTIONS + 200):
        stack.push(served)
        found = [stack.enter_context(runtime.connect()) for _ in range(CONNECTIONS)]

        assert [[204]] * CONNECTIONS == [ask(connection) for connection in found]


def test_connections_beyond_the_hard_limit(tmp_path: Path) -> None:
    """Connections beyond the limit of open files are lost. Those before and after are served."""
    (tmp_path / "function.py").write_text(FUNCTION)
    with open_files(CONNECTIONS + 200), serving(tmp_path, tmp_path / "log") as runtime:
        resource.prlimit(runtime.process.pid, resource.RLIMIT_NOFILE, (64, 64))
        with ExitStack() as stack:
            found = [stack.enter_context(runtime.connect()) for _ in range(CONNECTIONS)]

            assert [204] == ask(found[0])
            assert [] == ask(found[-1])
            assert [204] == ask(found[0])
        eventually(lambda: runtime.get("/nothing").status_code == 204, "an answer")

        assert len(runtime.log.splitlines()) < 50
