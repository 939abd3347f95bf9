"""The figures: their names in a result, and their titles and notes in a report."""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """A group of figures that are measured together."""

    START = "start"
    LOAD = "load"
    ORDERS = "orders"
    EVENTS = "events"
    IMPORTS = "imports"
    CONTRACT = "contract"
    SOAK = "long run"


@dataclass(frozen=True)
class Figure:
    """A figure. `note` explains how it is measured."""

    part: Part
    name: str
    title: str
    unit: str
    digits: int
    note: str


CPU = Figure(
    Part.LOAD,
    "cpu_us",
    "CPU time per request",
    "µs",
    1,
    "user and system time of the whole process tree, from /proc, divided by the requests of the "
    "run at full load; a busy machine changes this figure least",
)
CPU_KERNEL = Figure(
    Part.LOAD,
    "cpu_kernel_us",
    "CPU time per request, in the kernel",
    "µs",
    1,
    "system time of the same run: the network, which every server needs",
)
RATE = Figure(
    Part.LOAD,
    "requests_per_s",
    "Requests per second",
    "1/s",
    0,
    "wrk on the same machine, with 32 connections that stay open. Each sends its next request "
    "after the response",
)
BUSY = Figure(
    Part.LOAD,
    "busy_cores",
    "Cores in use at full load",
    "",
    2,
    "CPU time per second of the same run. If a server on one thread is well below 1, it has waited "
    "for wrk, or for other work on the machine, and could respond to more requests",
)
P99_FULL = Figure(Part.LOAD, "p99_full_ms", "p99 latency at full load", "ms", 2, "of the same run")
P99_HALF = Figure(
    Part.LOAD,
    "p99_half_ms",
    "p99 latency at half of raw uvicorn's peak",
    "ms",
    2,
    "the same load for all: half of the rate that raw uvicorn reached in that round. wrk has no "
    "rate limit, so the number of connections sets the rate. Each connection waits 5 to 15 ms (10 "
    "on average) before a request. The loop is closed: a slow response delays the next request of "
    "its connection, and wrk adds the requests that it assumes were missed. Its clock has steps of "
    "1 ms, so requests come in small bunches. Peers that cannot keep up with the rate have no "
    "figure",
)
HALF_RATE = Figure(
    Part.LOAD, "half_rate", "Actual rate at half load", "1/s", 0, "the rate of these connections"
)
ORDERS = Figure(
    Part.ORDERS,
    "orders_per_s",
    "JSON requests per second",
    "1/s",
    0,
    "a function like real ones: it reads a JSON document of 1 kB and responds with one of 2 kB. "
    "Requests have twelve headers, as queue-proxy sends them; 32 connections",
)
ORDERS_CPU = Figure(
    Part.ORDERS,
    "order_cpu_us",
    "CPU time per JSON request",
    "µs",
    1,
    "as for a request; the function itself takes most of it",
)
BINARY = Figure(
    Part.EVENTS,
    "binary_events_per_s",
    "CloudEvents per second, binary",
    "1/s",
    0,
    "an event in binary mode in, an event out, 32 connections",
)
BINARY_CPU = Figure(
    Part.EVENTS, "binary_cpu_us", "CPU time per event, binary", "µs", 1, "as for a request"
)
STRUCTURED = Figure(
    Part.EVENTS,
    "structured_events_per_s",
    "CloudEvents per second, structured",
    "1/s",
    0,
    "an event as one JSON document in, an event out, 32 connections",
)
STRUCTURED_CPU = Figure(
    Part.EVENTS, "structured_cpu_us", "CPU time per event, structured", "µs", 1, "as for a request"
)
START = Figure(
    Part.START,
    "start_ms",
    "Process start to first answer",
    "ms",
    1,
    "from before the spawn until the first 200 is read, with a connection attempt every 0.5 ms; "
    "bytecode exists",
)
START_CPU = Figure(
    Part.START,
    "start_cpu_ms",
    "CPU time until the first answer",
    "ms",
    1,
    "of the same starts, by the scheduler's clock; a busy machine changes this less",
)
START_EVENT = Figure(
    Part.START,
    "start_event_ms",
    "Process start to first event answered",
    "ms",
    1,
    "the same with an event",
)
START_EVENT_CPU = Figure(
    Part.START,
    "start_event_cpu_ms",
    "CPU time until the first event answered",
    "ms",
    1,
    "the same with an event",
)
RESIDENT = Figure(
    Part.LOAD,
    "resident_mb",
    "Resident memory, idle",
    "MB",
    1,
    "of the process tree, half a second after the first response. Memory that processes share "
    "counts for each of them",
)
OWN = Figure(
    Part.LOAD,
    "own_mb",
    "Own memory, idle (PSS)",
    "MB",
    1,
    "each process counts its share of a shared page",
)
SOAK = Figure(
    Part.SOAK,
    "long_run_requests",
    "Requests of the long run",
    "",
    0,
    "200,000, or the number of responses in half a minute; once, not in each round",
)
SOAKED = Figure(
    Part.SOAK,
    "soaked_mb",
    "Resident memory after the long run",
    "MB",
    1,
    "of the process tree",
)
GROWTH = Figure(
    Part.SOAK,
    "growth",
    "Growth in the long run",
    "",
    3,
    "resident memory after the long run, divided by that after its first tenth (at least a second)",
)
MODULES = Figure(
    Part.IMPORTS,
    "modules",
    "Modules imported until the first answer",
    "",
    0,
    "lines of `python -X importtime`, including the interpreter's own",
)
IMPORTS = Figure(
    Part.IMPORTS,
    "import_ms",
    "Time of imports",
    "ms",
    1,
    "from the same command, which makes imports slower",
)
MODULES_EVENT = Figure(Part.IMPORTS, "modules_event", "Modules, events function", "", 0, "the same")
IMPORTS_EVENT = Figure(
    Part.IMPORTS, "import_event_ms", "Time of imports, events function", "ms", 1, "the same"
)
CONTRACT = Figure(
    Part.CONTRACT,
    "contract_us",
    "What the contract adds to a request",
    "µs",
    2,
    "CPU time of func_runtime's application around the function's handle, minus the CPU time of "
    "the handle itself: in process, without sockets; dispatch, health checks and guards",
)

FIGURES = (
    CPU,
    CPU_KERNEL,
    RATE,
    BUSY,
    P99_FULL,
    P99_HALF,
    HALF_RATE,
    ORDERS,
    ORDERS_CPU,
    BINARY,
    BINARY_CPU,
    STRUCTURED,
    STRUCTURED_CPU,
    START,
    START_CPU,
    START_EVENT,
    START_EVENT_CPU,
    RESIDENT,
    OWN,
    SOAK,
    SOAKED,
    GROWTH,
    MODULES,
    IMPORTS,
    MODULES_EVENT,
    IMPORTS_EVENT,
    CONTRACT,
)

BY_NAME = {figure.name: figure for figure in FIGURES}
