"""Applies the YAML files of Knative and Tekton, and waits until they are ready."""

import json
from collections.abc import Mapping
from pathlib import Path

from tools import process
from tools.cluster import kubectl, objects
from tools.cluster.objects import IMAGES, Sources
from tools.cluster.settings import REGISTRY, YAML, Cluster
from tools.cluster.waiting import wait_until
from tools.console import say
from tools.go import build, go_tools

_KINDS = (
    "images.caching.internal.knative.dev",
    "revisions.serving.knative.dev",
    "brokers.eventing.knative.dev",
)
_TAINTS = 'jsonpath={range .items[*].spec.taints[*]}The node has the taint {.key}{"\\n"}{end}'
_TEKTON_NAMESPACES = ("tekton-pipelines", "tekton-pipelines-resolvers")

# Short times, so that tests do not wait a minute until a function is scaled to zero.
_SETTINGS: Mapping[str, Mapping[str, str]] = {
    "config-deployment": {
        "registries-skipping-tag-resolving": (
            f"{REGISTRY},registry.default.svc.cluster.local:5000"
        ),
        "queue-sidecar-image": f"{IMAGES}/serving-queue",
    },
    "config-autoscaler": {
        "stable-window": "6s",
        "scale-to-zero-grace-period": "6s",
        "scale-to-zero-pod-retention-period": "0s",
    },
    "config-domain": {"knative.test": ""},
}


def start(cluster: Cluster) -> None:
    """Apply all objects, and wait until their pods are ready.

    :raises Failure: an object cannot be applied, or something is not ready in time
    """
    say("Applying Knative Serving and Eventing, and Tekton")
    found = _sources(cluster)
    _apply(cluster, "namespaces", _read(objects.namespaces(found)))
    _apply(cluster, "definitions", _read(objects.definitions(found)))
    # A kind is served a moment after its definition was applied.
    kinds = ",".join(_KINDS)
    wait_until(cluster, "Knative's kinds", 30, lambda: kubectl.failure(cluster, "get", kinds))
    _trust_ghcr(cluster)
    parts = objects.documents([_read(objects.objects(found)), _resolvers(cluster, found)])
    _apply(cluster, "objects", objects.adapted(parts))
    _apply(cluster, "node", _node_objects(cluster))
    _configure(cluster)
    wait_until(cluster, "the pods of Knative and Tekton", 180, lambda: _unavailable(cluster))
    # The webhooks refuse everything until they have their certificates.
    probe = ("apply", "--dry-run=server", "-f", YAML / "probe.yaml")
    wait_until(
        cluster,
        "the webhooks of Knative and Tekton",
        60,
        lambda: kubectl.failure(cluster, *probe),
    )
    cluster.ready.touch()


def _sources(cluster: Cluster) -> Sources:
    tools = go_tools.known()
    go = build.toolchain(cluster.cache, go_tools.newest(tool.go for tool in tools.values()))

    def module(tool: str, path: str) -> Path:
        return build.module(cluster.cache, go, tools[tool], path) / "config"

    return Sources(
        serving=module("serving", "knative.dev/serving") / "core",
        networking=module("serving", "knative.dev/networking"),
        caching=module("serving", "knative.dev/caching"),
        eventing=module("eventing", "knative.dev/eventing"),
        tekton=module("tekton", "github.com/tektoncd/pipeline"),
    )


def _read(files: list[Path]) -> str:
    return objects.documents(file.read_text() for file in files)


def _apply(cluster: Cluster, name: str, text: str) -> None:
    file = cluster.state / f"{name}.yaml"
    file.write_text(text)
    # Without the timeout of a request: a slow machine takes longer for that many objects.
    kubectl_apply: list[str | Path] = [cluster.program("kubernetes", "kubectl"), "apply"]
    kubectl_apply += ["--kubeconfig", cluster.kubeconfig, "--server-side", "-f", file]
    process.quietly(f"apply-{name}", kubectl_apply, logs=cluster.cache.logs)


def _resolvers(cluster: Cluster, sources: Sources) -> str:
    """Return Tekton's resolvers, which trust the node's ghcr.io."""
    deployment = sources.resolvers / "resolvers-deployment.yaml"
    patch = ("patch", "--local", "--filename", deployment, "--patch-file", YAML / "resolvers.yaml")
    return kubectl.output(cluster, *patch, "--output", "yaml")


def _trust_ghcr(cluster: Cluster) -> None:
    """Make Tekton trust the node's ghcr.io, whose certificate is from the cluster's authority."""
    for namespace in _TEKTON_NAMESPACES:
        create = ("create", "configmap", "config-registry-cert", "--namespace", namespace)
        kubectl.output(cluster, *create, "--from-file", f"cert={cluster.pki / 'ca.crt'}")


def _node_objects(cluster: Cluster) -> str:
    """Return the gateway, the registry and the volumes. Create the volumes' folders."""
    volumes = objects.volumes(cluster.state / "volumes")
    for folder in volumes:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)
    return _read([YAML / "gateway.yaml", YAML / "registry.yaml"]) + objects.documents(
        volumes.values()
    )


def _configure(cluster: Cluster) -> None:
    for name, data in _SETTINGS.items():
        patch = ("patch", "configmap", name, "--namespace", "knative-serving", "--type", "merge")
        kubectl.output(cluster, *patch, "--patch", json.dumps({"data": data}))


def _unavailable(cluster: Cluster) -> str | None:
    """Return the deployments without enough pods, and the node's taints, such as a full disk."""
    listed = kubectl.command(cluster, "get", "deployments", "-A", "--no-headers")
    table = process.answer(listed)
    if table is None:
        return process.failure(listed) or "The API server did not answer"
    lacking = objects.without_pods(table)
    if not lacking:
        return None
    taints = process.answer(kubectl.command(cluster, "get", "nodes", "--output", _TAINTS))
    return "\n".join([*lacking, taints or ""]).strip()
