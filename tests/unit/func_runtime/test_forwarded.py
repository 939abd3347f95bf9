"""What a proxy says about the client."""

from typing import TYPE_CHECKING, Any

import pytest

from func_runtime.forwarded import Proxies

if TYPE_CHECKING:
    from func_runtime.asgi import Scope

PEER = ("127.0.0.1", 5000)


def heeded(
    headers: dict[str, str] | list[tuple[str, str]],
    allowed: str | None = None,
    *,
    peer: Any = PEER,
    kind: str = "http",
) -> tuple[str, Any]:
    """Return the scheme and the client of a scope after that."""
    pairs = headers.items() if isinstance(headers, dict) else headers
    scope: Scope = {
        "type": kind,
        "scheme": "http" if kind == "http" else "ws",
        "client": peer,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs],
    }
    (Proxies() if allowed is None else Proxies(allowed)).heed(scope)
    return scope["scheme"], scope["client"]


@pytest.mark.parametrize(
    ("proto", "scheme", "websocket"),
    [
        ("https", "https", "wss"),
        ("http", "http", "ws"),
        ("wss", "https", "wss"),
        ("ws", "http", "ws"),
        (" https ", "https", "wss"),
        ("http, https", "https", "wss"),
        ("ftp", "http", "ws"),
        ("", "http", "ws"),
    ],
)
def test_scheme(proto: str, scheme: str, websocket: str) -> None:
    """The scheme is what the last proxy says, in the terms of the protocol."""
    assert scheme == heeded({"x-forwarded-proto": proto})[0]
    assert websocket == heeded({"x-forwarded-proto": proto}, kind="websocket")[0]


@pytest.mark.parametrize(
    ("addresses", "client"),
    [
        ("192.0.2.1", ("192.0.2.1", 0)),
        ("192.0.2.1:8000", ("192.0.2.1", 8000)),
        ("2001:db8::1", ("2001:db8::1", 0)),
        ("[2001:db8::1]", ("2001:db8::1", 0)),
        ("[2001:db8::1]:8000", ("2001:db8::1", 8000)),
        ("192.0.2.1:", ("192.0.2.1", 0)),
        ("192.0.2.1:+1", ("192.0.2.1", 0)),
        ("192.0.2.1:²", ("192.0.2.1", 0)),
        ("192.0.2.1:999999", ("192.0.2.1", 0)),
        ("10.0.0.1, 192.0.2.1", ("192.0.2.1", 0)),
        ("192.0.2.1, 127.0.0.1", ("192.0.2.1", 0)),
        ("192.0.2.1,::1, 127.0.0.1", ("192.0.2.1", 0)),
        ("127.0.0.1, ::1", ("127.0.0.1", 0)),
        ("unknown", ("unknown", 0)),
        ("h\xe9", ("h\xe9", 0)),
        (", ".join(["192.0.2.1"] * 100), ("192.0.2.1", 0)),
        ("", PEER),
        (" ", PEER),
    ],
)
def test_client(addresses: str, client: tuple[str, int]) -> None:
    """The client is the last address that is no proxy's, without a port if none is named."""
    assert client == heeded({"x-forwarded-for": addresses})[1]


def test_several_headers() -> None:
    """Headers of the same name are one list, in their order."""
    headers = [
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", "f"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-proto", "https"),
    ]

    assert ("https", ("192.0.2.1", 0)) == heeded(headers)


SAID = {"x-forwarded-for": "192.0.2.1, 10.1.2.3", "x-forwarded-proto": "https"}
BELIEVED_FIRST = ("https", ("192.0.2.1", 0))
BELIEVED_LAST = ("https", ("10.1.2.3", 0))
NOT_BELIEVED = ("http", ("10.9.9.9", 5000))


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        (None, NOT_BELIEVED),
        ("10.9.9.9", BELIEVED_LAST),
        ("10.0.0.0/8", BELIEVED_FIRST),
        ("10.0.0.1/8", BELIEVED_FIRST),
        ("10.9.0.0/16, 2001:db8::/32", BELIEVED_LAST),
        ("10.9.9.9,10.1.2.3,", BELIEVED_FIRST),
        ("127.0.0.1", NOT_BELIEVED),
        ("*", BELIEVED_FIRST),
    ],
)
def test_who_is_trusted(allowed: str | None, expected: tuple[str, Any]) -> None:
    """Only the peers that are named are believed, and those that they name are passed over."""
    assert expected == heeded(SAID, allowed, peer=("10.9.9.9", 5000))


def test_address_in_other_words() -> None:
    """An IPv6 address is the same however it is written."""
    assert "https" == heeded(SAID, "2001:DB8:0::1", peer=("2001:db8::1", 5000))[0]


@pytest.mark.parametrize("peer", [None, ("", 0), ("/run/socket", 0)])
def test_peer_without_an_address(peer: Any) -> None:
    """A peer that has no address is trusted by no network."""
    assert ("http", peer) == heeded(SAID, "10.0.0.0/8", peer=peer)


@pytest.mark.parametrize("allowed", ["ingress.local", "10.0.0.1, 10.0.0.0/33", "10.0.0.1:80"])
def test_what_is_no_address(allowed: str) -> None:
    """What is neither an address nor a network is an error."""
    with pytest.raises(ValueError, match="does not appear to be"):
        Proxies(allowed)
