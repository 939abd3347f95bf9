"""The floor: httptools reads, and uvloop writes. From Python 3.12 on, `handle` starts at once.

It has no limits, no time-outs and no flow control, so it is not a server for real use.
"""

import asyncio
import sys
from functools import partial

import httptools
import uvloop
from function import new

EAGER = {"eager_start": True} if sys.version_info >= (3, 12) else {}


class Connection(asyncio.Protocol):
    def __init__(self, loop, handle):
        self.handle = handle
        self.task = partial(asyncio.Task, loop=loop, **EAGER)
        self.tasks = set()

    def connection_made(self, transport):
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)
        self.server = transport.get_extra_info("sockname")
        self.client = transport.get_extra_info("peername")
        self.headers = []
        self.body = b""

    def data_received(self, data):
        self.parser.feed_data(data)

    def on_url(self, url):
        self.url = url

    def on_header(self, name, value):
        self.headers.append((name.lower(), value))

    def on_body(self, body):
        self.body += body

    def on_message_complete(self):
        headers, self.headers = self.headers, []
        path, _, query = self.url.partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": self.parser.get_http_version(),
            "server": self.server,
            "client": self.client,
            "scheme": "http",
            "method": self.parser.get_method().decode("ascii"),
            "root_path": "",
            "path": path.decode("ascii"),
            "raw_path": path,
            "query_string": query,
            "headers": headers,
        }
        task = self.task(self.handle(scope, self.receive, self.send))
        if not task.done():
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def receive(self):
        body, self.body = self.body, b""
        return {"type": "http.request", "body": body, "more_body": False}

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
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1])))
