#!/bin/sh
# Pushes a builder and the run image to the registry on loopback, for func: push.sh --help
exec "$(dirname "$0")/../tools/run.sh" stack.push "$@"
