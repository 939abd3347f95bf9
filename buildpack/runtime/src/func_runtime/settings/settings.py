"""Reads and checks the settings. Nothing else reads the environment.

What each setting means, its default and the effect of an invalid value: table.py, docs/contract.md.
"""

import logging
import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from func_runtime import constants
from func_runtime.errors import SettingInvalid
from func_runtime.settings import listen_addresses, trusted_proxies
from func_runtime.settings.listen_addresses import Address
from func_runtime.settings.trusted_proxies import TrustedProxies

if TYPE_CHECKING:
    from func_runtime.settings.func_yaml import FuncYaml


class Invoke(StrEnum):
    """What a function is called with."""

    HTTP = constants.INVOKE_HTTP
    CLOUDEVENT = constants.INVOKE_CLOUDEVENT


class EventLoop(StrEnum):
    """Which event loop runs the function."""

    UVLOOP = "uvloop"
    ASYNCIO = "asyncio"


class LogFormat(StrEnum):
    """The format of the log."""

    TEXT = "text"
    JSON = "json"


# The names that logging has, and others that are common.
_LEVELS = {
    "critical": logging.CRITICAL,
    "fatal": logging.CRITICAL,
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "warn": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
    "trace": logging.DEBUG,
}


_SWITCH = {"1": True, "true": True, "on": True, "0": False, "false": False, "off": False}


class Options(NamedTuple):
    """The options of the command line."""

    port: str | None = None
    check: str | None = None
    reload: bool = False


class LogSettings(NamedTuple):
    """How to log.

    An invalid value is only a warning: the function may use the same variables for its own log.
    """

    level: int = logging.INFO
    format: LogFormat = LogFormat.TEXT
    access: bool = False
    service: str = ""
    revision: str = ""
    problems: tuple[str, ...] = ()

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "LogSettings":
        """Read the settings; never fails."""
        problems = []
        level_name = environ.get(constants.LOG_LEVEL) or "info"
        level = _LEVELS.get(level_name.lower())
        if level is None:
            problems.append(
                f"{constants.LOG_LEVEL} is {level_name!r}, which is not a level: using info"
            )
        format_name = environ.get(constants.LOG_FORMAT) or LogFormat.TEXT
        known = format_name.lower() in tuple(LogFormat)
        if not known:
            problems.append(
                f"{constants.LOG_FORMAT} is {format_name!r}, not text or json: using text"
            )
        access_name = environ.get(constants.FUNC_ACCESS_LOG) or "0"
        access = _SWITCH.get(access_name.lower())
        if access is None:
            problems.append(f"{constants.FUNC_ACCESS_LOG} is {access_name!r}, not 1 or 0: using 0")
        return cls(
            logging.INFO if level is None else level,
            LogFormat(format_name.lower()) if known else LogFormat.TEXT,
            bool(access),
            environ.get(constants.KNATIVE_SERVICE, ""),
            environ.get(constants.KNATIVE_REVISION, ""),
            tuple(problems),
        )


class TelemetrySettings(NamedTuple):
    """Which of OpenTelemetry's exporters to use: names with commas between, or none."""

    traces: str = "none"
    metrics: str = "none"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "TelemetrySettings":
        """Read the settings. If there is an endpoint, the default is OTLP."""
        default = "otlp" if environ.get(constants.OTEL_ENDPOINT) else "none"
        return cls(
            environ.get(constants.OTEL_TRACES) or default,
            environ.get(constants.OTEL_METRICS) or default,
        )


_LAME_DUCK = 0.5


class Settings(NamedTuple):
    """All settings of a process."""

    addresses: tuple[Address, ...]
    invoke: Invoke = Invoke.HTTP
    proxies: TrustedProxies = TrustedProxies()
    liveness_paths: tuple[str, ...] = (constants.LIVENESS_PATH,)
    readiness_paths: tuple[str, ...] = (constants.READINESS_PATH,)
    log: LogSettings = LogSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    event_loop: EventLoop = EventLoop.UVLOOP
    threads: int = 0  # the CPU limit decides
    max_body_bytes: int = 0  # no limit
    max_event_bytes: int = 16 * 1024 * 1024
    max_websocket_bytes: int = 0  # the memory limit decides
    request: float = 0.0  # no limit
    keep_alive: int = 100
    lame_duck: float = _LAME_DUCK
    shutdown: float = 8.0

    @classmethod
    def from_environ(
        cls, environ: Mapping[str, str], read_func_yaml: "Callable[[], FuncYaml]"
    ) -> "Settings":
        """Read and check the settings.

        :param read_func_yaml: is called if the environment has no settings of a build.
        :raises SettingInvalid: a value is not valid.
        """
        declared = ("", "", "") if environ.get(constants.FUNC_INVOKE) else read_func_yaml()
        invoke, liveness, readiness = declared
        liveness = environ.get(constants.FUNC_LIVENESS_PATH) or liveness
        readiness = environ.get(constants.FUNC_READINESS_PATH) or readiness
        numbers = _Numbers(environ)
        default = cls(listen_addresses.from_environ(environ), lame_duck=_lame_duck(environ))
        return default._replace(
            invoke=_invoke(environ, invoke),
            proxies=_proxies(environ, default.proxies),
            liveness_paths=_paths(constants.LIVENESS_PATH, liveness),
            readiness_paths=_paths(constants.READINESS_PATH, readiness),
            log=LogSettings.from_environ(environ),
            telemetry=TelemetrySettings.from_environ(environ),
            event_loop=_event_loop(environ),
            threads=numbers.whole(constants.FUNC_THREADS, default.threads),
            max_body_bytes=numbers.whole(
                constants.FUNC_MAX_BODY_BYTES, default.max_body_bytes, least=0
            ),
            max_event_bytes=numbers.whole(constants.FUNC_MAX_EVENT_BYTES, default.max_event_bytes),
            max_websocket_bytes=numbers.whole(
                constants.FUNC_MAX_WEBSOCKET_BYTES, default.max_websocket_bytes
            ),
            request=numbers.seconds(constants.FUNC_REQUEST_SECONDS, default.request),
            keep_alive=numbers.whole(constants.FUNC_KEEP_ALIVE_SECONDS, default.keep_alive),
            lame_duck=numbers.seconds(constants.FUNC_LAME_DUCK_SECONDS, default.lame_duck),
            shutdown=numbers.seconds(constants.FUNC_SHUTDOWN_SECONDS, default.shutdown),
        )


