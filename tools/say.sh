# shellcheck shell=sh
# Messages and errors of all set-up scripts. To be sourced.
# With V=0, only errors are shown. Only terminals get colours, and none with NO_COLOR (https://no-color.org).

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
    _bold=$(printf '\033[1m') _red=$(printf '\033[1;31m') _plain=$(printf '\033[0m')
else
    _bold='' _red='' _plain=''
fi

say() {
    [ "${V:-}" = 0 ] || printf '%s==>%s %s\n' "$_bold" "$_plain" "$1" >&2
}

# fail TITLE LINE...: what happened, what was found, what to do. Exits.
fail() {
    printf '%sError:%s %s\n' "$_red" "$_plain" "$1" >&2
    shift
    for line in "$@"; do printf '%s\n' "$line" | sed 's/^/  /' >&2; done
    exit 1
}
