"""The programs of the node: their commands. Facts only."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import process
from tools.cluster.node.configuration import Files
from tools.cluster.settings import NODE, SERVICES, YAML, Cluster
from tools.machine import registry

_ETCD = "http://127.0.0.1:2379"


@dataclass(frozen=True)
class Program:
    """A program of the node.

    :param name: the name of its log, and in errors
    """

    name: str
    command: process.Command


def first(cluster: Cluster, files: Files, registry_program: Path) -> list[Program]:
    """Return the programs that need only etcd, in the order of their start."""
    serve: list[str | Path] = [registry_program, "serve", registry.configuration(cluster.settings)]
    return [*_registries(cluster, serve), _etcd(cluster), _api_server(cluster), _containerd(files)]


def second(cluster: Cluster, files: Files) -> list[Program]:
    """Return the programs that need the API server. kubelet needs containerd, too."""
    kubernetes = _Kubernetes(cluster)
    return [
        kubernetes.controller_manager(),
        kubernetes.scheduler(),
        kubernetes.kubelet(files.kubelet),
        Program("proxy", [cluster.program("kubernetes", "kube-proxy"), "--config", files.proxy]),
        Program("dns", [cluster.program("coredns", "coredns"), "-conf", files.dns]),
        _gateway(cluster),  # waits for Knative by itself
    ]


def _registries(cluster: Cluster, serve: Sequence[str | Path]) -> list[Program]:
    """Return servers for this machine's registry, with the names that the node and pods use.

    localhost:5000 on the node, registry.default.svc.cluster.local:5000 in pods, and ghcr.io.
    """
    ghcr = [
        f"REGISTRY_HTTP_ADDR={NODE}:443",
        f"REGISTRY_HTTP_TLS_CERTIFICATE={cluster.pki}/ghcr.crt",
        f"REGISTRY_HTTP_TLS_KEY={cluster.pki}/ghcr.key",
    ]
    return [
        Program("registry", ["env", "REGISTRY_HTTP_ADDR=0.0.0.0:5000", *serve]),
        Program("ghcr", ["env", *ghcr, *serve]),
    ]


def _etcd(cluster: Cluster) -> Program:
    options = {
        "--data-dir": cluster.state / "etcd",
        "--log-level": "error",
        # Kubernetes queries newer versions of etcd for the progress of a watch. Debian's version
        # only reports it every ten minutes. Until then, a watch without a version would fail.
        "--experimental-watch-progress-notify-interval": "500ms",
        "--listen-client-urls": _ETCD,
        "--advertise-client-urls": _ETCD,
        "--listen-peer-urls": "http://127.0.0.1:2380",
    }
    etcd = cluster.unpacked / "usr" / "bin" / "etcd"
    return Program("etcd", [etcd, "--unsafe-no-fsync", *_words(options)])


def _api_server(cluster: Cluster) -> Program:
    pki = cluster.pki
    options = {
        "--etcd-servers": _ETCD,
        "--advertise-address": NODE,
        "--secure-port": "6443",
        "--kubelet-preferred-address-types": "InternalIP",
        "--tls-cert-file": pki / "api.crt",
        "--tls-private-key-file": pki / "api.key",
        "--service-account-key-file": pki / "service-accounts.key",
        "--service-account-signing-key-file": pki / "service-accounts.key",
        "--service-account-issuer": "https://kubernetes.default.svc",
        "--token-auth-file": pki / "tokens.csv",
        "--authorization-mode": "RBAC",
        "--service-cluster-ip-range": SERVICES,
    }
    program = cluster.program("kubernetes", "kube-apiserver")
    return Program("apiserver", [program, "--allow-privileged", *_words(options)])


def _containerd(files: Files) -> Program:
    return Program("containerd", ["containerd", "--config", files.containerd])


@dataclass(frozen=True)
class _Kubernetes:
    """The programs of Kubernetes that connect to the API server."""

    cluster: Cluster

    def controller_manager(self) -> Program:
        pki = self.cluster.pki
        options = {
            "--service-account-private-key-file": pki / "service-accounts.key",
            "--root-ca-file": pki / "ca.crt",
            "--bind-address": "127.0.0.1",
            "--pv-recycler-pod-template-filepath-hostpath": YAML / "recycler.yaml",
        }
        name = "controller-manager"
        return self._program(name, f"kube-{name}", ["--leader-elect=false", *_words(options)])

    def scheduler(self) -> Program:
        options = ["--leader-elect=false", "--bind-address", "127.0.0.1"]
        return self._program("scheduler", "kube-scheduler", options)

    def kubelet(self, configuration: Path) -> Program:
        folder = self.cluster.state / "kubelet"
        options = {
            "--config": configuration,
            "--hostname-override": "node",
            "--node-ip": NODE,
            "--root-dir": folder,
            "--cert-dir": folder / "pki",
        }
        return self._program("kubelet", "kubelet", _words(options))

    def _program(self, name: str, file: str, options: Sequence[str | Path]) -> Program:
        program = self.cluster.program("kubernetes", file)
        return Program(name, [program, "--kubeconfig", self.cluster.kubeconfig, *options])


def _gateway(cluster: Cluster) -> Program:
    script = Path(__file__).with_name("gateway.py")
    command: list[str | Path] = [
        sys.executable,
        "-I",
        script,
        cluster.program("kubernetes", "kubectl"),
    ]
    nginx = cluster.unpacked / "usr" / "sbin" / "nginx"
    return Program("gateway", [*command, cluster.kubeconfig, nginx, cluster.state / "gateway"])


def _words(options: Mapping[str, object]) -> list[str]:
    return [str(word) for pair in options.items() for word in pair]
