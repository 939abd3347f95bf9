#!/bin/sh
# wheel.sh FOLDER: builds the wheel of func-runtime into a folder, with the tools that wheel.txt locks.
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
exec uv build --quiet --wheel --no-create-gitignore --build-constraints "$here/wheel.txt" --require-hashes \
    --out-dir "$1" "$here/../../buildpack/runtime"
