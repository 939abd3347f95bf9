"""The ASGI application around a function, and what the settings put around it."""
