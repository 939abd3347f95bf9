#!/bin/sh
# Makes the images knative-python/run, build and lifecycle from Debian packages. README.md says how.
#   build.sh [--fresh]      --fresh: with the packages of today, though nothing of ours changed
# EXTRA_CAS=bundle.crt names the certificates that the build image trusts beside Debian's; SSL_CERT_FILE
# if it is not set, none if it is empty.
set -eu

cd "$(dirname "$0")"

. ../tools/say.sh
. ../tools/once.sh
. ./daemon.sh

suite=trixie
python=3.13
arch=$(uname -m)
made=$cache/stack
export SOURCE_DATE_EPOCH=315532801 # 1980-01-01T00:00:01Z, as buildpacks date what has no date

main() {
    daemon_is_there
    command -v mmdebstrap >/dev/null || install_packages mmdebstrap

    # Together, so that both have the same CPython.
    roots=$(cat build.sh run/packages run/omit run/root.sh run/check.py \
        build/packages build/dpkg.cfg build/root.sh | key)
    run=$made/run/$roots
    build=$made/build/$roots
    requirements=../buildpack/runtime/requirements.txt
    tools=$made/tools/$(cat build.sh ../tools/python/uv.txt "$requirements" | key)
    if [ "${1:-}" = --fresh ]; then rm -rf "$run" "$build"; fi

    together "once $run make_run" "once $build make_build" "once $tools make_tools" "env --default-signal=INT ../tools/build.sh lifecycle"

    cmp -s "$run/python" "$build/python" ||
        fail "The run image and the build image have different CPythons" \
            "Debian updated it between the two: $(cat "$run/python" "$build/python")" \
            "Run: stack/build.sh --fresh"

    libraries=$made/libraries/$roots
    once "$libraries" make_libraries

    lifecycle_tgz=$(readlink -f ../.tools/lifecycle.tgz)
    lifecycle=$made/lifecycle/$({ echo "$lifecycle_tgz $roots" && cat build.sh; } | key)
    once "$lifecycle" make_lifecycle
    extra_cas

    load run "$run"
    load lifecycle "$lifecycle" "$(lifecycle_labels)"
    if [ "$extra" = 0 ]; then
        load build "$build $tools $libraries"
    else
        load build "$build $tools $libraries $cas" "io.knative-python.extra-cas=$extra"
    fi
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

# --- the layers: each fills a new folder, whose layer.tar it is ---------------------------------

make_run() {
    say "Making the run image's files from Debian packages (once; about 10 s)"
    quietly stack-run mmdebstrap --variant=extract --format=null \
        --extract-hook="'$PWD/run/root.sh' \"\$1\" '$1'" "$suite" /dev/null
}

make_build() {
    say "Making the build image's files from Debian packages (once; about a minute)"
    packages=$(sed 's/#.*//' build/packages | awk 'NF { print $1 }' | paste -s -d ,)
    quietly stack-build mmdebstrap --variant=minbase --skip=output/dev --include="$packages" \
        --dpkgopt=build/dpkg.cfg --customize-hook="'$PWD/build/root.sh' \"\$1\" '$1'" \
        "$suite" "$1/layer.tar"
}

# uv, and the runtime's wheels, so that the buildpack installs the runtime without a network.
make_tools() {
    say "Fetching uv and the runtime's wheels for the build image (once)"
    ../tools/python/setup.sh
    fetch uv "$1/uv" -r ../tools/python/uv.txt
    fetch wheels "$1/root/opt/knative-python/wheels" -r "$requirements"
    cp "$requirements" "$1/root/opt/knative-python/wheels/" # of which lock they are
    mkdir -p "$1/root/usr/local/bin"
    python3 -m zipfile --extract "$1"/uv/uv-*.whl "$1/uv"
    install -m 755 "$1"/uv/uv-*.data/scripts/uv "$1/root/usr/local/bin/uv"
    layer "$1/root" "$1/layer.tar"
    rm -r "$1/root" "$1/uv"
}

# The names of the run image's shared libraries, for the build's check of what it installs.
make_libraries() {
    mkdir -p "$1/root/opt/knative-python"
    cp "$run/libraries" "$1/root/opt/knative-python/run-libraries"
    layer "$1/root" "$1/layer.tar"
    rm -r "$1/root"
}

# fetch NAME FOLDER ARGUMENT...: wheels for the images, whatever this machine's own Python and C library are.
fetch() {
    name=$1 folder=$2
    shift 2
    for glibc in 5 12 17 24 26 27 28 31 34 35 36 39 40 41; do
        set -- "$@" --platform "manylinux_2_${glibc}_$arch"
    done
    quietly "fetch-$name" ../.venv/bin/pip --disable-pip-version-check download --quiet --no-deps \
        --require-hashes --only-binary :all: --dest "$folder" --implementation cp --python-version "$python" \
        --platform "manylinux2014_$arch" --platform "manylinux2010_$arch" --platform "manylinux1_$arch" "$@"
}

make_lifecycle() {
    mkdir -p "$1/root/cnb" "$1/root/tmp" "$1/root/etc/ssl/certs"
    tar -C "$1/root/cnb" -xzf "$lifecycle_tgz" lifecycle
    cp "$build/ca-certificates.crt" "$1/root/etc/ssl/certs/" # for registries
    echo 'root:x:0:0::/:/sbin/nologin' >"$1/root/etc/passwd"  # pack asks for root by name
    echo 'root:x:0:' >"$1/root/etc/group"
    chmod 1777 "$1/root/tmp"
    layer "$1/root" "$1/layer.tar"
    rm -r "$1/root"
}

# The same facts as in the lifecycle's own descriptor, where pack looks when it uses the image by itself.
lifecycle_labels() {
    python3 - "$lifecycle_tgz" <<'PYTHON'
import json, sys, tarfile, tomllib
with tarfile.open(sys.argv[1]) as archive:
    descriptor = tomllib.load(archive.extractfile("lifecycle.toml"))
print("io.buildpacks.lifecycle.version=" + descriptor["lifecycle"]["version"])
print("io.buildpacks.lifecycle.apis=" + json.dumps(descriptor["apis"], separators=(",", ":")))
PYTHON
}

# extra_cas: $extra certificates in the layer $cas, on top of Debian's.
extra_cas() {
    bundle=${EXTRA_CAS-${SSL_CERT_FILE-}}
    extra=0
    [ -n "$bundle" ] || return 0
    [ -r "$bundle" ] || fail "The CA bundle $bundle cannot be read" "EXTRA_CAS or SSL_CERT_FILE names it."
    pem=$(python3 extra_cas.py "$bundle" "$build/ca-certificates.crt")
    [ -n "$pem" ] || return 0
    extra=$(echo "$pem" | grep -c BEGIN)
    cas=$made/extra-cas/$({ echo "$pem" && cat build.sh "$build/ca-certificates.crt"; } | key)
    once "$cas" make_extra_cas
}

make_extra_cas() {
    say "The build image will trust $extra CA certificates of this machine, from $bundle"
    mkdir -p "$1/root/etc/ssl/certs" "$1/root/usr/local/share/ca-certificates"
    echo "$pem" >"$1/root/usr/local/share/ca-certificates/extra.crt"
    { cat "$build/ca-certificates.crt" && echo "$pem"; } >"$1/root/etc/ssl/certs/ca-certificates.crt"
    layer "$1/root" "$1/layer.tar"
    rm -r "$1/root"
}

# layer FOLDER TAR: the same bytes for the same files.
layer() {
    chmod -R u=rwX,go=rX "$1"
    if [ -d "$1/tmp" ]; then chmod 1777 "$1/tmp"; fi
    tar -C "$1" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
        --format=gnu -cf "$2" .
}

# --- the images -------------------------------------------------------------------------------

# load NAME LAYERS [LABELS]: gives Docker the image of these layers and NAME/image.toml.
load() {
    image=knative-python/$1
    wanted=$({ echo "$2 ${3:-}" && cat image.py "$1/image.toml"; } | key)
    if has "$image" "$wanted"; then return 0; fi
    locked "image-$1" load_now "$@"
}

load_now() {
    if has "$image" "$wanted"; then return 0; fi
    say "Giving Docker the image $image"
    description=$1/image.toml
    layers=$2
    labels=${3:-}
    set -f # labels hold brackets
    # shellcheck disable=SC2086 # one word a label
    set -- $labels --
    set +f
    for folder in $layers; do set -- "$@" "$folder/layer.tar"; done
    replace "$image" docker_load "$@"
    note "$image" "$wanted"
}

docker_load() {
    python3 image.py "$image" "$description" "$@" | quietly docker-load docker load
}

main "$@"
