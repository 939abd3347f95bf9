#!/bin/sh
# base.sh NAME: creates the base image of the Dockerfiles, if Docker does not have it. Like python:slim,
# it is a Debian with CPython and pip, and it also has uv. The packages, the certificates and uv are those
# of the build image.
set -eu

cd "$(dirname "$0")"

. ../../tools/say.sh

image=$1
if docker image inspect "$image" "$image-debian" >/dev/null 2>&1; then exit 0; fi

say "Making the Dockerfiles' base image $image (once; half a minute)"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
../../tools/run.sh stack.description.descriptions tiny ../../stack/build/dpkg.cfg >"$folder/dpkg.cfg"
mmdebstrap --quiet --variant=minbase --dpkgopt="$folder/dpkg.cfg" \
    --include=ca-certificates,python3,python3-pip,python3-venv trixie "$folder/root.tar"
docker import "$folder/root.tar" "$image-debian" >/dev/null
# Debian's pip requires a virtual environment. python:slim's does not.
docker build --quiet --tag "$image" - <<DOCKERFILE >/dev/null
FROM $image-debian
COPY --from=knative-python/build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=knative-python/build /usr/local/bin/uv /usr/local/bin/
RUN rm /usr/lib/python3*/EXTERNALLY-MANAGED && ln -s python3 /usr/bin/python
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
DOCKERFILE
