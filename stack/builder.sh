#!/bin/sh
# Makes the builder of a variant, knative-python/builder, and all that it needs.
#   builder.sh [--variant NAME] [--arch NAME] [--as PREFIX] [--locked]     as build.sh has them
# RUN_IMAGE_MIRRORS="name…" names copies of the run image in other registries.
set -eu

cd "$(dirname "$0")"

. ../tools/say.sh
. ../tools/once.sh
. ./paths.sh
. ./daemon.sh
. ./variants.sh

file_of_caller DEBIAN_SOURCES
file_of_caller EXTRA_CAS

usage="Use: builder.sh [--variant NAME] [--arch NAME] [--as PREFIX] [--locked]"

main() {
    wanted_variant=tiny wanted_arch='' prefix=knative-python
    options=$*
    while [ $# -gt 0 ]; do
        case $1 in
        --variant) needs_value "$@" && wanted_variant=$2 && shift ;;
        --arch) needs_value "$@" && wanted_arch=$2 && shift ;;
        --as) needs_value "$@" && names_images "$2" && prefix=$2 && shift ;;
        --locked) ;;
        *) fail "builder.sh does not know '$1'" "$usage" ;;
        esac
        shift
    done
    variant "$wanted_variant" "$wanted_arch"
    image=$prefix/builder$tag
    run_image=$prefix/run$tag
    build_image=$prefix/build$build_tag

    daemon_is_there
    env --default-signal=INT ../tools/build.sh pack &
    # shellcheck disable=SC2086 # words without blanks
    ./build.sh $options
    wait $!
    wanted=$({
        echo "$image $run_image $(image_id "$build_image") $(lifecycle) $arch ${RUN_IMAGE_MIRRORS:-}"
        cat builder.sh buildpack.sh builder/builder.toml
        ./buildpack.sh
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
    ./buildpack.sh | prepared | tar -C "$folder/buildpack" -x
    ln -s "$(lifecycle)" "$folder/lifecycle.tgz"
    # With a daemon pack only takes the targets of the daemon's architecture. Without any, the builder is of its
    # build image's.
    no_targets='/^\[\[targets/,/^$/d'
    mirrors=
    for mirror in ${RUN_IMAGE_MIRRORS:-}; do mirrors="$mirrors\"$mirror\", "; done
    described builder/builder.toml | sed -e "s|@RUN_IMAGE@|$run_image|" -e "s|@MIRRORS@|$mirrors|" \
        -e "s|@BUILD_IMAGE@|$build_image|" -e "s|@ARCH@|$arch|" ${emulated:+-e "$no_targets"} >"$folder/builder.toml"
    replace "$image" quietly pack-builder-create \
        ../.tools/pack builder create "$image" --config "$folder/builder.toml" --pull-policy never
    note "$image" "$wanted"
}

# The buildpack with what each build would make again: the runtime's packages, and bytecode of the buildpack.
prepared() {
    docker run --rm --interactive --network none --user 0 --platform "linux/$arch" \
        --env CNB_LAYERS_DIR=/layers/knative-python_function --env CNB_TARGET_ARCH="$arch" --entrypoint sh "$build_image" -c '
        cd "$(mktemp -d)" && tar -x && python3 -I -B . prepare >&2 &&
            python3 -m compileall -q --invalidation-mode unchecked-hash -x runtime/ . >&2 &&
            tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -c .'
}

lifecycle() {
    readlink -f ../.tools/lifecycle${emulated:+-$arch}.tgz
}

main "$@"
