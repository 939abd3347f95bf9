#!/bin/sh
# pack with settings that make `pack build NAME --buildpack ./buildpack` need no further flag. They live
# in the cache, so that your own ~/.pack stays as it is; set PACK_HOME to use that, or any other.
set -eu

here=$(dirname "$(readlink -f "$0")")

# once FILE COMMAND...: COMMAND's output becomes FILE, if that isn't there; of several runs at a time one wins.
once() (
    file=$1
    shift
    [ ! -e "$file" ] || exit 0
    umask 077
    "$@" >"$file.$$"
    ln "$file.$$" "$file" 2>/dev/null || [ -e "$file" ]
    rm -f "$file.$$"
)

secret() {
    od -An -N15 -tx1 /dev/urandom | tr -d ' \n'
}

if [ -z "${PACK_HOME:-}" ]; then
    PACK_HOME=${XDG_CACHE_HOME:-$HOME/.cache}/knative-python/pack
    export PACK_HOME
    mkdir -p "$PACK_HOME"
    once "$PACK_HOME/config.toml" cat "$here/config.toml"
    # Without a key of the environment's, pack keeps one for each image in a file that it writes in place:
    # two builds at a time leave it broken for good (pkg/cache/volume_cache.go of pack 0.40.6).
    once "$PACK_HOME/volume-key" secret
    PACK_VOLUME_KEY=${PACK_VOLUME_KEY:-$(cat "$PACK_HOME/volume-key")}
    export PACK_VOLUME_KEY
fi
# pack itself looks only at the terminal (https://no-color.org).
if [ -n "${NO_COLOR:-}" ]; then set -- --no-color "$@"; fi
exec "$here/../../.tools/libexec/pack" "$@"
