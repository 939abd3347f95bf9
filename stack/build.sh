#!/bin/sh
# Builds the run, build and lifecycle image of a variant from Debian packages: build.sh --help
exec "$(dirname "$0")/../tools/run.sh" stack.build "$@"
