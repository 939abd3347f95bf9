"""The layers of an image in the registry on loopback."""

import json
from urllib.request import Request, urlopen

REGISTRY = "localhost:5000"
_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


def layers(repository: str, tag: str = "latest") -> dict[str, int]:
    """Return the compressed layers of an image: digest → bytes."""
    url = f"http://{REGISTRY}/v2/{repository}/manifests/{tag}"
    with urlopen(Request(url, headers={"Accept": ", ".join(_TYPES)})) as answer:
        manifest = json.load(answer)
    return {layer["digest"]: layer["size"] for layer in manifest["layers"]}
