"""What the command does around the function."""

import pytest

from func_runtime import command
from func_runtime.settings import EventLoop


@pytest.mark.anyio
async def test_runner_that_cannot_be_closed() -> None:
    """That it cannot wait for threads is no failure; everything else is."""
    with (
        pytest.raises(RuntimeError, match="another loop is running"),
        command._runner(EventLoop.ASYNCIO) as runner,
    ):
        runner.get_loop()
