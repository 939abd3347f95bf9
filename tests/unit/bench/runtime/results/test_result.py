"""A run as data."""

import json

import pytest
from bench.runtime.peers import FUNC_PYTHON, OURS, UVICORN
from bench.runtime.results import figures, result

from unit.bench.runtime import sample


def test_median() -> None:
    """The median includes only rounds with a value."""
    found = sample.result()

    assert 21.0 == found.median(figures.CPU, OURS)
    assert 1.0 == found.median(figures.P99_HALF, OURS)
    assert None is found.median(figures.P99_HALF, FUNC_PYTHON)


def test_ratio() -> None:
    """Ratios are from each round: here 0.8 and 0.55. The ratio of the medians would be 0.65."""
    assert pytest.approx(0.675) == sample.result().ratio(figures.CPU, UVICORN)


def test_ratio_of_common_rounds() -> None:
    """A round without one of the two values does not count."""
    assert 1.0 == sample.result().ratio(figures.P99_HALF, UVICORN)
    assert None is sample.result().ratio(figures.P99_HALF, FUNC_PYTHON)


def test_spread() -> None:
    """The spread is the maximum minus the minimum, divided by the median. One round has none."""
    assert pytest.approx(2 / 21) == sample.result().spread(figures.CPU, OURS)
    assert None is sample.result(sample.ROUNDS[:1]).spread(figures.CPU, OURS)


def test_document() -> None:
    """A written result is read unchanged, except for meaningless digits."""
    found = sample.result()

    assert found == result.read(result.write(found))


def test_document_digits() -> None:
    """Values keep two digits more than a report shows."""
    found = sample.result([{figures.CPU.name: {OURS: 20.123456}}])

    assert [{"cpu_us": {OURS: 20.123}}] == json.loads(result.write(found))["rounds"]


def test_document_medians() -> None:
    """The document has the medians of all values."""
    medians = json.loads(result.write(sample.result()))["medians"]

    assert {"cpu_us", "requests_per_s", "p99_half_ms", "contract_us"} == set(medians)
    assert {OURS: 1.0, UVICORN: 1.5} == medians["p99_half_ms"]


def test_document_of_another_format() -> None:
    """A document of another format is an error."""
    with pytest.raises(ValueError, match="format"):
        result.read('{"format": 0}')
