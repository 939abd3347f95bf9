"""The client's address and scheme, as trusted proxies forward them (X-Forwarded-For, -Proto).

This follows uvicorn, as frameworks expect (uvicorn/middleware/proxy_headers.py): the client is the
last address that is not a trusted proxy.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

FOR = b"x-forwarded-for"
PROTO = b"x-forwarded-proto"

# The queue-proxy's address: it is in the same pod.
DEFAULT = "127.0.0.1,::1"
_ALL = "*"

# The scheme of a request, which may be for a WebSocket.
_SCHEMES = {b"https": "https", b"wss": "https"}


Client = tuple[str, int]

# The limits of the cache are for clients that make up addresses.
_CACHED = 1024
_CACHED_BYTES = 256


class TrustedProxies:
    """The proxies whose X-Forwarded headers are used."""

    def __init__(self, allowed: str = DEFAULT) -> None:
        """Take addresses and networks, with commas between; `*` is all.

        :raises ValueError: one is neither an address nor a network.
        """
        hosts = frozenset(allowed.replace(",", " ").split())
        self._all = _ALL in hosts
        self._hosts = hosts
        self._networks: list[IPv4Network | IPv6Network] = []
        if allowed != DEFAULT and not self._all:
            from ipaddress import ip_network  # noqa: PLC0415 -- takes 2 ms of a start

            self._networks = [ip_network(host, strict=False) for host in hosts]
        # Most requests come from few clients.
        self._cache: dict[tuple[bytes, bytes], tuple[str, Client | None]] = {}

    def trusts(self, host: str) -> bool:
        """Return whether an address is a trusted proxy."""
        return self._all or host in self._hosts or self._has_network_of(host)

    def _has_network_of(self, host: str) -> bool:
        if not self._networks:
            return False
        from ipaddress import ip_address  # noqa: PLC0415 -- see above

        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks)

    def read(self, proto: bytes, addresses: bytes) -> tuple[str, Client | None]:
        """Return the scheme and the client of a trusted peer's headers; the client may be None.

        A value is empty if there is no such header.
        """
        found = self._cache.get((proto, addresses))
        return found or self._read_new(proto, addresses)

    def _read_new(self, proto: bytes, addresses: bytes) -> tuple[str, Client | None]:
        scheme = _SCHEMES.get(proto.rpartition(b",")[2].strip(), "http")
        found = scheme, self._find_client(addresses)
        if len(proto) + len(addresses) < _CACHED_BYTES:
            if len(self._cache) >= _CACHED:
                self._cache.clear()
            self._cache[proto, addresses] = found
        return found

    def _find_client(self, addresses: bytes) -> Client | None:
        client = "", 0
        while addresses:
            addresses, _, last = addresses.rpartition(b",")
            client = _host_and_port(last.strip().decode("latin-1"))
            if not self.trusts(client[0]):
                break  # if all are trusted, it is the first
        return client if client[0] else None


def join(addresses: bytes, more: bytes) -> bytes:
    """Return the values of two headers of a name as one (RFC 9110, 5.3)."""
    return addresses + b"," + more if addresses else more


def _host_and_port(address: str) -> Client:
    """Return host and port of an address in the header, as it is; 0 if it has no port."""
    if ":" not in address:
        return address, 0
    host, _, port = address.rpartition(":")
    if address.startswith("["):  # IPv6 with brackets, perhaps with a port
        bracketed, _, port = address[1:].partition("]")
        return bracketed, _port(port.removeprefix(":"))
    if ":" in host:  # IPv6
        return address, 0
    return host, _port(port)


def _port(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _PORT_DIGITS else 0


_PORT_DIGITS = 5
