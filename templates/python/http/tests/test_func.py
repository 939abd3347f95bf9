import httpx
import pytest
from function import new


@pytest.fixture
def function():
    function = new()
    function.start({"GREETING": "Good morning"})
    yield function
    function.stop()


async def test_a_request_is_answered(function):
    transport = httpx.ASGITransport(app=function.handle)
    async with httpx.AsyncClient(transport=transport, base_url="http://function") as client:
        response = await client.post("/orders", content=b"12345")
    assert response.status_code == 200
    assert response.json() == {"message": "Good morning", "path": "/orders", "bytes": 5}


def test_it_is_healthy(function):
    assert function.alive()[0]
    assert function.ready()[0]
