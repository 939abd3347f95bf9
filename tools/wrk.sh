#!/bin/sh
# Sees to it that wrk is there, which sends the load of `make bench-runtime`.
set -eu

cd "$(dirname "$0")"

. ./say.sh
. ./once.sh

command -v wrk >/dev/null || install_packages wrk
