#!/bin/sh
# Makes the development environment and links it as .venv. It lives in the cache, not in the clone:
# `pack build --buildpack .` ships every file of the clone.
set -eu

cd "$(dirname "$0")"
root=$(cd ../.. && pwd -P)

. ../say.sh
. ../once.sh

main() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail "Python 3.11 or newer is needed" \
            "python3 is $(python3 --version 2>&1 || echo missing)." \
            "Install it, for example: apt-get install python3 python3-venv"

    environment=$cache/python/$({ python3 -VV && uname -m && cat setup.sh requirements.txt uv.txt; } | key)
    [ -e "$environment/.complete" ] || locked python install
    ln -sfn "$environment" "$root/.venv"
}

# At its final place from the start, not renamed as `once` does it: an environment's scripts hold
# its path.
install() {
    [ ! -e "$environment/.complete" ] || return 0 # another run was faster
    say "Installing the development environment (once)"
    rm -rf "$environment"
    python3 -c 'import ensurepip' 2>/dev/null || install_packages python3-venv
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r uv.txt
    "$environment/bin/uv" pip install --quiet --compile-bytecode --python "$environment/bin/python" \
        --require-hashes -r requirements.txt
    touch "$environment/.complete"
}

main "$@"
