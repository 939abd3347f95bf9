# shellcheck shell=sh disable=SC2154 # build.sh and variants.sh set the variables
# The images' layers that are not from Debian packages. To be sourced after roots.sh, in this folder. Each
# `make_…` fills a new folder, whose layer.tar it is.

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
    # Debian 12's packaging is older than what the buildpack asks for; the runtime's own is new enough.
    if [ "$suite" = bookworm ]; then
        site=$1/root/usr/local/lib/python$python/dist-packages
        mkdir -p "$site"
        python3 -m zipfile --extract "$1"/root/opt/knative-python/wheels/packaging-*.whl "$site"
    fi
    layer "$1/root" "$1/layer.tar"
    rm -r "$1/root" "$1/uv"
}

# The names of the run image's shared libraries, for the build's check of what it installs.
make_libraries() {
    mkdir -p "$1/root/opt/knative-python"
    cp "$tiny/libraries" "$1/root/opt/knative-python/run-libraries"
    layer "$1/root" "$1/layer.tar"
    rm -r "$1/root"
}

# fetch NAME FOLDER ARGUMENT...: wheels for the images, whatever this machine's own Python and C library are.
fetch() {
    name=$1 folder=$2
    shift 2
    for glibc in 5 12 17 24 26 27 28 31 34 35 36 39 40 41; do
        [ "$glibc" -gt "${libc#2.}" ] || set -- "$@" --platform "manylinux_2_${glibc}_$machine"
    done
    quietly "fetch-$name" ../.venv/bin/pip --disable-pip-version-check download --quiet --no-deps \
        --require-hashes --only-binary :all: --dest "$folder" --implementation cp --python-version "$python" \
        --platform "manylinux2014_$machine" --platform "manylinux2010_$machine" --platform "manylinux1_$machine" "$@"
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
    cas=$made/extra-cas/$({ echo "$pem" && cat layers.sh "$build/ca-certificates.crt"; } | key)
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
