#!/bin/sh
# Builds the builder of a variant, and the images that it needs: builder.sh --help
exec "$(dirname "$0")/../tools/run.sh" stack.builder "$@"
