#!/bin/sh
# images.sh: images of the parts of Knative and Tekton, of the pods' first process, and those that func's builds on
# a cluster name, in the registry on localhost:5000.
# shellcheck source-path=SCRIPTDIR/..
set -eu

cd "$(dirname "$0")/.."

. ./say.sh
. ./once.sh
. ./cluster/settings.sh

host=localhost:${REGISTRY_PORT:-5000}
notes=$cache/registry/${REGISTRY_PORT:-5000} # beside the registry's images, so that all goes together

main() {
    ./docker.sh start
    for part in serving eventing tekton; do
        for program in "$programs/$part"/*; do
            pushed "knative/$part-$(basename "$program"):latest" program "$(readlink -f "$program")"
        done
    done
    pushed knative/serving-queue:latest program "$(readlink -f ../.tools/queue-proxy)"
    pause=$cache/tools/pause/$(cat cluster/pause/* | key)
    once "$pause" build_pause
    pushed knative/pause:1 program "$pause/pause"
    # What func's pipeline names, from ghcr.io and docker.io: node.sh makes the registry stand for both.
    pushed knative/func-utils:v2 func_utils "$(readlink -f ../.tools/func-util)"
    build_image=$(docker image inspect --format '{{.Id}}' "$host/knative-python/build") ||
        fail "There is no build image" "Run: make registry"
    # What deploy/tekton names.
    pushed kubectl:v1.34.2 kubectl "$(readlink -f "$programs/kubernetes/kubectl")"
    pushed library/bash:5.1 shell "$build_image"
    git_clone=tektoncd/catalog/upstream/stepactions/git-clone:09f70e6a6485a7d99b01d75610870b13222732e8
    once_pushed "$git_clone" "$(cat cluster/bundle.py cluster/git-clone.yaml | key)" \
        python3 -I cluster/bundle.py "http://$host" "$git_clone" cluster/git-clone.yaml
}

build_pause() {
    quietly build-pause env CGO_ENABLED=0 GOWORK=off GOFLAGS= go -C cluster/pause build -ldflags '-s -w' -o "$1/pause" .
}

# program FILE: that program alone. Tekton calls its own by these paths, which are ko's.
program() {
    name=$(basename "$1")
    cp "$1" "$name"
    printf '%s\n' 'FROM scratch' "COPY $name /ko-app/$name" 'USER 65532' "ENTRYPOINT [\"/ko-app/$name\"]" >Dockerfile
}

# kubectl FILE: as registry.k8s.io has it.
kubectl() {
    cp "$1" kubectl
    printf '%s\n' 'FROM scratch' 'COPY kubectl /bin/kubectl' 'ENV PATH=/bin' 'ENTRYPOINT ["/bin/kubectl"]' >Dockerfile
}

# func_utils FILE: func's helper in the cluster, which does what it is called as.
func_utils() {
    mkdir root
    cp "$1" root/func-util
    for name in deploy scaffold sh socat s2i s2i-generate; do ln -s func-util "root/$name"; done
    printf '%s\n' 'FROM scratch' 'COPY root /' 'ENV PATH=/' 'USER 0:0' >Dockerfile
}

# shell IMAGE: a bash, with coreutils, sed and git: that image as root.
shell() {
    printf '%s\n' "FROM $1" 'USER 0:0' >Dockerfile
}

# pushed IMAGE COMMAND SOURCE: the image of what COMMAND makes of SOURCE in an empty folder.
pushed() {
    once_pushed "$1" "$3 $(key <cluster/images.sh)" build_and_push "$@"
}

build_and_push() {
    folder=$(mktemp -d)
    (cd "$folder" && "$2" "$3")
    quietly build-image docker build --tag "$host/$1" "$folder"
    rm -r "$folder"
    quietly push-image docker push "$host/$1"
    # The registry has it; the daemon need not.
    docker image rm "$host/$1" >/dev/null
}

# once_pushed IMAGE WANTED COMMAND...: runs COMMAND, unless the registry has what is wanted.
once_pushed() {
    note=$notes/pushed-$(echo "$1" | tr /: --) wanted=$2
    [ "$(cat "$note" 2>/dev/null)" != "$wanted" ] || return 0
    say "Pushing $host/$1"
    shift 2
    "$@"
    echo "$wanted" >"$note"
}

main
