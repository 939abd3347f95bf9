#!/bin/sh
# root.sh FOLDER RESULT DESCRIPTIONS: makes the run image's layer in the folder RESULT. Called by mmdebstrap
# (../roots.py), which has prepared FOLDER so that apt sees the suite that the image is made from. DESCRIPTIONS
# has `packages` and `omit` as they are for this variant.
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
root=$1/root
result=$2
described=$3
: "${suite:?}" "${python:?}" "${kind:?}" "${arch:?}"
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"

mkdir "$root" "$1/debs" "$result/metadata"

# --- unpack: `packages` says what, `omit` what of it stays out --------------------------------

# Debian's folders since bookworm (https://wiki.debian.org/UsrMerge); its packages may not know of it.
mkdir -p "$root/usr/bin" "$root/usr/lib" "$root/usr/sbin"
ln -s usr/bin usr/lib usr/sbin "$root"
case $arch in amd64) mkdir "$root/usr/lib64" && ln -s usr/lib64 "$root" ;; esac

names=$(awk '{ print $1 }' "$described/packages")
# shellcheck disable=SC2086 # one word a package
(cd "$1/debs" && apt-get download -q $names)

status=$root/var/lib/dpkg/status.d # where scanners look in images without dpkg
mkdir -p "$status"
while read -r name paths; do
    deb=$(echo "$1/debs/${name}_"*.deb)
    echo "$name $(dpkg-deb --field "$deb" Version) $(sha256sum <"$deb" | cut -d ' ' -f 1)" >>"$1/list"
    dpkg-deb --field "$deb" >"$status/$name"
    dpkg-deb --info "$deb" md5sums >"$1/debs/$name.md5sums" 2>/dev/null || true
    dpkg-deb --info "$deb" conffiles >"$1/debs/$name.conffiles" 2>/dev/null || true
    target=$root
    [ -z "$paths" ] || target=$1/part
    mkdir -p "$target"
    dpkg-deb --fsys-tarfile "$deb" | tar -C "$target" --keep-directory-symlink -xp
    if [ -n "$paths" ]; then
        # shellcheck disable=SC2086 # one word a path
        (cd "$1/part" && cp -a --parents $paths usr/share/doc "$root")
        rm -rf "$1/part"
    fi
done <"$described/packages"
LC_ALL=C sort "$1/list" >"$result/packages"
chmod 755 "$root"

while read -r pattern; do
    find "$root" -path "$root/$pattern" -prune -exec rm -rf {} +
done <"$described/omit"

# The packages' own sums, of the files that are here. A package sums no configuration files; here they are
# as it brought them.
for name in $names; do
    (
        cd "$root"
        while read -r sum file; do
            [ ! -f "$file" ] || echo "$sum  $file"
        done <"$1/debs/$name.md5sums"
        while read -r file; do
            [ ! -f ".$file" ] || md5sum "${file#/}"
        done <"$1/debs/$name.conffiles"
    ) >"$status/$name.md5sums"
    [ -s "$status/$name.md5sums" ] || rm "$status/$name.md5sums"
done

# For the SBOM.
for name in $names; do cat "$status/$name" && echo; done >"$result/metadata/status"
for file in "$root"/usr/share/doc/*/copyright; do
    [ ! -f "$file" ] || install -D -m 644 "$file" "$result/metadata/doc/${file#"$root/usr/share/doc/"}"
done

# One copy of a licence that packages share.
find "$root/usr/share/doc" -name copyright -type f | LC_ALL=C sort | xargs sha256sum | while read -r sum file; do
    if [ -e "$1/debs/$sum" ]; then ln -f "$1/debs/$sum" "$file"; else ln "$file" "$1/debs/$sum"; fi
done

# --- what maintainer scripts would do ---------------------------------------------------------

mkdir -p "$root/etc/ssl/certs" "$root/home/cnb" "$root/var/lib"
find "$root/usr/share/ca-certificates" -name '*.crt' | LC_ALL=C sort |
    xargs awk 1 >"$root/etc/ssl/certs/ca-certificates.crt"
rm -r "$root/usr/share/ca-certificates"

cp "$root/usr/share/libc-bin/nsswitch.conf" "$root/etc/nsswitch.conf"
ln -s /usr/share/zoneinfo/Etc/UTC "$root/etc/localtime"
printf '%s\n' 'root:x:0:' 'cnb:x:1000:' 'nogroup:x:65534:' >"$root/etc/group"
printf '%s\n' 'root:x:0:0::/:/sbin/nologin' 'cnb:x:1002:1000::/home/cnb:/sbin/nologin' \
    'nobody:x:65534:65534::/nonexistent:/sbin/nologin' >"$root/etc/passwd"

chroot "$root" /usr/sbin/ldconfig -X
# What is in the loader's folders, by name: builds compare with it what packages need.
chroot "$root" /usr/sbin/ldconfig -p | sed -n 's|.* => \(.*\)/.*|\1|p' | sort -u |
    while read -r folder; do find "$root$folder/" -maxdepth 1 -name '*.so*' -printf '%f\n'; done |
    LC_ALL=C sort -u >"$result/libraries"
# ctypes.util.find_library asks it.
[ "$kind" = base ] || rm "$root/usr/sbin/ldconfig"
rm -r "$root/usr/share/libc-bin"

# Compiled here because nothing may be written at run time; unchecked because the files' dates change
# when they become a layer.
chroot "$root" "/usr/bin/python$python" -I -m compileall -q -f --invalidation-mode unchecked-hash \
    "/usr/lib/python$python"

# --- what the image promises ------------------------------------------------------------------

chmod -R a+rX,ugo-s "$root"
chmod 1777 "$root/tmp" "$root/var/tmp"
chmod 555 "$root/home/cnb"
chroot "$root" /usr/bin/python -I - "$kind" <"$here/check.py"
chroot "$root" /usr/bin/python -VV >"$result/python"

tar -C "$root" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --format=gnu -cf "$result/layer.tar" .
