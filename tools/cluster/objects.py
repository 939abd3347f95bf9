"""Which files of Knative and Tekton are applied to the cluster, and what is changed in them.

Decisions only; knative.py applies them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.cluster.settings import REGISTRY

IMAGES = f"{REGISTRY}/knative"
VOLUMES = 8

_VOLUME = """\
apiVersion: v1
kind: PersistentVolume
metadata: {{name: folder-{number}}}
spec:
  capacity: {{storage: 2Gi}}
  accessModes: [ReadWriteOnce, ReadWriteMany]
  persistentVolumeReclaimPolicy: Recycle
  hostPath: {{path: "{folder}"}}
"""

# Our images instead of those that ko would build, by the paths of their programs.
_IMAGE_NAMES = (
    (r"ko://knative\.dev/([a-z]+)/cmd/(?:[a-z_]+/)?([a-z_]+)", rf"{IMAGES}/\1-\2"),
    (r"ko://github\.com/tektoncd/pipeline/cmd/", f"{IMAGES}/tekton-"),
    (r'cgr\.dev/chainguard/busybox@[^"]*', f"{REGISTRY}/library/bash:5.1"),
)


@dataclass(frozen=True)
class Sources:
    """The folders of YAML in the Go modules that the programs are built from."""

    serving: Path
    networking: Path
    caching: Path
    eventing: Path
    tekton: Path

    @property
    def channel(self) -> Path:
        """Return the folder of Eventing's channels in memory."""
        return self.eventing / "channels" / "in-memory-channel"

    @property
    def broker(self) -> Path:
        """Return the folder of Eventing's brokers on channels."""
        return self.eventing / "brokers" / "mt-channel-broker"

    @property
    def resolvers(self) -> Path:
        """Return the folder of Tekton's resolvers."""
        return self.tekton / "resolvers"


def namespaces(sources: Sources) -> list[Path]:
    """Return the files of the namespaces, which all other files need."""
    return [
        sources.serving / "100-namespace.yaml",
        sources.eventing / "core" / "100-namespace.yaml",
        sources.tekton / "100-namespace" / "100-namespace.yaml",
        sources.resolvers / "100-namespace.yaml",
    ]


def definitions(sources: Sources) -> list[Path]:
    """Return the files of accounts, roles and kinds.

    A Go module has no links, so Serving lacks some files. The links' targets are in two others.
    """
    serving, networking, eventing = sources.serving, sources.networking, sources.eventing
    kinds = ("certificate", "ingress", "serverlessservice", "domain-claim")
    tekton = [(sources.tekton, "2*.yaml"), (sources.resolvers, "20[01]-*.yaml")]
    return [
        serving / "200-serviceaccount.yaml",
        *_matching((serving, "200-roles/*.yaml"), (serving, "300-resources/*.yaml")),
        *(networking / f"{kind}.yaml" for kind in kinds),
        sources.caching / "image.yaml",
        *_matching(*((eventing / "core", f"{part}.yaml") for part in ("200-*", *_DEFINED))),
        *_matching(*((sources.channel, f"{part}.yaml") for part in ("200-*", *_DEFINED))),
        *_matching((sources.broker, "roles/*.yaml")),
        *_matching(*tekton),
        *_matching((sources.tekton, "300-crds/*.yaml"), (sources.tekton, "clusterrole-*.yaml")),
    ]


def objects(sources: Sources) -> list[Path]:
    """Return the files of settings, webhooks and deployments."""
    return [*_serving(sources), *_eventing(sources), *_tekton(sources)]


_DEFINED = ("roles/*", "resources/*")
_SET_UP = ("configmaps/*.yaml", "webhooks/*.yaml")


def _serving(sources: Sources) -> Iterator[Path]:
    serving = sources.serving
    yield from _matching((serving, "configmaps/*.yaml"))
    yield sources.networking / "config-network.yaml"
    yield from _matching((serving, "webhooks/*.yaml"))
    yield serving / "999-cache.yaml"
    for part in ("controller", "webhook", "autoscaler", "activator"):
        yield serving / "deployments" / f"{part}.yaml"


def _eventing(sources: Sources) -> Iterator[Path]:
    core, channel, broker = sources.eventing / "core", sources.channel, sources.broker
    # The images of its transformations and integrations must have names, even if nothing uses them.
    yield from _matching(
        (sources.eventing.parent / "third_party" / "eventing-integrations-latest", "*.yaml"),
        *((folder, pattern) for folder in (core, channel) for pattern in _SET_UP),
    )
    for part in ("controller", "webhook", "pingsource-mt-adapter"):
        yield core / "deployments" / f"{part}.yaml"
    yield from _matching((channel, "deployments/*.yaml"))
    for part in ("broker-filter", "broker-ingress", "controller"):
        yield broker / "deployments" / f"{part}.yaml"


def _tekton(sources: Sources) -> Iterator[Path]:
    yield sources.tekton / "500-webhooks.yaml"
    # Without config-registry-cert: _trust_ghcr in knative.py creates it, with another certificate.
    yield from _matching(
        (sources.tekton, "config-[!r]*.yaml"), (sources.resolvers, "*config*.yaml")
    )
    yield sources.tekton / "controller.yaml"
    yield sources.tekton / "webhook.yaml"
    yield sources.resolvers / "resolvers-service.yaml"


def _matching(*patterns: tuple[Path, str]) -> Iterator[Path]:
    for folder, pattern in patterns:
        yield from sorted(folder.glob(pattern))


def documents(texts: Iterable[str]) -> str:
    """Return files of YAML as one."""
    return "".join(f"---\n{text}\n" for text in texts)


def volumes(folder: Path) -> dict[Path, str]:
    """Return volumes for claims without a storage class: folders of the node, and objects.

    They are emptied after a claim is deleted.
    """
    folders = {number: folder / str(number) for number in range(1, VOLUMES + 1)}
    return {path: _VOLUME.format(number=number, folder=path) for number, path in folders.items()}


def adapted(text: str) -> str:
    """Return objects with our images, small CPU requests and no CPU limits, for two cores."""
    for pattern, replacement in _IMAGE_NAMES:
        text = re.sub(pattern, replacement, text)
    lines = _without_cpu_limits(text.splitlines(keepends=True))
    return re.sub(r'(?m)cpu: "?\d+m"?$', "cpu: 10m", "".join(lines))


def _without_cpu_limits(lines: Iterable[str]) -> Iterator[str]:
    """Remove `cpu` from all `limits`. The line with `memory` is the last one of each."""
    in_limits = False
    for line in lines:
        if in_limits and "cpu:" in line:
            continue
        yield line
        in_limits = "limits:" in line or (in_limits and "memory:" not in line)


def without_pods(table: str) -> list[str]:
    """Return the deployments that lack pods, from kubectl's table without headers.

    Its columns: namespace, name, ready pods of wanted pods, …
    """
    rows = [line.split() for line in table.splitlines()]
    counts = [(f"{row[0]}/{row[1]}", *row[2].split("/")) for row in rows]
    return [f"{name}: {ready}/{wanted} pods" for name, ready, wanted in counts if ready != wanted]
