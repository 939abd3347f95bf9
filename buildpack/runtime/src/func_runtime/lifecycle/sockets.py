"""Opens bound sockets for the addresses of the settings. They do not listen yet."""

import errno
import socket
from collections.abc import Iterable

from func_runtime.errors import AddressUnavailable
from func_runtime.settings.listen_addresses import Address

# The errors of a machine without IPv6, where the IPv4 addresses are enough.
_NO_SUCH_FAMILY = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT)

BACKLOG = 2048

_WILDCARDS = (
    (socket.AF_INET, "0.0.0.0"),  # noqa: S104 -- a container is reached from outside
    (socket.AF_INET6, "::"),
)


def bind(addresses: Iterable[Address]) -> list[socket.socket]:
    """Return a bound socket for each address and family. The caller closes them.

    :raises AddressUnavailable: an address is in use, or is not an address of this machine.
    """
    opened: list[socket.socket] = []
    try:
        for address in addresses:
            opened += _bind(address)
    except BaseException:
        for sock in opened:
            sock.close()
        raise
    return opened


def listen(sock: socket.socket) -> None:
    """Listen on a bound socket.

    :raises AddressUnavailable: another process listens there.
    """
    try:
        sock.listen(BACKLOG)
    except OSError as error:
        raise unavailable(names([sock]), error) from error


def names(sockets: Iterable[socket.socket]) -> str:
    """Return the addresses of sockets, for the log."""
    return ", ".join(
        str(Address(host, port)) for host, port, *_ in (sock.getsockname() for sock in sockets)
    )


def _bind(address: Address) -> list[socket.socket]:
    """Bind all addresses of a host. IPv6 is optional if there is IPv4."""
    opened: list[socket.socket] = []
    port = address.port
    for family, host in _resolve(address):
        try:
            sock = _open(family, host, port)
        except OSError as error:
            if opened and error.errno in _NO_SUCH_FAMILY:
                continue
            for other in opened:
                other.close()
            raise unavailable(str(address), error) from error
        opened.append(sock)
        port = sock.getsockname()[1]  # for port 0: the same port for both families
    return opened


def unavailable(address: str, error: OSError) -> AddressUnavailable:
    """Return the failure for an error of the system."""
    reason = error.strerror or str(error)
    code = errno.errorcode.get(error.errno or 0)
    return AddressUnavailable(address, f"{reason} ({code})" if code else reason)


def _resolve(address: Address) -> Iterable[tuple[socket.AddressFamily, str]]:
    """Return the addresses of a host, IPv4 first.

    :raises AddressUnavailable: the host is unknown.
    """
    if not address.host:
        return _WILDCARDS
    # As bytes if possible: for text, Python imports the tables of international domain names.
    host = address.host.encode() if address.host.isascii() else address.host
    try:
        found = socket.getaddrinfo(host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise AddressUnavailable(str(address), error.strerror or str(error)) from error
    resolved = {(family, str(where[0])) for family, _, _, _, where in found}
    return sorted(resolved, key=lambda each: each[0] is not socket.AF_INET)


def _open(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A restart must not wait for connections of the earlier process (TIME_WAIT).
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # One socket for each family: so IPv4 clients have their own addresses.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
    except BaseException:
        sock.close()
        raise
    return sock
