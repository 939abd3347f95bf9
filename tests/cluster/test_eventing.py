"""Knative Eventing's data path: a broker, triggers, and our functions behind them."""

import shutil
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from cluster.node import GATEWAY, Namespace
from image import prerequisites
from image.container import eventually
from image.func import Func

# A broker tries again after 0.1, 0.2 and 0.4 s.
RETRIES = {"retry": 3, "backoffPolicy": "exponential", "backoffDelay": "PT0.1S"}
# One pod that stays: it remembers what it has seen.
ONE = {"autoscaling.knative.dev/min-scale": "1", "autoscaling.knative.dev/max-scale": "1"}
# The name that the gateway knows all brokers under.
BROKERS = {"host": "broker-ingress.knative-eventing.svc.cluster.local"}
ATTRIBUTES = {"ce-specversion": "1.0", "ce-source": "/test"}
# Added to the func.yaml of tests/fixtures/functions/event_recorder.
SCALE = "deploy: {options: {scale: {min: 1, max: 1}}}\n"


@pytest.fixture(scope="module")
def broker(namespace: Namespace, recorder: str) -> str:
    """Return the URL of a broker with two functions behind it: worker and dead letters.

    The worker gets events of the type example.work; what it gives up goes to the other one.
    """
    namespace.deploy("worker", recorder, annotations=ONE)
    namespace.deploy("letters", recorder, annotations=ONE)
    namespace.apply({"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", **named("default")})
    subscribe(namespace, "worker", "example.work", {**RETRIES, "deadLetterSink": sink("letters")})
    subscribe(namespace, "letters", "example.reply", RETRIES)
    namespace.wait_until_ready("default", "broker")
    namespace.wait_until_ready("worker", "trigger")
    namespace.wait_until_ready("letters", "trigger")
    url = f"http://{GATEWAY}/{namespace.name}/default"
    for service, kind in (("worker", "example.work"), ("letters", "example.reply")):
        publish_until_taken(namespace, url, service, kind)
    return url


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


def publish(broker: str, kind: str = "example.work", **data: Any) -> str:
    """Send an event to the broker and return its id.

    As sources do, again after a failure: a new broker is ready before its channel is.
    """
    number = uuid.uuid4().hex

    def is_accepted() -> bool:
        headers = BROKERS | ATTRIBUTES | {"ce-id": number, "ce-type": kind}
        answer = httpx.post(broker, headers=headers, json=data, timeout=60, trust_env=False)
        return answer.status_code == httpx.codes.ACCEPTED

    assert eventually(is_accepted)
    return number


def seen(namespace: Namespace, service: str) -> list[dict[str, Any]]:
    """Return what a function has recorded of each event that it has taken."""
    with namespace.client(service) as client:
        answer = client.post("/", headers=ATTRIBUTES | {"ce-id": "1", "ce-type": "example.asked"})
    events: list[dict[str, Any]] = answer.json()["data"]
    return events


def taken(namespace: Namespace, service: str, number: str) -> dict[str, Any]:
    """Wait until a function has taken the event with this id, and return what it has recorded."""
    found: list[dict[str, Any]] = []

    def is_there() -> bool:
        found[:] = [event for event in seen(namespace, service) if event["id"] == number]
        return bool(found)

    assert eventually(is_there), seen(namespace, service)
    (event,) = found
    return event


def publish_until_taken(namespace: Namespace, broker: str, service: str, kind: str) -> None:
    """Send events of a type until a function has one.

    A new trigger is ready before its channel sends to it. Events before that are lost.
    """

    def is_there() -> bool:
        publish(broker, kind)
        return kind in [event["type"] for event in seen(namespace, service)]

    assert eventually(is_there), seen(namespace, service)


def test_events_of_a_type_arrive_once(namespace: Namespace, broker: str) -> None:
    """A function gets the events that its trigger filters for, and no others."""
    other = publish(broker, "example.other")
    number = publish(broker)
    assert taken(namespace, "worker", number)["tries"] == 1
    assert other not in [event["id"] for event in seen(namespace, "worker")]


