"""What tests of the runtime share."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, as the runtime does."""
    return "asyncio"
