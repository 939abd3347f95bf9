# shellcheck shell=sh
# shellcheck disable=SC2034 # whoever sources this uses the variables
# The variants of the images, and what a description states for one of them. To be sourced after say.sh.

variants='tiny base bookworm bookworm-base'
architectures='amd64 arm64'

# variant NAME [ARCHITECTURE]: sets what the variant is made of, and how its images are called. Without an
# architecture it is the machine's; $emulated says that it is not.
variant() {
    case $(uname -m) in aarch64) own_arch=arm64 ;; *) own_arch=amd64 ;; esac
    arch=${2:-$own_arch} emulated=
    case $arch in
    amd64) machine=x86_64 ;;
    arm64) machine=aarch64 ;;
    *) fail "There is no architecture '$arch'" "Architectures: $architectures" ;;
    esac
    [ "$arch" = "$own_arch" ] || emulated=yes

    suite=trixie debian=13 python=3.13 libc=2.41 kind=tiny
    case $1 in
    tiny) ;;
    base) kind=base ;;
    bookworm | bookworm-base) suite=bookworm debian=12 python=3.11 libc=2.36 ;;
    *) fail "There is no variant '$1'" "Variants: $variants" ;;
    esac
    case $1 in bookworm-base) kind=base ;; esac

    # Of images that several variants have in common there is one; the default one's need no tag.
    tag=
    [ "$1" = tiny ] || tag=:$1
    build_tag=
    [ "$suite" = trixie ] || build_tag=:$suite
    arch_tag=
    if [ -n "$emulated" ]; then
        tag=:${tag:+${tag#:}-}$arch build_tag=:${build_tag:+${build_tag#:}-}$arch arch_tag=:$arch
    fi

    case $kind in
    tiny) contents="and nothing else: no shell, no package manager" ;;
    base) contents="and a shell" ;;
    esac
    export suite python kind arch
}

# names_images PREFIX: sees that images can be called so (https://github.com/distribution/reference).
names_images() {
    case $1 in
    *[!a-z0-9./:_-]*) fail "'$1' is no name for images" "Lower-case letters, digits and . / : _ - are." ;;
    esac
}

# stated FILE: its lines that are for this variant, without comments. Words in brackets before a line
# limit it to a suite or a kind, or to both.
stated() {
    sed -e 's/#.*//' -e "s/@python@/$python/g" "$1" | awk -v suite="$suite" -v kind="$kind" '
        /^\[/ {
            end = index($0, "]")
            count = split(substr($0, 2, end - 2), marks, " ")
            for (i = 1; i <= count; i++) if (marks[i] != suite && marks[i] != kind) next
            $0 = substr($0, end + 1)
            sub(/^ +/, "")
        }
        NF'
}

# described FILE: the description of an image, filled in.
described() {
    sed -e "s/@python@/$python/g" -e "s/@suite@/$suite/g" -e "s/@debian@/$debian/g" \
        -e "s/@contents@/$contents/g" "$1"
}
