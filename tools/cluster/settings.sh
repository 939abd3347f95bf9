# shellcheck shell=sh disable=SC2034
# Where the cluster is and how it is reached. To be sourced after once.sh, in tools/.

state=${cache:?}/cluster
kubeconfig=$state/kubeconfig
packages=$cache/tools/cluster-packages
programs=$PWD/../.tools/libexec

# Two addresses of the range for tests (RFC 2544), between this machine and the node.
host_link=knative-node
host=198.18.93.1
node=198.18.93.2
prefix=30
services=10.96.0.0/24
pods=10.244.0.0/24

# Where containerd puts containers of pods that ask for no place of their own.
cgroup=k8s.io
# What kubelet sets for the whole machine, to be set back.
kernel_settings="vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes"

kube() {
    "$programs/kubernetes/kubectl" --kubeconfig "$kubeconfig" --request-timeout 20s "$@"
}

# wait_until WHAT SECONDS COMMAND...: runs the command until it succeeds.
wait_until() {
    _what=$1 _seconds=$2
    shift 2
    _end=$(($(date +%s) + _seconds))
    _said=
    until "$@" >/dev/null 2>&1; do
        is_ours cluster || fail "The node has ended" "$(tail -n 10 "${running:?}/cluster.log")" "Its logs: $state/log"
        if [ -z "$_said" ]; then say "Waiting for $_what" && _said=yes; fi
        [ "$(date +%s)" -lt "$_end" ] || fail "Waited $_seconds s for $_what" "$("$@" 2>&1 | tail -n 5)" "Logs: $state/log"
        sleep 0.3
    done
}
