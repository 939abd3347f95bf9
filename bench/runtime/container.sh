#!/bin/sh
# container.sh [OPTION...]: runs `python -m bench.runtime` on the CPython of our images, in a container
# of the build image, where the load has a loopback of its own. It ends with all that runs in it.
#   --keep   writes the result to docs/benchmarks
set -eu

cd "$(dirname "$0")/../.."

. tools/say.sh
. tools/once.sh
. stack/daemon.sh

image=knative-python/bench
results=$PWD/docs/benchmarks

if [ "${1:-}" = --keep ]; then
    shift
    set -- --out /results "$@"
fi
mkdir -p "$cache/bench" "$results" # else Docker makes them, and root owns them
daemon_is_there
replace "$image" quietly bench-image docker build --tag "$image" bench/runtime
say "python -m bench.runtime${*:+ $*}"
exec docker run --rm --init --user "$(id -u):$(id -g)" \
    --volume "$PWD:/source:ro" --volume "$results:/results" --workdir /source \
    --volume "$cache/bench:/cache/knative-python/bench" --env XDG_CACHE_HOME=/cache \
    --env UV_CACHE_DIR=/tmp/uv --env PYTHONDONTWRITEBYTECODE=1 "$image" python3 -m bench.runtime "$@"
