#!/bin/sh
# Runs the unit and contract tests with branch coverage, of the processes that they start too.
set -eu

cd "$(dirname "$0")/../.."
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

export COVERAGE_FILE="$data/coverage"
pytest -p no:cacheprovider -n 2 tests/unit tests/contract
