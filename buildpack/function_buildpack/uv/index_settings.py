"""Translates pip's settings of package indexes to uv's. Pure: mappings in, mappings out.

Sources: pip's "Configuration", uv's "Compatibility with pip" and "Environment variables".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from function_buildpack import constants
from function_buildpack.log.errors.source import SettingInvalid

# A setting of pip → uv's variables for it, and the separator of their values. The first variable is
# set, unless one of them is set already. pip separates values by blanks and line ends.
_VARIABLES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "index-url": (("UV_DEFAULT_INDEX", "UV_INDEX_URL"), " "),
    "extra-index-url": (("UV_INDEX", "UV_EXTRA_INDEX_URL"), " "),
    "trusted-host": (("UV_INSECURE_HOST",), " "),
    "find-links": (("UV_FIND_LINKS",), ","),
    "cert": (("SSL_CERT_FILE",), " "),
    "client-cert": (("SSL_CLIENT_CERT",), " "),
    "timeout": (("UV_HTTP_TIMEOUT",), " "),
    "retries": (("UV_HTTP_RETRIES",), " "),
    "proxy": (("HTTPS_PROXY", "ALL_PROXY"), " "),
    "constraint": (("UV_CONSTRAINT",), " "),
    "build-constraint": (("UV_BUILD_CONSTRAINT",), " "),
}
# pip has two names for some of them.
_ALIASES = {"default-timeout": "timeout", "pypi-url": "index-url"}
_NO_INDEX = "no-index"
# pip's switches → uv's variable and value for the same.
_SWITCHES = {"pre": ("UV_PRERELEASE", "allow"), "require-hashes": ("UV_REQUIRE_HASHES", "1")}
# As pip reads them (pip/_internal/utils/misc.py, strtobool).
_TRUE = {"1", "true", "yes", "on", "t", "y"}
_FALSE = {"0", "false", "no", "off", "f", "n", ""}
# Names that look like uv's variables, but are not → the right variable.
_NOT_OF_UV = {"UV_NO_INDEX": "PIP_NO_INDEX"}
# Settings of pip that do not matter for this build. They are ignored without a note.
_SILENT = {
    *("break-system-packages", "cache-dir", "disable-pip-version-check", "no-cache-dir"),
    *("no-color", "no-input", "no-warn-script-location", "progress-bar", "quiet"),
    *("root-user-action", "verbose"),
}
# A default of the builder. A setting of the user takes precedence.
_BUILDERS = {"SSL_CERT_FILE"}


@dataclass(frozen=True)
class PackageSource:
    """The source of packages: indexes, or only a folder of wheels.

    `no_index` is the setting that excludes indexes. It is empty if indexes are used.
    """

    no_index: str = ""
    wheels: Path | None = None

    @classmethod
    def folder(cls, wheels: Path) -> "PackageSource":
        """Return a folder of wheels instead of all indexes."""
        return cls(constants.WHEELS, wheels)

    @property
    def options(self) -> list[str | Path]:
        """The options for it, which are the same for uv and pip."""
        links: list[str | Path] = ["--find-links", self.wheels] if self.wheels else []
        return ["--no-index", *links] if self.no_index else links


@dataclass(frozen=True)
class IndexSettings:
    """uv's variables, and the settings of pip that uv does not have."""

    environ: Mapping[str, str] = field(default_factory=dict)
    no_index: bool = False
    unused: tuple[str, ...] = ()


def translate(environ: Mapping[str, str], pip_conf: Mapping[str, str]) -> IndexSettings:
    """Translate PIP_* variables and the settings of a pip.conf, in this order of precedence.

    uv's own variables take precedence over both.

    :raises SettingInvalid: the value of a switch is neither on nor off.
    """
    variables = _variables(environ)
    pip = {**_renamed(pip_conf), **_renamed(variables)}
    translated = {}
    for name, (uvs, separator) in _VARIABLES.items():
        value = separator.join(pip.get(name, "").split())
        is_set = any(environ.get(variable) for variable in uvs if variable not in _BUILDERS)
        if value and not is_set:
            translated[uvs[0]] = value
    unused = [f"{name} of pip.conf" for name in pip_conf if not _is_known(name)]
    unused += [_variable(name) for name in variables if not _is_known(name)]
    unused += [
        f"{name} (unknown to uv; use {meant})"
        for name, meant in _NOT_OF_UV.items()
        if environ.get(name)
    ]
    for name, (variable, value) in _SWITCHES.items():
        if _is_on(pip, name) and not environ.get(variable):
            translated[variable] = value
    return IndexSettings(
        environ=translated,
        no_index=_is_on(pip, _NO_INDEX),
        unused=tuple(sorted(unused)),
    )


def _is_on(pip: Mapping[str, str], name: str) -> bool:
    value = pip.get(name, "").strip().lower()
    if value not in _TRUE | _FALSE:
        raise SettingInvalid(
            _variable(name), value, "1 or 0, or one of true, false, yes, no, on, off"
        )
    return value in _TRUE


def for_pip(environ: Mapping[str, str]) -> dict[str, str]:
    """Translate uv's variables to pip's, in which an index has no name."""
    found = {_variable(name): environ.get(uvs[0], "") for name, (uvs, _) in _VARIABLES.items()}
    return {name: _NAME.sub("", value) for name, value in found.items() if value}


_NAME = re.compile(r"(?<!\S)[\w.-]+=(?=\w+://)")


def _is_known(name: str) -> bool:
    known = (*_VARIABLES, *_ALIASES, *_SILENT, *_SWITCHES, _NO_INDEX)
    return name in known


def _renamed(settings: Mapping[str, str]) -> dict[str, str]:
    """Replace aliases by the first name of each setting, whose value takes precedence."""
    aliases = {_ALIASES[name]: value for name, value in settings.items() if name in _ALIASES}
    return aliases | {name: value for name, value in settings.items() if name not in _ALIASES}


_PREFIX = "PIP_"


def _variable(name: str) -> str:
    return _PREFIX + name.replace("-", "_").upper()


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(_PREFIX).replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith(_PREFIX) and value
    }
