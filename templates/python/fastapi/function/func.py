"""A FastAPI application. `handle`, in __init__.py, is the application itself."""

import os
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from pydantic import BaseModel


@asynccontextmanager
async def lifespan(app):
    """Open what all requests share, and close it after the last request."""
    yield {"greeting": os.environ.get("GREETING", "Hello")}


app = FastAPI(lifespan=lifespan)


class Order(BaseModel):
    item: str
    count: int = 1


@app.get("/")
async def greet(request: Request):
    return {"message": request.state.greeting}


@app.post("/orders", status_code=201)
async def order(order: Order):
    return {"ordered": order.item, "count": order.count}
