#!/bin/sh
# docker.sh [start|stop]
#   start   sees to it that a Docker daemon answers: uses the one that runs, else installs and starts one
#   stop    ends the daemon, if `start` started it
set -eu

cd "$(dirname "$0")"

. ./say.sh
. ./once.sh
. ./daemons.sh

start() {
    if answers; then return 0; fi
    if [ -n "${DOCKER_HOST:-}" ]; then
        command -v docker >/dev/null || install_docker
        answers || fail "The Docker daemon does not answer" \
            "DOCKER_HOST is $DOCKER_HOST: $(reason)" \
            "Start it, or unset DOCKER_HOST to use the one of this machine."
        return 0
    fi
    locked docker start_now
}

start_now() {
    if answers; then return 0; fi
    for program in dockerd docker iptables; do
        command -v "$program" >/dev/null || { install_docker && break; }
    done
    if [ -d /run/systemd/system ]; then
        start_service
    else
        start_daemon
    fi
}

# Where systemd runs, Docker is its service: it may have started with the installation.
start_service() {
    systemctl start docker >/dev/null 2>&1 || true
    wait_for 30 || fail "The Docker daemon does not answer" "$(reason)" "Start it: sudo systemctl start docker"
}

start_daemon() {
    [ "$(id -u)" = 0 ] || fail "No Docker daemon answers, and only root can start one" \
        "$(reason)" "Start it: sudo dockerd. Or set DOCKER_HOST to the address of another."
    say "Starting the Docker daemon"
    forget_stale /var/run/docker.pid dockerd
    forget_stale /var/run/docker/containerd/containerd.pid containerd
    started dockerd dockerd
    wait_for 60 dockerd || fail "The Docker daemon did not start" \
        "$(tail -n 15 "$running/dockerd.log")" "The whole log: $running/dockerd.log"
}

# forget_stale FILE PROGRAM: left by one that was killed. The number in it may be another program's now.
forget_stale() {
    [ -e "$1" ] || return 0
    case $(readlink "/proc/$(cat "$1")/exe") in
    */"$2" | */"$2 (deleted)") ;;
    *) rm -f "$1" ;;
    esac
}

# wait_for SECONDS [NAME]: until the daemon answers, or the program of that name has ended.
wait_for() {
    for _ in $(seq "$(($1 * 5))"); do
        if answers; then return 0; fi
        if [ -n "${2:-}" ] && ! is_ours "$2"; then return 1; fi
        sleep 0.2
    done
    return 1
}

answers() {
    docker version >/dev/null 2>&1
}

reason() {
    docker version 2>&1 >/dev/null | tail -n 1
}

install_docker() {
    install_packages docker.io iptables
    # Newer Debians have the command in a package of its own.
    command -v docker >/dev/null || install_packages docker-cli
}

stop() {
    if is_ours dockerd; then
        say "Ending the Docker daemon"
        ended dockerd
    fi
}

case ${1:-start} in
start) start ;;
stop) stop ;;
*) fail "docker.sh does not know '$1'" "Use: docker.sh start, or docker.sh stop" ;;
esac
