"""Knative Eventing's data path: a broker, triggers, and our functions behind them."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from testcontainers.core.docker_client import DockerClient

from cluster.node import REGISTRY, Namespace
from image import prerequisites
from image.container import eventually
from image.func import Func
from image.pack import Pack

# A broker tries again after 0.1, 0.2 and 0.4 s.
RETRIES = {"retry": 3, "backoffPolicy": "exponential", "backoffDelay": "PT0.1S"}
# One pod that stays: it remembers what it has seen.
ONE = {"autoscaling.knative.dev/min-scale": "1", "autoscaling.knative.dev/max-scale": "1"}


@pytest.fixture(scope="module")
def image(pack: Pack, docker: DockerClient) -> Iterator[str]:
    """Return an image of tests/fixtures/functions/event_recorder that the cluster can pull."""
    built = pack.build(prerequisites.FUNCTIONS / "event_recorder")
    name = f"{REGISTRY}/functest-{uuid.uuid4().hex[:8]}/recorder"
    docker.client.images.get(built.image.name).tag(name)
    docker.client.images.push(name)
    yield name
    docker.client.images.remove(name)


@pytest.fixture(scope="module")
def broker(namespace: Namespace, image: str) -> str:
    """Return the address of a broker with two functions behind it: worker and dead letters.

    The worker gets events of the type example.work; what it gives up goes to the other one.
    """
    namespace.deploy("worker", image, annotations=ONE)
    namespace.deploy("letters", image, annotations=ONE)
    namespace.apply({"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", **named("default")})
    subscribe(namespace, "worker", "example.work", {**RETRIES, "deadLetterSink": sink("letters")})
    subscribe(namespace, "letters", "example.reply", RETRIES)
    assert eventually(lambda: is_ready(namespace, "broker", "default"))
    assert eventually(lambda: is_ready(namespace, "trigger", "worker"))
    assert eventually(lambda: is_ready(namespace, "trigger", "letters"))
    ingress = Namespace("knative-eventing").get("service", "broker-ingress")
    return f"http://{ingress['spec']['clusterIP']}/{namespace.name}/default"


def named(name: str) -> dict[str, Any]:
    """Return the metadata of an object."""
    return {"metadata": {"name": name}}


def sink(service: str) -> dict[str, Any]:
    """Return a reference to a function."""
    return {"ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": service}}


def subscribe(namespace: Namespace, service: str, kind: str, delivery: dict[str, Any]) -> None:
    """Have the broker send events of a type to a function."""
    namespace.apply(
        {
            "apiVersion": "eventing.knative.dev/v1",
            "kind": "Trigger",
            **named(service),
            "spec": {
                "broker": "default",
                "filter": {"attributes": {"type": kind}},
                "subscriber": sink(service),
                "delivery": delivery,
            },
        }
    )


def is_ready(namespace: Namespace, kind: str, name: str) -> bool:
    """Say whether an object is ready."""
    conditions = namespace.get(kind, name).get("status", {}).get("conditions", ())
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def publish(broker: str, kind: str = "example.work", **data: Any) -> str:
    """Send an event to the broker and return its id.

    As sources do, again after a failure: a new broker is ready before its channel is.
    """
    number = uuid.uuid4().hex
    headers = {"ce-specversion": "1.0", "ce-id": number, "ce-source": "/test", "ce-type": kind}

    def is_accepted() -> bool:
        answer = httpx.post(broker, headers=headers, json=data, trust_env=False)
        return answer.status_code == httpx.codes.ACCEPTED

    assert eventually(is_accepted)
    return number


def seen(namespace: Namespace, service: str) -> list[list[Any]]:
    """Return the type, the id and the number of tries of each event that a function has seen."""
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/test"}
    with namespace.client(service) as client:
        answer = client.post("/", headers=headers | {"ce-type": "example.asked"})
    events: list[list[Any]] = answer.json()["data"]
    return events


def test_events_of_a_type_arrive_once(namespace: Namespace, broker: str) -> None:
    """A function gets the events that its trigger filters for, and no others."""
    other = publish(broker, "example.other")
    number = publish(broker)
    assert eventually(lambda: ["example.work", number, 1] in seen(namespace, "worker"))
    assert other not in [event[1] for event in seen(namespace, "worker")]


def test_a_reply_is_routed_on(namespace: Namespace, broker: str) -> None:
    """The event that a function replies with goes to the function whose trigger is for its type."""
    before = len(seen(namespace, "letters"))
    publish(broker, reply="event")
    assert eventually(lambda: len(seen(namespace, "letters")) == before + 1)
    assert seen(namespace, "letters")[-1][0] == "example.reply"


def test_a_failure_is_tried_again(namespace: Namespace, broker: str) -> None:
    """A function that raises answers 500; the broker sends the event again until it is done."""
    number = publish(broker, fail=2)
    assert eventually(lambda: ["example.work", number, 3] in seen(namespace, "worker"))


@pytest.mark.parametrize("data", [{"reject": True}, {"fail": 100}])
def test_what_is_given_up_goes_to_the_dead_letters(
    namespace: Namespace, broker: str, data: dict[str, Any]
) -> None:
    """After a 400 at once, and after the last try that failed: nothing is lost."""
    number = publish(broker, **data)
    assert eventually(lambda: number in [event[1] for event in seen(namespace, "letters")])
    assert number not in [event[1] for event in seen(namespace, "worker")]


def test_func_subscribes(func: Func, namespace: Namespace, broker: str) -> None:
    """`func subscribe` and `func deploy` make a trigger; the function gets its events."""
    made = shutil.copytree(
        prerequisites.FUNCTIONS / "event_recorder", Path(func.folder) / "subscriber"
    )
    func_yaml = made / "func.yaml"
    options = "deploy:\n  options:\n    scale: {min: 1, max: 1}\n"
    func_yaml.write_text(func_yaml.read_text().replace("recorder", "subscriber") + options)
    func.command(["subscribe", "--filter", "type=example.subscribed"], cwd=made)
    builder = ["--builder", "pack", "--builder-image", prerequisites.builder_in_registry()]
    target = ["--registry", func.registry, "--namespace", namespace.name]
    func.command(["deploy", *builder, *target], cwd=made)

    number = publish(broker, "example.subscribed")

    arrived = ["example.subscribed", number, 1]
    assert eventually(lambda: arrived in seen(namespace, "subscriber"))
