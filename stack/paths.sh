# shellcheck shell=sh
# Paths that a caller names are from the caller's folder; the scripts work in their own. To be sourced right
# after the script has gone there.

absolute() {
    case $1 in
    '' | /*) echo "$1" ;;
    *) echo "$OLDPWD/$1" ;;
    esac
}

# file_of_caller VARIABLE: the variable, if it is set, names a file that can be read, from everywhere.
file_of_caller() {
    eval "_path=\${$1-}"
    [ -n "$_path" ] || return 0
    _path=$(absolute "$_path")
    [ -r "$_path" ] || fail "$1 names a file that cannot be read" "Found: $_path"
    export "$1=$_path"
}
