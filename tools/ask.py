"""Sends the requests of a platform and of a user to a started function, and shows the responses.

ask.py http://HOST:PORT exits with 1 if the function does not get ready, or for a server error.
"""

import http.client
import sys
import time
import urllib.error
import urllib.request

PATIENCE = 60.0  # seconds; as long as `func run` waits for a start

EVENT = {
    "Ce-Specversion": "1.0",
    "Ce-Type": "com.example.sampletype",
    "Ce-Source": "example/source",
    "Ce-Id": "1",
    "Content-Type": "application/json",
}


def ask(url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> int:
    """Send a request, show the response and return its status, or 0 if there was none."""
    request = urllib.request.Request(url, body, headers or {})  # noqa: S310 -- loopback
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            status, text = int(response.status), response.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    except (OSError, http.client.HTTPException):
        return 0
    print(
        f"  {request.get_method():4} {request.selector:18} {status} {text.decode()[:200]}",
        flush=True,
    )
    return status


def main(base: str) -> int:
    """Wait until the function is ready, then send each request once."""
    deadline = time.monotonic() + PATIENCE
    while True:
        ready = ask(f"{base}/health/readiness")
        if ready == http.HTTPStatus.OK or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    alive = ask(f"{base}/health/liveness")
    answer = ask(f"{base}/")
    if answer == http.HTTPStatus.UNSUPPORTED_MEDIA_TYPE:  # a function that takes events only
        answer = ask(f"{base}/", b'{"message": "Hello"}', EVENT)
    asked = (ready, alive, answer)
    return 0 if all(0 < status < 500 for status in asked) and ready == alive == 200 else 1  # noqa: PLR2004


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
