#!/bin/sh
# run.sh MODULE [ARGUMENT...]: runs a module of stack/ or tools/ with the host's Python, from any folder. -I: neither
# variables nor the caller's folder decide what is imported.
set -eu

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    printf '\033[1;31mError:\033[0m Python 3.11 or newer is required\n  Found: %s\n  %s\n' \
        "$(python3 --version 2>&1 || true)" "Install it, for example: apt-get install python3 python3-venv" >&2
    exit 1
}
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd -P)
exec python3 -I -B -c 'import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)' "$root" "$@"
