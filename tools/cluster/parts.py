"""The programs of the cluster: built, installed or unpacked, once."""

from tools.cluster.settings import PACKAGES, Cluster
from tools.go import build
from tools.machine import docker, packages, registry

_BUILT = ("kubernetes", "coredns", "serving", "eventing", "tekton", "queue-proxy", "func")
# Most of them come with Docker's package.
_PROGRAMS = ("containerd", "runc", "iptables", "ip", "openssl", "pgrep", "unshare", "slirp4netns")
_INSTALLED = (
    "containerd",
    "runc",
    "iptables",
    "iproute2",
    "openssl",
    "procps",
    "util-linux",
    "slirp4netns",
)


def make(cluster: Cluster) -> None:
    """Build or install missing programs, and start Docker and the registry.

    :raises Failure: one cannot be built, installed, downloaded or started
    """
    build.build(cluster.cache, _BUILT)
    packages.need(cluster.cache, _PROGRAMS, *_INSTALLED)
    docker.start(cluster.settings)
    registry.start(cluster.settings)
    registry.program(cluster.settings)  # the node runs it too
    packages.unpack(cluster.cache, "etcd, nginx and CNI plugins", PACKAGES)
