#!/bin/sh
# pins.sh FOLDER: has apt in FOLDER take the versions of $lock, as far as the archive still has them
# (apt_preferences(5)), and take them from $DEBIAN_SOURCES, if that names a file. Called by mmdebstrap
# (roots.sh), which has named Debian's own archive.
set -eu

apt=$1/etc/apt

awk '!/^#/ { printf "Package: %s\nPin: version %s\nPin-Priority: 1001\n\n", $1, $2 }' "${lock:?}" \
    >"$apt/preferences.d/lock"

[ -n "${DEBIAN_SOURCES:-}" ] || exit 0
# Set aside, for no image has the caller's (build/root.sh).
mv "$apt/sources.list" "$apt/sources.list.debian"
if grep -q '^Types:' "$DEBIAN_SOURCES"; then form=sources; else form=list; fi
cp "$DEBIAN_SOURCES" "$apt/sources.list.d/caller.$form"
