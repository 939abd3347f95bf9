"""The server process of package_index.py. It writes its port when it listens.

package_index_server.py FOLDER CERTIFICATE USER PASSWORD
"""

import ssl
import sys
from wsgiref.simple_server import make_server

import pypiserver  # type: ignore[import-untyped]


def main() -> None:
    """Serve until a signal ends the process."""
    folder, certificate, *credentials = sys.argv[1:]
    application = pypiserver.app(
        roots=[folder],
        authenticate=["list", "download"],
        auther=lambda user, password: [user, password] == credentials,
        disable_fallback=True,
    )
    server = make_server("127.0.0.1", 0, application)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


main()
