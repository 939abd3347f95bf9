#!/bin/sh
# Makes the builder of a variant, and all that it needs: builder.sh --help
exec "$(dirname "$0")/../tools/run.sh" stack.builder "$@"
