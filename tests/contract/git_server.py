"""A private git server, like those of companies: with TLS and a password."""

import base64
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

from contract.package_index import PASSWORD, USER, Index


@contextmanager
def serving(repositories: Path) -> Iterator[Index]:
    """Serve a folder of bare repositories on loopback, with `git http-backend`."""
    wanted = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Repositories(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers["Authorization"] != f"Basic {wanted}":
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            path, _, query = self.path.partition("?")
            # A CGI program (RFC 3875).
            environ = os.environ | {
                "GIT_PROJECT_ROOT": str(repositories),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": self.headers["Git-Protocol"] or "",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers["Content-Type"] or "",
                "HTTP_CONTENT_ENCODING": self.headers["Content-Encoding"] or "",
            }
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            command = ["git", "http-backend"]
            answer = subprocess.run(
                command, env=environ, input=body, stdout=subprocess.PIPE, check=True
            ).stdout
            head, _, content = answer.partition(b"\r\n\r\n")
            self.send_response(200)
            for line in head.decode().splitlines():
                self.send_header(*line.split(": ", 1))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 -- the base class's

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's
            """Write nothing."""

    authority = trustme.CA()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Repositories)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Index(f"127.0.0.1:{server.server_port}", authority.cert_pem.bytes())
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
