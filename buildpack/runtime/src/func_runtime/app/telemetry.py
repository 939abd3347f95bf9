"""Traces and metrics of requests, with OpenTelemetry's SDK. Imported if it is configured.

The SDK reads its other variables itself. The names are from opentelemetry.io/docs/specs/semconv.
Queries are excluded, because they may contain secrets.
"""

import time
from collections.abc import Container, Iterator
from importlib.metadata import entry_points
from typing import Any

from opentelemetry import metrics, propagate, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from func_runtime.app.access_log import StatusRecorder
from func_runtime.asgi import Application, Receive, Scope, Send
from func_runtime.settings.settings import TelemetrySettings

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_FAILED = 500


class Telemetry:
    """Traces and measures the requests of an application, except those of some paths."""

    def __init__(self, app: Application, unobserved: Container[str]) -> None:
        self._app = app
        self._unobserved = unobserved
        self._tracer = trace.get_tracer("func_runtime")
        self._duration = metrics.get_meter("func_runtime").create_histogram(
            "http.server.request.duration", "s", explicit_bucket_boundaries_advisory=_SECONDS
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request in a span, whose parent is the caller's span."""
        if scope["type"] != "http" or scope["path"] in self._unobserved:
            await self._app(scope, receive, send)
            return
        answer, began = StatusRecorder(send), time.perf_counter()
        caller = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        facts: dict[str, str | int] = {
            "http.request.method": scope["method"],
            "url.scheme": scope["scheme"],
        }
        with self._tracer.start_as_current_span(
            scope["method"], propagate.extract(caller), trace.SpanKind.SERVER, facts
        ) as span:
            try:
                await self._app(scope, receive, answer)
            finally:
                if answer.status:  # else the client has disconnected before
                    facts["http.response.status_code"] = answer.status
                span.set_attributes({**facts, "url.path": scope["path"]})
                if answer.status >= _FAILED:
                    span.set_status(trace.StatusCode.ERROR)
                self._duration.record(time.perf_counter() - began, facts)


def configure(wanted: TelemetrySettings, service: str) -> None:
    """Configure the SDK, unless the function has done so.

    :raises ImportError: an exporter is not installed.
    """
    tracers, meters = trace.get_tracer_provider(), metrics.get_meter_provider()
    resource = Resource.create()
    if service and str(resource.attributes["service.name"]).startswith("unknown_service"):
        resource = resource.merge(Resource({"service.name": service}))
    spans, readings = (
        [*_exporters("traces", wanted.traces)],
        [*_exporters("metrics", wanted.metrics)],
    )
    if spans and not isinstance(tracers, TracerProvider):
        tracers = TracerProvider(resource=resource)
        for exporter in spans:
            tracers.add_span_processor(BatchSpanProcessor(exporter))
        trace.set_tracer_provider(tracers)
    if readings and not isinstance(meters, MeterProvider):
        readers = [PeriodicExportingMetricReader(exporter) for exporter in readings]
        metrics.set_meter_provider(MeterProvider(readers, resource))


def _exporters(kind: str, names: str) -> Iterator[Any]:
    for name in (name.strip() for name in names.split(",") if name.strip() != "none"):
        wanted = "otlp_proto_http" if name == "otlp" else name  # needs no compiled code
        found = entry_points(group=f"opentelemetry_{kind}_exporter", name=wanted)
        if not found:
            raise ImportError(f"the {kind} exporter {name} is not installed")
        yield next(iter(found)).load()()
