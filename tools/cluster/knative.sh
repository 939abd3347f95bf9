#!/bin/sh
# knative.sh: applies Knative Serving and Eventing and Tekton to the cluster, from the yaml of their modules, and
# waits until they are ready.
# shellcheck source-path=SCRIPTDIR/..
set -eu

cd "$(dirname "$0")/.."

. ./say.sh
. ./once.sh
. ./daemons.sh
. ./cluster/settings.sh

registry=localhost:5000/knative

main() {
    serving=$(module serving knative.dev/serving)/config/core
    networking=$(module serving knative.dev/networking)/config
    caching=$(module serving knative.dev/caching)/config
    eventing=$(module eventing knative.dev/eventing)/config
    channel=$eventing/channels/in-memory-channel
    broker=$eventing/brokers/mt-channel-broker
    tekton=$(module tekton github.com/tektoncd/pipeline)/config

    say "Applying Knative Serving and Eventing, and Tekton"
    documents "$serving/100-namespace.yaml" "$eventing/core/100-namespace.yaml" \
        "$tekton/100-namespace/100-namespace.yaml" "$tekton/resolvers/100-namespace.yaml" | apply namespaces
    { serving_definitions && eventing_definitions && tekton_definitions; } | apply definitions
    # A kind is served a moment after its definition was applied.
    wait_until "Knative's kinds" 30 kube get images.caching.internal.knative.dev,revisions.serving.knative.dev,brokers.eventing.knative.dev
    trust_ghcr
    { serving_objects && eventing_objects && tekton_objects; } | settings | apply objects
    { documents cluster/gateway.yaml cluster/registry.yaml && volumes; } | apply node
    configure
    wait_until "the pods of Knative and Tekton" 180 all_available
    # The webhooks refuse everything until they have their certificates.
    wait_until "the webhooks of Knative and Tekton" 60 kube apply --dry-run=server -f cluster/probe.yaml
    touch "$state/ready"
}

# module TOOL PATH: the folder of a Go module, in the version that a tool is built with.
module() {
    GOWORK=off GOFLAGS=-mod=readonly go -C "$1" list -m -f '{{.Dir}}' "$2"
}

# The links among Serving's files are missing from a Go module; their targets are in two other modules.
serving_definitions() {
    documents "$serving/200-serviceaccount.yaml" "$serving"/200-roles/*.yaml "$serving"/300-resources/*.yaml \
        "$networking/certificate.yaml" "$networking/ingress.yaml" "$networking/serverlessservice.yaml" \
        "$networking/domain-claim.yaml" "$caching/image.yaml"
}

serving_objects() {
    documents "$serving"/configmaps/*.yaml "$networking/config-network.yaml" "$serving"/webhooks/*.yaml "$serving/999-cache.yaml"
    for part in controller webhook autoscaler activator; do documents "$serving/deployments/$part.yaml"; done
}

eventing_definitions() {
    documents "$eventing"/core/200-*.yaml "$eventing"/core/roles/*.yaml "$eventing"/core/resources/*.yaml \
        "$channel"/200-*.yaml "$channel"/roles/*.yaml "$channel"/resources/*.yaml "$broker"/roles/*.yaml
}

eventing_objects() {
    # The images of its transformations and integrations, which nothing here uses, have to be named.
    documents "$eventing"/../third_party/eventing-integrations-latest/*.yaml
    documents "$eventing"/core/configmaps/*.yaml "$eventing"/core/webhooks/*.yaml \
        "$channel"/configmaps/*.yaml "$channel"/webhooks/*.yaml
    for part in controller webhook pingsource-mt-adapter; do documents "$eventing/core/deployments/$part.yaml"; done
    documents "$channel"/deployments/*.yaml
    for part in broker-filter broker-ingress controller; do documents "$broker/deployments/$part.yaml"; done
}

tekton_definitions() {
    for part in "$tekton" "$tekton/resolvers"; do documents "$part"/200-*.yaml "$part"/201-*.yaml; done
    documents "$tekton"/300-crds/*.yaml "$tekton"/clusterrole-*.yaml
}

tekton_objects() {
    documents "$tekton"/500-webhooks.yaml "$tekton"/config-[!r]*.yaml "$tekton"/resolvers/*config*.yaml \
        "$tekton/controller.yaml" "$tekton/webhook.yaml" "$tekton/resolvers/resolvers-service.yaml"
    kube patch --local --filename "$tekton/resolvers/resolvers-deployment.yaml" --patch-file cluster/resolvers.yaml --output yaml
}

# What Tekton's resolver gets from ghcr.io comes from the node, with a certificate of the cluster's own: node.sh.
trust_ghcr() {
    for namespace in tekton-pipelines tekton-pipelines-resolvers; do
        kube create configmap config-registry-cert --namespace "$namespace" --from-file cert="$state/pki/ca.crt" >/dev/null
    done
}

# Folders of the node, for claims that name no class of storage. They are emptied when a claim has gone.
volumes() {
    for number in 1 2 3 4 5 6 7 8; do
        mkdir -p "$state/volumes/$number"
        chmod 777 "$state/volumes/$number"
        cat <<YAML
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: folder-$number}
spec:
  capacity: {storage: 2Gi}
  accessModes: [ReadWriteOnce, ReadWriteMany]
  persistentVolumeReclaimPolicy: Recycle
  hostPath: {path: "$state/volumes/$number"}
YAML
    done
}

documents() {
    for file in "$@"; do echo --- && cat "$file" && echo; done
}

# Our images for those that ko would make. Two cores have to do: less CPU is asked for, and none is capped.
settings() {
    sed -E -e "s#ko://knative.dev/([a-z]+)/cmd/([a-z_]+/)?([a-z_]+)#$registry/\1-\3#" \
        -e "s#ko://github.com/tektoncd/pipeline/cmd/#$registry/tekton-#" \
        -e "s#cgr.dev/chainguard/busybox@[^\"]*#localhost:5000/library/bash:5.1#" \
        -e '/limits:/,/memory:/{/cpu:/d}' -e 's/cpu: "?[0-9]+m"?$/cpu: 10m/'
}

apply() {
    cat >"$state/$1.yaml"
    quietly "apply-$1" "$programs/kubernetes/kubectl" --kubeconfig "$kubeconfig" apply --server-side -f "$state/$1.yaml"
}

# Short times: a test need not wait a minute to see a function scaled to zero.
configure() {
    patch config-deployment '{"registries-skipping-tag-resolving": "localhost:5000,registry.default.svc.cluster.local:5000", "queue-sidecar-image": "'$registry/serving-queue'"}'
    patch config-autoscaler '{"stable-window": "6s", "scale-to-zero-grace-period": "6s", "scale-to-zero-pod-retention-period": "0s"}'
    patch config-domain '{"knative.test": ""}'
}

patch() {
    kube -n knative-serving patch configmap "$1" --type merge --patch "{\"data\": $2}" >/dev/null
}

# all_available: else says which deployments lack pods, and what keeps the node from running them (a full disk).
all_available() {
    deployments=$(kube get deployments -A --no-headers) || return 1
    echo "$deployments" | awk '{ split($3, count, "/"); if (count[1] != count[2]) { print $1 "/" $2 ": " $3 " pods"; missing = 1 } } END { exit missing }' && return
    kube get nodes --output 'jsonpath={range .items[*].spec.taints[*]}The node has the taint {.key}{"\n"}{end}'
    return 1
}

main
