#!/bin/sh
# cluster.sh [up|down]: Kubernetes with Knative Serving, Eventing and Tekton on this machine, for tests and to try things out.
#   up      starts it, and waits until it is ready. It takes functions from the registry on localhost:5000
#   down    ends it, and removes all that it made
# It is one node that runs in namespaces of its own (processes, mounts, network), so that nothing of it is left
# once it has ended: no process, no mount, no iptables rule. Linux and root are needed.
set -eu

cd "$(dirname "$0")"

. ./say.sh
. ./once.sh
. ./daemons.sh
. ./cluster/settings.sh

up() {
    [ "$(uname -s)" = Linux ] || fail "A cluster needs Linux" "Found: $(uname -s). A virtual machine with Linux will do."
    [ "$(id -u)" = 0 ] || fail "Only root can start a cluster" "It makes network and mount namespaces. Run: sudo make cluster"
    # First of all: without kubectl nobody can say whether a cluster runs, as in a second clone.
    parts
    locked cluster up_now
}

up_now() {
    if is_ours cluster && ready; then return 0; fi
    down_now
    unshare --mount --net --pid --fork --mount-proc true ||
        fail "This machine does not let root make namespaces" "A cluster needs them. In a container, it takes --privileged."
    unshare --mount --net --pid --fork --mount-proc ./cluster/rights.sh || exit 1
    ./cluster/images.sh
    start_node
    ./cluster/knative.sh
    say "The cluster is ready: export KUBECONFIG=$kubeconfig"
}

# parts: all programs of the node, built or unpacked once.
parts() {
    ./build.sh kubernetes coredns serving eventing tekton queue-proxy func
    # Docker's package has brought containerd, runc and iptables, where there was none.
    for program in containerd runc iptables ip openssl pgrep unshare slirp4netns; do
        command -v "$program" >/dev/null || install_packages containerd runc iptables iproute2 openssl procps util-linux slirp4netns
    done
    ./registry.sh start
    once "$packages" unpack_packages
}

# Unpacked, not installed: as packages, etcd and nginx start services of their own.
unpack_packages() {
    say "Fetching etcd, nginx and CNI plugins (Debian packages; once)"
    (
        cd "$1"
        quietly fetch-cluster apt-get download etcd-server containernetworking-plugins nginx
        for package in ./*.deb; do dpkg-deb --extract "$package" . && rm "$package"; done
    )
}

start_node() {
    say "Starting the node $node"
    mkdir -p "$state"
    for setting in $kernel_settings; do echo "$setting=$(cat "/proc/sys/$setting")"; done >"$state/kernel"
    ./cluster/credentials.sh
    # --kill-child: when unshare ends, so does the first process of the namespaces, and all others with it.
    started cluster unshare --mount --net --pid --fork --kill-child --mount-proc ./cluster/node.sh
    wait_until "the node's namespaces" 10 first_process
    ip link add "$host_link" type veth peer name eth0 netns "$(first_process)"
    ip address add "$host/$prefix" dev "$host_link"
    ip link set "$host_link" up
    # The node's way out, for builds that fetch packages: a program, so that this machine need not forward anything.
    started cluster-outside slirp4netns --configure --mtu 1500 --disable-host-loopback "$(first_process)" tap0
    wait_until "the node's way out ($running/cluster-outside.log)" 10 way_out
    wait_until "the API server" 60 answers
    wait_until "the node to be ready" 60 node_ready
}

# first_process: the number of the namespaces' first process, as this machine counts.
first_process() {
    is_ours cluster && pgrep -P "$pid" | grep .
}

way_out() {
    nsenter --target "$(first_process)" --net ip link show tap0
}

answers() {
    kube get --raw /readyz
}

node_ready() {
    kube get nodes --no-headers | grep -q ' Ready'
}

ready() {
    answers >/dev/null 2>&1 && [ -e "$state/ready" ]
}

down() {
    locked cluster down_now
}

down_now() {
    if is_ours cluster; then
        say "Ending the cluster"
        first=$(first_process) && kill "$first" # unshare itself does not listen
        ended cluster
    fi
    ended cluster-outside
    [ -d "$state" ] || return 0
    ip link delete "$host_link" 2>/dev/null || true
    # Only empty ones can be removed.
    find /sys/fs/cgroup -depth -type d -path "*/$cgroup*" -exec rmdir {} + 2>/dev/null || true
    while IFS='=' read -r setting value; do
        [ "$(cat "/proc/sys/$setting")" = "$value" ] || echo "$value" >"/proc/sys/$setting"
    done <"$state/kernel"
    rm -rf "$state"
}

case ${1:-up} in
up) up ;;
down) down ;;
*) fail "cluster.sh does not know '$1'" "Use: cluster.sh up, or cluster.sh down" ;;
esac
