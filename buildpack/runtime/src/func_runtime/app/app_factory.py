"""Puts the parts around a function together: what a server serves, and what a test calls."""

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

# One thread for each check, alive() and ready(): one that hangs must not keep the other waiting.
_CHECKS = 2

# By name: a build can install these, but not an extra of ours, which no index has.
_OPENTELEMETRY = "opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http"


def adapt(instance: object, origin: str, settings: Settings) -> Function:
    """Turn what new() returned into a Function, with its own threads.

    :raises HandleMissing, WsgiApplication, ArgumentsUnfit: see adapter.adapt.
    """
    return adapter.adapt(
        instance, origin, Threads("function", settings.threads), Threads("function-hook", _CHECKS)
    )


class Assembled(NamedTuple):
    """An application, the life of its function, which is to be started and stopped, and its probes.

    The probes are the application's own, by path.
    """

    app: Application
    lifespan: Lifespan
    probes: dict[str, Probe]


def assemble(
    adapted: Function, settings: Settings, configuration: Callable[[], Configuration]
) -> Assembled:
    """Put the application of a function together."""
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
    served = _logged(_observed(app, by_path, settings), by_path, settings.log)
    return Assembled(served, lifespan, by_path)


# What is not asked for is neither imported nor in the way of a request.


def _logged(app: Application, by_path: dict[str, Probe], wanted: LogSettings) -> Application:
    """Add what the log needs to know about a request."""
    if wanted.access:
        from func_runtime.app.access_log import AccessLog  # noqa: PLC0415

        app = AccessLog(app, by_path)
    if wanted.format is LogFormat.JSON:
        from func_runtime.log.trace_context import TraceContext  # noqa: PLC0415

        app = TraceContext(app)
    return app


def _observed(app: Application, by_path: dict[str, Probe], settings: Settings) -> Application:
    """Add traces and metrics."""
    if settings.telemetry == TelemetrySettings():
        return app
    try:
        from func_runtime.app import telemetry  # noqa: PLC0415

        telemetry.configure(settings.telemetry, settings.log.service)
    except ImportError as error:
        log.warning("No telemetry: %s (the function must bring %s)", error, _OPENTELEMETRY)
        return app
    return telemetry.Telemetry(app, by_path)


def _limited(handler: Handler, settings: Settings) -> Handler:
    """Add the limits that are set."""
    if settings.max_body_bytes and settings.invoke is Invoke.HTTP:
        from func_runtime.app.request_limits import BodyLimit  # noqa: PLC0415

        handler = BodyLimit(handler, settings.max_body_bytes)
    if settings.request:
        from func_runtime.app.request_limits import TimeLimit  # noqa: PLC0415

        handler = TimeLimit(handler, settings.request)
    return handler


def _handler(adapted: Function, settings: Settings) -> Handler:
    if settings.invoke is Invoke.HTTP:
        return adapted.handle
    from func_runtime.cloudevents import sdk  # noqa: PLC0415 -- HTTP functions start without
    from func_runtime.cloudevents.handler import EventHandler  # noqa: PLC0415

    return EventHandler(adapted.handle, sdk.choose(), settings.max_event_bytes)
