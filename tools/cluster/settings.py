"""Where the cluster is on this machine, and how it is reached. Facts only."""

from dataclasses import dataclass
from pathlib import Path

from tools import ROOT
from tools.cache.cache import Cache
from tools.machine import packages
from tools.machine.daemons import Daemon
from tools.settings import Settings

YAML = Path(__file__).parent / "yaml"
REGISTRY = "localhost:5000"  # its address for the node and kubelet, with any REGISTRY_PORT

# Two addresses of the range for tests (RFC 2544), between this machine and the node.
HOST_LINK = "knative-node"
HOST = "198.18.93.1"
NODE = "198.18.93.2"
PREFIX = 30
SERVICES = "10.96.0.0/24"
API = "10.96.0.1"  # the first address of the services is the API server's
PODS = "10.244.0.0/24"

# Unpacked, not installed: when they are installed, etcd and nginx start services.
PACKAGES = ("containernetworking-plugins", "etcd-server", "nginx")


@dataclass(frozen=True)
class Cluster:
    """The cluster of a user: its folders, programs and processes.

    :param settings: the variables of the command
    """

    settings: Settings

    @property
    def cache(self) -> Cache:
        """Return the cache, which all clones share. So they share the cluster."""
        return self.settings.cache

    @property
    def state(self) -> Path:
        """Return the folder of files that are deleted with the cluster."""
        return self.cache.folder / "cluster"

    @property
    def pki(self) -> Path:
        """Return the folder of keys, certificates and tokens."""
        return self.state / "pki"

    @property
    def kubeconfig(self) -> Path:
        """Return the administrator's kubeconfig."""
        return self.state / "kubeconfig"

    @property
    def ready(self) -> Path:
        """Return the file that exists once Knative and Tekton are ready."""
        return self.state / "ready"

    @property
    def logs(self) -> Path:
        """Return the folder of the node's logs. They stay when the cluster ends."""
        return self.cache.logs / "cluster"

    @property
    def unpacked(self) -> Path:
        """Return the folder of the unpacked Debian packages."""
        return packages.folder(self.cache, PACKAGES)

    @property
    def node(self) -> Daemon:
        """Return the process that keeps the node's namespaces."""
        return Daemon(self.cache, "cluster", "the cluster's node")

    @property
    def outgoing(self) -> Daemon:
        """Return the process that connects the node to other machines."""
        return Daemon(self.cache, "cluster-outside", "the node's outgoing network")

    def program(self, part: str, name: str) -> Path:
        """Return a program of a part, which `make cluster` has built."""
        return self.part(part) / name

    def part(self, name: str) -> Path:
        """Return the folder of a part's programs."""
        return ROOT / ".tools" / "libexec" / name

    def tool(self, name: str) -> Path:
        """Return a Go tool in the cache, whose path changes with the tool."""
        return (ROOT / ".tools" / name).resolve()
