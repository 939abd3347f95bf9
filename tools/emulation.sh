#!/bin/sh
# emulation.sh MACHINE: sees to it that the kernel runs programs of MACHINE (x86_64, aarch64), in containers and
# chroots too: uses what is registered for them (binfmt_misc), else installs and registers qemu. Lasts until
# the machine restarts.
set -eu

cd "$(dirname "$0")"

. ./say.sh
. ./once.sh

machine=$1
formats=/proc/sys/fs/binfmt_misc
register="Register one, so that containers have it too (flag F): https://docs.kernel.org/admin-guide/binfmt-misc.html"

main() {
    if registered; then return 0; fi
    locked emulation emulate
}

emulate() {
    if registered; then return 0; fi
    [ "$(id -u)" = 0 ] || fail "This machine does not run programs of $machine, and only root can have it emulate them" \
        "$register"
    command -v "qemu-$machine-static" >/dev/null || install_packages qemu-user-static
    say "Registering qemu for programs of $machine"
    [ -e "$formats/register" ] || mount -t binfmt_misc binfmt_misc "$formats" ||
        fail "The kernel offers no binfmt_misc, so no emulation of $machine" "Make these images on such a machine."
    # Debian's package may have done so itself, where systemd or binfmt-support runs.
    registered || cat "$(format)" >"$formats/register" || true # told below
    registered || fail "qemu for $machine cannot be registered with the kernel" "$register"
}

# With F the interpreter is opened once and for all: it need not be in the container.
registered() {
    grep -qx enabled "$formats/qemu-$machine" 2>/dev/null && grep -q '^flags:.*F' "$formats/qemu-$machine"
}

# The package's own words for the kernel.
format() {
    dpkg -L qemu-user-static | grep "/binfmt.d/qemu-$machine.conf$"
}

main
