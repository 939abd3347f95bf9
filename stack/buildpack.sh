#!/bin/sh
# Prints the buildpack as an archive, without what running it here leaves behind.
set -eu

cd "$(dirname "$0")"

tar -C ../buildpack --exclude=__pycache__ --exclude='*.egg-info' --exclude='.*_cache' \
    --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu -c .
