#!/bin/sh
# pins.sh FOLDER: has apt in FOLDER take the versions of $lock, as far as the archive still has them
# (apt_preferences(5)). Called by mmdebstrap (roots.sh).
set -eu

awk '!/^#/ { printf "Package: %s\nPin: version %s\nPin-Priority: 1001\n\n", $1, $2 }' "${lock:?}" \
    >"$1/etc/apt/preferences.d/lock"
