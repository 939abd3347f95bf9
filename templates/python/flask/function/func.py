"""A Flask application. a2wsgi wraps it as an ASGI application, which can be a function."""

from a2wsgi import WSGIMiddleware
from flask import Flask, request

app = Flask(__name__)

# Each request runs in a thread; no more than `workers` at a time.
handle = WSGIMiddleware(app, workers=10)


@app.get("/")
def greet():
    return {"message": "Hello"}


@app.post("/orders")
def order():
    body = request.get_json()
    if not isinstance(body, dict) or "item" not in body:
        return {"error": "an order needs an item"}, 422
    return {"ordered": body["item"]}, 201
