"""What the WebSockets of a server share, in addition to what all of its connections share."""

import asyncio

from func_runtime.system import cgroup
from func_runtime.websocket.round_robin import RoundRobin

# uvicorn's limit for a message, and the share of a container's memory that a message may have:
# there are up to five copies of it, while it is put together and passed on.
_MESSAGE_BYTES = 16 * 1024 * 1024
_MEMORY_SHARE = 16


class WebSocketState:
    """The limit for messages, and what bounds the time and the memory that reading them takes."""

    def __init__(self, max_message_bytes: int = 0) -> None:
        """Take the limit for messages; with 0, the container's memory limit decides."""
        self.max_message_bytes = max_message_bytes or default_message_bytes()
        self.inflating = asyncio.Lock()  # one message at a time
        self.round_robin = RoundRobin()


def default_message_bytes(folder: str = cgroup.FOLDER) -> int:
    """Return the limit for messages that the memory limit of this container allows."""
    memory = cgroup.memory(folder)
    return _MESSAGE_BYTES if memory is None else min(_MESSAGE_BYTES, memory // _MEMORY_SHARE)
