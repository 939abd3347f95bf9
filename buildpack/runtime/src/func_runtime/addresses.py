"""Decides which addresses to listen on, from PORT and LISTEN_ADDRESS. Opens none.

Knative sets PORT and expects the function there on IPv4 loopback (its runtime contract, "Inbound
network connectivity"), while func bakes LISTEN_ADDRESS=[::]:8080 into images. So PORT is always
reachable: an address in LISTEN_ADDRESS counts in addition, unless it is on that port itself.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from func_runtime import names
from func_runtime.errors import SettingInvalid

DEFAULT_PORT = 8080
_HIGHEST_PORT = 65535

_EVERY_IPV4 = "0.0.0.0"  # noqa: S104 -- a container is reached from outside
_EVERY_IPV6 = "::"


class Address(NamedTuple):
    """A host, empty for every address of the machine (IPv6 and IPv4), and a port; 0 is any."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host or "*"
        return f"{host}:{self.port}"


def from_environ(environ: Mapping[str, str]) -> tuple[Address, ...]:
    """Return the addresses to listen on, without doubles.

    :raises SettingInvalid: PORT is no port, or LISTEN_ADDRESS no list of addresses.
    """
    stated_port = environ.get(names.PORT, "").strip()
    port = _port(names.PORT, stated_port) if stated_port else DEFAULT_PORT
    listed = tuple(_parse(environ.get(names.LISTEN_ADDRESS, ""), port))
    if not listed or (stated_port and all(address.port != port for address in listed)):
        listed = (Address("", port), *listed)
    return tuple(_distinct(listed))


# Hosts have no comma or space; the brackets of IPv6 keep its colons apart from the port's.
_ENTRY = re.compile(r"(?:\[(?P<ipv6>[^\]]*)\]|(?P<host>[^:\[\]/]*))(?::(?P<port>\d*))?")


def _parse(text: str, default_port: int) -> Iterator[Address]:
    """Read a list of `host:port`, `[ipv6]:port`, `:port`, `port`, `host`, `*:port`."""
    for entry in re.split(r"[\s,]+", text.strip()):
        if not entry:
            continue
        if entry.isdigit():
            yield Address("", _port(names.LISTEN_ADDRESS, entry))
            continue
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise SettingInvalid(
                names.LISTEN_ADDRESS, entry, "a list of host:port, [IPv6]:port, :port or port"
            )
        port = match["port"]
        yield Address(
            _host(match["ipv6"], match["host"]),
            _port(names.LISTEN_ADDRESS, port) if port else default_port,
        )


def _host(ipv6: str | None, host: str | None) -> str:
    # [::] stands for IPv4 as well: func sets it on clusters of every kind, and the queue-proxy
    # dials 127.0.0.1.
    if ipv6 is not None:
        return "" if ipv6 in ("", _EVERY_IPV6) else ipv6
    return "" if host in ("*", None) else host or ""


def _port(name: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > _HIGHEST_PORT:
        raise SettingInvalid(name, text, f"a port: a number from 0 to {_HIGHEST_PORT}")
    return int(text)


def _distinct(listed: tuple[Address, ...]) -> Iterator[Address]:
    """Drop doubles, and what an address for every host of the same port covers."""
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
