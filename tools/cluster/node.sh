#!/bin/bash
# node.sh: the first process of the node's namespaces. Starts the programs of the node in their order, and ends
# when one of them does. cluster.sh starts it.
# shellcheck source-path=SCRIPTDIR/..
set -euo pipefail

cd "$(dirname "$0")/.."

. ./say.sh
. ./once.sh
. ./cluster/settings.sh

containerd_socket=/run/containerd/containerd.sock

main() {
    # The end of this process is the end of all in its namespace.
    trap 'exit 0' TERM
    mounts
    network
    mkdir -p "$state/log" "$state/cni"
    registry
    control_plane
    container_runtime
    kubelet
    proxy
    dns
    # The gateway waits for Knative by itself.
    start gateway python3 -I cluster/gateway.py "$programs/kubernetes/kubectl" "$kubeconfig" "$packages/usr/sbin/nginx" "$state/gateway"
    # Reaps what containers leave behind as well: it is process 1 here.
    while true; do
        ended=0
        wait -n -p number || ended=$?
        name=${names[${number:-0}]:-}
        [ -z "$name" ] || { echo "$name has ended with $ended" && return 1; }
    done
}

declare -A names
# start NAME COMMAND...
start() {
    local name=$1
    shift
    "$@" </dev/null >"$state/log/$name.log" 2>&1 &
    names[$!]=$name
}

# This machine's own folders stay as they are; what is mounted in them goes with the namespace.
mounts() {
    mount --make-rshared /
    for folder in /run /var/log /var/lib/cni; do
        mkdir -p "$folder"
        mount -t tmpfs tmpfs "$folder"
    done
    mkdir -p /run/containerd /run/lock /var/log/containers
    # iptables' own lock and the names that containers resolve.
    echo "nameserver $node" >/run/resolv.conf
}

network() {
    ip link set lo up
    for _ in $(seq 100); do
        ip link show eth0 >/dev/null 2>&1 && break
        sleep 0.1
    done
    ip address add "$node/$prefix" dev eth0
    ip link set eth0 up
    echo 1 >/proc/sys/net/ipv4/ip_forward
    cat >"$state/pods.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "ptp", "ipMasq": true, "ipam": {"type": "host-local", "ranges": [[{"subnet": "$pods"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
    mkdir -p "$state/cni"
    mv "$state/pods.conflist" "$state/cni/10-pods.conflist"
}

# The registry of this machine again, with the same images, under the names that the node and pods know:
# localhost:5000 on the node, registry.default.svc.cluster.local:5000 in pods, and ghcr.io.
registry() {
    local program configuration=$cache/registry/${REGISTRY_PORT:-5000}.yml
    program=$(command -v docker-registry || echo "$cache/tools/docker-registry/usr/bin/docker-registry")
    start registry env REGISTRY_HTTP_ADDR=0.0.0.0:5000 "$program" serve "$configuration"
    start ghcr env REGISTRY_HTTP_ADDR="$node:443" REGISTRY_HTTP_TLS_CERTIFICATE="$state/pki/ghcr.crt" \
        REGISTRY_HTTP_TLS_KEY="$state/pki/ghcr.key" "$program" serve "$configuration"
    for name in ghcr.io docker.io registry.k8s.io registry.default.svc.cluster.local:5000; do
        mkdir -p "$state/registries/$name"
        echo '[host."http://localhost:5000"]' >"$state/registries/$name/hosts.toml"
    done
}

control_plane() {
    # The interval: Kubernetes asks newer versions of etcd how far a watch has got; Debian's says it by itself, but
    # every ten minutes only. Until it does, a watch that names no version ends with an error.
    start etcd "$packages/usr/bin/etcd" --data-dir "$state/etcd" --unsafe-no-fsync --log-level error \
        --experimental-watch-progress-notify-interval 500ms \
        --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
        --listen-peer-urls http://127.0.0.1:2380
    start apiserver "$programs/kubernetes/kube-apiserver" --etcd-servers http://127.0.0.1:2379 \
        --advertise-address "$node" --secure-port 6443 --kubelet-preferred-address-types InternalIP \
        --tls-cert-file "$state/pki/api.crt" --tls-private-key-file "$state/pki/api.key" \
        --service-account-key-file "$state/pki/service-accounts.key" \
        --service-account-signing-key-file "$state/pki/service-accounts.key" \
        --service-account-issuer https://kubernetes.default.svc --token-auth-file "$state/pki/tokens.csv" \
        --authorization-mode RBAC --service-cluster-ip-range "$services" --allow-privileged
    until kube get --raw /readyz >/dev/null 2>&1; do sleep 0.2; done
    start controller-manager "$programs/kubernetes/kube-controller-manager" --kubeconfig "$kubeconfig" --leader-elect=false \
        --service-account-private-key-file "$state/pki/service-accounts.key" --root-ca-file "$state/pki/ca.crt" \
        --bind-address 127.0.0.1 --pv-recycler-pod-template-filepath-hostpath cluster/recycler.yaml
    start scheduler "$programs/kubernetes/kube-scheduler" --kubeconfig "$kubeconfig" --leader-elect=false --bind-address 127.0.0.1
}

container_runtime() {
    # restrict_oom_score_adj: without it runc fails where this machine may not lower the score.
    cat >"$state/containerd.toml" <<TOML
version = 2
root = "$state/containerd"
state = "/run/containerd"
[grpc]
address = "$containerd_socket"
[plugins."io.containerd.grpc.v1.cri"]
restrict_oom_score_adj = true
sandbox_image = "localhost:5000/knative/pause:1"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "$state/registries"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "$packages/usr/lib/cni"
conf_dir = "$state/cni"
TOML
    start containerd containerd --config "$state/containerd.toml"
    until [ -S "$containerd_socket" ]; do sleep 0.1; done
}

kubelet() {
    # InPlacePodVerticalScaling: with it kubelet panics when it starts again without cgroups of its own.
    cat >"$state/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
cgroupsPerQOS: false
clusterDNS: [$node]
clusterDomain: cluster.local
containerRuntimeEndpoint: unix://$containerd_socket
enforceNodeAllocatable: []
evictionHard: {nodefs.available: "1%", imagefs.available: "1%"}
failCgroupV1: false
failSwapOn: false
featureGates: {InPlacePodVerticalScaling: false}
podLogsDir: /var/log/pods
resolvConf: /run/resolv.conf
serializeImagePulls: false
volumePluginDir: $state/volume-plugins
YAML
    start kubelet "$programs/kubernetes/kubelet" --config "$state/kubelet.yaml" --kubeconfig "$kubeconfig" \
        --hostname-override node --node-ip "$node" --root-dir "$state/kubelet" --cert-dir "$state/kubelet/pki"
}

proxy() {
    cat >"$state/proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: $pods
hostnameOverride: node
clientConnection: {kubeconfig: "$kubeconfig"}
conntrack: {maxPerCore: 0}
YAML
    start proxy "$programs/kubernetes/kube-proxy" --config "$state/proxy.yaml"
}

# Without DNS, Knative's autoscaler cannot ask its revisions and never scales to zero.
dns() {
    cat >"$state/Corefile" <<DNS
.:53 {
  bind $node
  kubernetes cluster.local ${services} {
    kubeconfig $kubeconfig knative-python
  }
  hosts {
    $node ghcr.io
    fallthrough
  }
  forward . 10.0.2.3 # slirp4netns, which asks this machine's name server
  errors
}
DNS
    start dns "$programs/coredns/coredns" -conf "$state/Corefile"
}

main
