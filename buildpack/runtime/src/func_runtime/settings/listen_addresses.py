"""Decides which addresses to listen on, from PORT and LISTEN_ADDRESS.

Knative sets PORT and expects the function there on IPv4 loopback (its runtime contract, "Inbound
network connectivity"), and func sets LISTEN_ADDRESS=[::]:8080 in images. So PORT is always served:
the addresses of LISTEN_ADDRESS are added, and replace it only if one of them has this port.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from func_runtime import constants
from func_runtime.errors import SettingInvalid

DEFAULT_PORT = 8080
_PORT_DIGITS = 5
_HIGHEST_PORT = 65535

_EVERY_IPV4 = "0.0.0.0"  # noqa: S104 -- a container is reached from outside
_EVERY_IPV6 = "::"


class Address(NamedTuple):
    """A host, empty for all addresses of the machine (IPv6 and IPv4), and a port; 0 is any port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host or "*"
        return f"{host}:{self.port}"


def from_environ(environ: Mapping[str, str]) -> tuple[Address, ...]:
    """Return the addresses to listen on, without duplicates.

    :raises SettingInvalid: PORT is not a port, or LISTEN_ADDRESS not a list of addresses.
    """
    port_text = environ.get(constants.PORT, "").strip()
    port = _port(constants.PORT, port_text) if port_text else DEFAULT_PORT
    listed = tuple(_parse(environ.get(constants.LISTEN_ADDRESS, ""), port))
    if not listed or (port_text and all(address.port != port for address in listed)):
        listed = (Address("", port), *listed)
    return tuple(_distinct(listed))


def _parse(text: str, default_port: int) -> Iterator[Address]:
    """Read a list of `host:port`, `[ipv6]:port`, `:port`, `port`, `host`, `*:port`."""
    # There are no commas and spaces in hosts.
    for entry in text.replace(",", " ").split():
        if entry.isdigit():
            yield Address("", _port(constants.LISTEN_ADDRESS, entry))
            continue
        host, port = _split(entry)
        yield Address(host, _port(constants.LISTEN_ADDRESS, port) if port else default_port)


def _split(entry: str) -> tuple[str, str]:
    """Return host and port, which may be empty. An IPv6 address with a port is in brackets.

    :raises SettingInvalid: it is not an address.
    """
    if entry.startswith("["):
        host, bracket, port = entry[1:].partition("]")
        colon, port = port[:1], port[1:]
        is_valid = bracket and colon in ("", ":")
        # [::] includes IPv4: func sets it on all clusters, and the queue-proxy connects to
        # 127.0.0.1.
        host = "" if host == _EVERY_IPV6 else host
    else:
        host, _, port = entry.partition(":")
        is_valid = not set("[]/") & set(host)
        host = "" if host == "*" else host
    if not is_valid or (port and not port.isdigit()):
        expected = "a list of host:port, [IPv6]:port, :port or port"
        raise SettingInvalid(constants.LISTEN_ADDRESS, entry, expected)
    return host, port


def _port(name: str, text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= _PORT_DIGITS
    if not is_number or int(text) > _HIGHEST_PORT:
        raise SettingInvalid(name, text, f"a port: a number from 0 to {_HIGHEST_PORT}")
    return int(text)


def _distinct(listed: tuple[Address, ...]) -> Iterator[Address]:
    """Remove duplicates, and addresses that an address for all hosts of their port includes."""
    everywhere = {address.port for address in listed if address.host == ""}
    every_ipv4 = {address.port for address in listed if address.host == _EVERY_IPV4}
    for address in dict.fromkeys(listed):
        covered = address.port in everywhere and address.host != ""
        doubled = (
            address.port in every_ipv4
            and address.host not in ("", _EVERY_IPV4)
            and ":" not in address.host
        )
        if not covered and not doubled:
            yield address
