"""Names that users, platforms and the build side know: modules, files, variables, paths.

The build side has its own copy of what both sides must agree on; tests/contract/test_seam.py
compares. docs/contract.md lists them for people.
"""

# The function.
PACKAGE = "function"
NEW = "new"
HANDLE = "handle"
SOURCES = "src"
FUNC_YAML = "func.yaml"

# The seam: what the build bakes into an image as defaults.
RUNTIME_MODULE = "func_runtime"
FUNC_INVOKE = "FUNC_INVOKE"
FUNC_LIVENESS_PATH = "FUNC_LIVENESS_PATH"
FUNC_READINESS_PATH = "FUNC_READINESS_PATH"
INVOKE_HTTP = "http"
INVOKE_CLOUDEVENT = "cloudevent"
# What --check writes once the function has loaded: a process can end with 0 before that as well.
LOADED = "It loads"
# What --check writes before a module that is missing, where it says what has that.
MISSING = "Missing:  "

# Set by the platform: PORT, K_SERVICE and K_REVISION by Knative Serving (its runtime contract),
# LISTEN_ADDRESS by func, FORWARDED_ALLOW_IPS for uvicorn and gunicorn, KUBERNETES_SERVICE_HOST by
# every kubelet.
PORT = "PORT"
LISTEN_ADDRESS = "LISTEN_ADDRESS"
FORWARDED_ALLOW_IPS = "FORWARDED_ALLOW_IPS"
KNATIVE_SERVICE = "K_SERVICE"
KNATIVE_REVISION = "K_REVISION"
KUBERNETES = "KUBERNETES_SERVICE_HOST"

# Set by whoever runs the function, or by an operator of OpenTelemetry's.
LOG_LEVEL = "LOG_LEVEL"
LOG_FORMAT = "LOG_FORMAT"
OTEL_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
OTEL_TRACES = "OTEL_TRACES_EXPORTER"
OTEL_METRICS = "OTEL_METRICS_EXPORTER"
FUNC_ACCESS_LOG = "FUNC_ACCESS_LOG"
FUNC_THREADS = "FUNC_THREADS"
FUNC_EVENT_LOOP = "FUNC_EVENT_LOOP"
FUNC_MAX_BODY_BYTES = "FUNC_MAX_BODY_BYTES"
FUNC_MAX_EVENT_BYTES = "FUNC_MAX_EVENT_BYTES"
FUNC_MAX_WEBSOCKET_BYTES = "FUNC_MAX_WEBSOCKET_BYTES"
FUNC_REQUEST_SECONDS = "FUNC_REQUEST_SECONDS"
FUNC_KEEP_ALIVE_SECONDS = "FUNC_KEEP_ALIVE_SECONDS"
FUNC_LAME_DUCK_SECONDS = "FUNC_LAME_DUCK_SECONDS"
FUNC_SHUTDOWN_SECONDS = "FUNC_SHUTDOWN_SECONDS"

# Always served, whatever else func.yaml names.
LIVENESS_PATH = "/health/liveness"
READINESS_PATH = "/health/readiness"