def test_a_reply_is_routed_on(namespace: Namespace, broker: str) -> None:
    """The event that a function replies with goes to the function whose trigger is for its type."""
    number = uuid.uuid4().hex
    reply = {"id": number, "type": "example.reply", "source": "/worker", "data": {"done": True}}
    publish(broker, worker={"reply": reply})
    assert taken(namespace, "letters", number)["data"] == {"done": True}


@pytest.mark.parametrize("failure", ["raise", 503, 429])
def test_a_failure_is_tried_again(namespace: Namespace, broker: str, failure: str | int) -> None:
    """After an exception or a temporary error, the event is sent again until it succeeds."""
    number = publish(broker, worker={"failures": [failure] * 2})
    assert taken(namespace, "worker", number)["tries"] == 3


@pytest.mark.parametrize(
    ("failures", "error"), [([400], "400"), ([403], "403"), (["raise"] * 4, "500")]
)
def test_what_is_given_up_goes_to_the_dead_letters(
    namespace: Namespace, broker: str, failures: list[str | int], error: str
) -> None:
    """A rejected event goes there at once, a failed one after the last retry, with the status."""
    # One try more than the function fails: it would take the event.
    number = publish(broker, worker={"failures": failures})
    letter = taken(namespace, "letters", number)
    assert (letter["type"], letter["error"]) == ("example.work", error)
    assert number not in [event["id"] for event in seen(namespace, "worker")]


def test_a_reply_that_is_no_event_is_a_failure(namespace: Namespace, broker: str) -> None:
    """For a broker, data is not a valid reply: it sends the event again, and then gives up."""
    number = publish(broker, worker={"reply": {"no": "event"}})
    assert taken(namespace, "letters", number)["type"] == "example.work"
    tries = [event["tries"] for event in seen(namespace, "worker") if event["id"] == number]
    assert tries == [1, 2, 3, 4]


GARBAGE = {
    "no event": ({"content-type": "text/plain"}, b"hello"),
    "not JSON": ({"content-type": "application/cloudevents+json"}, b"{"),
    "no type": (ATTRIBUTES | {"ce-id": "1"}, b""),
    "another version": (ATTRIBUTES | {"ce-specversion": "9", "ce-id": "1", "ce-type": "a"}, b""),
    "binary": ({"content-type": "application/cloudevents+json"}, bytes(range(256))),
}


@pytest.mark.parametrize("garbage", GARBAGE)
def test_a_source_that_sends_garbage(namespace: Namespace, broker: str, garbage: str) -> None:
    """Broker and function both reject a request without an event, and handle the next event."""
    headers, body = GARBAGE[garbage]
    answer = httpx.post(broker, headers=BROKERS | headers, content=body, trust_env=False)
    assert answer.status_code == httpx.codes.BAD_REQUEST
    with namespace.client("worker") as client:
        refused = client.post("/", headers=headers, content=body).status_code
    assert refused in {httpx.codes.BAD_REQUEST, httpx.codes.UNSUPPORTED_MEDIA_TYPE}
    assert taken(namespace, "worker", publish(broker))["tries"] == 1


def test_func_subscribes(func: Func, namespace: Namespace, broker: str) -> None:
    """`func deploy` makes a trigger of each subscription: a command's, and one in func.yaml."""
    made = shutil.copytree(
        prerequisites.FUNCTIONS / "event_recorder", Path(func.folder) / "subscriber"
    )
    func_yaml = made / "func.yaml"
    func_yaml.write_text(func_yaml.read_text().replace("recorder", "subscriber") + SCALE)
    func.command(["subscribe", "--filter", "type=example.commanded"], cwd=made)
    written = func_yaml.read_text() + "  - {source: default, filters: {type: example.written}}\n"
    func_yaml.write_text(written)
    builder = ["--builder", "pack", "--builder-image", prerequisites.builder_in_registry()]
    target = ["--registry", func.registry, "--namespace", namespace.name]
    func.command(["deploy", *builder, *target], cwd=made)
    triggers = [item["metadata"]["name"] for item in namespace.get("triggers")["items"]]
    ours = [name for name in triggers if name.startswith("subscriber")]
    assert len(ours) == 2
    for name in ours:
        namespace.wait_until_ready(name, "trigger")

    for kind in ("example.written", "example.commanded"):
        publish_until_taken(namespace, broker, "subscriber", kind)
