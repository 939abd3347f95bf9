#!/bin/sh
# knative.sh: applies Knative Serving to the cluster, from the yaml of its module, and waits until it is ready.
set -eu

cd "$(dirname "$0")/.."

. ./say.sh
. ./once.sh
. ./daemons.sh
. ./cluster/settings.sh

registry=localhost:5000/knative

main() {
    say "Applying Knative Serving"
    wait_until "the namespace knative-serving" 30 kube apply -f "$(module knative.dev/serving)/config/core/100-namespace.yaml"
    definitions | apply definitions
    # A definition's kind is served a moment after it was applied.
    wait_until "Knative's kinds" 30 kube get images.caching.internal.knative.dev,revisions.serving.knative.dev
    objects | settings | apply objects
    configure
    wait_until "Knative's pods" 120 all_available
    # The webhook refuses everything until it has its certificate.
    wait_until "Knative's webhook" 60 kube apply --dry-run=server -f cluster/probe.yaml
    touch "$state/ready"
}

# module PATH: the folder of a Go module, in the version that Serving is built with.
module() {
    GOWORK=off GOFLAGS=-mod=readonly go -C serving list -m -f '{{.Dir}}' "$1"
}

# The links among these files are missing from a Go module; their targets are in two other modules.
definitions() {
    serving=$(module knative.dev/serving)/config/core
    networking=$(module knative.dev/networking)/config
    documents "$serving/200-serviceaccount.yaml" "$serving"/200-roles/*.yaml "$serving"/300-resources/*.yaml \
        "$networking/certificate.yaml" "$networking/ingress.yaml" "$networking/serverlessservice.yaml" \
        "$networking/domain-claim.yaml" "$(module knative.dev/caching)/config/image.yaml"
}

objects() {
    serving=$(module knative.dev/serving)/config/core
    documents "$serving"/configmaps/*.yaml "$(module knative.dev/networking)/config/config-network.yaml" \
        "$serving"/webhooks/*.yaml "$serving/999-cache.yaml"
    for part in controller webhook autoscaler activator; do documents "$serving/deployments/$part.yaml"; done
}

documents() {
    for file in "$@"; do echo --- && cat "$file" && echo; done
}

# Our images for those that ko would make, and less CPU: two cores have to do.
settings() {
    sed -E -e "s#ko://knative.dev/serving/cmd/([a-z]+)#$registry/\1#" -e 's/cpu: (300m|100m)$/cpu: 20m/'
}

apply() {
    cat >"$state/$1.yaml"
    quietly "apply-$1" "$programs/kubectl" --kubeconfig "$kubeconfig" apply --server-side -f "$state/$1.yaml"
}

# Short times: a test need not wait a minute to see a function scaled to zero.
configure() {
    patch config-deployment '{"registries-skipping-tag-resolving": "localhost:5000", "queue-sidecar-image": "'$registry/queue'"}'
    patch config-autoscaler '{"stable-window": "6s", "scale-to-zero-grace-period": "6s", "scale-to-zero-pod-retention-period": "0s"}'
    patch config-domain '{"knative.test": ""}'
}

patch() {
    kube -n knative-serving patch configmap "$1" --type merge --patch "{\"data\": $2}" >/dev/null
}

all_available() {
    [ "$(kube -n knative-serving get deployments --no-headers | awk '$2 == "1/1"' | wc -l)" = 4 ]
}

main
