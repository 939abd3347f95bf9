"""Sockets: bound, not listening yet, one for each family."""

import errno
import socket

import pytest

from func_runtime.errors import AddressUnavailable
from func_runtime.lifecycle import sockets
from func_runtime.settings.listen_addresses import Address


@pytest.mark.row("R3", "S5")
def test_every_address() -> None:
    """An address without a host is bound for IPv4 and IPv6, on one port."""
    bound = sockets.bind([Address("", 0)])
    try:
        assert [socket.AF_INET, socket.AF_INET6] == [sock.family for sock in bound]
        (port,) = {sock.getsockname()[1] for sock in bound}
        assert f"0.0.0.0:{port}, [::]:{port}" == sockets.names(bound)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
    finally:
        for sock in bound:
            sock.close()


def test_named_host() -> None:
    """A name is bound with every address that it has here."""
    bound = sockets.bind([Address("localhost", 0)])
    for sock in bound:
        sock.close()

    assert socket.AF_INET == bound[0].family


@pytest.mark.parametrize("host", ["", "127.0.0.1"])
@pytest.mark.row("S6")
def test_in_use(host: str) -> None:
    """The error names an address that is in use. Sockets that were bound before are closed."""
    with socket.create_server(("127.0.0.1", 0)) as other, socket.socket() as probe:
        port = other.getsockname()[1]
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
        probe.close()
        with pytest.raises(AddressUnavailable) as caught:
            sockets.bind([Address("127.0.0.1", free), Address(host, port)])

    assert str(Address(host, port)) == caught.value.address
    assert "EADDRINUSE" in caught.value.reason
    socket.create_server(("127.0.0.1", free)).close()


def test_ipv6_in_use() -> None:
    """A process that listens on the port only for IPv6 is an error, too."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as other:
        port = other.getsockname()[1]
        with pytest.raises(AddressUnavailable):
            sockets.bind([Address("", port)])


def test_unknown_name() -> None:
    """The error names an unknown host."""
    with pytest.raises(AddressUnavailable) as caught:
        sockets.bind([Address("nowhere.invalid", 1)])

    assert "nowhere.invalid:1" == caught.value.address


def test_not_ours() -> None:
    """An address of another machine cannot be bound."""
    with pytest.raises(AddressUnavailable) as caught:
        sockets.bind([Address("192.0.2.1", 0)])

    assert "EADDRNOTAVAIL" in caught.value.reason


@pytest.mark.row("R3")
def test_machine_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without IPv6 the IPv4 address is enough."""
    real = socket.socket

    def ipv4_only(family: socket.AddressFamily, kind: socket.SocketKind) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return real(family, kind)

    monkeypatch.setattr(socket, "socket", ipv4_only)
    (bound,) = sockets.bind([Address("", 0)])
    bound.close()

    assert socket.AF_INET == bound.family


def test_reason_without_a_number() -> None:
    """If the system's error has no number, its message is used."""
    assert "odd" == sockets.unavailable("a:1", OSError("odd")).reason
