"""The variables of the commands."""

import io
from pathlib import Path

import pytest

from tools import settings
from tools.console import Failure, Output


def test_without_any(tmp_path: Path) -> None:
    """Without variables, the defaults are the user's cache and Debian's sources."""
    read = settings.read({"HOME": "/home/me"}, tmp_path)

    assert Path("/home/me/.cache/knative-python") == read.cache.folder
    assert Path("/home/me/.cache/knative-python/stack") == read.stack_cache
    assert (None, None, None) == (read.debian_sources, read.extra_cas, read.machine_cas)
    assert ((), 5000, "") == (read.mirrors, read.registry_port, read.docker_host)


def test_paths_are_from_the_callers_folder(tmp_path: Path) -> None:
    """A relative path is relative to the caller's folder."""
    for name in ("my sources", "my.crt"):
        (tmp_path / name).touch()
    asked = {"DEBIAN_SOURCES": "my sources", "EXTRA_CAS": "my.crt", "STACK_CACHE": "layers"}

    read = settings.read({"XDG_CACHE_HOME": "/cache", **asked}, tmp_path)

    assert Path("/cache/knative-python") == read.cache.folder
    assert tmp_path / "layers" == read.stack_cache
    assert tmp_path / "my sources" == read.debian_sources
    assert tmp_path / "my.crt" == read.extra_cas


@pytest.mark.parametrize("name", ["DEBIAN_SOURCES", "EXTRA_CAS"])
def test_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    """The error has the variable and the path."""
    with pytest.raises(Failure, match=f"{name} names a file that cannot be read") as failed:
        settings.read({name: "none.txt"}, tmp_path)

    assert f"Found: {tmp_path}/none.txt: No such file or directory" in str(failed.value)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"SSL_CERT_FILE": "/machine.crt"}, Path("/machine.crt")),
        ({"SSL_CERT_FILE": "/machine.crt", "EXTRA_CAS": ""}, None),
    ],
)
def test_certificates_of_the_machine(asked: dict[str, str], expected: Path | None) -> None:
    """They are trusted, unless EXTRA_CAS is empty."""
    assert expected == settings.read(asked, Path("/")).machine_cas


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "5000 "])
def test_what_is_not_a_port(port: str) -> None:
    """A port that cannot be listened on is an error."""
    with pytest.raises(Failure, match="REGISTRY_PORT is not a port number"):
        settings.read({"REGISTRY_PORT": port}, Path("/"))


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


@pytest.mark.parametrize(
    ("environ", "stream", "expected"),
    [
        ({}, Terminal(), True),
        ({"NO_COLOR": ""}, Terminal(), True),
        ({"NO_COLOR": "1"}, Terminal(), False),
        ({}, io.StringIO(), False),
    ],
)
def test_colours(environ: dict[str, str], stream: io.StringIO, expected: bool) -> None:
    """Only a terminal gets colours, and none if NO_COLOR is not empty."""
    assert expected == settings.output(environ, stream).has_colours


@pytest.mark.parametrize(
    ("value", "steps", "programs"),
    [("", True, False), ("0", False, False), ("1", True, True)],
)
def test_how_much_is_shown(value: str, steps: bool, programs: bool) -> None:
    """V=1 shows what programs print, V=0 only errors."""
    shown = Output(shows_steps=steps, shows_programs=programs)

    assert shown == settings.output({"V": value}, io.StringIO())


def test_another_v_is_an_error() -> None:
    """The error lists the valid values."""
    with pytest.raises(Failure, match="V is neither 0 nor 1\n  Found: 2\n  V=1 also shows"):
        settings.output({"V": "2"}, io.StringIO())
