#!/bin/sh
# Builds a function with pack, pushes its image, and prints the image's name with its digest. For any CI:
#     image=$(BUILDER=registry.example.com/functions/builder ./ci.sh registry.example.com/me/myfn)
#     ci.sh IMAGE [FOLDER]     FOLDER has the function; . if it is not named
# Needs pack, a Docker daemon, and `docker login` before it. What pack says goes to standard error.
#   BUILDER       the builder that `make publish` pushed
#   CACHE_IMAGE   where the build keeps what the next one can use: IMAGE-cache, without the tag, if it is not set
set -eu

[ $# -ge 1 ] && [ $# -le 2 ] || { echo "Use: ci.sh IMAGE [FOLDER]" >&2 && exit 2; }
image=$1 folder=${2:-.}
: "${BUILDER:?It names the builder that 'make publish' pushed}"

# A colon after the last / begins a tag; one before it, a port.
case ${image##*/} in
*:*) repository=${image%:*} ;;
*) repository=$image ;;
esac

report=$(mktemp -d)
trap 'rm -rf "$report"' EXIT
trap 'exit 130' INT TERM

# Not with --trust-builder: so no code of a build sees the registry's credentials.
pack build "$image" --path "$folder" --builder "$BUILDER" --publish \
    --cache-image "${CACHE_IMAGE:-$repository-cache}" --report-output-dir "$report" >&2
digest=$(sed -n 's/^ *digest = "\(.*\)"/\1/p' "$report/report.toml")
echo "$repository@${digest:?pack has written no digest}"