def given(environ: Mapping[str, str]) -> str:
    """Return the settings that the environment has, for the log: NAME=value, with commas between.

    Credentials in an address, and its query, which may have some, are masked.
    """
    values = {name: environ[name] for name in constants.SETTINGS if environ.get(name)}
    return ", ".join(f"{name}={_shown(value)}" for name, value in values.items())


def _shown(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if separator:
        address, question, _ = rest.partition("?")
        _, at, host = address.rpartition("@")
        value = f"{scheme}://{'****@' if at else ''}{host}{'?****' if question else ''}"
    is_plain = value.isprintable() and not {" ", ","}.intersection(value)
    return value if is_plain else repr(value)


def environment() -> dict[str, str]:
    """Return a copy of the process's environment."""
    return dict(os.environ)  # noqa: TID251 -- this is the one place


def working_directory() -> str:
    """Return the folder that the process was started in, which is the function's."""
    return os.getcwd()


def _invoke(environ: Mapping[str, str], declared: str) -> Invoke:
    value = environ.get(constants.FUNC_INVOKE) or declared or Invoke.HTTP
    try:
        return Invoke(value.strip().lower())
    except ValueError as error:
        source = (
            constants.FUNC_INVOKE if environ.get(constants.FUNC_INVOKE) else "invoke in func.yaml"
        )
        raise SettingInvalid(source, value, "http or cloudevent") from error


def _event_loop(environ: Mapping[str, str]) -> EventLoop:
    value = environ.get(constants.FUNC_EVENT_LOOP) or EventLoop.UVLOOP
    try:
        return EventLoop(value.strip().lower())
    except ValueError as error:
        raise SettingInvalid(constants.FUNC_EVENT_LOOP, value, "uvloop or asyncio") from error


def _proxies(environ: Mapping[str, str], default: TrustedProxies) -> TrustedProxies:
    allowed = environ.get(constants.FORWARDED_ALLOW_IPS, "").strip()
    try:
        return default if allowed in ("", trusted_proxies.DEFAULT) else TrustedProxies(allowed)
    except ValueError as error:
        expected = "IP addresses and networks with commas between, or *"
        raise SettingInvalid(constants.FORWARDED_ALLOW_IPS, allowed, expected) from error


def _paths(fixed: str, declared: str) -> tuple[str, ...]:
    """Return the paths of a health check: the fixed one and the declared one."""
    alias = "/" + declared.strip().strip("/")
    return (fixed,) if alias in ("/", fixed) else (fixed, alias)


def _lame_duck(environ: Mapping[str, str]) -> float:
    """Return how long to accept requests after SIGTERM.

    Knative's queue-proxy drains before the signal is sent. Elsewhere in Kubernetes, endpoints are
    removed while the signal is delivered, so new connections still arrive.
    """
    if constants.KNATIVE_REVISION in environ:
        return 0.0
    return 3.0 if constants.KUBERNETES in environ else _LAME_DUCK


Number = TypeVar("Number", int, float)


class _Numbers:
    """Reads variables that hold a number. An empty variable counts as unset."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def whole(self, name: str, default: int, *, least: int = 1) -> int:
        """Return a whole number, which is at least `least`."""
        return self._read(name, default, int, least, f"a whole number, {least} or more")

    def seconds(self, name: str, default: float) -> float:
        """Return a number of seconds."""
        return self._read(name, default, float, 0, "a number of seconds, 0 or more")

    def _read(
        self, name: str, default: Number, kind: type[Number], least: int, expected: str
    ) -> Number:
        text = self._environ.get(name, "").strip()
        if not text:
            return default
        try:
            value = kind(text)
        except ValueError as error:
            raise SettingInvalid(name, text, expected) from error
        if not least <= value < float("inf"):
            raise SettingInvalid(name, text, expected)
        return value
