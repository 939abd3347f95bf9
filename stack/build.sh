#!/bin/sh
# Makes the run, build and lifecycle image of a variant from Debian packages, and gives them to Docker.
# README.md says how.
#   build.sh [--variant NAME] [--arch NAME] [--as PREFIX] [--locked] [--oci FOLDER]
#     --variant   tiny (if none is named), base, bookworm or bookworm-base: variants.sh
#     --arch      amd64 or arm64, in place of the machine's; needs emulation (../tools/emulation.sh)
#     --as        the images' names begin with PREFIX/ in place of knative-python/
#     --locked    fails where Debian no longer has the packages of the lock
#     --oci       writes run and build image into FOLDER as OCI image layouts; needs no Docker
# EXTRA_CAS=bundle.crt names the certificates that the build image trusts beside Debian's; SSL_CERT_FILE
# if it is not set, none if it is empty. OCI layouts have none.
# STACK_CACHE names another folder for the images' layers than ~/.cache/knative-python/stack.
# DEBIAN_SOURCES=file names apt's sources (sources.list(5)), such as a snapshot of Debian's archive.
set -eu

cd "$(dirname "$0")"

. ../tools/say.sh
. ../tools/once.sh
. ./paths.sh
. ./daemon.sh
. ./variants.sh
. ./roots.sh
. ./layers.sh

file_of_caller DEBIAN_SOURCES
file_of_caller EXTRA_CAS
made=$(absolute "${STACK_CACHE:-$cache/stack}")

usage="Use: build.sh [--variant NAME] [--arch NAME] [--as PREFIX] [--locked] [--oci FOLDER]"

main() {
    case $made in *[[:space:]]*) fail "The cache's path has a blank in it" "Found: $made" "STACK_CACHE names another folder." ;; esac
    wanted_variant=tiny wanted_arch='' prefix=knative-python oci='' strict=''
    while [ $# -gt 0 ]; do
        case $1 in
        --variant) needs_value "$@" && wanted_variant=$2 && shift ;;
        --arch) needs_value "$@" && wanted_arch=$2 && shift ;;
        --as) needs_value "$@" && prefix=$2 && shift ;;
        --oci) needs_value "$@" && oci=$(absolute "$2") && shift ;;
        --locked) strict=yes ;;
        *) fail "build.sh does not know '$1'" "$usage" ;;
        esac
        shift
    done
    variant "$wanted_variant" "$wanted_arch"
    names_images "$prefix"
    if [ -n "$oci" ]; then
        folder=$oci
        while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
        [ -d "$folder" ] && [ -w "$folder" ] || fail "Nothing can be written to $oci" "Found: $folder is no folder that can be written to."
    else
        daemon_is_there
    fi
    command -v mmdebstrap >/dev/null || install_packages mmdebstrap
    can_run

    make_layers
    if [ -n "$oci" ]; then
        write run "$run/layer.tar $run/sbom.tar" "$(sbom_label "$run")"
        write build "$build_layers" "$(sbom_label "$build")"
    else
        load_images
    fi
}

make_layers() {
    lock_of_variant
    build=$made/build/$(build_key)
    run=$made/run/$(run_key)
    tiny=$made/run/$(kind=tiny && run_key)
    requirements=../buildpack/runtime/requirements.txt
    tools=$made/tools/$({ echo "$python $libc $machine" && cat layers.sh roots.sh ../tools/python/uv.txt "$requirements"; } | key)

    lifecycle_build="env --default-signal=INT ../tools/build.sh --arch $arch lifecycle"
    [ -z "$oci" ] || lifecycle_build=:
    together "once $run make_run" "once $build make_build" "once $tools make_tools" "$lifecycle_build"
    # What a build may ask of the run image is what all kinds have.
    (kind=tiny && once "$tiny" make_run)
    compare_with_lock "$run" "$build"

    libraries=$made/libraries/$({ echo "$tiny" && cat layers.sh roots.sh; } | key)
    once "$libraries" make_libraries
    build_layers="$build/layer.tar $build/sbom.tar $tools/layer.tar $libraries/layer.tar"
}

