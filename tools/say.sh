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
