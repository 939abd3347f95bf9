import pytest
from function.func import app


@pytest.fixture
def client():
    return app.test_client()


def test_get(client):
    assert client.get("/").get_json() == {"message": "Hello"}


def test_post(client):
    response = client.post("/orders", json={"item": "book"})
    assert response.status_code == 201
    assert response.get_json() == {"ordered": "book"}


def test_a_bad_body_is_refused(client):
    assert client.post("/orders", json={}).status_code == 422
