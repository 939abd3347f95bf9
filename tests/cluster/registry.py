"""Faulty images in the loopback registry, made of a good one by the registry's own interface."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import httpx

from cluster.node import REGISTRY, STATE

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True)
class Variant:
    """An image with the layers of another one and a configuration of its own."""

    name: str
    blob: Path

    def corrupt(self, content: bytes) -> None:
        """Replace what the registry keeps of the configuration."""
        self.blob.write_bytes(content)


def variant(image: str, tag: str, **configuration: object) -> Variant:
    """Give an image with changed parts of its configuration, under another tag."""
    repository = image.removeprefix(f"{REGISTRY}/")
    base = f"http://{REGISTRY}/v2/{repository}"
    with httpx.Client(base_url=base, trust_env=False) as client:
        manifest = client.get("/manifests/latest", headers={"Accept": _MANIFEST}).json()
        original = client.get(f"/blobs/{manifest['config']['digest']}").json()
        content = json.dumps(original | configuration).encode()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        upload = client.post("/blobs/uploads/").headers["location"]
        address = httpx.URL(upload).copy_add_param("digest", digest)
        client.put(address, content=content).raise_for_status()
        manifest["config"] |= {"digest": digest, "size": len(content)}
        headers = {"Content-Type": _MANIFEST}
        put = client.put(f"/manifests/{tag}", headers=headers, content=json.dumps(manifest))
        put.raise_for_status()
    algorithm, _, number = digest.partition(":")
    blobs = STATE.parent / "registry" / REGISTRY.partition(":")[2] / "docker/registry/v2/blobs"
    return Variant(f"{image}:{tag}", blobs / algorithm / number[:2] / number / "data")
