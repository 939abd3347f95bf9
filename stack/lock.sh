#!/bin/sh
# Renews the locks of Debian's packages, and prints what changed: lock.sh [SUITE[.ARCHITECTURE]]...
# The packages are those of today; DEBIAN_SOURCES=file names other sources, see build.sh.
set -eu

cd "$(dirname "$0")"

. ../tools/say.sh
. ../tools/once.sh
. ./paths.sh
. ./variants.sh
. ./roots.sh

file_of_caller DEBIAN_SOURCES

main() {
    [ $# -gt 0 ] || set -- trixie.amd64 bookworm.amd64 trixie.arm64 bookworm.arm64
    command -v mmdebstrap >/dev/null || install_packages mmdebstrap
    for name in "$@"; do
        of=${name#"${name%%.*}"}
        case ${name%%.*} in
        trixie) variant base "${of#.}" ;;
        bookworm) variant bookworm-base "${of#.}" ;;
        *) fail "There is no suite '$name'" "Suites: trixie bookworm" ;;
        esac
        can_run
        lock_of_variant
        renew
    done
}

# The larger of the run images has all packages of the smaller one.
renew() {
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 130' INT TERM
    chmod 755 "$folder"
    before=$lock
    export lock=/dev/null
    mkdir "$folder/run" "$folder/build"
    make_run "$folder/run"
    make_build "$folder/build"
    lock=$before
    changes=$(
        changes_since_lock "$folder/run" "$folder/build"
        gone
    )
    if [ -z "$changes" ]; then
        say "The lock of $suite for $arch is up to date"
    else
        say "What changed in stack/locks/$suite.$arch:"
        printf '%s\n' "$changes" | sed 's/^/  /'
        write
    fi
    rm -rf "$folder"
}

# The packages of the lock that none of the images has any more.
gone() {
    cat "$folder/run/packages" "$folder/build/packages" | cut -d ' ' -f 1 | sort -u >"$folder/names"
    sed '/^#/d' "$lock" | while read -r name version _; do
        grep -qxF "$name" "$folder/names" || echo "$name: $version -> gone"
    done
}

write() {
    mkdir -p locks
    {
        echo "# Debian $debian ($suite) for $arch, as it was on $(date -u +%Y-%m-%dT%H:%M:%SZ): name, version and SHA-256 of each"
        echo "# package of the run and the build images. Made by \`make lock-stack\`."
        LC_ALL=C sort -u "$folder/run/packages" "$folder/build/packages"
    } >"$folder/lock"
    mv "$folder/lock" "locks/$suite.$arch"
}

main "$@"
