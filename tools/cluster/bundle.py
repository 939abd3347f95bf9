"""Puts one object of Tekton into a registry as a bundle, which Tekton's bundle resolver reads.

`tkn bundle push` does the same; a bundle is an image with a layer for each object:
https://tekton.dev/docs/pipelines/tekton-bundle-contracts/
"""

import hashlib
import io
import json
import re
import tarfile
import urllib.request
from pathlib import Path

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIGURATION = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


def push(registry: str, reference: str, file: Path) -> None:
    """Push the object of a file.

    :param registry: its address, with http://
    :param reference: NAME:TAG
    """
    name, _, tag = reference.rpartition(":")
    repository = f"{registry}/v2/{name}"
    text = file.read_text()
    layer = archive(text)
    digest = hashlib.sha256(layer).hexdigest()
    configuration = {"rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]}}
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": push_blob(repository, CONFIGURATION, json.dumps(configuration).encode()),
        "layers": [push_blob(repository, LAYER, layer) | {"annotations": annotations(text)}],
    }
    request(f"{repository}/manifests/{tag}", "PUT", json.dumps(manifest).encode(), MANIFEST)


def annotations(text: str) -> dict[str, str]:
    """Return what the resolver finds an object by."""
    patterns = {
        "apiVersion": r"^apiVersion: \S+/(\S+)",
        "kind": r"^kind: (\S+)",
        "name": r"name: ([\w-]+)",
    }
    found = {key: re.search(pattern, text, re.MULTILINE) for key, pattern in patterns.items()}
    return {f"dev.tekton.image.{key}": match[1].lower() for key, match in found.items() if match}


def archive(text: str) -> bytes:
    """Return a tar file with the object."""
    content, written = text.encode(), io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        member = tarfile.TarInfo("object")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return written.getvalue()


def push_blob(repository: str, kind: str, content: bytes) -> dict[str, object]:
    """Upload a file, and return what a manifest says of it."""
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    address = request(f"{repository}/blobs/uploads/", "POST", b"", "application/octet-stream")
    separator = "&" if "?" in address else "?"
    request(f"{address}{separator}digest={digest}", "PUT", content, "application/octet-stream")
    return {"mediaType": kind, "digest": digest, "size": len(content)}


def request(address: str, method: str, body: bytes, kind: str) -> str:
    """Send a request, and return the address that the answer names."""
    sent = urllib.request.Request(address, body, {"Content-Type": kind}, method=method)  # noqa: S310
    with urllib.request.urlopen(sent) as answer:  # noqa: S310
        return str(answer.headers.get("Location", ""))
