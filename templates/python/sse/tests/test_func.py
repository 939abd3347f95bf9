import json

import pytest
from function import new


async def test_ticks_are_sent_until_the_client_goes_away():
    function = new()
    function.start({"TICK_SECONDS": "0"})
    sent = []

    async def send(message):
        if len(sent) == 4:
            raise OSError("the client has disconnected")
        sent.append(message)

    with pytest.raises(OSError, match="disconnected"):
        await function.handle({"type": "http", "path": "/"}, None, send)

    start, *events = sent
    assert dict(start["headers"])[b"content-type"] == b"text/event-stream"
    ticks = [json.loads(message["body"].removeprefix(b"data: ")) for message in events]
    assert [tick["tick"] for tick in ticks] == [1, 2, 3]
