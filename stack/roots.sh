# shellcheck shell=sh disable=SC2154 # variants.sh sets the variables
# Fills the images' layers from Debian packages of $suite, as $lock has them (an empty $lock: of today). To
# be sourced after once.sh and variants.sh, in this folder. Each fills a new folder:
#   layer.tar   the files           sbom.tar    their SBOM, a layer too
#   packages    name, version and SHA-256 of each package
#   python      the version of CPython

export SOURCE_DATE_EPOCH=315532801 # 1980-01-01T00:00:01Z, as buildpacks date what has no date

# can_run: sees to it that programs of the images run here, which making them does.
can_run() {
    [ "$(id -u)" = 0 ] || fail "Only root can make the images" \
        "Packages are unpacked with their owners, and run in a root of their own." "Run the same with sudo."
    slower=
    [ -n "$emulated" ] || return 0
    slower=", and several times that under emulation"
    ../tools/emulation.sh "$machine"
}

# lock_of_variant: sets $lock, to an empty file if there is none for this suite and architecture.
lock_of_variant() {
    lock=$PWD/locks/$suite.$arch
    [ -e "$lock" ] || lock=/dev/null
    export lock
}

# changes_since_lock FOLDER...: the packages in them that are not as the lock has them, a line each.
changes_since_lock() {
    for folder in "$@"; do cat "$folder/packages"; done | LC_ALL=C sort -u | grep -vxFf "$lock" |
        while read -r name version _; do
            before=$(awk -v name="$name" '$1 == name { print $2 }' "$lock")
            echo "$name: ${before:-not in the lock} -> $version"
        done
}

# What decides the contents of a root, as a part of the cache's keys.
roots_sources() {
    echo "$suite $python $arch"
    cat roots.sh variants.sh pins.sh sbom.py "$lock" ${DEBIAN_SOURCES:+"$DEBIAN_SOURCES"}
    cat "$1"/packages "$1"/root.sh
}

run_key() {
    { echo "$kind" && roots_sources run && cat run/omit run/check.py; } | key
}

build_key() {
    { roots_sources build && cat build/dpkg.cfg run/omit; } | key
}

make_run() {
    say "Making the $kind run image's files from packages of Debian $debian (once; about 10 s$slower)"
    quietly "stack-run-$suite-$kind" mmdebstrap --variant=extract --format=null --architectures="$arch" \
        --setup-hook="'$PWD/pins.sh' \"\$1\"" --extract-hook="'$PWD/run/root.sh' \"\$1\" '$1'" \
        "$suite" /dev/null
    sbom "$1" run
}

make_build() {
    say "Making the build image's files from packages of Debian $debian (once; about a minute$slower)"
    packages=$(stated build/packages | awk '{ print $1 }' | paste -s -d ,)
    stated build/dpkg.cfg >"$1/dpkg.cfg"
    quietly "stack-build-$suite" mmdebstrap --variant=minbase --architectures="$arch" --skip=check/qemu,output/dev --include="$packages" \
        --dpkgopt="$1/dpkg.cfg" --setup-hook="'$PWD/pins.sh' \"\$1\"" --customize-hook="'$PWD/build/root.sh' \"\$1\" '$1'" \
        "$suite" "$1/layer.tar"
    rm "$1/dpkg.cfg"
    sbom "$1" build
}

# sbom FOLDER IMAGE: the layer of the image's SBOM, where platforms look for it
# (https://github.com/buildpacks/rfcs/pull/186, as Paketo's images have it).
sbom() {
    mkdir -p "$1/root/cnb/sbom"
    python3 sbom.py "knative-python/$2" "$suite" "$debian" "$arch" "$1" >"$1/root/cnb/sbom/bom.cdx.json"
    layer "$1/root" "$1/sbom.tar"
    rm -r "$1/root" "$1/stated"
}

# layer FOLDER TAR: the same bytes for the same files.
layer() {
    chmod -R u=rwX,go=rX "$1"
    if [ -d "$1/tmp" ]; then chmod 1777 "$1/tmp"; fi
    tar -C "$1" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
        --format=gnu -cf "$2" .
}
