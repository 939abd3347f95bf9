"""Waiting for something in the cluster."""

from collections.abc import Iterator

import pytest

from tools.cluster import waiting
from tools.cluster.settings import Cluster
from tools.console import Failure


@pytest.fixture
def started(cluster: Cluster) -> Iterator[Cluster]:
    """A cluster whose node runs."""
    cluster.node.start(["sleep", "60"], lambda: True, 5)
    yield cluster
    cluster.node.stop()


def test_it_waits_until_nothing_is_missing(
    started: Cluster, capfd: pytest.CaptureFixture[str]
) -> None:
    """Waiting is announced once, and not at all if nothing is missing."""
    answers = iter(["no pods", "one pod", None])
    waiting.wait_until(started, "the pods", 30, lambda: next(answers))
    waiting.wait_until(started, "the API server", 30, lambda: None)

    assert ["==> Waiting for the pods"] == capfd.readouterr().err.splitlines()


def test_what_is_missing_is_in_the_error(started: Cluster) -> None:
    """The error has the time, the last state and the logs."""
    with pytest.raises(Failure) as failed:
        waiting.wait_until(started, "the pods", 0, lambda: "activator: 0/1 pods\ntainted: disk")

    assert (
        f"Waited 0 s for the pods\n  activator: 0/1 pods\n  tainted: disk\n  Logs: {started.logs}"
    ) == str(failed.value)


def test_a_node_that_has_ended_is_not_waited_for(cluster: Cluster) -> None:
    """The error with the end of its log is shown at once."""
    with pytest.raises(Failure):
        cluster.node.start(["sh", "-c", "echo etcd has ended with status 1"], lambda: False, 30)

    with pytest.raises(Failure, match="The cluster's node has ended") as failed:
        waiting.wait_until(cluster, "the API server", 300, lambda: "refused")

    assert "etcd has ended with status 1" in str(failed.value)
