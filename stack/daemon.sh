# shellcheck shell=sh
# Which of our images the Docker daemon has, and from which inputs. To be sourced after once.sh.
# The daemon's own id of an image depends on how it stores images, so it is noted after each change.

daemon_is_there() {
    daemon=$(docker info --format '{{.ID}}' 2>/dev/null) ||
        fail "No Docker daemon answers" "Run: tools/docker.sh start"
    notes=${cache:?}/stack/daemons/$(echo "$daemon" | key)
    mkdir -p "$notes"
}

# has IMAGE KEY: the daemon has the image, made from the inputs that KEY stands for.
has() {
    [ "$(cat "$notes/$(echo "$1" | key)" 2>/dev/null)" = "$2 $(image_id "$1")" ]
}

# note IMAGE KEY: it has now.
note() {
    echo "$2 $(image_id "$1")" >"$notes/$(echo "$1" | key)"
}

# other_name KEY: an image that the daemon has from the same inputs, under whatever name.
other_name() {
    sed -n "s/^$1 //p" "$notes"/* 2>/dev/null | while read -r _id; do
        if docker image inspect "$_id" >/dev/null 2>&1; then echo "$_id" && break; fi
    done
}

image_id() {
    docker image inspect --format '{{.Id}}' "$1" 2>/dev/null || true
}

# replace IMAGE COMMAND...: the command makes the image; the one that had its name before is removed, if
# nothing uses it.
replace() {
    _before=$(image_id "$1")
    _image=$1
    shift
    "$@"
    if [ -n "$_before" ] && [ "$_before" != "$(image_id "$_image")" ]; then
        # One that was pushed still has its name there.
        for _name in $(docker image inspect "$_before" --format \
            '{{if not .RepoTags}}{{range .RepoDigests}}{{.}} {{end}}{{.Id}}{{end}}' 2>/dev/null); do
            docker image rm "$_name" >/dev/null 2>&1 || true
        done
    fi
}
