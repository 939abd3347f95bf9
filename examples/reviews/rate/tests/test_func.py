"""Unit tests: call handle as the runtime does."""

import pytest
from cloudevents.core.v1.event import CloudEvent
from function import new


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("A wonderful book.", "friendly"),
        ("Dull, and terrible!", "unfriendly"),
        ("Good, but dull", "neutral"),
        ("", "neutral"),
    ],
)
async def test_a_review_gets_a_mood(text, mood):
    attributes = {"type": "com.example.review.moderated", "source": "/test"}
    event = CloudEvent(attributes, {"book": "Dune", "text": text})
    reply = await new().handle({"type": "http", "event": event}, None, None)
    assert reply["type"] == "com.example.review.rated"
    assert reply["data"] == {"book": "Dune", "text": text, "mood": mood}
