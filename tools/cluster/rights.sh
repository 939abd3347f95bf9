#!/bin/sh
# rights.sh: whether this machine lets root do what a node has to; some containers and CI machines do not. Runs in
# namespaces of its own, so that nothing of it stays.
# shellcheck source-path=SCRIPTDIR/..
set -eu

cd "$(dirname "$0")/.."

. ./say.sh

main() {
    folder=$(mktemp -d)
    trap 'umount "$folder" 2>/dev/null || true; rmdir "$folder"' EXIT
    may "mount a file system" mount -t tmpfs tmpfs "$folder"
    mkdir "$folder/lower" "$folder/upper" "$folder/work" "$folder/all"
    may "mount an overlay, as containers have it" mount -t overlay overlay \
        -o "lowerdir=$folder/lower,upperdir=$folder/upper,workdir=$folder/work" "$folder/all"
    umount "$folder/all"
    may "make network interfaces" ip link add probe0 type veth peer name probe1
    may "set iptables rules" iptables -t nat -A POSTROUTING -s 127.0.0.1 -j MASQUERADE
    setting=/proc/sys/vm/overcommit_memory
    may "change settings of the kernel" sh -c "value=\$(cat $setting) && echo \$value >$setting" # to what it is
    groups=/sys/fs/cgroup
    [ ! -d "$groups/memory" ] || groups=$groups/memory # version 1
    may "make control groups" mkdir "$groups/knative-probe.$$"
    rmdir "$groups/knative-probe.$$"
}

# may WHAT COMMAND...
may() {
    what=$1
    shift
    said=$("$@" 2>&1) || fail "This machine does not let root $what" "A cluster needs that. Tried: $*" "$said" \
        "In a container, it takes --privileged; else use a virtual machine."
}

main
