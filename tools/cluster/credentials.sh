#!/bin/sh
# credentials.sh: the cluster's certificate authority, keys, users, and a kubeconfig for each user.
# shellcheck source-path=SCRIPTDIR/..
set -eu

cd "$(dirname "$0")/.."

. ./say.sh
. ./once.sh
. ./cluster/settings.sh

umask 077
mkdir -p "$state/pki"
cd "$state/pki"

# shellcheck disable=SC2016 # it expands $1 itself
quietly cluster-keys sh -euc '
    openssl genrsa -out service-accounts.key 2048
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=ca
    openssl req -newkey rsa:2048 -nodes -keyout api.key -out api.csr -subj /CN=kube-apiserver
    printf "subjectAltName=IP:127.0.0.1,IP:10.96.0.1,IP:%s,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default.svc" "$1" >api.names
    openssl x509 -req -in api.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out api.crt -days 30 -extfile api.names
    # For pods that get an image from ghcr.io: see node.sh
    openssl req -newkey rsa:2048 -nodes -keyout ghcr.key -out ghcr.csr -subj /CN=ghcr.io
    printf subjectAltName=DNS:ghcr.io >ghcr.names
    openssl x509 -req -in ghcr.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out ghcr.crt -days 30 -extfile ghcr.names
' sh "$node"

# user NAME GROUP: a token, and a kubeconfig with it.
user() {
    token=$(openssl rand -hex 16)
    echo "$token,$1,$1,$2" >>tokens.csv
    cat <<YAML
apiVersion: v1
kind: Config
clusters: [{name: knative-python, cluster: {server: "https://$node:6443", certificate-authority: "$state/pki/ca.crt"}}]
users: [{name: $1, user: {token: $token}}]
contexts: [{name: knative-python, context: {cluster: knative-python, user: $1, namespace: default}}]
current-context: knative-python
YAML
}

user admin system:masters >"$kubeconfig"
user visitor visitors >"$state/kubeconfig.visitor" # may do nothing: for tests of a 403
