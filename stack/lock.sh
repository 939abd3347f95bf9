#!/bin/sh
# Renews the locks of Debian's packages: lock.sh --help
exec "$(dirname "$0")/../tools/run.sh" stack.lock "$@"
