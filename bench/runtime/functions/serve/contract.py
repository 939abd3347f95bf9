"""Prints the time that func_runtime adds to a handle, in seconds per request.

That is the time for dispatch, health checks and guards. It makes the same calls with and without
the application of func_runtime, in process and without sockets.
"""

import asyncio
import time

from function import new

from func_runtime.app import app_factory
from func_runtime.settings.settings import Settings

CALLS = 20_000
REPETITIONS = 9

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": []}


async def send(message):
    pass


async def cost(app):
    """Return the CPU time of a call: the minimum of several, because other work only adds time."""
    times = []
    for _ in range(REPETITIONS):
        begin = time.process_time()
        for _ in range(CALLS):
            await app(SCOPE, None, send)
        times.append((time.process_time() - begin) / CALLS)
    return min(times)


async def main():
    instance = new()
    settings = Settings(addresses=())
    adapted = app_factory.adapt(instance, __file__, settings)
    app, lifespan, _ = app_factory.create_app(adapted, settings, dict)
    await lifespan.start()
    await cost(instance.handle)  # the interpreter adapts to what it runs
    print(await cost(app) - await cost(instance.handle))


if __name__ == "__main__":
    asyncio.run(main())
