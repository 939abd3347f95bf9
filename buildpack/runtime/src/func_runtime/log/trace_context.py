"""The trace of a request, for the log: W3C Trace Context, which Knative passes on.

Imported for JSON logs only.
"""

import re
import sys
from contextvars import ContextVar

from func_runtime.asgi import Application, Headers, Receive, Scope, Send

# https://www.w3.org/TR/trace-context/#traceparent-header: version, trace, parent, flags. A version
# above 00 may have more. ff, and a trace or a parent of zeros, are not valid.
_TRACEPARENT = re.compile(
    rb"(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?"
)

# Parsed when a line is logged: most requests log nothing.
_headers: ContextVar[Headers] = ContextVar("func_runtime_headers", default=())


class TraceContext:
    """Makes the trace of a request known to all log lines of an application."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. The tasks and threads that it starts belong to its trace."""
        token = _headers.set(scope["headers"])
        try:
            await self._app(scope, receive, send)
        finally:
            _headers.reset(token)


def ids() -> dict[str, str]:
    """Return the current trace and span: those of OpenTelemetry, if it is used.

    Otherwise those of the caller, from the header of the request.
    """
    if (span := _span()) is not None:
        return span
    found = [value for name, value in _headers.get() if name == b"traceparent"]
    matched = _TRACEPARENT.fullmatch(found[0]) if len(found) == 1 else None
    if matched is None:
        return {}
    return {"trace_id": matched[1].decode(), "span_id": matched[2].decode()}


def _span() -> dict[str, str] | None:
    # Imported by the runtime (telemetry.py) or by the function.
    api = sys.modules.get("opentelemetry.trace")
    current = getattr(api, "get_current_span", None)  # None while it is being imported
    if current is None or not (span := current().get_span_context()).is_valid:
        return None
    return {"trace_id": f"{span.trace_id:032x}", "span_id": f"{span.span_id:016x}"}
