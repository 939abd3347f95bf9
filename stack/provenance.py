"""How a version was made, as a statement that tools can read. Facts only.

An in-toto statement (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md) with
SLSA's provenance (https://slsa.dev/spec/v1.0/provenance). It is not signed here: a signature says
who built, which a workflow can prove and a laptop cannot (.github/workflows/release.yml signs it).
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What externalParameters below mean.
BUILD_TYPE = "urn:knative-python:release:1"
# Who made it, where no workflow did: nobody whom a signature names.
LOCAL = "urn:knative-python:local"


@dataclass(frozen=True)
class Made:
    """What there is of a version.

    :param images: digests (sha256:…) of images by name
    :param files: what is next to the statement: its subject
    :param byproducts: what is next to it, and describes the subject
    """

    images: Mapping[str, str]
    files: Sequence[Path]
    byproducts: Sequence[Path]


@dataclass(frozen=True)
class Origin:
    """What it was made from, by whom, and when.

    :param source: where the sources are from
    :param inputs: the files that pin what is downloaded, by their name in the repository
    :param began: the time as RFC 3339 has it
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
    """Return the URI of a git remote, which may be scp-like or a folder; without credentials."""
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
