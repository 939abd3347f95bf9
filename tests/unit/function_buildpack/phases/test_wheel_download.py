"""Downloading one wheel from an index, with the standard library only."""

import hashlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest

from contract import package_index
from contract.package_index import PASSWORD, USER, Index, write_wheel
from function_buildpack.log.errors import BuildpackError
from function_buildpack.log.errors.indexes import (
    IndexFailing,
    IndexRefused,
    IndexTooSlow,
    IndexUnreachable,
    IndexUntrusted,
)
from function_buildpack.log.errors.tools import DownloadDamaged
from function_buildpack.phases import wheel_download
from function_buildpack.phases.wheel_download import Wheel

FILE = "acme_private-1.0-py3-none-any.whl"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that the index has."""
    return write_wheel(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="module")
def index(wheel: Path) -> Iterator[Index]:
    """A running index with a password and a private authority."""
    with package_index.serving(wheel.parent) as running:
        yield running


@pytest.fixture
def trusting(index: Index, tmp_path: Path) -> dict[str, str]:
    """The variables of a build that trusts the index."""
    (tmp_path / "ca.pem").write_bytes(index.authority)
    return {"SSL_CERT_FILE": str(tmp_path / "ca.pem"), "UV_HTTP_TIMEOUT": "5"}


def pinned(wheel: Path) -> Wheel:
    """Return the wheel as a list pins it."""
    return Wheel("acme-private", FILE, hashlib.sha256(wheel.read_bytes()).hexdigest())


def test_credentials_in_url(
    index: Index, wheel: Path, trusting: dict[str, str], tmp_path: Path
) -> None:
    """The password of the index's address also serves for the file."""
    environ = {**trusting, "UV_DEFAULT_INDEX": index.url_with_password}

    found = wheel_download.download(pinned(wheel), environ, tmp_path)

    assert wheel.read_bytes() == found.read_bytes()


def test_credentials_in_netrc(
    index: Index, wheel: Path, trusting: dict[str, str], tmp_path: Path
) -> None:
    """A netrc works as well. One without the host has no credentials."""
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    (tmp_path / "other").write_text("machine other.example login a password b\n")
    environ = {**trusting, "UV_INDEX_URL": index.url}

    found = wheel_download.download(
        pinned(wheel), {**environ, "NETRC": str(tmp_path / "netrc")}, tmp_path
    )

    assert wheel.read_bytes() == found.read_bytes()
    for more in ({}, {"NETRC": str(tmp_path / "other")}):
        with pytest.raises(IndexRefused):
            wheel_download.download(pinned(wheel), environ | more, tmp_path)


def test_another_file(index: Index, trusting: dict[str, str], tmp_path: Path) -> None:
    """A file with a wrong hash is not written. A missing one is an error."""
    environ = {**trusting, "UV_DEFAULT_INDEX": index.url_with_password}

    with pytest.raises(DownloadDamaged):
        wheel_download.download(Wheel("acme-private", FILE, "0"), environ, tmp_path)
    with pytest.raises(IndexUnreachable):
        wheel_download.download(Wheel("acme-private", "other.whl", "0"), environ, tmp_path)
    assert not (tmp_path / FILE).exists()


def test_untrusted(index: Index, wheel: Path, tmp_path: Path) -> None:
    """An untrusted authority has its own error."""
    environ = {"UV_DEFAULT_INDEX": index.url, "UV_HTTP_TIMEOUT": "5"}

    with pytest.raises(IndexUntrusted):
        wheel_download.download(pinned(wheel), environ, tmp_path)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (HTTPError("u", 403, "", None, None), IndexRefused),  # type: ignore[arg-type]
        (HTTPError("u", 502, "", None, None), IndexFailing),  # type: ignore[arg-type]
        (HTTPError("u", 404, "", None, None), IndexUnreachable),  # type: ignore[arg-type]
        (URLError(ssl.SSLCertVerificationError()), IndexUntrusted),
        (URLError(TimeoutError()), IndexTooSlow),
        (TimeoutError(), IndexTooSlow),
        (ConnectionResetError(), IndexUnreachable),
    ],
)
def test_failures(error: OSError, expected: type[BuildpackError]) -> None:
    """Each way that an index fails has its own error."""
    assert expected is wheel_download.failure(error)
