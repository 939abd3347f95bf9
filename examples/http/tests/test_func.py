"""Two ways to test a function: call its handle, or send requests to it with an HTTP client."""

import json

import httpx
import pytest
from function import new


@pytest.mark.asyncio
async def test_handle_echoes_the_message():
    f = new()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [(b"content-type", b"application/json")],
    }
    # A body may come in parts
    incoming = [
        {"type": "http.request", "body": b'{"message": ', "more_body": True},
        {"type": "http.request", "body": b'"Hi"}', "more_body": False},
    ]
    sent = []

    async def receive():
        return incoming.pop(0)

    async def send(event):
        sent.append(event)

    await f.handle(scope, receive, send)

    start, body = sent
    assert start["type"] == "http.response.start"
    assert start["status"] == 200
    assert body["type"] == "http.response.body"
    assert json.loads(body["body"])["message"] == "Hi"


@pytest.mark.asyncio
async def test_handle_sends_nothing_to_a_client_that_has_disconnected():
    f = new()
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(event):
        sent.append(event)

    await f.handle({"type": "http", "method": "POST", "path": "/", "headers": []}, receive, send)

    assert sent == []


@pytest.fixture
def function():
    return new()


def client(function):
    transport = httpx.ASGITransport(app=function.handle)
    return httpx.AsyncClient(transport=transport, base_url="http://function")


@pytest.mark.asyncio
async def test_get_is_greeted(function):
    function.start({"GREETING": "Good morning"})
    async with client(function) as http:
        response = await http.get("/some/path", params={"a": "1"})
    assert response.status_code == 200
    answer = response.json()
    assert answer["message"] == "Good morning"
    assert answer["method"] == "GET"
    assert answer["path"] == "/some/path"
    assert answer["query"] == {"a": ["1"]}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("request_arguments", "message"),
    [
        ({"json": {"message": "Hi"}}, "Hi"),
        ({"json": {"test": "data"}}, {"test": "data"}),
        ({"json": [1, 2]}, [1, 2]),
        ({"content": "plain text"}, "plain text"),
        ({}, "Hello, World!"),
    ],
)
async def test_post_is_echoed(function, request_arguments, message):
    async with client(function) as http:
        response = await http.post("/", **request_arguments)
    assert response.status_code == 200
    assert response.json()["message"] == message


@pytest.mark.asyncio
@pytest.mark.parametrize(("body", "status"), [("{not json", 400), ("x" * (1024 * 1024 + 1), 413)])
async def test_a_bad_body_is_refused(function, body, status):
    async with client(function) as http:
        headers = {"content-type": "application/json"}
        response = await http.post("/", content=body, headers=headers)
    assert response.status_code == status
    assert "error" in response.json()


def test_it_is_ready_once_it_has_started(function):
    assert function.alive()[0] is True
    assert function.ready()[0] is False
    function.start({})
    assert function.ready()[0] is True
    function.stop()
