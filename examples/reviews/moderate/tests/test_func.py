"""Unit tests: call handle as the runtime does."""

import pytest
from cloudevents.core.v1.event import CloudEvent
from function import new


class Send:
    """Records the status of an HTTP answer."""

    status = None

    async def http(self, message):
        self.status = message.get("status", self.status)


async def answer(function, data):
    event = CloudEvent({"type": "com.example.review", "source": "/test"}, data)
    send = Send()
    return await function.handle({"type": "http", "event": event}, None, send), send.status


@pytest.mark.asyncio
async def test_words_are_hidden():
    reply, _ = await answer(new(), {"book": "Dune", "text": "Stupid, but not a stupidity"})
    assert reply["type"] == "com.example.review.moderated"
    assert reply["data"] == {"book": "Dune", "text": "******, but not a stupidity"}


@pytest.mark.asyncio
async def test_the_words_can_be_set():
    function = new()
    function.start({"HIDDEN_WORDS": "dull"})
    reply, _ = await answer(function, {"text": "a dull, stupid book"})
    assert reply["data"]["text"] == "a ****, stupid book"


@pytest.mark.asyncio
@pytest.mark.parametrize("data", [None, "text", {"book": "Dune"}, {"text": 1}])
async def test_what_is_no_review_is_refused(data):
    assert await answer(new(), data) == (None, 400)
