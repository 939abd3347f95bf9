#!/bin/sh
# build.sh [FOLDER]: builds the documentation as a site, into the cache if no folder is given. Fails on a
# link or an anchor that leads nowhere, and on a page that is not in the navigation.
set -eu

site=${1:+$(realpath -m "$1")}
cd "$(dirname "$0")"
root=$(cd ../.. && pwd -P)

. ../say.sh
. ../once.sh

main() {
    site=${site:-$cache/site}
    ../python/setup.sh
    python=$root/.venv/bin/python
    packages=$cache/python-site/$({ "$python" -VV && uname -m && cat requirements.txt; } | key)
    once "$packages" install
    # NO_MKDOCS_2_WARNING: Material's advertisement for its successor, which strict mode would not survive.
    quietly site env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$packages:$root" NO_MKDOCS_2_WARNING=1 \
        "$python" -m mkdocs build --strict --config-file mkdocs.yml --site-dir "$site"
    say "The site: $site/index.html"
}

install() {
    say "Installing the site's generator (once)"
    "$root/.venv/bin/uv" pip install --quiet --compile-bytecode --python "$python" --target "$1" \
        --require-hashes -r requirements.txt
}

main
