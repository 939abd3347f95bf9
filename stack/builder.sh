#!/bin/sh
# Makes the builder knative-python/builder, and all that it needs.
#   builder.sh [IMAGE RUN_IMAGE]       under other names: those that they have in a registry
set -eu

cd "$(dirname "$0")"

. ../tools/say.sh
. ../tools/once.sh
. ./daemon.sh

image=${1:-knative-python/builder}
run_image=${2:-knative-python/run}

main() {
    daemon_is_there
    env --default-signal=INT ../tools/build.sh pack &
    ./build.sh
    wait $!
    docker tag knative-python/run "$run_image"
    wanted=$({
        echo "$image $run_image $(image_id knative-python/build) $(lifecycle) $(uname -m)"
        cat builder.sh builder/builder.toml
        buildpack
    } | key)
    if has "$image" "$wanted"; then return 0; fi
    locked builder make_builder
}

make_builder() {
    if has "$image" "$wanted"; then return 0; fi
    say "Making the builder $image"
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 130' INT TERM
    mkdir "$folder/buildpack"
    case $(uname -m) in aarch64) arch=arm64 ;; *) arch=amd64 ;; esac
    buildpack | prepared | tar -C "$folder/buildpack" -x
    ln -s "$(lifecycle)" "$folder/lifecycle.tgz"
    sed -e "s|@RUN_IMAGE@|$run_image|" -e "s|@ARCH@|$arch|" builder/builder.toml >"$folder/builder.toml"
    replace "$image" quietly pack-builder-create \
        ../.tools/pack builder create "$image" --config "$folder/builder.toml" --pull-policy never
    note "$image" "$wanted"
}

# The buildpack as an archive, without what running it here leaves behind.
buildpack() {
    tar -C ../buildpack --exclude=__pycache__ --exclude='*.egg-info' --exclude='.*_cache' \
        --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu -c .
}

# The same with what each build would make again: the runtime's packages, and bytecode of the buildpack.
prepared() {
    docker run --rm --interactive --network none --user 0 --env CNB_LAYERS_DIR=/layers/knative-python_function \
        --env CNB_TARGET_ARCH="$arch" --entrypoint sh knative-python/build -c '
        cd "$(mktemp -d)" && tar -x && python3 -I -B . prepare >&2 &&
            python3 -m compileall -q --invalidation-mode unchecked-hash -x runtime/ . >&2 &&
            tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -c .'
}

lifecycle() {
    readlink -f ../.tools/lifecycle.tgz
}

main
