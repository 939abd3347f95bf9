#!/bin/sh
# Creates a version: checks, images, changelog, commit, tag, digests, provenance: release.sh --help
exec "$(dirname "$0")/../tools/run.sh" stack.release "$@"
