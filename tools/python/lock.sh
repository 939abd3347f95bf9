#!/bin/sh
# Locks the newest versions. --no-emit-index-url: the lists have packages, but no index.
set -eu

cd "$(dirname "$0")/../.."

lock() {
    uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url "$@"
}

lock tools/python/requirements.in --output-file tools/python/requirements.txt
lock documentation/site/requirements.in --output-file documentation/site/requirements.txt
lock tools/python/wheel.in --output-file tools/python/wheel.txt
lock buildpack/runtime/requirements.in --no-emit-package tzdata --output-file buildpack/runtime/requirements.txt
for peer in bench/runtime/peers/*.in; do
    lock "$peer" --output-file "${peer%.in}.txt"
done
lock tests/fixtures/frameworks/requirements.in --output-file tests/fixtures/frameworks/requirements.txt
lock tests/fixtures/pages/requirements.in --output-file tests/fixtures/pages/requirements.txt
lock buildpack/bootstrap/requirements.in --constraint tools/python/uv.txt --output-file buildpack/bootstrap/requirements.txt
