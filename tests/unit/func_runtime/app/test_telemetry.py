"""Traces and metrics, with an SDK that the function has set up itself."""

import logging

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from func_runtime.app import app_factory
from func_runtime.asgi import Message, Receive, Scope, Send
from func_runtime.function.adapter import Function
from func_runtime.log import trace_context
from func_runtime.settings.settings import Settings, TelemetrySettings

pytestmark = pytest.mark.anyio

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
ON = TelemetrySettings("console", "console")

spans = InMemorySpanExporter()
reader = InMemoryMetricReader()


@pytest.fixture(autouse=True, scope="module")
def _function_has_its_own() -> None:
    """Configure the SDK like a function, before the runtime would."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider([reader]))


def request(path: str = "/ask") -> Scope:
    """Return a request with a trace, and with what must not be in one."""
    headers = [(b"traceparent", f"00-{TRACE}-{CALLER}-01".encode()), (b"cookie", b"hunter2")]
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "scheme": "http",
        "query_string": b"password=hunter2",
        "headers": headers,
    }


async def observed(scope: Scope, status: int = 200) -> tuple[list[ReadableSpan], list[str]]:
    """Answer a request, and return its spans and the span ids that a log would have had."""
    logged = []

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        logged.append(trace_context.ids().get("span_id", ""))
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body"})

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        """Send nothing."""

    settings = Settings(addresses=(), telemetry=ON)
    app, lifespan, _ = app_factory.create_app(Function(handle), settings, dict)
    await lifespan.start()
    spans.clear()
    await app(scope, receive, send)
    return list(spans.get_finished_spans()), logged


async def test_span() -> None:
    """A request is a span below the caller's, and a log names that span."""
    (span,), (logged,) = await observed(request())

    assert ("GET", trace.SpanKind.SERVER) == (span.name, span.kind)
    assert span.parent is not None
    assert (int(TRACE, 16), int(CALLER, 16)) == (span.context.trace_id, span.parent.span_id)
    assert f"{span.context.span_id:016x}" == logged
    assert {
        "http.request.method": "GET",
        "url.scheme": "http",
        "url.path": "/ask",
        "http.response.status_code": 200,
    } == dict(span.attributes or {})
    assert span.status.is_unset


async def test_span_without_an_answer() -> None:
    """If the client disconnects before the response, there is no status."""
    (span,), _ = await observed(request(), 0)

    assert "http.response.status_code" not in dict(span.attributes or {})
    assert span.status.is_unset


async def test_span_of_a_failure() -> None:
    """An answer with an error of the server's marks the span."""
    (span,), _ = await observed(request(), 503)

    assert trace.StatusCode.ERROR is span.status.status_code


@pytest.mark.parametrize(
    "scope", [request("/health/readiness"), {"type": "websocket", "path": "/"}]
)
async def test_what_is_not_observed(scope: Scope) -> None:
    """Neither health checks nor WebSockets are traced."""
    assert [] == (await observed(scope))[0]


async def test_duration() -> None:
    """The time of requests is measured, by method and status."""
    await observed(request(), 418)

    found = reader.get_metrics_data()
    assert found is not None
    (metric,) = found.resource_metrics[0].scope_metrics[0].metrics
    assert ("http.server.request.duration", "s") == (metric.name, metric.unit)
    assert 418 in [
        (point.attributes or {}).get("http.response.status_code")
        for point in metric.data.data_points
    ]


async def test_exporter_that_is_not_installed(caplog: pytest.LogCaptureFixture) -> None:
    """Without the packages that it needs, there is a warning and no telemetry."""
    settings = Settings(addresses=(), telemetry=TelemetrySettings("none", "none, carrier-pigeon"))

    with caplog.at_level(logging.WARNING):
        app_factory.create_app(Function(lambda *_: None), settings, dict)  # type: ignore[arg-type]

    (message,) = caplog.messages
    assert message.startswith("No telemetry: the metrics exporter carrier-pigeon is not installed")
