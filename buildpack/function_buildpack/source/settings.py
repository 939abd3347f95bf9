"""The settings of a build. The only reader of BP_*, BPE_* and UV_PYTHON, but for the log's."""

import difflib
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from packaging.utils import InvalidName, canonicalize_name

from function_buildpack import constants
from function_buildpack.cnb.layer_env import Behaviour, Change, LayerEnv
from function_buildpack.log.errors.source import SettingInvalid

_PREFIX = "BP_"
NAMES = (
    constants.FUNCTION_PATH,
    constants.FUNCTION_CHECK,
    constants.FUNCTION_EXTRAS,
    constants.FUNCTION_GROUPS,
    constants.FUNCTION_REFRESH,
    constants.WHEELS,
    constants.PYTHON_VERSION,
    constants.LIBRARY_CHECK,
    constants.IMAGE_LABELS,
    constants.LOG_LEVEL,
)
# The minimum similarity for a hint to one of our settings. Other buildpacks have BP_ variables too.
_ALIKE = 0.8


class Check(StrEnum):
    """How the build checks that the function loads."""

    NEW = "new"
    IMPORT = "import"
    OFF = "off"


class LibraryCheck(StrEnum):
    """How the build reports a missing shared library."""

    ERROR = "error"
    NOTE = "note"


@dataclass(frozen=True)
class Selection:
    """The selected extras and dependency groups, with normalized names (PEP 685)."""

    extras: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    @property
    def options(self) -> list[str]:
        """The options that select them on uv's command line."""
        extras = [word for name in sorted(self.extras) for word in ("--extra", name)]
        return extras + [word for name in sorted(self.groups) for word in ("--group", name)]


@dataclass(frozen=True)
class Settings:
    """All settings, checked."""

    function_path: str = ""
    check: Check = Check.NEW
    labels: dict[str, str] = field(default_factory=dict)
    launch_env: LayerEnv = ()
    selection: Selection = field(default_factory=Selection)
    # If the value differs from the earlier build's, the dependencies are installed again.
    refresh: str = ""
    wheels: str = ""
    python_version: str = ""
    uv_python: str = ""
    library_check: LibraryCheck = LibraryCheck.ERROR
    # All given settings.
    given: dict[str, str] = field(default_factory=dict)
    # Unknown settings → the setting that is probably meant.
    misspelt: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Read and check the settings.

        :raises SettingInvalid: a value cannot be used.
        """
        return cls(
            function_path=environ.get(constants.FUNCTION_PATH, ""),
            check=_check(environ.get(constants.FUNCTION_CHECK, Check.NEW)),
            selection=Selection(
                extras=_list(environ, constants.FUNCTION_EXTRAS),
                groups=_list(environ, constants.FUNCTION_GROUPS),
            ),
            labels=_labels(environ.get(constants.IMAGE_LABELS, "")),
            launch_env=_launch_env(environ),
            refresh=environ.get(constants.FUNCTION_REFRESH, ""),
            wheels=environ.get(constants.WHEELS, ""),
            python_version=environ.get(constants.PYTHON_VERSION, "").strip(),
            uv_python=environ.get(constants.UV_PYTHON, "").strip(),
            library_check=_library_check(environ.get(constants.LIBRARY_CHECK, LibraryCheck.ERROR)),
            given={name: environ[name] for name in NAMES if environ.get(name)},
            misspelt=_misspelt(environ),
        )


def _misspelt(environ: Mapping[str, str]) -> dict[str, str]:
    unknown = [name for name in environ if name.upper().startswith(_PREFIX) and name not in NAMES]
    return {
        name: alike[0]
        for name in sorted(unknown)
        if (alike := difflib.get_close_matches(name.upper(), NAMES, 1, _ALIKE))
    }


def _check(value: str) -> Check:
    try:
        return Check(value.lower())
    except ValueError as error:
        raise SettingInvalid(constants.FUNCTION_CHECK, value, "new, import or off") from error


def _library_check(value: str) -> LibraryCheck:
    try:
        return LibraryCheck(value.lower())
    except ValueError as error:
        raise SettingInvalid(constants.LIBRARY_CHECK, value, "error or note") from error


def _list(environ: Mapping[str, str], name: str) -> frozenset[str]:
    """Split a list with commas or spaces."""
    words = environ.get(name, "").replace(",", " ").split()
    try:
        return frozenset(canonicalize_name(word, validate=True) for word in words)
    except InvalidName as error:
        raise SettingInvalid(name, environ[name], "names with commas or spaces between") from error


def _labels(value: str) -> dict[str, str]:
    """Split `key=value other="with spaces"`, the form that Paketo's image-labels buildpack set."""
    try:
        pairs = [word.partition("=") for word in shlex.split(value)]
    except ValueError as error:
        raise SettingInvalid(
            constants.IMAGE_LABELS, value, "key=value pairs with matched quotes"
        ) from error
    for key, separator, _ in pairs:
        if not key or not separator:
            raise SettingInvalid(
                constants.IMAGE_LABELS, value, "key=value pairs, separated by spaces"
            )
    return dict(label for key, _, text in pairs for label in _parted(key, text))


# A label of func. Its build on a cluster appends it to the user's labels, without a space in
# between (pkg/pipelines/tekton/task-buildpack.yaml.tmpl).
_APPENDED = "middleware-version"


def _parted(key: str, text: str) -> Iterator[tuple[str, str]]:
    before, separator, version = text.partition(f"{_APPENDED}=")
    yield key, before
    if separator:
        yield _APPENDED, version


_BPE = re.compile(r"BPE_(?:(OVERRIDE|DEFAULT|APPEND|PREPEND)_)?(.+)")


def _launch_env(environ: Mapping[str, str]) -> LayerEnv:
    """Read `BPE_*`, the form that Paketo's environment-variables buildpack set; func uses it."""
    return tuple(
        Change(
            name=match[2],
            behaviour=Behaviour((match[1] or "override").lower()),
            value=value,
            delimiter=environ.get(f"BPE_DELIM_{match[2]}", ""),
        )
        for variable, value in sorted(environ.items())
        if (match := _BPE.fullmatch(variable)) and not variable.startswith("BPE_DELIM_")
    )
