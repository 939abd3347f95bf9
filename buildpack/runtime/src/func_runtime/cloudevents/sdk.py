"""The event objects that functions get and send: those of the CloudEvents SDK, 1 or 2.

The SDK creates the objects. The runtime decodes and encodes events itself (http_binding.py).
"""

import sys
import uuid
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from func_runtime.cloudevents import event, json_format
from func_runtime.cloudevents.event import Event, EventInvalid

MakeEvent = Callable[[Event], object]


def choose() -> MakeEvent:
    """Return what creates the objects, for the SDK that the function uses.

    That is SDK 1 if it is installed, because then the function depends on it. Otherwise it is SDK
    2, or its copy of the classes of SDK 1, if the function has imported only these.
    """
    if find_spec("cloudevents.http") is not None:
        return _sdk_1(import_module("cloudevents.http").CloudEvent)
    if "cloudevents.v1.http" in sys.modules and "cloudevents.core.v1.event" not in sys.modules:
        return _sdk_1(sys.modules["cloudevents.v1.http"].CloudEvent)
    from cloudevents.core.v1.event import CloudEvent  # noqa: PLC0415

    return _sdk_2(CloudEvent)


def _sdk_1(kind: Callable[..., Any]) -> MakeEvent:
    def make(source: Event) -> object:
        made = kind(source.attributes, source.data)
        if "time" not in source.attributes:
            del made["time"]  # the SDK has added the current time
        return made

    return make


def _sdk_2(kind: type[Any]) -> MakeEvent:
    construct = _constructor(kind)

    def make(source: Event) -> object:
        attributes: dict[str, Any] = source.attributes
        if source.time is not None:
            attributes = {**attributes, "time": source.time}
        return construct(attributes, source.data)

    return make


def _constructor(kind: type[Any]) -> Callable[[dict[str, Any], object], object]:
    """Return what builds an object as the SDK's constructor does, for attributes that are valid.

    They were checked when the event was decoded, and the SDK's own checks are a tenth of what a
    request costs. An SDK whose objects hold anything else gets its constructor called.
    """

    def checked(attributes: dict[str, Any], data: object) -> object:
        made = kind(dict(attributes), data)
        if "time" not in attributes:
            del made.get_attributes()["time"]  # the SDK adds the present; the producer did not
        return made

    def unchecked(attributes: dict[str, Any], data: object) -> object:
        made = object.__new__(kind)
        made.__dict__ = {"_attributes": attributes, "_data": data}
        return made

    attributes = {"specversion": event.SPECVERSION, "id": "1", "source": "/", "type": "t"}
    contents = getattr(checked(attributes, b""), "__dict__", None)
    return unchecked if contents == {"_attributes": attributes, "_data": b""} else checked


def read(reply: object) -> Event | None:
    """Return the event of an SDK's object or a mapping, or None for other data.

    :raises EventInvalid: it is an event, but not a valid one.
    """
    if hasattr(reply, "get_attributes") and hasattr(reply, "get_data"):
        return event.create(reply.get_attributes(), reply.get_data())
    if isinstance(reply, Mapping) and is_event(reply):
        made = {"specversion": event.SPECVERSION, "id": str(uuid.uuid4())}
        return json_format.decode({**made, **reply})
    return None


def is_event(mapping: Mapping[str, object]) -> bool:
    """Return whether a mapping is an event, by the attributes that each event has."""
    return "specversion" in mapping or ("type" in mapping and "source" in mapping)


def required(reply: object) -> Event:
    """Return the event of a reply.

    :raises EventInvalid: it is not an event.
    """
    found = read(reply)
    if found is None:
        raise EventInvalid(f"a reply of type {type(reply).__name__} is not an event")
    return found
