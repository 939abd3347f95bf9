"""Event objects of both SDKs, mappings, and other data."""

import os
import subprocess
import sys
import textwrap
import uuid
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1.http import CloudEvent as CloudEvent1

from func_runtime.cloudevents import sdk
from func_runtime.cloudevents.event import Event, EventInvalid, Value, create

MINIMAL: dict[str, Value] = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}


def test_make_sdk_2() -> None:
    """An event of SDK 2 has what was sent: time as a datetime if there was one, else none."""
    made: Any = sdk.choose()(create({**MINIMAL, "time": "2026-01-01T12:00:00Z"}, {"a": 1}))
    timeless: Any = sdk.choose()(Event(dict(MINIMAL)))

    assert isinstance(made, CloudEvent)
    assert datetime(2026, 1, 1, 12, tzinfo=UTC) == made.get_time()
    assert {"a": 1} == made.get_data()
    assert MINIMAL == timeless.get_attributes()


def test_make_as_the_constructor_does() -> None:
    """An event is made without the SDK's checks, and is what its constructor would make."""
    attributes = {**MINIMAL, "time": datetime(2026, 1, 1, 12, tzinfo=UTC), "tenant": "a"}

    made = sdk.choose()(create({**MINIMAL, "time": "2026-01-01T12:00:00Z", "tenant": "a"}, b"1"))

    assert type(made) is CloudEvent
    assert vars(CloudEvent(attributes, b"1")) == vars(made)


def test_make_other_contents(monkeypatch: pytest.MonkeyPatch) -> None:
    """An SDK whose objects hold more than today's makes them itself."""

    class Other(CloudEvent):
        def __init__(self, attributes: dict[str, Any], data: Any) -> None:
            super().__init__(attributes, data)
            self.more = len(attributes)

    monkeypatch.setattr("cloudevents.core.v1.event.CloudEvent", Other)

    made: Any = sdk.choose()(create({**MINIMAL, "time": "2026-01-01T12:00:00Z"}))
    timeless: Any = sdk.choose()(Event(dict(MINIMAL)))

    assert (5, datetime(2026, 1, 1, 12, tzinfo=UTC)) == (made.more, made.get_time())
    assert MINIMAL == timeless.get_attributes()


def test_make_objects_with_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    """An SDK whose objects have slots makes them itself."""

    class Slotted:
        __slots__ = ("attributes", "data")

        def __init__(self, attributes: dict[str, Any], data: Any) -> None:
            self.attributes = {"time": "now", **attributes}
            self.data = data

        def get_attributes(self) -> dict[str, Any]:
            return self.attributes

    monkeypatch.setattr("cloudevents.core.v1.event.CloudEvent", Slotted)

    made: Any = sdk.choose()(Event(dict(MINIMAL), 1))

    assert (Slotted, MINIMAL, 1) == (type(made), made.get_attributes(), made.data)


def test_make_sdk_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where SDK 1's module is, events are its objects, again with what was sent."""
    module = ModuleType("cloudevents.http")
    module.CloudEvent = CloudEvent1  # type: ignore[attr-defined]
    module.__spec__ = sys.modules["cloudevents.v1.http"].__spec__
    monkeypatch.setitem(sys.modules, "cloudevents.http", module)

    made: Any = sdk.choose()(create({**MINIMAL, "time": "2026-01-01T12:00:00Z"}, {"a": 1}))
    timeless: Any = sdk.choose()(Event(dict(MINIMAL)))

    assert isinstance(made, CloudEvent1)
    assert ("1", "2026-01-01T12:00:00Z", {"a": 1}) == (made["id"], made["time"], made.data)
    assert MINIMAL == dict(timeless.get_attributes())


@pytest.mark.parametrize(
    ("imports", "module"),
    [
        ("", "cloudevents.core.v1.event"),
        ("import cloudevents.v1.http", "cloudevents.v1.http.event"),
        ("import cloudevents.v1.http, cloudevents.core.v1.event", "cloudevents.core.v1.event"),
    ],
)
def test_choice_follows_the_functions_imports(imports: str, module: str) -> None:
    """A function that imported SDK 2's copy of SDK 1, and nothing else of it, gets its objects."""
    code = f"""
    {imports or "pass"}
    from func_runtime.cloudevents import sdk
    from func_runtime.cloudevents.event import Event
    made = sdk.choose()(Event({MINIMAL!r}))
    print(type(made).__module__)
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    )

    assert module == result.stdout.strip()


def test_make_sdk_1_of_sdk_2(monkeypatch: pytest.MonkeyPatch) -> None:
    """SDK 2's copy of the classes of SDK 1 is used if the function has imported only it."""
    monkeypatch.delitem(sys.modules, "cloudevents.core.v1.event")

    made: Any = sdk.choose()(Event(dict(MINIMAL), 1))

    assert (CloudEvent1, 1) == (type(made), made.data)


def test_make_without_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's constructor, which checks attributes again, is not called for an event."""
    calls = []

    class Counted(CloudEvent):
        def __init__(self, attributes: dict[str, Any], data: Any) -> None:
            calls.append(attributes)
            super().__init__(attributes, data)

    monkeypatch.setattr("cloudevents.core.v1.event.CloudEvent", Counted)
    make = sdk.choose()
    calls.clear()
    make(Event(dict(MINIMAL)))

    assert [] == calls


@pytest.mark.parametrize("kind", [CloudEvent, CloudEvent1])
def test_read_objects(kind: Any) -> None:
    """An event object is read by its attributes and data, without those that are None."""
    made = kind({**MINIMAL, "time": None} if kind is CloudEvent1 else dict(MINIMAL), {"a": 1})
    found = sdk.read(made)

    assert found
    assert MINIMAL == {name: found.attributes[name] for name in MINIMAL}
    assert None not in found.attributes.values()
    assert {"a": 1} == found.data


def test_read_mappings() -> None:
    """A mapping with an event's attributes is one; id and specversion are added if missing."""
    found = sdk.read({"type": "t", "source": "/s", "data_base64": "AAE="})

    assert found
    assert 4 == uuid.UUID(str(found.attributes.pop("id"))).version
    assert {"specversion": "1.0", "type": "t", "source": "/s"} == found.attributes
    assert b"\x00\x01" == found.data
    assert Event(MINIMAL, 1) == sdk.read({**MINIMAL, "data": 1})


@pytest.mark.parametrize("reply", [None, 1, "text", b"raw", [1], {"type": "only"}, {"a": 1}])
def test_read_other_data(reply: object) -> None:
    """Other data is not an event."""
    assert sdk.read(reply) is None
    with pytest.raises(EventInvalid) as caught:
        sdk.required(reply)
    assert f"a reply of type {type(reply).__name__} is not an event" == str(caught.value)


def test_read_an_object_with_data() -> None:
    """An object of another library, with data but without attributes, is not an event."""

    class Message:
        def get_data(self) -> bytes:
            return b"a"

    assert sdk.read(Message()) is None


@pytest.mark.parametrize(
    "reply",
    [
        {"specversion": "1.0"},
        {"type": "t", "source": ""},
        {"type": "t", "source": "/s", "my-ext": "1"},
        CloudEvent({**MINIMAL, "subject": "a\nb"}),
    ],
)
def test_read_malformed_events(reply: object) -> None:
    """An event that breaks the specification is not sent."""
    with pytest.raises(EventInvalid):
        sdk.read(reply)
