"""Reads the service bindings of a build. Facts only. A binding is a folder with a file `type`.

The types and their files are those of Paketo's buildpacks: pip (pip.conf), netrc (.netrc),
ca-certificates (PEM files). The type uv is ours (uv.toml, or files UV_…). Other types are ignored.
"""

import netrc
import re
import tomllib
from collections.abc import Callable, Mapping
from configparser import Error, RawConfigParser
from dataclasses import dataclass, field
from pathlib import Path

from function_buildpack.log.errors.source import BindingInvalid

_TYPE = "type"
_DESCRIPTIVE = {_TYPE, "provider"}
_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_UV_VARIABLE = re.compile("UV_[A-Z0-9_]+")


@dataclass(frozen=True)
class Bindings:
    """The contents of the bindings, parsed. A malformed one is an error before any installation."""

    names: tuple[str, ...] = ()
    pip: Mapping[str, str] = field(default_factory=dict)
    netrc: Path | None = None
    passwords: frozenset[str] = frozenset()
    certificates: tuple[str, ...] = ()
    uv_toml: str = ""
    uv_environ: Mapping[str, str] = field(default_factory=dict)


def read(root: Path) -> Bindings:
    """Read the bindings below a folder, which may not exist.

    :raises BindingInvalid: one has no type, an unknown file for its type, or a malformed file.
    """
    found: dict[str, Path] = {}
    result: dict[str, object] = {}
    for folder in _folders(root):
        type_ = _type(folder)
        if type_ not in _READERS:
            continue
        if type_ in found:
            raise BindingInvalid(
                folder, f"type {type_}, like {found[type_].name}", "the only one of its type"
            )
        found[type_] = folder
        result |= _READERS[type_](folder, _entries(folder))
    names = tuple(f"{folder.name} ({type_})" for type_, folder in found.items())
    return Bindings(names=names, **result)  # type: ignore[arg-type]  # by the readers below


def _folders(root: Path) -> list[Path]:
    # Kubernetes mounts a secret as links into ..data, next to a folder ..<time>.
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if path.is_dir() and path.name[:1] != ".")


def _entries(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.name not in _DESCRIPTIVE and not path.name.startswith("..")
    )


def _type(folder: Path) -> str:
    path = folder / _TYPE
    if not path.is_file():
        raise BindingInvalid(folder, "no file named type", "a folder with a file named type")
    return _text(path).strip().lower()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except PermissionError as error:
        raise BindingInvalid(path, "a file without read permission", "readable") from error
    except UnicodeDecodeError as error:
        raise BindingInvalid(path, f"not UTF-8 at byte {error.start}", "text") from error


def _only(folder: Path, entries: list[Path], *names: str) -> Path:
    """Return the only file that a binding must contain."""
    if [path.name for path in entries] in [[name] for name in names]:
        return entries[0]
    held = ", ".join(path.name for path in entries) or "only the file type"
    raise BindingInvalid(folder, held, f"a folder with type and {names[0]}, and no other file")


def _pip(folder: Path, entries: list[Path]) -> dict[str, object]:
    """Read pip.conf as `pip install` does: [install] takes precedence over [global]."""
    path = _only(folder, entries, "pip.conf")
    parser = RawConfigParser()
    try:
        parser.read_string(_text(path))
    except Error as error:
        # Only the line number: the text of the line may be a credential.
        raise BindingInvalid(path, _lines(error), "pip's configuration file") from None
    sections = [dict(parser.items(name)) for name in ("global", "install") if name in parser]
    merged = {name: value for section in sections for name, value in section.items()}
    return {"pip": {name.replace("_", "-"): value for name, value in merged.items()}}


def _lines(error: Exception) -> str:
    numbers = [str(line) for line, _ in getattr(error, "errors", [])]
    numbers = numbers or [str(getattr(error, "lineno", "?"))]
    return f"a mistake in line {', '.join(numbers)}"


def _netrc(folder: Path, entries: list[Path]) -> dict[str, object]:
    path = _only(folder, entries, ".netrc", "netrc")
    _text(path)
    try:
        hosts = netrc.netrc(path).hosts
    except netrc.NetrcParseError as error:
        # The error's text may contain a password.
        raise BindingInvalid(path, f"a mistake in line {error.lineno}", "a netrc file") from None
    passwords = frozenset(password for _, _, password in hosts.values() if password)
    return {"netrc": path, "passwords": passwords}


def _certificates(folder: Path, entries: list[Path]) -> dict[str, object]:
    if not entries:
        raise BindingInvalid(folder, "only the file type", "a folder with certificates (PEM)")
    return {"certificates": tuple(pem for path in entries for pem in _pem(path))}


def _pem(path: Path) -> list[str]:
    import ssl  # noqa: PLC0415 -- takes 5 % of a rebuild's own time, and few builds need it

    found = _CERTIFICATE.findall(_text(path))
    try:
        for pem in found:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except ssl.SSLError as error:
        damaged = "a certificate that cannot be decoded"
        raise BindingInvalid(path, damaged, "certificates in PEM form") from error
    if not found:
        raise BindingInvalid(path, "no BEGIN CERTIFICATE", "certificates in PEM form")
    return found


def _uv(folder: Path, entries: list[Path]) -> dict[str, object]:
    configuration = [path for path in entries if path.name == "uv.toml"]
    variables = {path.name: path for path in entries if _UV_VARIABLE.fullmatch(path.name)}
    if not entries or len(configuration) + len(variables) != len(entries):
        held = ", ".join(path.name for path in entries) or "only the file type"
        raise BindingInvalid(folder, held, "a folder with type and uv.toml, or files named UV_…")
    return {
        "uv_toml": _toml(configuration[0]) if configuration else "",
        "uv_environ": {name: _text(path).strip() for name, path in variables.items()},
    }


def _toml(path: Path) -> str:
    text = _text(path)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BindingInvalid(path, str(error), "valid TOML") from error
    return text


_READERS: dict[str, Callable[[Path, list[Path]], dict[str, object]]] = {
    "pip": _pip,
    "netrc": _netrc,
    "ca-certificates": _certificates,
    "uv": _uv,
}
