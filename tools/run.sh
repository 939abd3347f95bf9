#!/bin/sh
# run.sh MODULE [ARGUMENT...]: runs a module of stack/ or tools/ with the host's Python, from any folder. With -I,
# imports depend neither on variables nor on the caller's folder.
set -eu

root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd -P)
. "$root/tools/say.sh"

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Python 3.11 or newer is required" "Found: $(python3 --version 2>&1 || true)" \
        "Install it, for example: apt-get install python3 python3-venv"
exec python3 -I -B -c 'import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)' "$root" "$@"
