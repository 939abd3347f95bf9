"""The function's handle as a bare ASGI application, for general servers."""

from function import new

app = new().handle
