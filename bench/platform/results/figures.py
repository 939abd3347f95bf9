"""The figures: their names in a result, and their titles and notes in a report."""

from bench.build.results.figures import OURS, PIP, Figure

__all__ = ["OURS", "PIP"]

WAKE = Figure(
    "wake_s",
    "From zero to the first answer",
    "s",
    2,
    "from a request through the gateway, to a function without a pod, until its response. Since "
    "30 November 2026, each round sends it at another time of the second",
)
WAKE_ALONE = Figure(
    "wake_alone_s",
    "The same without the wait for the kubelet",
    "s",
    2,
    "that time minus `start() to address`, which varies from 0 to 1 second by chance",
)
POD = Figure(
    "pod_s",
    "Request to pod",
    "s",
    2,
    "part of that: until the pod is in the API (gateway, activator, autoscaler, deployment)",
)
SANDBOX = Figure(
    "sandbox_s",
    "Pod to sandbox",
    "s",
    2,
    "then until the first process of the pod has started (scheduler, kubelet, containerd, network)",
)
PROCESS = Figure(
    "process_s",
    "Sandbox to process",
    "s",
    2,
    "then until the function's process has started (image, root file system, runc)",
)
IMPORTS = Figure(
    "imports_s",
    "Process to function",
    "s",
    3,
    "then until the function's module is imported (init, interpreter, imports of the runtime)",
)
HOOK = Figure(
    "hook_s",
    "Function to start()",
    "s",
    3,
    "then until start() is called (for func-python, this includes the set-up of its server)",
)
KUBELET = Figure(
    "kubelet_s",
    "start() to address",
    "s",
    2,
    "then until the API has the pod's address. The kubelet checks its containers once a second, "
    "and sends the address after the first check that finds all of them running. No request "
    "arrives before",
)
ASKED = Figure(
    "asked_s",
    "Address to request",
    "s",
    2,
    "then until handle() is called for the request (the server listens, queue-proxy finds it "
    "ready, endpoints, activator)",
)
ANSWERED = Figure(
    "answered_s",
    "Request to answer",
    "s",
    3,
    "then until the response arrives, through queue-proxy, activator and gateway",
)
INIT = Figure(
    "init_s",
    "Process: launcher and init",
    "s",
    2,
    "from the start of the function's process to the start of the interpreter, to a hundredth",
)
SERVING = Figure(
    "serving_s",
    "Process: until it serves",
    "s",
    3,
    "from the start of the function's process until the log has the line that the function is "
    "serving; func-python does not log this",
)
READY = Figure(
    "ready_s",
    "Process: until the pod is ready",
    "s",
    2,
    "from the start of the function's process until the pod is ready in the API. The activator "
    "checks by itself, and does not have to wait for it",
)
DEPLOY = Figure(
    "deploy_s",
    "`func deploy` of a changed source",
    "s",
    1,
    "wall clock, until func reports that the new revision is ready; build, push, revision, pod",
)
NEXT_BYTES = Figure(
    "next_mb",
    "The next function: pulled",
    "MB",
    2,
    "compressed layers of another function's image that the node does not have from the first",
)
NEXT_SECONDS = Figure(
    "next_s", "The next function: pull", "s", 2, "as kubelet reports for that image (event Pulled)"
)
MEMORY = Figure(
    "idle_mb",
    "Memory of an idle pod",
    "MB",
    1,
    "PSS of the function's processes, after its first responses",
)
MEDIAN = Figure(
    "median_ms",
    "Answer, median",
    "ms",
    2,
    "2,000 requests with 8 connections through gateway and queue-proxy, to one pod",
)
P99 = Figure("p99_ms", "Answer, 99th percentile", "ms", 2, "of the same requests")

FIGURES = (
    WAKE,
    WAKE_ALONE,
    POD,
    SANDBOX,
    PROCESS,
    IMPORTS,
    HOOK,
    KUBELET,
    ASKED,
    ANSWERED,
    INIT,
    SERVING,
    READY,
    DEPLOY,
    NEXT_BYTES,
    NEXT_SECONDS,
    MEMORY,
    MEDIAN,
    P99,
)

BY_NAME = {figure.name: figure for figure in FIGURES}
