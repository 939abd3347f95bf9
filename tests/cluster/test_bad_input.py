"""How a platform handles functions that it cannot run, and functions that it stops."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cluster.node import STATE, Namespace
from cluster.registry import only_for, variant
from image.container import eventually
from image.func import Func

ONE = {"autoscaling.knative.dev/min-scale": "1", "autoscaling.knative.dev/max-scale": "1"}


@pytest.fixture(scope="module")
def good(probe: str, namespace: Namespace) -> Iterator[str]:
    """Return a service with a working image. Tests give it bad ones."""
    namespace.deploy("orders", probe, annotations=ONE)
    yield "orders"
    # The bad revisions are no obstacle to the next good one.
    namespace.deploy("orders", probe, annotations=ONE, env={"GREETING": "Again"})
    assert ask(namespace, "orders").json()["greeting"] == "Again"


def ask(namespace: Namespace, service: str, path: str = "/", **query: str) -> httpx.Response:
    """Send a request to a service through the gateway."""
    with namespace.client(service) as client:
        return client.get(path, params=query)


def user_container(pod: dict[str, Any]) -> dict[str, Any]:
    """Return the node's status of a pod's function. Empty before it has started."""
    found = pod.get("status", {}).get("containerStatuses", ())
    return next((item for item in found if item["name"] == "user-container"), {})


def ended(namespace: Namespace, service: str) -> dict[str, Any]:
    """Return how the only function of a service last ended. Empty if it has not."""
    for pod in namespace.pods(service):
        states: dict[str, Any] = user_container(pod).get("state", {})
        earlier: dict[str, Any] = user_container(pod).get("lastState", {})
        found: dict[str, Any] = states.get("terminated") or earlier.get("terminated") or {}
        return found
    return {}


def reasons(namespace: Namespace, service: str) -> str:
    """Return why functions of a service do not start, as `kubectl describe pod` shows it."""
    waiting = [
        user_container(pod).get("state", {}).get("waiting", {}) for pod in namespace.pods(service)
    ]
    return "\n".join(f"{item.get('reason')}: {item.get('message', '')}" for item in waiting)


def bad_image(probe: str, fault: str) -> tuple[str, str]:
    """Return an image that no node can run, and the node's message about it."""
    if fault == "not there":
        return f"{probe}:absent", "not found"
    if fault == "another architecture":
        return only_for(probe, "arm64"), "no match for platform"
    made = variant(probe, fault)
    content = made.blob.read_bytes()
    if fault == "corrupt":
        made.corrupt(content.replace(b"linux", b"xxxxx"))
        return made.name, "unexpected commit digest"
    made.corrupt(content[: len(content) // 2])
    return made.name, "unexpected EOF"


@pytest.mark.parametrize("fault", ["not there", "corrupt", "short", "another architecture"])
def test_a_bad_image_replaces_nothing(
    probe: str, namespace: Namespace, good: str, fault: str
) -> None:
    """The node reports the problem of the image, and the earlier revision keeps serving."""
    image, reason = bad_image(probe, fault)
    namespace.deploy_only(good, image, annotations=ONE)
    assert eventually(lambda: reason in reasons(namespace, good)), reasons(namespace, good)
    assert ask(namespace, good).json()["revision"] == f"{good}-00001"


def test_a_registry_that_refuses(namespace: Namespace, good: str) -> None:
    """Knative reports that it cannot reach the registry, and the service keeps running."""
    namespace.deploy_only(good, "localhost:1/nobody/listens", annotations=ONE)
    assert eventually(lambda: "connection refused" in namespace.conditions(good))
    assert ask(namespace, good).status_code == httpx.codes.OK


def test_an_account_without_rights(probe: str, func: Func, namespace: Namespace) -> None:
    """`func deploy` fails with the 403 of the cluster, and has created nothing."""
    visitor = {"KUBECONFIG": str(STATE / "kubeconfig.visitor")}
    func.command(["create", "--language", "python", "refused"])
    options = ["--image", probe, "--build=false", "--push=false", "--namespace", namespace.name]
    done = func.attempt(["deploy", *options], cwd=func.folder / "refused", variables=visitor)
    assert done.returncode == 1
    assert "visitor" in done.stdout
    assert "forbidden" in done.stdout
    assert "refused" not in namespace.kubectl("get", "ksvc", "--output", "name")


def test_a_function_that_cannot_start(probe: str, namespace: Namespace) -> None:
    """Its pod has the reason: the termination message is the traceback, as in the log."""
    namespace.deploy_only("broken", probe, env={"START_ERROR": "no database"})
    assert eventually(lambda: "exitCode" in ended(namespace, "broken"))
    end = ended(namespace, "broken")
    assert end["exitCode"] == 1
    assert "ERROR: The function failed: start() raised an exception" in end["message"]
    assert end["message"].endswith("RuntimeError: no database\n")
    selector = "serving.knative.dev/service=broken"
    command = ["logs", "--selector", selector, "--container", "user-container", "--previous"]
    assert eventually(lambda: "RuntimeError: no database" in namespace.attempt(*command).stdout)


def test_out_of_memory(probe: str, namespace: Namespace) -> None:
    """A function that uses more than its limit is killed and restarted. Its pod has the reason."""
    namespace.deploy("large", probe, annotations=ONE, limits={"memory": "64Mi"})
    assert ask(namespace, "large", "/allocate", megabytes="256").status_code >= 500
    assert eventually(lambda: "exitCode" in ended(namespace, "large"))
    end = ended(namespace, "large")
    assert (end["reason"], end["exitCode"]) == ("OOMKilled", 137)
    assert eventually(lambda: ask(namespace, "large").status_code == httpx.codes.OK)


def test_little_of_everything(probe: str, namespace: Namespace) -> None:
    """With a tenth of a processor and 64 MB, a function gets ready, and starts again from zero."""
    namespace.deploy("little", probe, limits={"cpu": "100m", "memory": "64Mi"})
    before = ask(namespace, "little").json()["pod"]
    assert eventually(lambda: not namespace.pods("little"))
    # Knative may still send a request to the old pod, which answers while it drains.
    assert eventually(lambda: ask(namespace, "little").json()["pod"] != before)
    (pod,) = namespace.pods("little")
    assert user_container(pod)["restartCount"] == 0


@pytest.mark.parametrize("stage", ["made", "starting", "serving", "stopping"])
def test_a_pod_that_is_killed(probe: str, namespace: Namespace, stage: str) -> None:
    """Whenever a pod is killed, from pull to stop, the next one takes over."""
    name = f"killed-{stage}"
    seconds = "8" if stage == "starting" else "0"
    namespace.deploy_only(name, probe, annotations=ONE, env={"START_SECONDS": seconds})
    if stage in {"serving", "stopping"}:
        namespace.wait_until_ready(name)
    pod = reached(namespace, name, stage)
    if stage == "stopping":
        namespace.kubectl("delete", "pod", pod, "--wait=false")
    namespace.kubectl("delete", "pod", pod, "--grace-period=0", "--force")

    namespace.wait_until_ready(name)
    assert eventually(lambda: ask(namespace, name).is_success)
    assert ask(namespace, name).json()["pod"] != pod


def reached(namespace: Namespace, service: str, stage: str) -> str:
    """Wait until a service's pod has come to a stage, and return the pod's name."""
    found: list[str] = []

    def is_there() -> bool:
        found[:] = [
            pod["metadata"]["name"]
            for pod in namespace.pods(service)
            if stage == "made" or is_running(pod, ready=stage != "starting")
        ]
        return bool(found)

    assert eventually(is_there)
    return found[0]


def is_running(pod: dict[str, Any], *, ready: bool) -> bool:
    """Return whether a pod's function runs, and its queue-proxy has found it ready or not."""
    is_ready = all(item["ready"] for item in pod["status"].get("containerStatuses", ()))
    return "running" in user_container(pod).get("state", {}) and is_ready is ready
