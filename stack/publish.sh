#!/bin/sh
# Pushes the builder of a variant, its images and the buildpack to a registry: publish.sh --help
exec "$(dirname "$0")/../tools/run.sh" stack.publish "$@"
