# shellcheck shell=sh
# What every set-up script says and how it fails. To be sourced.

say() {
    printf '\033[1m==>\033[0m %s\n' "$1" >&2
}

# fail TITLE LINE...: what happened, what was found, what to do. Ends the script.
fail() {
    printf '\033[1;31mError:\033[0m %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '%s\n' "$line" | sed 's/^/  /' >&2; done
    exit 1
}

# install_packages NAME...: installs Debian packages where this user may, else says what to install.
install_packages() {
    command -v apt-get >/dev/null 2>&1 ||
        fail "Some programs are missing and there is no apt-get" "Install by hand: $*"
    [ "$(id -u)" = 0 ] ||
        fail "Some programs are missing and only root can install them" "Run: sudo apt-get install $*"
    say "Installing Debian packages: $*"
    export DEBIAN_FRONTEND=noninteractive
    # The package lists of a fresh machine may be missing or old.
    apt-get install -y --no-install-recommends "$@" >/dev/null 2>&1 || {
        apt-get update -qq
        apt-get install -y --no-install-recommends "$@" >/dev/null
    }
}
