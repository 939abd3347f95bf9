# shellcheck shell=sh
# Work that is done once: in the cache, keyed by what decides its result, shared by every clone. To be
# sourced after say.sh.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/knative-python

# key: a hash of standard input that is short enough for a path.
key() {
    sha256sum | cut -c1-16
}

# locked NAME COMMAND...: runs COMMAND while no other process runs one under the same name.
locked() (
    mkdir -p "$cache/locks"
    exec 9>"$cache/locks/$1"
    flock -n 9 || {
        say "Waiting for another run that works on $(echo "$1" | sed 's/-[0-9a-f]*$//')"
        flock 9
    }
    shift
    "$@"
)

# once FOLDER COMMAND...: COMMAND fills the empty folder that it gets as its last argument; that becomes
# FOLDER when all of it is done. Where FOLDER exists there is nothing to do.
once() {
    if [ -d "$1" ]; then
        touch -c "$1" # in use: see forget_unused
    else
        locked "$(printf %s "${1#"$cache"/}" | tr / -)" _fill "$@"
    fi
}

_fill() {
    _folder=$1
    shift
    [ ! -d "$_folder" ] || return 0 # another run was faster
    mkdir -p "${_folder%/*}"
    rm -rf "$_folder".half.* # of a run that was killed
    _half=$(mktemp -d "$_folder.half.XXXXXX")
    trap 'rm -rf "$_half"' EXIT
    trap 'exit 130' INT TERM
    "$@" "$_half"
    chmod 755 "$_half"
    mv "$_half" "$_folder"
    forget_unused "${_folder%/*}"
}

# forget_unused FOLDER: removes from FOLDER what no run has used for two weeks.
forget_unused() {
    find "$1" -mindepth 1 -maxdepth 1 -mtime +14 -exec rm -rf {} +
}

# quietly NAME COMMAND...: sends what a program prints to a log, and shows its end if the program fails.
quietly() {
    _log=$cache/logs/$1.log
    _own=$_log.$$ # until it ends: another process may do the same
    _what=$1
    shift
    mkdir -p "$cache/logs"
    # Shells make what runs in the background deaf to Ctrl-C.
    env --default-signal=INT "$@" >"$_own" 2>&1 || {
        kill -0 $$ 2>/dev/null || exit 130 # Ctrl-C, of which the script itself has already died
        _end=$(tail -n 20 "$_own")
        mv "$_own" "$_log"
        fail "$_what failed" "$_end" "The whole log: $_log"
    }
    mv "$_own" "$_log"
}

# install_packages NAME...: installs Debian packages where this user may, else says what to install.
install_packages() {
    ./run.sh tools.machine.packages "$@"
}
