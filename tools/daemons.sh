# shellcheck shell=sh
# Background programs that a script of ours starts and ends. To be sourced after once.sh.
# A note says which process is ours by number and start time: numbers are used again.

running=${cache:?}/running

# started NAME COMMAND...: starts the program by itself; its output goes to $running/NAME.log.
started() {
    _name=$1
    shift
    mkdir -p "$running"
    # 9 is the lock of `locked`, which must not live as long as the program.
    setsid nohup "$@" </dev/null >"$running/$_name.log" 2>&1 9>&- &
    echo "$! $(_start_time $!)" >"$running/$_name"
}

# is_ours NAME: the program that was started under this name still runs; $pid is its number.
is_ours() {
    read -r pid _since 2>/dev/null <"$running/$1" || return 1
    [ "$_since" != none ] && [ "$(_start_time "$pid")" = "$_since" ]
}

# ended NAME: asks the program to end, and waits until it has.
ended() {
    is_ours "$1" || return 0
    kill "$pid"
    for _ in $(seq 300); do
        is_ours "$1" || break
        sleep 0.1
    done
    ! is_ours "$1" || fail "$1 does not end" "Process $pid was asked to end 30 s ago. Its log: $running/$1.log"
    rm "$running/$1"
}

# _start_time PID: in ticks since the machine started; none for a process that has ended. The words before
# it may hold blanks, but no ")".
_start_time() {
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 !~ /[ZX]/ { print $20 }' | grep . || echo none
}
