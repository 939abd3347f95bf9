# shellcheck shell=sh
# What every set-up script says and how it fails. To be sourced.

say() {
    printf '\033[1m==>\033[0m %s\n' "$1" >&2
}

# needs_value OPTION [VALUE]: ends the script where an option that was given lacks its value.
needs_value() {
    [ -n "${2:-}" ] || fail "$1 needs a value" "${usage:-}"
}

# fail TITLE LINE...: what happened, what was found, what to do. Ends the script.
fail() {
    printf '\033[1;31mError:\033[0m %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '%s\n' "$line" | sed 's/^/  /' >&2; done
    exit 1
}
