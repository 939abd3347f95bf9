"""The settings, as text: `--help` prints this table, docs/contract.md has the same."""

import textwrap
from dataclasses import dataclass

from func_runtime import constants

_FAILS = "the start fails, exit code 2"
_WARNS = "a warning; the default is used"
_NO_TELEMETRY = "a warning; no traces or metrics are sent"


@dataclass(frozen=True)
class Row:
    """A setting."""

    name: str
    default: str
    meaning: str
    bad_value: str


TABLE = (
    Row(
        constants.PORT,
        "8080",
        "the port to listen on, on all addresses of the machine, IPv4 and IPv6, unless "
        "LISTEN_ADDRESS has an address with this port; 0 selects a free port",
        _FAILS,
    ),
    Row(
        constants.LISTEN_ADDRESS,
        "all addresses",
        "addresses to listen on: host:port, [IPv6]:port, :port or port, separated by commas or "
        "spaces; if PORT is set, it is added",
        _FAILS,
    ),
    Row(
        constants.FORWARDED_ALLOW_IPS,
        "127.0.0.1,::1",
        "trusted proxies, whose X-Forwarded-For and X-Forwarded-Proto are used: IP addresses and "
        "networks (10.0.0.0/8), separated by commas, or * for all; Knative's queue-proxy is at "
        "127.0.0.1",
        _FAILS,
    ),
    Row(
        constants.FUNC_INVOKE,
        "http",
        "what the function is called with: http or cloudevent; a build sets it in the image; "
        "if unset, invoke in func.yaml",
        _FAILS,
    ),
    Row(
        constants.FUNC_LIVENESS_PATH,
        "none",
        "a path for liveness in addition to /health/liveness; a build sets it in the image; if "
        "unset, deploy.healthEndpoints in func.yaml",
        "there is none: a missing slash is added",
    ),
    Row(
        constants.FUNC_READINESS_PATH,
        "none",
        "a path for readiness in addition to /health/readiness; a build sets it in the image; if "
        "unset, deploy.healthEndpoints in func.yaml",
        "there is none: a missing slash is added",
    ),
    Row(
        constants.LOG_LEVEL,
        "info",
        "the lowest level that is logged: debug, info, warning, error or critical",
        _WARNS,
    ),
    Row(
        constants.LOG_FORMAT,
        "text",
        "the format of the log: text, or json for one object on each line",
        _WARNS,
    ),
    Row(
        constants.FUNC_ACCESS_LOG,
        "0",
        "1 logs a line for each request when it has ended, except for health checks",
        _WARNS,
    ),
    Row(
        constants.FUNC_THREADS,
        "by CPU limit",
        "how many calls of a handle that is not async run at the same time; if unset, 32 for each "
        "CPU of the container's limit, at least 16 and at most 128, and 32 without a limit",
        _FAILS,
    ),
    Row(
        constants.FUNC_EVENT_LOOP,
        "uvloop",
        "the event loop: uvloop or asyncio; asyncio's is slower, and required by packages that "
        "patch the loop (nest_asyncio)",
        _FAILS,
    ),
    Row(
        constants.FUNC_MAX_BODY_BYTES,
        "0",
        "the maximum size of a request body, for functions that do not take events; a larger one "
        "gets 413; 0 is no limit",
        _FAILS,
    ),
    Row(
        constants.FUNC_MAX_EVENT_BYTES,
        "16777216",
        "the maximum size of a request body with events; a larger one gets 413",
        _FAILS,
    ),
    Row(
        constants.FUNC_MAX_WEBSOCKET_BYTES,
        "by memory limit",
        "the maximum size of a client's WebSocket message, decompressed; a larger one closes the "
        "WebSocket with code 1009; if unset, 16777216, or a sixteenth of the container's memory "
        "limit if that is less",
        _FAILS,
    ),
    Row(
        constants.FUNC_REQUEST_SECONDS,
        "0",
        "how long the function may take for a request and its response; then it is cancelled, and "
        "the client gets 504; 0 is no limit",
        _FAILS,
    ),
    Row(
        constants.FUNC_KEEP_ALIVE_SECONDS,
        "100",
        "how long a connection may be idle; Knative's queue-proxy keeps connections for 90 s, and "
        "its requests fail if this is shorter",
        _FAILS,
    ),
    Row(
        constants.FUNC_LAME_DUCK_SECONDS,
        "0.5",
        "how long requests are still accepted after a signal, while readiness fails; the default "
        "is 0 on Knative, which drains before the signal, and 3 elsewhere in Kubernetes",
        _FAILS,
    ),
    Row(
        constants.FUNC_SHUTDOWN_SECONDS,
        "8",
        "how long requests and stop() may take after a signal, in total; keep it below the "
        "platform's grace period (10 s with docker stop)",
        _FAILS,
    ),
    Row(
        constants.OTEL_ENDPOINT,
        "none",
        "where to send traces and metrics of requests (OTLP over HTTP); requires "
        "opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http in the dependencies",
        _NO_TELEMETRY,
    ),
    Row(
        constants.OTEL_TRACES,
        "none",
        "exporters for traces: otlp, console, or others that are installed; otlp if an endpoint "
        "is set",
        _NO_TELEMETRY,
    ),
    Row(
        constants.OTEL_METRICS,
        "none",
        "exporters for metrics: as for traces",
        _NO_TELEMETRY,
    ),
)

_INDENT = " " * 4
_WIDTH = 96


def as_text() -> str:
    """Return the table for a terminal."""
    lines = ["settings (environment variables):"]
    for row in TABLE:
        lines.append(f"  {row.name} (default: {row.default})")
        for text in (row.meaning, f"Invalid value: {row.bad_value}"):
            lines += textwrap.wrap(text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
    return "\n".join(lines)
