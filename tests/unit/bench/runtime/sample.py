"""A result to test with: two rounds of a few figures."""

from bench.machine import Machine
from bench.rounds import Round
from bench.runtime.peers import FUNC_PYTHON, OURS, UVICORN
from bench.runtime.results import figures
from bench.runtime.results.figures import Part
from bench.runtime.results.result import Measured, Plan, Result

ROUNDS: list[Round] = [
    {
        figures.CPU.name: {OURS: 20.0, UVICORN: 25.0, FUNC_PYTHON: 250.0},
        figures.RATE.name: {OURS: 40_000.0, UVICORN: 20_000.0, FUNC_PYTHON: 4_000.0},
        figures.P99_HALF.name: {OURS: 1.0, UVICORN: 1.0},
        figures.CONTRACT.name: {OURS: 0.8},
    },
    {
        figures.CPU.name: {OURS: 22.0, UVICORN: 40.0, FUNC_PYTHON: 220.0},
        figures.RATE.name: {OURS: 40_000.0, UVICORN: 32_000.0, FUNC_PYTHON: 5_000.0},
        figures.P99_HALF.name: {UVICORN: 2.0},
        figures.CONTRACT.name: {OURS: 1.4},
    },
]


def result(
    rounds: list[Round] = ROUNDS,
    load: float = 0.0,
    processor: str = "A processor",
    taken: str = "2026-01-02T03:04:05+00:00",
) -> Result:
    """Return a result with these rounds."""
    return Result(
        taken=taken,
        plan=Plan(len(rounds), seconds=3, starts=5, soak=1000, parts=(Part.LOAD, Part.CONTRACT)),
        machine=Machine(processor, 2, 8_000, "Linux 6 x86_64", load),
        python="Python 3.13.5 (main)",
        load_tool="wrk 4.1.0",
        runtime="0123456789abcdef",
        peers={
            OURS: Measured("this one", {}),
            UVICORN: Measured("another", {"uvicorn": "0.54.0", "httptools": "0.9.0"}),
            FUNC_PYTHON: Measured("the third", {}),
        },
        rounds=rounds,
    )
