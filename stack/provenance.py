"""The provenance of a version, in a format for tools. Facts only.

It is an in-toto statement (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md)
with SLSA's provenance (https://slsa.dev/spec/v1.0/provenance). It is not signed here, because only
a workflow can prove its identity (.github/workflows/release.yml signs it).
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The meaning of externalParameters below.
BUILD_TYPE = "urn:knative-python:release:1"
# The builder, if it was not a workflow. No signature proves it.
LOCAL = "urn:knative-python:local"


@dataclass(frozen=True)
class Made:
    """The images and files of a version.

    :param images: digests (sha256:…) of images by name
    :param files: the files that the statement is about
    :param byproducts: files that describe these
    """

    images: Mapping[str, str]
    files: Sequence[Path]
    byproducts: Sequence[Path]


@dataclass(frozen=True)
class Origin:
    """The sources of a version, its builder, and the time.

    :param source: the repository
    :param inputs: the files that pin downloads, by their name in the repository
    :param began: the time, in the format of RFC 3339
    """

    source: str
    commit: str
    inputs: Mapping[str, Path]
    parameters: Mapping[str, str]
    builder: str
    began: str
    ended: str


def statement(made: Made, origin: Origin) -> dict[str, Any]:
    """Return the statement.

    :raises OSError: one of the files cannot be read
    """
    images = [
        {"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}}
        for name, digest in sorted(made.images.items())
    ]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [*images, *(_described(path.name, path) for path in made.files)],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": dict(origin.parameters),
                "resolvedDependencies": [
                    {"uri": origin.source, "digest": {"gitCommit": origin.commit}},
                    *(_described(name, path) for name, path in sorted(origin.inputs.items())),
                ],
            },
            "runDetails": {
                "builder": {"id": origin.builder},
                "metadata": {"startedOn": origin.began, "finishedOn": origin.ended},
                "byproducts": [_described(path.name, path) for path in made.byproducts],
            },
        },
    }


def uri(remote: str) -> str:
    """Return the URI of a git remote without credentials. A remote may be scp-like, or a folder."""
    if remote.startswith("/"):
        return f"file://{remote}"
    if scp := re.fullmatch(r"(?:[^@/:]+@)?([^/:]+):(?!//)(.*)", remote):
        return f"ssh://{scp[1]}/{scp[2]}"
    return re.sub(r"^(\w+://)[^/@]*@", r"\1", remote)


def digest(path: Path) -> str:
    """Return a file's SHA-256.

    :raises OSError: it cannot be read
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _described(name: str, path: Path) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": digest(path)}}
