#!/bin/sh
# Serves an image registry on loopback, for func: registry.sh --help
exec "$(dirname "$0")/run.sh" tools.machine.registry "$@"
