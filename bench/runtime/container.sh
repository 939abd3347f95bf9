#!/bin/sh
# container.sh [OPTION...]: runs `python -m bench.runtime` on the CPython of our images, in a container
# of the build image, with a separate loopback for the load. All processes end with the container.
#   --keep   writes the result to docs/benchmarks
set -eu

cd "$(dirname "$0")/../.."

. tools/say.sh

image=knative-python/bench
results=$PWD/docs/benchmarks

if [ "${1:-}" = --keep ]; then
    shift
    set -- --out /results "$@"
fi
cache=${XDG_CACHE_HOME:-$HOME/.cache}/knative-python
mkdir -p "$cache/bench" "$results" # otherwise Docker creates them, and root owns them
before=$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null || true)
docker build --quiet --tag "$image" bench/runtime >/dev/null
# Remove the earlier image of that name, if nothing uses it.
[ "$before" = "$(docker image inspect --format '{{.Id}}' "$image")" ] || docker image rm "$before" >/dev/null 2>&1 || true
say "python -m bench.runtime${*:+ $*}"
exec docker run --rm --init --user "$(id -u):$(id -g)" \
    --volume "$PWD:/source:ro" --volume "$results:/results" --workdir /source \
    --volume "$cache/bench:/cache/knative-python/bench" --env XDG_CACHE_HOME=/cache \
    --env UV_CACHE_DIR=/tmp/uv --env PYTHONDONTWRITEBYTECODE=1 "$image" python3 -m bench.runtime "$@"
