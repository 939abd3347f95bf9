"""Faulty images in the loopback registry, made of a good one by the registry's own interface."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cluster.node import REGISTRY, STATE

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"

_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"


@dataclass(frozen=True)
class Variant:
    """An image with the layers of another one and a configuration of its own."""

    name: str
    blob: Path

    def corrupt(self, content: bytes) -> None:
        """Replace what the registry keeps of the configuration."""
        self.blob.write_bytes(content)


def variant(image: str, tag: str) -> Variant:
    """Give an image another configuration, which says nothing else, under another tag."""
    with _repository(image) as client:
        manifest = client.get("/manifests/latest", headers={"Accept": _MANIFEST}).json()
        original = client.get(f"/blobs/{manifest['config']['digest']}").json()
        content = json.dumps(original | {"author": tag}).encode()
        digest = _digest(content)
        upload = client.post("/blobs/uploads/").headers["location"]
        address = httpx.URL(upload).copy_add_param("digest", digest)
        client.put(address, content=content).raise_for_status()
        manifest["config"] |= {"digest": digest, "size": len(content)}
        _put(client, tag, _MANIFEST, manifest)
    algorithm, _, number = digest.partition(":")
    blobs = STATE.parent / "registry" / REGISTRY.partition(":")[2] / "docker/registry/v2/blobs"
    return Variant(f"{image}:{tag}", blobs / algorithm / number[:2] / number / "data")


def only_for(image: str, architecture: str) -> str:
    """Make an index in which an image is for this architecture alone, and return its name."""
    with _repository(image) as client:
        manifest = client.get("/manifests/latest", headers={"Accept": _MANIFEST}).content
        entry = {
            "mediaType": _MANIFEST,
            "digest": _digest(manifest),
            "size": len(manifest),
            "platform": {"architecture": architecture, "os": "linux"},
        }
        index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [entry]}
        _put(client, architecture, _INDEX, index)
    return f"{image}:{architecture}"


def _repository(image: str) -> httpx.Client:
    base = f"http://{REGISTRY}/v2/{image.removeprefix(f'{REGISTRY}/')}"
    return httpx.Client(base_url=base, trust_env=False)


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _put(client: httpx.Client, tag: str, kind: str, document: dict[str, Any]) -> None:
    headers = {"Content-Type": kind}
    done = client.put(f"/manifests/{tag}", headers=headers, content=json.dumps(document))
    done.raise_for_status()
