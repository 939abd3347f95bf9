"""Log lines during uv's builds from source."""

import time

import pytest

from function_buildpack.uv import source_builds
from function_buildpack.uv.source_builds import Package

LINES = (
    "Resolved 3 packages in 1.80s",
    "   Building mine @ file:///workspace/mine",
    "   Building acme==1.0",
    "      Built mine @ file:///workspace/mine",
)


def test_looked_at() -> None:
    """Packages of an index are checked, folders are not."""
    seen: list[Package] = []

    with source_builds.followed(seen.append, 60) as line:
        for text in LINES:
            line(text)

    assert [Package("acme", "1.0")] == seen
    assert "acme 1.0" == str(seen[0])


def test_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Running builds are logged repeatedly, until they end."""
    with source_builds.followed(lambda _: None, 0.01) as line:
        for text in LINES:
            line(text)
        wait_for("acme", capsys)
        assert "mine" not in wait_for("Building acme==1.0 from source: 0 s so far", capsys)
        line("      Built acme==1.0")
        line("      Built other==1.0")
    capsys.readouterr()

    with source_builds.followed(lambda _: None, 0.01):
        time.sleep(0.03)
    assert "" == capsys.readouterr().out


def wait_for(text: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Wait for output, and return all output until then."""
    said, deadline = "", time.monotonic() + 5
    while text not in said and time.monotonic() < deadline:
        time.sleep(0.01)
        said += capsys.readouterr().out
    assert text in said
    return said


NEITHER = "can't be installed because it doesn't have a source distribution or wheel for the "
HINTED = f"error: Package `acme` {NEITHER}current platform\n\nhint: You're"
ONLY = "but `acme` (v1.0) only has wheels"


@pytest.mark.parametrize(
    "said",
    [
        "  cause: Because acme==1.0 has no wheels with a matching Python ABI tag (e.g., `cp313`)",
        f"error: Distribution `acme==1.0 @ registry+https://x/simple` {NEITHER}current platform",
        f"{HINTED} using CPython 3.11 (`cp311`), {ONLY} with the following Python ABI tag: `cp312`",
        f"{HINTED} on Linux (`linux_x86_64`), {ONLY} for the following platforms: `win_amd64`",
    ],
    ids=["resolution", "uv.lock", "Python", "platform"],
)
def test_unfitting(said: str) -> None:
    """A package without a source and a suitable wheel is recognized in uv's explanations."""
    assert Package("acme", "1.0", has_source=False) == source_builds.without_wheel(said)
    assert None is source_builds.without_wheel("error: No solution found")
