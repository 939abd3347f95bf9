"""Creates the ASGI application of a function, for a server and for tests."""

import logging
from collections.abc import Callable
from typing import NamedTuple

from func_runtime.app.app import App, probes
from func_runtime.asgi import Application, Handler
from func_runtime.function import adapter
from func_runtime.function.adapter import Configuration, Function
from func_runtime.function.health import Health, Probe
from func_runtime.function.lifespan import Lifespan
from func_runtime.function.threads import Threads
from func_runtime.http.responses import ACCEPTED, NO_CONTENT
from func_runtime.settings.settings import (
    Invoke,
    LogFormat,
    LogSettings,
    Settings,
    TelemetrySettings,
)

log = logging.getLogger("func_runtime")

# One thread for alive() and one for ready(): a check that hangs must not block the other.
_CHECKS = 2

# The packages, not the extra func-runtime[otel]: no package index has func-runtime.
_OPENTELEMETRY = "opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http"


def adapt(instance: object, origin: str, settings: Settings) -> Function:
    """Return the Function for what new() returned, with threads of its own.

    :raises HandleInvalid, WsgiApplication, SignatureMismatch: as adapter.adapt.
    """
    return adapter.adapt(
        instance, origin, Threads("function", settings.threads), Threads("function-hook", _CHECKS)
    )


class FunctionApp(NamedTuple):
    """An application, the lifespan of its function, and its health checks by path.

    The caller has to start and stop the lifespan.
    """

    app: Application
    lifespan: Lifespan
    probes: dict[str, Probe]


def create_app(
    adapted: Function, settings: Settings, configuration: Callable[[], Configuration]
) -> FunctionApp:
    """Create the application of a function.

    :param configuration: returns what start(cfg) is called with.
    """
    own = None
    if adapted.is_application:
        from func_runtime.function.application_lifespan import ApplicationLifespan  # noqa: PLC0415

        own = ApplicationLifespan(adapted.handle)
        adapted = adapted._replace(handle=own.handle)
    lifespan = Lifespan(adapted, configuration, own)
    health = Health(adapted, lifespan)
    by_path = probes(health, settings.liveness_paths, settings.readiness_paths)
    app = App(
        _limited(_handler(adapted, settings), settings),
        lifespan,
        by_path,
        unanswered=ACCEPTED if settings.invoke is Invoke.CLOUDEVENT else NO_CONTENT,
    )
    served = _logged(_observed(app.__call__, by_path, settings), by_path, settings.log)
    return FunctionApp(served, lifespan, by_path)


# Only what is configured is imported, and takes part in a request. Each part is passed on as a
# bound method: a call takes 94 ns, and that of an object 137 (CPython 3.13 of the images).


def _logged(app: Application, by_path: dict[str, Probe], wanted: LogSettings) -> Application:
    """Add what the log needs of a request."""
    if wanted.access:
        from func_runtime.app.access_log import AccessLog  # noqa: PLC0415

        app = AccessLog(app, by_path).__call__
    if wanted.format is LogFormat.JSON:
        from func_runtime.log.trace_context import TraceContext  # noqa: PLC0415

        app = TraceContext(app).__call__
    return app


def _observed(app: Application, by_path: dict[str, Probe], settings: Settings) -> Application:
    """Add traces and metrics."""
    if settings.telemetry == TelemetrySettings():
        return app
    try:
        from func_runtime.app import telemetry  # noqa: PLC0415

        telemetry.configure(settings.telemetry, settings.log.service)
    except ImportError as error:
        log.warning(
            "No telemetry: %s. Add %s to the function's dependencies", error, _OPENTELEMETRY
        )
        return app
    return telemetry.Telemetry(app, by_path).__call__


def _limited(handler: Handler, settings: Settings) -> Handler:
    """Add the limits that are set."""
    if settings.max_body_bytes and settings.invoke is Invoke.HTTP:
        from func_runtime.app.request_limits import BodyLimit  # noqa: PLC0415

        handler = BodyLimit(handler, settings.max_body_bytes).__call__
    if settings.request:
        from func_runtime.app.request_limits import TimeLimit  # noqa: PLC0415

        handler = TimeLimit(handler, settings.request).__call__
    return handler


def _handler(adapted: Function, settings: Settings) -> Handler:
    if settings.invoke is Invoke.HTTP:
        return adapted.handle
    from func_runtime.cloudevents import sdk  # noqa: PLC0415 -- HTTP functions start without
    from func_runtime.cloudevents.handler import EventHandler  # noqa: PLC0415

    return EventHandler(adapted.handle, sdk.choose(), settings.max_event_bytes).__call__
