#!/bin/sh
# Builds Go tools from their pinned modules, and links them into .tools: build.sh --help
exec "$(dirname "$0")/run.sh" tools.go.build "$@"