# together COMMAND...: runs them side by side and ends with them if one fails.
together() {
    pids=
    for command in "$@"; do
        $command &
        pids="$pids $!"
    done
    failed=
    for pid in $pids; do wait "$pid" || failed=yes; done
    [ -z "$failed" ] || exit 1
}

# compare_with_lock FOLDER...: are their packages those of the lock? Debian keeps no old ones.
compare_with_lock() {
    changes=$(changes_since_lock "$@")
    [ -n "$changes" ] || return 0
    renew="Take them: make lock-stack. Or name a snapshot that has the old ones: DEBIAN_SOURCES (stack/README.md)"
    [ -z "$strict" ] || fail "Debian has other packages than $lock" "$changes" "$renew"
    say "Debian has other packages than the lock stack/locks/$suite.$arch; the images have those of today"
    printf '%s\n' "$changes" "$renew" | sed 's/^/  /' >&2
    cmp -s "$run/python" "$build/python" ||
        fail "The run image and the build image have different CPythons" \
            "Debian updated it between the two: $(cat "$run/python" "$build/python")" "Run: make lock-stack"
}

sbom_label() {
    echo "io.buildpacks.base.sbom=sha256:$(sha256sum <"$1/sbom.tar" | cut -d ' ' -f 1)"
}

# --- the images -------------------------------------------------------------------------------

load_images() {
    load run "$tag" "$run/layer.tar $run/sbom.tar" "$(sbom_label "$run")"

    extra_cas
    if [ "$extra" = 0 ]; then
        load build "$build_tag" "$build_layers" "$(sbom_label "$build")"
    else
        load build "$build_tag" "$build_layers $cas/layer.tar" \
            "$(sbom_label "$build") io.knative-python.extra-cas=$extra"
    fi

    # One for all variants of an architecture.
    lifecycle_tgz=$(readlink -f ../.tools/lifecycle${emulated:+-$arch}.tgz)
    if [ "$suite" = trixie ] || [ -z "$(image_id "$prefix/lifecycle$arch_tag")" ]; then
        lifecycle=$made/lifecycle/$({ echo "$lifecycle_tgz $build" && cat layers.sh roots.sh; } | key)
        once "$lifecycle" make_lifecycle
        load lifecycle "$arch_tag" "$lifecycle/layer.tar" "$(lifecycle_labels)"
    fi
}

# load NAME TAG LAYERS LABELS: gives Docker the image of these layers and NAME/image.toml.
load() {
    image=$prefix/$1$2
    wanted=$({ echo "$3 $4 $arch" && cat image.py && described "$1/image.toml"; } | key)
    if has "$image" "$wanted"; then return 0; fi
    locked "image-$1" load_now "$@"
}

load_now() {
    if has "$image" "$wanted"; then return 0; fi
    same=$(other_name "$wanted")
    if [ -n "$same" ]; then
        replace "$image" docker tag "$same" "$image"
    else
        say "Giving Docker the image $image"
        replace "$image" docker_load "$1" "$3" "$4"
    fi
    note "$image" "$wanted"
}

docker_load() {
    image_of - "$@" | quietly docker-load docker load
}

# write NAME LAYERS LABELS: the image as an OCI layout.
write() {
    say "Writing the image $prefix/$1 into $oci/$1"
    image=$prefix/$1
    mkdir -p "$oci/$1"
    image_of "$oci/$1" "$@"
}

# image_of OUTPUT NAME LAYERS LABELS: see image.py.
image_of() {
    output=$1 description=$(mktemp)
    described "$2/image.toml" >"$description"
    layers=$3
    set -f # labels hold brackets
    # shellcheck disable=SC2086 # one word a label, and a layer
    set -- $4 -- $layers
    set +f
    python3 image.py "$output" "$image" "$description" "$arch" "$@"
    rm "$description"
}

main "$@"
