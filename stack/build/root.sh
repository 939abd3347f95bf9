#!/bin/sh
# root.sh FOLDER RESULT: finishes the build image's files. Called by mmdebstrap (../build.sh), which has
# installed the packages in FOLDER; notes of what they hold go to RESULT.
set -eu

root=$1
result=$2

echo 'cnb:x:1000:' >>"$root/etc/group"
echo 'cnb:x:1001:1000::/home/cnb:/bin/bash' >>"$root/etc/passwd"
mkdir -p "$root/home/cnb"
chown 1001:1000 "$root/home/cnb"

# The application's folder belongs to whoever uploaded it.
git config --file "$root/etc/gitconfig" --add safe.directory /workspace
git config --file "$root/etc/gitconfig" --add safe.directory '/workspace/*'

# Unchecked, because the files' dates change when they become a layer.
chroot "$root" /usr/bin/python3.13 -I -m compileall -q -f --invalidation-mode unchecked-hash \
    /usr/lib/python3.13 /usr/lib/python3/dist-packages /usr/share/python3

rm -rf "$root"/var/log/* "$root"/var/cache/debconf/* "$root"/var/lib/dpkg/*-old "$root"/var/cache/ldconfig/*

chroot "$root" /usr/bin/python3 -VV >"$result/python"
cp "$root/etc/ssl/certs/ca-certificates.crt" "$result/"
