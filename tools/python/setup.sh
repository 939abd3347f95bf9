#!/bin/sh
# Makes the development environment and links it as .venv. It lives in the cache, not in the clone:
# `pack build --buildpack .` ships every file of the clone. Keyed by what decides its contents.
set -eu

cd "$(dirname "$0")"
root=$(cd ../.. && pwd -P)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/knative-python

. ../say.sh

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Python 3.11 or newer is needed" \
        "python3 is $(python3 --version 2>&1 || echo missing)." \
        "Install it, for example: apt-get install python3 python3-venv"

key=$({ python3 -VV; uname -m; cat requirements.txt uv.txt; } | sha256sum | cut -c1-16)
venv=$cache/python/$key

if [ ! -e "$venv/.complete" ]; then
    say "Installing the development environment (once)"
    rm -rf "$venv"
    if ! python3 -c 'import ensurepip' 2>/dev/null; then
        install_packages python3-venv
    fi
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r uv.txt
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes -r requirements.txt
    touch "$venv/.complete"
fi
ln -sfn "$venv" "$root/.venv"
