#!/bin/sh
# Pushes the builder of a variant, its run and build image, and the buildpack as a package to a registry:
#   publish.sh PREFIX [--variant NAME] [--unlocked]      PREFIX is a registry and a path in it
# The names are PREFIX/builder, run, build and function, with the variant as their tag. Log in before, with
# `docker login`. Only the packages of the lock are published; --unlocked takes today's.
# No certificates of this machine are in the build image, unless EXTRA_CAS=bundle.crt asks for them.
set -eu

cd "$(dirname "$0")"

. ../tools/say.sh
. ../tools/once.sh
. ./paths.sh
. ./daemon.sh
. ./variants.sh

file_of_caller DEBIAN_SOURCES
file_of_caller EXTRA_CAS

usage="Use: publish.sh PREFIX [--variant NAME] [--unlocked]"

main() {
    [ -n "${1:-}" ] || fail "publish.sh needs the name of a registry" "Use: make publish REGISTRY=ghcr.io/you/functions"
    home=${1%/}
    names_images "$home"
    shift
    case $home in
    */* | *:*) ;;
    *) fail "'$home' names no registry" "A registry and a path in it: ghcr.io/you/functions, localhost:5000/functions" ;;
    esac
    wanted_variant=tiny strict=--locked
    while [ $# -gt 0 ]; do
        case $1 in
        --variant) needs_value "$@" && wanted_variant=$2 && shift ;;
        --unlocked) strict= ;;
        *) fail "publish.sh does not know '$1'" "$usage" ;;
        esac
        shift
    done
    variant "$wanted_variant"

    daemon_is_there
    # shellcheck disable=SC2086 # none is none
    EXTRA_CAS=${EXTRA_CAS-} ./builder.sh --as "$home" --variant "$wanted_variant" $strict
    push "$home/run$tag"
    push "$home/build$build_tag"
    push "$home/builder$tag"
    package
    say "Published. Use it: pack build myfn --builder $home/builder$tag"
}

push() {
    say "Pushing $1"
    quietly push docker push "$1"
}

# The buildpack alone, for builders of others.
package() {
    version=$(sed -n 's/^version = "\(.*\)"/\1/p' ../buildpack/buildpack.toml)
    say "Pushing the buildpack as $home/function:$version"
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 130' INT TERM
    mkdir "$folder/buildpack"
    ./buildpack.sh | tar -C "$folder/buildpack" -x
    printf '[buildpack]\nuri = "buildpack"\n\n[platform]\nos = "linux"\n' >"$folder/package.toml"
    quietly package ../.tools/pack buildpack package "$home/function:$version" --config "$folder/package.toml" \
        --pull-policy if-not-present --target "linux/$arch" --publish
}

main "$@"
