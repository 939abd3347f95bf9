"""Ports of this machine's loopback interface. For `make doctor`, also on a Python before 3.11."""

import http.client
from contextlib import closing

_PORTS = range(1, 1 << 16)

REGISTRY, OTHER, NOTHING = "registry", "other", "nothing"


def is_port(text: str) -> bool:
    """Return whether a text is the number of a port."""
    return text.isdecimal() and int(text) in _PORTS


def listener(port: int, within: float = 5.0) -> str:
    """Return what listens on a port: a registry of images, something else, or nothing.

    :param within: seconds that it has to answer
    """
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=within)) as connection:
        try:
            connection.request("GET", "/v2/")
            version = connection.getresponse().headers.get("Docker-Distribution-Api-Version")
        except ConnectionRefusedError:
            return NOTHING
        except (OSError, http.client.HTTPException):
            return OTHER
    return REGISTRY if version == "registry/2.0" else OTHER
