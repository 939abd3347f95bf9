"""The time of a container's start, from Docker."""

import json

import pytest
from bench.build import start


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-02T03:04:05.123456789Z", 1767323045.123456789),
        ("2026-01-02T03:04:05Z", 1767323045),
    ],
    ids=["nanoseconds", "whole"],
)
def test_started_at(text: str, seconds: float) -> None:
    """Docker omits zeros at the end of a fraction."""
    inspected = json.dumps([{"State": {"StartedAt": text}}])

    assert pytest.approx(seconds, abs=1e-6) == start.started_at(inspected)
