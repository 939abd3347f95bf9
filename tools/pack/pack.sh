#!/bin/sh
# pack with settings that make `pack build NAME --buildpack ./buildpack` need no further flag. They live
# in the cache, so that your own ~/.pack stays as it is; set PACK_HOME to use that, or any other.
set -eu

here=$(dirname "$(readlink -f "$0")")
if [ -z "${PACK_HOME:-}" ]; then
    PACK_HOME=${XDG_CACHE_HOME:-$HOME/.cache}/knative-python/pack
    export PACK_HOME
    if [ ! -e "$PACK_HOME/config.toml" ]; then
        mkdir -p "$PACK_HOME"
        cp "$here/config.toml" "$PACK_HOME/config.toml.$$"
        mv "$PACK_HOME/config.toml.$$" "$PACK_HOME/config.toml"
    fi
fi
exec "$here/../../.tools/libexec/pack" "$@"
