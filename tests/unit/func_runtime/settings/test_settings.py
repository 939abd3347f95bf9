"""Settings: variables, func.yaml, defaults."""

import logging
from pathlib import Path

import pytest

from func_runtime.errors import SettingInvalid
from func_runtime.settings import settings, table
from func_runtime.settings.func_yaml import FuncYaml
from func_runtime.settings.listen_addresses import Address
from func_runtime.settings.settings import EventLoop, Invoke, LogFormat, LogSettings, Settings

DEFAULTS = Settings(addresses=(Address("", 8080),))


def read(environ: dict[str, str], declared: FuncYaml | None = None) -> Settings:
    """Read settings with a func.yaml."""
    return Settings.from_environ(environ, lambda: declared or FuncYaml())


def test_nothing_set() -> None:
    """Without variables and func.yaml, the defaults are used."""
    assert DEFAULTS == read({})


def test_func_yaml() -> None:
    """On a host, func.yaml has the invocation and more health paths."""
    found = read({"FUNC_INVOKE": ""}, FuncYaml("cloudevent", "/live", "ready/"))

    assert Invoke.CLOUDEVENT == found.invoke
    assert ("/health/liveness", "/live") == found.liveness_paths
    assert ("/health/readiness", "/ready") == found.readiness_paths


def test_baked() -> None:
    """In an image, the build's variables replace func.yaml, which is not read."""

    def unreadable() -> FuncYaml:
        raise AssertionError

    environ = {
        "FUNC_INVOKE": "CloudEvent",
        "FUNC_LIVENESS_PATH": "/health/liveness",
        "FUNC_READINESS_PATH": "/",
    }
    found = Settings.from_environ(environ, unreadable)

    assert Invoke.CLOUDEVENT == found.invoke
    assert DEFAULTS.liveness_paths == found.liveness_paths
    assert DEFAULTS.readiness_paths == found.readiness_paths


def test_proxies() -> None:
    """The trusted proxies are those on loopback, or those in the setting."""
    host = "192.0.2.1"

    assert ["127.0.0.1", "::1"] == [
        address for address in ("127.0.0.1", "::1", host) if DEFAULTS.proxies.trusts(address)
    ]
    assert read({"FORWARDED_ALLOW_IPS": " 192.0.2.0/24 "}).proxies.trusts(host)
    assert DEFAULTS.proxies is read({"FORWARDED_ALLOW_IPS": " "}).proxies


def test_proxies_that_are_none() -> None:
    """A name is not a valid address of a proxy."""
    with pytest.raises(SettingInvalid) as caught:
        read({"FORWARDED_ALLOW_IPS": "ingress.local"})

    assert ("FORWARDED_ALLOW_IPS", "ingress.local") == (caught.value.name, caught.value.found)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, 0.5), ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, 3.0)],
)
def test_lame_duck(environ: dict[str, str], expected: float) -> None:
    """The time to accept requests after a signal depends on the platform."""
    assert expected == read(environ).lame_duck
    assert 0.0 == read(environ | {"K_REVISION": "greeter-00001"}).lame_duck
    assert 7.5 == read(environ | {"FUNC_LAME_DUCK_SECONDS": "7.5"}).lame_duck


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", EventLoop.UVLOOP), ("asyncio", EventLoop.ASYNCIO), (" UVloop ", EventLoop.UVLOOP)],
)
def test_event_loop(value: str, expected: EventLoop) -> None:
    """The event loop is uvloop, unless asyncio's is selected."""
    assert expected == read({"FUNC_EVENT_LOOP": value}).event_loop


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FUNC_INVOKE", "grpc"),
        ("FUNC_EVENT_LOOP", "trio"),
        ("FUNC_THREADS", "0"),
        ("FUNC_THREADS", "many"),
        ("FUNC_THREADS", "1.5"),
        ("FUNC_MAX_BODY_BYTES", "-1"),
        ("FUNC_MAX_EVENT_BYTES", "1MB"),
        ("FUNC_MAX_EVENT_BYTES", "0"),
        ("FUNC_MAX_WEBSOCKET_BYTES", "0"),
        ("FUNC_REQUEST_SECONDS", "a minute"),
        ("FUNC_KEEP_ALIVE_SECONDS", "-1"),
        ("FUNC_LAME_DUCK_SECONDS", "nan"),
        ("FUNC_SHUTDOWN_SECONDS", "inf"),
        ("FUNC_SHUTDOWN_SECONDS", "-0.1"),
    ],
)
def test_malformed(name: str, value: str) -> None:
    """The error for an invalid value has the setting."""
    with pytest.raises(SettingInvalid) as caught:
        read({name: value})

    assert (name, value) == (caught.value.name, caught.value.found)


