#!/bin/sh
# Uses the Docker daemon that runs, or installs and starts one: docker.sh --help
exec "$(dirname "$0")/run.sh" tools.machine.docker "$@"
