"""Service bindings: their contents, and errors of malformed ones."""

from pathlib import Path

import pytest
import trustme

from contract.package_index import write_bindings
from function_buildpack.log.errors.source import BindingInvalid
from function_buildpack.source import bindings
from function_buildpack.source.bindings import Bindings

SECRET = "planted-secret"
PEM = trustme.CA().cert_pem.bytes().decode()


def test_none(tmp_path: Path) -> None:
    """Without a folder there are none. Other types are ignored."""
    assert Bindings() == bindings.read(tmp_path / "missing")
    assert Bindings() == bindings.read(write_bindings(tmp_path, postgresql={"uri": "x"}))


def test_read(tmp_path: Path) -> None:
    """All types are read. Provider files and Kubernetes' folders of links are ignored."""
    root = write_bindings(
        tmp_path,
        pip={"pip.conf": "[global]\nindex_url=a\ntimeout=1\n[install]\nindex-url=b%\n[list]\nx=y"},
        netrc={"netrc": f"machine h login me password {SECRET}"},
        ca_certificates={"a.pem": f"words\n{PEM}{PEM}", "provider": "corp"},
        uv={"uv.toml": "offline = true", "UV_INDEX": "x\n"},
    )
    (root / "pip" / "..data").mkdir()
    (root / "..data").mkdir()

    found = bindings.read(root)

    assert {"index-url": "b%", "timeout": "1"} == found.pip
    assert (root / "netrc" / "netrc", frozenset({SECRET})) == (found.netrc, found.passwords)
    assert (PEM.strip(), PEM.strip()) == found.certificates
    assert ("offline = true", {"UV_INDEX": "x"}) == (found.uv_toml, found.uv_environ)
    told = ("ca_certificates (ca-certificates)", "netrc (netrc)", "pip (pip)", "uv (uv)")
    assert told == found.names


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"pip": {}}, "only the file type"),
        ({"pip": {"pip.ini": ""}}, "pip.ini"),
        ({"pip": {"pip.conf": f"[global]\nindex-url = x\n{SECRET}"}}, "a mistake in line 3"),
        ({"pip": {"pip.conf": SECRET}}, "a mistake in line 1"),
        ({"netrc": {".netrc": f"machine h\n{SECRET} x"}}, "a mistake in line 2"),
        ({"netrc": {".netrc": "", "netrc": ""}}, ".netrc, netrc"),
        ({"ca_certificates": {}}, "only the file type"),
        ({"ca_certificates": {"a.pem": "words"}}, "no BEGIN CERTIFICATE"),
        (
            {"ca_certificates": {"a": "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"}},
            "a certificate that cannot be decoded",
        ),
        ({"uv": {}}, "only the file type"),
        ({"uv": {"uv.toml": "", "index": ""}}, "index, uv.toml"),
        ({"uv": {"uv.toml": "index ="}}, "Invalid value (at end of document)"),
        ({"a": {"type": "uv", "UV_X": ""}, "b": {"type": "uv"}}, "type uv, like a"),
    ],
)
def test_malformed(tmp_path: Path, files: dict[str, dict[str, str]], found: str) -> None:
    """The error describes the file, but never has the text of a line."""
    with pytest.raises(BindingInvalid) as caught:
        bindings.read(write_bindings(tmp_path, **files))

    assert found == caught.value.found


def test_no_type(tmp_path: Path) -> None:
    """A binding without a type is an error."""
    (tmp_path / "nameless").mkdir()

    with pytest.raises(BindingInvalid, check=lambda error: error.path == tmp_path / "nameless"):
        bindings.read(tmp_path)


def test_not_text(tmp_path: Path) -> None:
    """A file that is not text is an error with the position."""
    root = write_bindings(tmp_path, pip={})
    (root / "pip" / "pip.conf").write_bytes(b"[global]\n\xff")

    with pytest.raises(BindingInvalid, check=lambda error: error.found == "not UTF-8 at byte 9"):
        bindings.read(root)


def test_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without read permission is an error. Tests may run as root, who reads all."""
    root = write_bindings(tmp_path, pip={"pip.conf": ""})

    def refuse(path: Path, **options: str) -> str:
        raise PermissionError

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(BindingInvalid, check=lambda error: error.expected == "readable"):
        bindings.read(root)
