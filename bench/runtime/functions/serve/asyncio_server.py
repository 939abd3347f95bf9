"""A bare server on asyncio, with the minimum that every server needs.

It finds the end of a request's head, and reads the path. It checks nothing else of HTTP.
"""

import asyncio
import sys

from function import new


class Connection(asyncio.Protocol):
    def __init__(self, loop, handle):
        self.loop = loop
        self.handle = handle
        self.buffer = b""
        self.tasks = set()

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        *heads, self.buffer = (self.buffer + data).split(b"\r\n\r\n")
        for head in heads:
            method, path, _ = head.split(b"\r\n", 1)[0].split(b" ")
            scope = {"type": "http", "method": method.decode(), "path": path.decode()}
            task = self.loop.create_task(self.handle(scope, None, self.send))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def send(self, message):
        if message["type"] == "http.response.start":
            lines = [b"HTTP/1.1 %d OK" % message["status"]]
            lines += [b"%b: %b" % header for header in message["headers"]]
            self.head = b"\r\n".join([*lines, b"", b""])
        else:
            self.transport.write(self.head + message["body"])


async def main(port):
    loop = asyncio.get_running_loop()
    handle = new().handle
    server = await loop.create_server(lambda: Connection(loop, handle), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
