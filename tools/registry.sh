#!/bin/sh
# registry.sh [start|stop]: an image registry on loopback, for func, which always pulls the builder and the
# run image. It keeps its images in the cache, and has no password.
#   REGISTRY_PORT   5000 if it is not set
set -eu

cd "$(dirname "$0")"

. ./say.sh
. ./once.sh
. ./daemons.sh

port=${REGISTRY_PORT:-5000}
name=registry-$port
storage=$cache/registry/$port

start() {
    if is_ours "$name" && answers; then return 0; fi
    locked "$name" start_now
}

start_now() {
    if is_ours "$name" && answers; then return 0; fi
    ended "$name"
    [ "$(knock)" = closed ] || fail "Port $port of 127.0.0.1 is taken" \
        "Another program listens there, not our registry." \
        "End it, or set REGISTRY_PORT to a free port."
    program=$(command -v docker-registry) || {
        once "$cache/tools/docker-registry" unpack_registry
        program=$cache/tools/docker-registry/usr/bin/docker-registry
    }
    say "Starting the registry localhost:$port"
    mkdir -p "$storage"
    configuration >"$storage.yml"
    started "$name" "$program" serve "$storage.yml"
    for _ in $(seq 100); do
        if answers; then return 0; fi
        is_ours "$name" || break
        sleep 0.1
    done
    fail "The registry did not start" "$(tail -n 10 "$running/$name.log")" "The whole log: $running/$name.log"
}

# Debian's package, unpacked: installing it would start a service of its own on the same port.
unpack_registry() {
    command -v apt-get >/dev/null 2>&1 ||
        fail "docker-registry is missing and there is no apt-get" "Install a program docker-registry by hand."
    say "Fetching the registry (Debian package docker-registry; once)"
    (cd "$1" && quietly fetch-registry apt-get download docker-registry && dpkg-deb --extract ./*.deb . && rm ./*.deb)
}

configuration() {
    cat <<YAML
version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage:
  filesystem: { rootdirectory: $storage }
  delete: { enabled: true }
http: { addr: "127.0.0.1:$port" }
YAML
}

# knock: registry, other or closed, whatever is on the port.
knock() {
    python3 - "$port" <<'PYTHON'
import http.client, sys
try:
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
    connection.request("GET", "/v2/")
    version = connection.getresponse().headers.get("Docker-Distribution-Api-Version")
    print("registry" if version == "registry/2.0" else "other")
except ConnectionRefusedError:
    print("closed")
except (OSError, http.client.HTTPException):
    print("other")
PYTHON
}

answers() {
    [ "$(knock)" = registry ]
}

stop() {
    if is_ours "$name"; then
        say "Ending the registry localhost:$port"
        ended "$name"
    fi
}

case ${1:-start} in
start) start ;;
stop) stop ;;
*) fail "registry.sh does not know '$1'" "Use: registry.sh start, or registry.sh stop" ;;
esac
