"""What a proxy says about the client: its address and its scheme (X-Forwarded-For, -Proto).

Who is believed and what becomes of it is uvicorn's convention, which frameworks are used to
(uvicorn/middleware/proxy_headers.py): the last address that is no trusted proxy's is the client's.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

FOR = b"x-forwarded-for"
PROTO = b"x-forwarded-proto"

# Where the queue-proxy is: in the same pod.
DEFAULT = "127.0.0.1,::1"
_EVERYBODY = "*"

# The scheme of a request, whatever is spoken after it.
_SCHEMES = {b"https": "https", b"wss": "https"}


Client = tuple[str, int]

# The bounds are for clients that make addresses up.
_REMEMBERED = 1024
_REMEMBERED_BYTES = 256


class TrustedProxies:
    """The proxies that are believed."""

    def __init__(self, allowed: str = DEFAULT) -> None:
        """Take addresses and networks, with commas between; `*` is everybody.

        :raises ValueError: one is neither.
        """
        hosts = frozenset(allowed.replace(",", " ").split())
        self._everybody = _EVERYBODY in hosts
        self._hosts = hosts
        self._networks: list[IPv4Network | IPv6Network] = []
        if allowed != DEFAULT and not self._everybody:
            from ipaddress import ip_network  # noqa: PLC0415 -- takes a start 2 ms

            self._networks = [ip_network(host, strict=False) for host in hosts]
        # Few clients send many requests. uvicorn remembers them too.
        self._remembered: dict[tuple[bytes, bytes], tuple[str, Client | None]] = {}

    def trusts(self, host: str) -> bool:
        """Say whether an address is one of theirs."""
        return self._everybody or host in self._hosts or self._has_network_of(host)

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
        """Return the scheme and the client that the headers of a trusted peer name, if they do.

        The values may be empty: no such header came.
        """
        found = self._remembered.get((proto, addresses))
        return found or self._read_new(proto, addresses)

    def _read_new(self, proto: bytes, addresses: bytes) -> tuple[str, Client | None]:
        scheme = _SCHEMES.get(proto.rpartition(b",")[2].strip(), "http")
        found = scheme, self._find_client(addresses)
        if len(proto) + len(addresses) < _REMEMBERED_BYTES:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[proto, addresses] = found
        return found

    def _find_client(self, addresses: bytes) -> Client | None:
        client = "", 0
        while addresses:
            addresses, _, last = addresses.rpartition(b",")
            client = _host_and_port(last.strip().decode("latin-1"))
            if not self.trusts(client[0]):
                break  # else it is the first: all are trusted
        return client if client[0] else None


def join(addresses: bytes, more: bytes) -> bytes:
    """Return the values of two headers of a name as one (RFC 9110, 5.3)."""
    return addresses + b"," + more if addresses else more


def _host_and_port(address: str) -> Client:
    """Return what an address in the header says; port 0 is none, and what is no address is kept."""
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
