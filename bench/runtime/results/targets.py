"""The targets for func_runtime."""

from bench.runtime.peers import ASYNCIO, FLOOR, FUNC_PYTHON, GRANIAN, UVICORN
from bench.runtime.results import figures
from bench.targets import Bound, Target

TARGETS = (
    Target(figures.CPU, 0.65, UVICORN),
    Target(figures.CPU, 1.2, FLOOR),
    Target(figures.CPU, 0.8, GRANIAN),
    Target(figures.CPU, 0.1, FUNC_PYTHON),
    Target(figures.RATE, 1.25, UVICORN, Bound.AT_LEAST),
    Target(figures.RATE, 8, FUNC_PYTHON, Bound.AT_LEAST),
    Target(figures.P99_HALF, 1.1, UVICORN),
    Target(figures.ORDERS_CPU, 0.9, UVICORN),
    # A fifth and a quarter. CPU time, because other work on the machine changes the rate.
    Target(figures.BINARY_CPU, 0.2, FUNC_PYTHON),
    Target(figures.STRUCTURED_CPU, 0.25, FUNC_PYTHON),
    Target(figures.START, 0.65, FUNC_PYTHON),
    Target(figures.START, 1.12, ASYNCIO),
    Target(figures.START_EVENT, 0.75, FUNC_PYTHON),
    Target(figures.RESIDENT, 0.8, UVICORN),
    Target(figures.RESIDENT, 1, FUNC_PYTHON, aim=True),
    # No growth. An allocator may keep memory of a first burst, but not a page for each 50 requests.
    Target(figures.GROWTH, 1.02),
    Target(figures.CONTRACT, 1),
)
