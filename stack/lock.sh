#!/bin/sh
# Locks the newest Debian packages: lock.sh --help
exec "$(dirname "$0")/../tools/run.sh" stack.lock "$@"
