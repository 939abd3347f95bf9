#!/bin/sh
# images.sh: images of Knative's parts and of the pods' first process, in the registry on localhost:5000.
# shellcheck source-path=SCRIPTDIR/..
set -eu

cd "$(dirname "$0")/.."

. ./say.sh
. ./once.sh
. ./cluster/settings.sh

registry=localhost:${REGISTRY_PORT:-5000}/knative

main() {
    ./docker.sh start
    for program in "$programs"/serving/* "$programs"/eventing/*; do
        image "$(basename "$(dirname "$program")")-$(basename "$program")" "$program"
    done
    image serving-queue ../.tools/queue-proxy
    pause=$cache/tools/pause/$(cat cluster/pause/* | key)
    once "$pause" build_pause
    image pause "$pause/pause" 1
}

build_pause() {
    quietly build-pause env CGO_ENABLED=0 GOWORK=off GOFLAGS= go -C cluster/pause build -ldflags '-s -w' -o "$1/pause" .
}

# image NAME PROGRAM [TAG]: an image with that program alone.
image() {
    pushed=$cache/registry/${REGISTRY_PORT:-5000}/pushed-$1
    wanted=$(readlink -f "$2")
    [ "$(cat "$pushed" 2>/dev/null)" != "$wanted" ] || return 0
    say "Pushing $registry/$1"
    folder=$(mktemp -d)
    cp "$wanted" "$folder/program"
    printf 'FROM scratch\nCOPY program /ko-app/program\nUSER 65532\nENTRYPOINT ["/ko-app/program"]\n' >"$folder/Dockerfile"
    quietly "image-$1" docker build --tag "$registry/$1:${3:-latest}" "$folder"
    quietly "push-$1" docker push "$registry/$1:${3:-latest}"
    # The registry has it; the daemon need not.
    docker image rm "$registry/$1:${3:-latest}" >/dev/null
    rm -r "$folder"
    echo "$wanted" >"$pushed"
}

main
