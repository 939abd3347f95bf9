#!/bin/sh
# root.sh FOLDER RESULT DESCRIPTIONS: finishes the build image's files. Called by mmdebstrap (../roots.py), which has
# installed the packages in FOLDER; notes of what they hold go to RESULT. DESCRIPTIONS has the run image's `omit` as
# it is for this variant.
set -eu

root=$1
result=$2
described=$3
: "${python:?}"

# --- what the lock and the SBOM are made from, as long as apt knows where the packages are from ----

# shellcheck disable=SC2016 # dpkg-query fills them in
chroot "$root" dpkg-query -W -f '${Package}=${Version}\n' >"$result/installed"
# shellcheck disable=SC2046 # one word a package
APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-cache show $(cat "$result/installed") |
    awk '/^Package: / { name = $2 } /^Version: / { version = $2 } /^SHA256: / { print name, version, $2 }' |
    LC_ALL=C sort -u >"$result/packages"
rm "$result/installed" "$root/etc/apt/preferences.d/lock"
mkdir "$result/metadata"
cp "$root/var/lib/dpkg/status" "$result/metadata/"
for file in "$root"/usr/share/doc/*/copyright; do
    [ ! -f "$file" ] || install -D -m 644 "$file" "$result/metadata/doc/${file#"$root/usr/share/doc/"}"
done

# --- the image's own ----------------------------------------------------------------------------

echo 'cnb:x:1000:' >>"$root/etc/group"
echo 'cnb:x:1001:1000::/home/cnb:/bin/bash' >>"$root/etc/passwd"
mkdir -p "$root/home/cnb"
chown 1001:1000 "$root/home/cnb"

# The application's folder belongs to whoever uploaded it.
git config --file "$root/etc/gitconfig" --add safe.directory /workspace
git config --file "$root/etc/gitconfig" --add safe.directory '/workspace/*'

# The modules that the run image's Python does not have, so that a function which imports one fails in the build's
# check, and not when it starts. After the installation, for the packages' scripts compile them. What compiles
# extension modules stays, and what says that pip is not to be used here.
{
    grep "^usr/lib/python$python/" "$described/omit" | grep -v -e '/config-' -e /EXTERNALLY-MANAGED
    echo "usr/lib/python$python/lib2to3" # a package of its own, which the run image has not
} | while read -r pattern; do
    find "$root/usr/lib/python$python" -path "$root/$pattern" -prune -exec rm -rf {} +
done

# Unchecked, because the files' dates change when they become a layer.
chroot "$root" "/usr/bin/python$python" -I -m compileall -q -f --invalidation-mode unchecked-hash \
    "/usr/lib/python$python" /usr/lib/python3/dist-packages /usr/share/python3

# What mmdebstrap has from this machine, and its caller's sources of packages.
rm -rf "$root/etc/hostname" "$root/etc/resolv.conf"
if [ -e "$root/etc/apt/sources.list.debian" ]; then
    rm "$root"/etc/apt/sources.list.d/caller.*
    mv "$root/etc/apt/sources.list.debian" "$root/etc/apt/sources.list"
fi

rm -rf "$root"/var/log/* "$root"/var/cache/debconf/* "$root"/var/lib/dpkg/*-old "$root"/var/cache/ldconfig/*

chroot "$root" /usr/bin/python3 -VV >"$result/python"
cp "$root/etc/ssl/certs/ca-certificates.crt" "$result/"
