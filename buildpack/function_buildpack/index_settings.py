"""Translates pip's settings of the package index to uv's. Pure: mappings in, mappings out.

Sources: pip's "Configuration", uv's "Compatibility with pip" and "Environment variables".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

# A setting of pip, the variables that say it to uv (the first is set, the others come before it
# too), and what separates several values there; pip separates by blanks and line ends.
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
}
_NO_INDEX = "no-index"
_TRUE = {"1", "true", "yes", "on", "t", "y"}
# Of pip's own running, or true of this build anyway: nothing is lost without them.
_SILENT = {"disable-pip-version-check", "no-cache-dir", "cache-dir", "no-input", "progress-bar"}
# A default of the builder's, which a setting of the user's comes before.
_BUILDERS = {"SSL_CERT_FILE"}


@dataclass(frozen=True)
class IndexSettings:
    """uv's variables and options, and the settings of pip that have no counterpart."""

    environ: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


def translate(environ: Mapping[str, str], pip_conf: Mapping[str, str]) -> IndexSettings:
    """Translate PIP_* variables and the settings of a pip.conf, in this order of precedence.

    uv's own variables come before both.
    """
    pip = {**pip_conf, **_variables(environ)}
    translated = {}
    for name, (variables, separator) in _VARIABLES.items():
        value = separator.join(pip.get(name, "").split())
        said = any(environ.get(variable) for variable in variables if variable not in _BUILDERS)
        if value and not said:
            translated[variables[0]] = value
    unused = pip_conf.keys() - _VARIABLES.keys() - _SILENT - {_NO_INDEX}
    without_index = pip.get(_NO_INDEX, "").lower() in _TRUE
    return IndexSettings(
        environ=translated,
        options=("--no-index",) if without_index else (),
        unused=tuple(sorted(unused)),
    )


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix("PIP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("PIP_") and value
    }
