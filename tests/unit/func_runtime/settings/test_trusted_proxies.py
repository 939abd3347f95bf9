"""The client and the scheme in a proxy's headers."""

import tracemalloc
from typing import Any

import pytest

from func_runtime.settings.trusted_proxies import FOR, PROTO, TrustedProxies, join

PEER = ("127.0.0.1", 5000)


def read(headers: dict[str, str], allowed: str | None = None, *, peer: Any = PEER) -> Any:
    """Return the scheme and the client of a request of a peer with these headers."""
    proxies = TrustedProxies() if allowed is None else TrustedProxies(allowed)
    if not proxies.trusts(peer[0]):
        return "http", peer
    said = [headers.get(name.decode(), "").encode("latin-1") for name in (PROTO, FOR)]
    # Twice: what it remembers is the same.
    (scheme, client), again = proxies.read(*said), proxies.read(*said)
    assert (scheme, client) == again
    return scheme, client or peer


@pytest.mark.parametrize(
    ("proto", "scheme"),
    [
        ("https", "https"),
        ("http", "http"),
        ("wss", "https"),
        ("ws", "http"),
        (" https ", "https"),
        ("http, https", "https"),
        ("ftp", "http"),
        ("", "http"),
    ],
)
def test_scheme(proto: str, scheme: str) -> None:
    """The scheme is that of the last proxy. For a WebSocket, it may be that of HTTP."""
    assert scheme == read({"x-forwarded-proto": proto})[0]


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
    """The client is the last address that is not a proxy's. The port may be missing."""
    assert client == read({"x-forwarded-for": addresses})[1]


def test_several_headers() -> None:
    """Headers of the same name are one list, in their order."""
    addresses = join(join(b"", b"192.0.2.1"), b"127.0.0.1")

    assert ("http", ("192.0.2.1", 0)) == TrustedProxies().read(b"", addresses)


def test_many_clients() -> None:
    """The cache of headers is limited."""
    proxies = TrustedProxies()
    tracemalloc.start()
    for number in range(20_000):
        proxies.read(b"", b"192.0.2.1:%d" % number)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert taken < 1_000_000


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
    """Only the listed peers are trusted, and listed proxies in the header are skipped."""
    assert expected == read(SAID, allowed, peer=("10.9.9.9", 5000))


def test_address_in_other_words() -> None:
    """An IPv6 address is recognized in any form."""
    assert "https" == read(SAID, "2001:DB8:0::1", peer=("2001:db8::1", 5000))[0]


@pytest.mark.parametrize("peer", [("", 0), ("/run/socket", 0)])
def test_peer_without_an_address(peer: Any) -> None:
    """A peer without an address is in no trusted network."""
    assert ("http", peer) == read(SAID, "10.0.0.0/8", peer=peer)


@pytest.mark.parametrize("allowed", ["ingress.local", "10.0.0.1, 10.0.0.0/33", "10.0.0.1:80"])
def test_what_is_no_address(allowed: str) -> None:
    """A value that is neither an address nor a network is an error."""
    with pytest.raises(ValueError, match="does not appear to be"):
        TrustedProxies(allowed)
