"""Addresses from PORT and LISTEN_ADDRESS together."""

import pytest

from func_runtime.errors import SettingInvalid
from func_runtime.settings import listen_addresses


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ["*:8080"]),
        ({"PORT": "", "LISTEN_ADDRESS": " "}, ["*:8080"]),
        ({"PORT": "9123"}, ["*:9123"]),
        ({"PORT": "0"}, ["*:0"]),
        # What func bakes into an image must not defeat the platform's PORT.
        ({"PORT": "9123", "LISTEN_ADDRESS": "[::]:8080"}, ["*:9123", "*:8080"]),
        ({"PORT": "8080", "LISTEN_ADDRESS": "[::]:8080"}, ["*:8080"]),
        ({"LISTEN_ADDRESS": "[::]:8080"}, ["*:8080"]),
        # `func run --builder=host`: only where it says.
        ({"PORT": "8081", "LISTEN_ADDRESS": "127.0.0.1:8081"}, ["127.0.0.1:8081"]),
        ({"PORT": "8081", "LISTEN_ADDRESS": "[::1]:8081"}, ["[::1]:8081"]),
        ({"LISTEN_ADDRESS": "localhost:9000"}, ["localhost:9000"]),
        # func-python's default: the first covers the second.
        ({"LISTEN_ADDRESS": "[::]:8080,0.0.0.0:8080"}, ["*:8080"]),
        ({"LISTEN_ADDRESS": "0.0.0.0:8080 127.0.0.1:8080"}, ["0.0.0.0:8080"]),
        ({"LISTEN_ADDRESS": "0.0.0.0:8080, [::1]:8080"}, ["0.0.0.0:8080", "[::1]:8080"]),
        ({"LISTEN_ADDRESS": "a:1, b:2 c:3"}, ["a:1", "b:2", "c:3"]),
        ({"LISTEN_ADDRESS": ":9000"}, ["*:9000"]),
        ({"LISTEN_ADDRESS": "9000"}, ["*:9000"]),
        ({"LISTEN_ADDRESS": "*:9000"}, ["*:9000"]),
        ({"LISTEN_ADDRESS": "127.0.0.1"}, ["127.0.0.1:8080"]),
        ({"PORT": "9000", "LISTEN_ADDRESS": "[fe80::1%eth0]"}, ["[fe80::1%eth0]:9000"]),
        ({"LISTEN_ADDRESS": "a:1,a:1"}, ["a:1"]),
    ],
)
@pytest.mark.row("S2")
def test_addresses(environ: dict[str, str], expected: list[str]) -> None:
    """PORT is always served, in addition to LISTEN_ADDRESS, without duplicates."""
    assert expected == [str(address) for address in listen_addresses.from_environ(environ)]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("PORT", "eighty", "eighty"),
        ("PORT", "-1", "-1"),
        ("PORT", "65536", "65536"),
        ("PORT", "8080.0", "8080.0"),
        ("PORT", "٨٠", "٨٠"),
        ("LISTEN_ADDRESS", "a:1, b:http", "b:http"),
        ("LISTEN_ADDRESS", "unix:///tmp/socket", "unix:///tmp/socket"),
        ("LISTEN_ADDRESS", "::1:8080", "::1:8080"),
        ("LISTEN_ADDRESS", "a:99999", "99999"),
        ("LISTEN_ADDRESS", "99999", "99999"),
    ],
)
@pytest.mark.row("S3")
def test_malformed(name: str, value: str, found: str) -> None:
    """The error for an invalid address has the variable and the entry."""
    with pytest.raises(SettingInvalid) as caught:
        listen_addresses.from_environ({name: value})

    assert (name, found) == (caught.value.name, caught.value.found)
