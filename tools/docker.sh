#!/bin/sh
# Uses the running Docker daemon, or installs and starts one: docker.sh --help
exec "$(dirname "$0")/run.sh" tools.machine.docker "$@"
