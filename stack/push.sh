#!/bin/sh
# Puts a builder and the run image into the registry on loopback, where func can pull them:
#   localhost:5000/knative-python/builder and …/run
# The builder is one of its own: a builder names its run image, and func pulls that as well.
set -eu

cd "$(dirname "$0")"

. ../tools/say.sh
. ../tools/once.sh
. ./daemon.sh

main() {
    [ $# = 0 ] || fail "push.sh does not know '$1'" "func's registry has the builder that 'make builder' makes, for this machine."
    ../tools/registry.sh start
    home=localhost:${REGISTRY_PORT:-5000}/knative-python
    # A build in the cluster (docs/deploy.md) reaches the registry by another name. pack wants to see the image under it.
    ./build.sh --as "$home"
    in_cluster=registry.default.svc.cluster.local:5000/knative-python/run
    docker tag "$home/run" "$in_cluster"
    RUN_IMAGE_MIRRORS=$in_cluster ./builder.sh --as "$home"

    # Kept beside the registry's images, so that both go together.
    pushed=$cache/registry/${REGISTRY_PORT:-5000}/pushed
    wanted="$(image_id "$home/builder") $(image_id "$home/run")"
    if [ "$(cat "$pushed" 2>/dev/null)" != "$wanted" ]; then locked push push; fi
}

push() {
    if [ "$(cat "$pushed" 2>/dev/null)" = "$wanted" ]; then return 0; fi
    for image in run builder; do
        say "Pushing $home/$image"
        quietly "push-$image" docker push "$home/$image"
    done
    echo "$wanted" >"$pushed"
}

main "$@"
