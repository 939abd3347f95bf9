"""The configuration files of the node's programs. Facts only."""

import json
from dataclasses import dataclass
from pathlib import Path

from tools.cluster.host import EVICTION_PERCENT
from tools.cluster.settings import NODE, PODS, REGISTRY, SERVICES, Cluster

CONTAINERD_SOCKET = Path("/run/containerd/containerd.sock")
RESOLV_CONF = Path("/run/resolv.conf")  # the name server that containers get

# The registries that the node's own registry replaces.
_REGISTRIES = ("ghcr.io", "docker.io", "registry.k8s.io", "registry.default.svc.cluster.local:5000")

# restrict_oom_score_adj: without it runc fails where this machine may not lower the score.
_CONTAINERD = """\
version = 2
root = "{state}/containerd"
state = "/run/containerd"
[grpc]
address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
restrict_oom_score_adj = true
sandbox_image = "{registry}/knative/pause:1"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "{state}/registries"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{unpacked}/usr/lib/cni"
conf_dir = "{state}/cni"
"""

# With InPlacePodVerticalScaling, kubelet panics when it restarts without its own cgroups.
_KUBELET = """\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {{anonymous: {{enabled: true}}, webhook: {{enabled: false}}}}
authorization: {{mode: AlwaysAllow}}
cgroupDriver: cgroupfs
cgroupsPerQOS: false
clusterDNS: [{node}]
clusterDomain: cluster.local
containerRuntimeEndpoint: unix://{socket}
enforceNodeAllocatable: []
evictionHard: {{nodefs.available: "{eviction}%", imagefs.available: "{eviction}%"}}
failCgroupV1: false
failSwapOn: false
featureGates: {{InPlacePodVerticalScaling: false}}
podLogsDir: /var/log/pods
resolvConf: {resolv_conf}
serializeImagePulls: false
volumePluginDir: {state}/volume-plugins
"""

_PROXY = """\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: {pods}
hostnameOverride: node
clientConnection: {{kubeconfig: "{kubeconfig}"}}
conntrack: {{maxPerCore: 0}}
"""

# Without DNS, Knative's autoscaler cannot ask its revisions and never scales to zero.
# 10.0.2.3 is slirp4netns, which asks this machine's name server.
_DNS = """\
.:53 {{
  bind {node}
  kubernetes cluster.local {services} {{
    kubeconfig {kubeconfig} knative-python
  }}
  hosts {{
    {node} ghcr.io
    fallthrough
  }}
  forward . 10.0.2.3
  errors
}}
"""


@dataclass(frozen=True)
class Files:
    """The files that programs are started with."""

    containerd: Path
    kubelet: Path
    proxy: Path
    dns: Path


def files(cluster: Cluster) -> Files:
    """Return where the files are."""
    state = cluster.state
    return Files(
        containerd=state / "containerd.toml",
        kubelet=state / "kubelet.yaml",
        proxy=state / "proxy.yaml",
        dns=state / "Corefile",
    )


def contents(cluster: Cluster) -> dict[Path, str]:
    """Return all files that are written before the first program starts."""
    named = files(cluster)
    values = {
        "state": cluster.state,
        "kubeconfig": cluster.kubeconfig,
        "unpacked": cluster.unpacked,
        "socket": CONTAINERD_SOCKET,
        "resolv_conf": RESOLV_CONF,
        "registry": REGISTRY,
        "node": NODE,
        "pods": PODS,
        "services": SERVICES,
        "eviction": EVICTION_PERCENT,
    }
    mirror = f'[host."http://{REGISTRY}"]\n'
    return {
        named.containerd: _CONTAINERD.format(**values),
        named.kubelet: _KUBELET.format(**values),
        named.proxy: _PROXY.format(**values),
        named.dns: _DNS.format(**values),
        cluster.state / "cni" / "10-pods.conflist": json.dumps(_pod_network(), indent=1),
        RESOLV_CONF: f"nameserver {NODE}\n",
        **{cluster.state / "registries" / name / "hosts.toml": mirror for name in _REGISTRIES},
    }


def _pod_network() -> dict[str, object]:
    """Return the list of CNI plugins that give a pod its network (cni.dev/docs/spec)."""
    addresses = {"type": "host-local", "ranges": [[{"subnet": PODS}]]}
    routes = [{"dst": "0.0.0.0/0"}]
    plugins = [
        {"type": "ptp", "ipMasq": True, "ipam": {**addresses, "routes": routes}},
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ]
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": plugins}
