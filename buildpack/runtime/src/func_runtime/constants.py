"""Names that users, platforms and the build side know: modules, files, variables, paths.

The build side has a copy of those that both sides use. tests/contract/test_seam.py compares them.
docs/contract.md documents them.
"""

# The function.
PACKAGE = "function"
NEW = "new"
HANDLE = "handle"
SOURCES = "src"
FUNC_YAML = "func.yaml"

# What the build sets in an image, as defaults.
RUNTIME_MODULE = "func_runtime"
FUNC_INVOKE = "FUNC_INVOKE"
FUNC_LIVENESS_PATH = "FUNC_LIVENESS_PATH"
FUNC_READINESS_PATH = "FUNC_READINESS_PATH"
INVOKE_HTTP = "http"
INVOKE_CLOUDEVENT = "cloudevent"
# What --check writes when the function has loaded: a process can exit with 0 before that too.
LOADED = "It loads"
# What --check writes before the name of a missing module, if its package is known.
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

# Set by users, or by the operator of OpenTelemetry.
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
# All of them, in the order of settings/table.py.
SETTINGS = (
    *(PORT, LISTEN_ADDRESS, FORWARDED_ALLOW_IPS),
    *(FUNC_INVOKE, FUNC_LIVENESS_PATH, FUNC_READINESS_PATH),
    *(LOG_LEVEL, LOG_FORMAT, FUNC_ACCESS_LOG, FUNC_THREADS, FUNC_EVENT_LOOP),
    *(FUNC_MAX_BODY_BYTES, FUNC_MAX_EVENT_BYTES, FUNC_MAX_WEBSOCKET_BYTES, FUNC_REQUEST_SECONDS),
    *(FUNC_KEEP_ALIVE_SECONDS, FUNC_LAME_DUCK_SECONDS, FUNC_SHUTDOWN_SECONDS),
    *(OTEL_ENDPOINT, OTEL_TRACES, OTEL_METRICS),
)

# Always served, in addition to the paths of func.yaml.
LIVENESS_PATH = "/health/liveness"
READINESS_PATH = "/health/readiness"

# Modules of cloudevents that only version 1 has. Source: its migration guide "v1 to v2".
SDK_1_MODULES = ("abstract", "conversion", "exceptions", "http", "kafka", "pydantic", "sdk")
