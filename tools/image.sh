#!/bin/sh
# image.sh IMAGE [FUNCTION]: builds a function's image, starts it and shows what it answers.
# Without FUNCTION the project.toml beside the Makefile names examples/http.
set -eu

cd "$(dirname "$0")/.."
. tools/say.sh

image=$1
function=${2:-}

if [ -n "$function" ]; then
    [ -d "$function" ] || fail "There is no folder $function" "FUNCTION is the path of a function's folder."
    set -- --path "$function"
else
    set --
fi
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
