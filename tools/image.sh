#!/bin/sh
# image.sh IMAGE FUNCTION [--variant NAME]: builds a function's image, starts it and shows what it answers.
# Where FUNCTION is empty the project.toml beside the Makefile names examples/http.
set -eu

cd "$(dirname "$0")/.."
. tools/say.sh
. stack/variants.sh

image=$1
function=$2
shift 2
wanted_variant=tiny
case ${1:-} in
--variant) needs_value "$@" && wanted_variant=$2 && shift 2 ;;
esac
[ $# = 0 ] || fail "image.sh does not know '$1'" "It builds for this machine's architecture: stack/README.md says how to build for another."
variant "$wanted_variant"

if [ -n "$function" ]; then
    [ -d "$function" ] || fail "There is no folder $function" "FUNCTION is the path of a function's folder."
    set -- --path "$function"
fi
if [ "$wanted_variant" != tiny ]; then set -- "$@" --builder "knative-python/builder$tag"; fi
say "pack build $image --buildpack ./buildpack${*:+ $*}"
pack build "$image" --buildpack ./buildpack "$@"

say "Starting $image"
container=$(docker run --detach --publish 127.0.0.1::8080 "$image")
trap 'docker rm --force "$container" >/dev/null' EXIT
address=$(docker port "$container" 8080/tcp | head -n 1)
python3 tools/ask.py "http://$address" || {
    docker logs "$container" >&2
    fail "The image does not answer as it should" "Its log is above."
}
docker stop "$container" >/dev/null
say "Done: docker run --rm -p 127.0.0.1:8080:8080 $image"