def test_invoke_of_func_yaml_unknown() -> None:
    """The error for an unknown invocation in func.yaml has the file."""
    with pytest.raises(SettingInvalid) as caught:
        read({}, FuncYaml("grpc"))

    assert "invoke in func.yaml" == caught.value.name


@pytest.mark.parametrize("row", table.TABLE, ids=lambda row: row.name)
def test_table_has_the_defaults(row: table.Row) -> None:
    """A default in the table is the one that is used, if it is a value."""
    if row.default in ("none", "all addresses", "by CPU limit", "by memory limit"):
        return
    environ = {row.name: row.default}

    assert DEFAULTS == read(environ)
    assert LogSettings() == LogSettings.from_environ(environ)


def test_log_settings() -> None:
    """Levels have their usual names, in upper or lower case."""
    environ = {"LOG_LEVEL": "Warn", "LOG_FORMAT": "JSON"}

    assert LogSettings(logging.WARNING, LogFormat.JSON) == LogSettings.from_environ(environ)


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("True", True), ("off", False)])
def test_access_log(value: str, expected: bool) -> None:
    """The access log is switched on by 1, and by other words for yes."""
    assert expected is LogSettings.from_environ({"FUNC_ACCESS_LOG": value}).access


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ("none", "none")),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, ("otlp", "otlp")),
        ({"OTEL_TRACES_EXPORTER": "console"}, ("console", "none")),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_METRICS_EXPORTER": "none"},
            ("otlp", "none"),
        ),
    ],
)
def test_telemetry(environ: dict[str, str], expected: tuple[str, str]) -> None:
    """The variables of OpenTelemetry select the telemetry."""
    found = read(environ).telemetry

    assert expected == (found.traces, found.metrics)


def test_names_on_knative() -> None:
    """On Knative the log knows the service and its revision."""
    found = read({"K_SERVICE": "greeter", "K_REVISION": "greeter-00001"}).log

    assert ("greeter", "greeter-00001") == (found.service, found.revision)


def test_log_settings_unknown() -> None:
    """An unknown level or format is logged, and the default is used."""
    environ = {"LOG_LEVEL": "chatty", "LOG_FORMAT": "xml", "FUNC_ACCESS_LOG": "some"}
    found = LogSettings.from_environ(environ)

    assert LogSettings(problems=found.problems) == found
    assert list(environ.values()) == [problem.split("'")[1] for problem in found.problems]


def test_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment is copied, and the folder is the one that the process is in."""
    monkeypatch.setenv("MINE", "1")
    monkeypatch.chdir(tmp_path)
    copied = settings.environment()
    monkeypatch.setenv("MINE", "2")

    assert "1" == copied["MINE"]
    assert str(tmp_path) == settings.working_directory()


@pytest.mark.parametrize(
    ("environ", "shown"),
    [
        ({}, ""),
        ({"PORT": "", "PATH": "/bin"}, ""),
        ({"FUNC_INVOKE": "http", "PORT": "8080"}, "PORT=8080, FUNC_INVOKE=http"),
        ({"LISTEN_ADDRESS": "a:1, b:2"}, "LISTEN_ADDRESS='a:1, b:2'"),
        ({"LOG_LEVEL": "x\nERROR"}, r"LOG_LEVEL='x\nERROR'"),
    ],
)
def test_settings_for_the_log(environ: dict[str, str], shown: str) -> None:
    """Settings that are set are shown with their values, in the table's order, on one line."""
    assert shown == settings.given(environ)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://collector:4318", "http://collector:4318"),
        ("https://me:pass@collector/v1", "https://****@collector/v1"),
        ("https://me:p@ss@collector", "https://****@collector"),
        ("https://token@collector?key=secret", "https://****@collector?****"),
    ],
)
def test_addresses_for_the_log(address: str, shown: str) -> None:
    """Credentials are masked, and the query, which may have some."""
    name = "OTEL_EXPORTER_OTLP_ENDPOINT"

    assert f"{name}={shown}" == settings.given({name: address})
