import pytest
from fastapi.testclient import TestClient
from function import handle


@pytest.fixture
def client():
    with TestClient(handle) as client:  # `with` runs the lifespan
        yield client


def test_get(client):
    assert client.get("/").json() == {"message": "Hello"}


def test_post(client):
    response = client.post("/orders", json={"item": "book"})
    assert response.status_code == 201
    assert response.json() == {"ordered": "book", "count": 1}


def test_a_bad_body_is_refused(client):
    assert client.post("/orders", json={"count": 1}).status_code == 422
