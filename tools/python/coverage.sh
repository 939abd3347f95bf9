#!/bin/sh
# Runs the unit and contract tests with branch coverage, also of their child processes: coverage's .pth file
# measures every Python of the environment that gets these variables.
set -eu

cd "$(dirname "$0")/../.."
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

export COVERAGE_FILE="$data/coverage" COVERAGE_RCFILE="$PWD/pyproject.toml"
COVERAGE_PROCESS_START=$COVERAGE_RCFILE pytest -p no:cacheprovider -n 2 "$@" tests/unit tests/contract
coverage combine --quiet "$data"
coverage report
