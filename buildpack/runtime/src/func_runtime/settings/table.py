"""The settings, for people: `--help` prints this table, docs/contract.md has the same."""

import textwrap
from dataclasses import dataclass

from func_runtime import constants

_ENDS = "ends the start, exit code 2"
_WARNS = "a warning; the default holds"
_NO_TELEMETRY = "a warning; there are neither traces nor metrics"


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
        "the port; reachable on all addresses of the machine, IPv4 and IPv6, unless "
        "LISTEN_ADDRESS has an address on it; 0 takes a free one",
        _ENDS,
    ),
    Row(
        constants.LISTEN_ADDRESS,
        "all addresses",
        "where to listen: host:port, [IPv6]:port, :port or port, several with commas or spaces; "
        "PORT, where it is set, is served in addition",
        _ENDS,
    ),
    Row(
        constants.FORWARDED_ALLOW_IPS,
        "127.0.0.1,::1",
        "the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: IP addresses and "
        "networks (10.0.0.0/8), several with commas, or * for all; Knative's queue-proxy is at "
        "127.0.0.1",
        _ENDS,
    ),
    Row(
        constants.FUNC_INVOKE,
        "http",
        "what the function is called with: http or cloudevent; unset, invoke in func.yaml decides; "
        "a build bakes it in",
        _ENDS,
    ),
    Row(
        constants.FUNC_LIVENESS_PATH,
        "none",
        "a path for liveness beside /health/liveness; unset, deploy.healthEndpoints in func.yaml "
        "decides; a build bakes it in",
        "none: a missing slash is added",
    ),
    Row(
        constants.FUNC_READINESS_PATH,
        "none",
        "a path for readiness beside /health/readiness; unset, deploy.healthEndpoints in func.yaml "
        "decides; a build bakes it in",
        "none: a missing slash is added",
    ),
    Row(
        constants.LOG_LEVEL,
        "info",
        "the least important level to log: debug, info, warning, error or critical",
        _WARNS,
    ),
    Row(
        constants.LOG_FORMAT,
        "text",
        "lines of the log: text, or json for one object a line",
        _WARNS,
    ),
    Row(
        constants.FUNC_ACCESS_LOG,
        "0",
        "1: a line in the log for each request after it has ended, but for health checks",
        _WARNS,
    ),
    Row(
        constants.FUNC_THREADS,
        "by CPU limit",
        "how many calls of a handle that is not async run at the same time; unset, 32 for each CPU "
        "of the container's limit, at least 16, at most 128, and 32 without a limit",
        _ENDS,
    ),
    Row(
        constants.FUNC_EVENT_LOOP,
        "uvloop",
        "the event loop: uvloop, or asyncio for asyncio's own, which is slower and which packages "
        "that change the loop need (nest_asyncio)",
        _ENDS,
    ),
    Row(
        constants.FUNC_MAX_BODY_BYTES,
        "0",
        "the longest body of a request to a function without events; a longer one is answered "
        "413; 0 is no limit",
        _ENDS,
    ),
    Row(
        constants.FUNC_MAX_EVENT_BYTES,
        "16777216",
        "the longest body of a request with events; a longer one is answered 413",
        _ENDS,
    ),
    Row(
        constants.FUNC_MAX_WEBSOCKET_BYTES,
        "by memory limit",
        "the longest message of a client on a WebSocket, decompressed; a longer one ends the "
        "WebSocket with code 1009; unset, 16777216, or a sixteenth of the container's memory limit "
        "if that is less",
        _ENDS,
    ),
    Row(
        constants.FUNC_REQUEST_SECONDS,
        "0",
        "how long the function may take for a request, its answer included; then it is cancelled, "
        "and the answer is 504; 0 is no limit",
        _ENDS,
    ),
    Row(
        constants.FUNC_KEEP_ALIVE_SECONDS,
        "100",
        "how long a connection may be idle; Knative's queue-proxy keeps its own for 90 s, and a "
        "shorter time here makes it fail requests",
        _ENDS,
    ),
    Row(
        constants.FUNC_LAME_DUCK_SECONDS,
        "0.5",
        "how long to go on accepting requests after a signal, not ready any more; 0 by default "
        "on Knative, which drains before, 3 elsewhere in Kubernetes",
        _ENDS,
    ),
    Row(
        constants.FUNC_SHUTDOWN_SECONDS,
        "8",
        "how long requests and stop() may take after a signal, all together; keep it below the "
        "platform's grace period (10 s with docker stop)",
        _ENDS,
    ),
    Row(
        constants.OTEL_ENDPOINT,
        "none",
        "where to send traces and metrics of requests (OTLP over HTTP), with OpenTelemetry's SDK, "
        "which must be installed: opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http",
        _NO_TELEMETRY,
    ),
    Row(
        constants.OTEL_TRACES,
        "none",
        "exporters of traces: otlp, console, or others that are installed; otlp by default if "
        "there is an endpoint",
        _NO_TELEMETRY,
    ),
    Row(
        constants.OTEL_METRICS,
        "none",
        "exporters of metrics: as for traces",
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
        for text in (row.meaning, f"A bad value: {row.bad_value}"):
            lines += textwrap.wrap(text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
    return "\n".join(lines)
