"""Puts the parts around a function together: what a server serves, and what a test calls."""

from collections.abc import Callable

from func_runtime import function
from func_runtime.app import App, probes
from func_runtime.asgi import Handler
from func_runtime.function import Configuration, Function
from func_runtime.health import Health
from func_runtime.lifespan import Lifespan
from func_runtime.responses import ACCEPTED, NO_CONTENT
from func_runtime.settings import Invoke, Settings
from func_runtime.threads import Threads

# One thread for each hook: a check that hangs must not keep stop() from running.
_HOOKS = 4


def adapt(instance: object, origin: str, settings: Settings) -> Function:
    """Turn what new() returned into a Function, with its own threads.

    :raises HandleMissing: there is no handle.
    """
    return function.adapt(
        instance, origin, Threads("function", settings.threads), Threads("function-hook", _HOOKS)
    )


def assemble(
    adapted: Function, settings: Settings, configuration: Callable[[], Configuration]
) -> tuple[App, Lifespan]:
    """Return the application of a function, and its life, which is to be started and stopped."""
    lifespan = Lifespan(adapted, configuration)
    health = Health(adapted, lifespan)
    app = App(
        _handler(adapted, settings),
        lifespan,
        probes(health, settings.liveness_paths, settings.readiness_paths),
        unanswered=ACCEPTED if settings.invoke is Invoke.CLOUDEVENT else NO_CONTENT,
    )
    return app, lifespan


def _handler(adapted: Function, settings: Settings) -> Handler:
    if settings.invoke is Invoke.HTTP:
        return adapted.handle
    from func_runtime.cloudevents import sdk  # noqa: PLC0415 -- HTTP functions start without
    from func_runtime.cloudevents.handler import EventHandler  # noqa: PLC0415

    return EventHandler(adapted.handle, sdk.choose(), settings.max_event_bytes)
