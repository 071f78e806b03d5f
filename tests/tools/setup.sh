#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs, through apt, the packages that the named groups of work need and that are missing:
#     setup.sh build|run|test|faults|lint|fuzz|bench|cross|prove|big-endian|firmware|targets|
#              packaging|check|interop ...
# Silent when nothing is missing; safe to run again. Without apt it only tells what to install, and
# goes on: the build itself says what it cannot find.
#
# A word "a|b" means the first of them that this Debian release has; "a?" is left out where the
# release does not have it.
set -eu

# A Node.js that is there already serves, whoever installed it.
node_packages() {
    version=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p')
    if [ "${version:-0}" -lt 18 ] || ! command -v npm >/dev/null; then echo "nodejs npm"; fi
}

packages_of() {
    case $1 in
    build) echo "gcc make libc6-dev libmbedtls-dev libjsmn-dev libinih-dev" ;;
    run) echo "$(packages_of build) libmicrohttpd-dev libgnutls28-dev libjansson-dev" \
        "openssl ca-certificates" ;;
    test) echo "$(packages_of run) libcmocka-dev nginx-light|nginx curl python3" ;;
    faults) echo "$(packages_of test) iproute2 nftables" ;;
    lint) echo "$(packages_of test) clang clang-tidy clang-format-14?" \
        "cppcheck python3 shellcheck" ;;
    fuzz) echo "$(packages_of build) clang llvm libclang-rt-dev|libclang-rt-14-dev" ;;
    bench) echo "$(packages_of test) valgrind libhttp-parser-dev? libllhttp-dev?" \
        "libcjson-dev libcurl4-openssl-dev dpkg-dev debian-archive-keyring" ;;
    cross) echo "$(packages_of build) gcc-arm-none-eabi libnewlib-arm-none-eabi python3" ;;
    prove) echo "$(packages_of build) cbmc? debian-archive-keyring" ;;
    big-endian) echo "$(packages_of build) gcc-s390x-linux-gnu libc6-dev-s390x-cross dpkg-dev" \
        "debian-archive-keyring qemu-user-static|qemu-user" ;;
    firmware) echo "$(packages_of test) $(packages_of cross) qemu-system-arm dpkg-dev" \
        "debian-archive-keyring" ;;
    targets) echo "$(packages_of test) $(packages_of cross) $(packages_of big-endian)" \
        "gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-linux-gnueabihf" \
        "libc6-dev-armhf-cross gcc-riscv64-linux-gnu libc6-dev-riscv64-cross" \
        "gcc-riscv64-unknown-elf? musl-tools" ;;
    packaging) echo "$(packages_of test) clang cmake pkg-config python3-kconfiglib?" ;;
    # Never gcc-multilib: apt removes the compilers for other machines with it.
    check) echo "$(packages_of test) $(packages_of fuzz) valgrind libc6-dev-i386? dpkg-dev" \
        "debian-archive-keyring" ;;
    interop) echo "$(packages_of test) apache2 haproxy caddy lighttpd lighttpd-mod-openssl" \
        "$(node_packages)" ;;
    *)
        echo "setup.sh: unknown group '$1'" >&2
        exit 2
        ;;
    esac
}

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Whether apt knows a version of the package that it could install.
available() {
    apt-cache policy "$1" 2>/dev/null | grep -q '^  Candidate: [^(]'
}

# Prints what is to be installed for the words given; fails when a needed package is unknown.
missing_of() {
    status=0
    for word in "$@"; do
        optional=""
        case $word in *\?) optional=1 word=${word%\?} ;; esac
        found="" first=""
        for name in $(echo "$word" | tr '|' ' '); do
            if installed "$name"; then
                found=1 first=""
                break
            fi
            if [ -z "$first" ] && available "$name"; then
                found=1 first=$name
            fi
        done
        [ -z "$first" ] || echo "$first"
        if [ -z "$found" ] && [ -z "$optional" ]; then
            echo "$word" >&3
            status=1
        fi
    done
    return $status
}

# Packages of servers start their service at once; a policy that answers 101 forbids that while we
# install. A policy that is there already is put back afterwards.
POLICY=/usr/sbin/policy-rc.d
hold_services() {
    [ ! -e $POLICY ] || mv $POLICY $POLICY.navette
    trap release_services EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >$POLICY
    chmod 755 $POLICY
}
release_services() {
    rm -f $POLICY
    [ ! -e $POLICY.navette ] || mv $POLICY.navette $POLICY
}

# As root: installs the packages given.
install_all() {
    log=$(mktemp)
    hold_services
    export DEBIAN_FRONTEND=noninteractive
    if ! apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$@" \
        >"$log" 2>&1 </dev/null; then
        # Most often the package lists are older than the mirror.
        if ! { apt-get -o DPkg::Lock::Timeout=300 update -qq && apt-get \
            -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$@"; } \
            >"$log" 2>&1 </dev/null; then
            cat "$log" >&2
            rm -f "$log"
            return 1
        fi
    fi
    rm -f "$log"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "setup.sh: not root and no sudo here; as root, run:" \
            "apt-get install --no-install-recommends $to_install" >&2
        exit 1
    fi
}

if [ "${1:-}" = --install ]; then
    shift
    install_all "$@"
    exit
fi
[ $# -gt 0 ] || {
    echo "usage: setup.sh build|run|test|faults|lint|fuzz|bench|cross|firmware|targets|check|..." >&2
    exit 2
}

words=$(for group in "$@"; do packages_of "$group"; done | tr ' ' '\n' | sort -u)
if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "setup.sh: no apt here, nothing installed; Debian's names of what is needed:" \
        "$(echo "$words" | tr '\n' ' ')" >&2
    exit 0
fi

# Each word is installed already in the usual case: no apt-cache, no root, no words.
needed=""
for word in $words; do
    have=""
    for name in $(echo "${word%\?}" | tr '|' ' '); do
        if installed "$name"; then have=1; fi
    done
    [ -n "$have" ] || needed="$needed $word"
done
[ -n "$needed" ] || exit 0

unknown=$(mktemp)
trap 'rm -f "$unknown"' EXIT
# shellcheck disable=SC2086 # words are split on purpose
to_install=$(missing_of $needed 3>"$unknown") || {
    as_root apt-get -o DPkg::Lock::Timeout=300 update -qq
    : >"$unknown"
    # shellcheck disable=SC2086
    to_install=$(missing_of $needed 3>"$unknown") || {
        echo "setup.sh: this release of Debian $(cat /etc/debian_version)" \
            "has no package for: $(tr '\n' ' ' <"$unknown")" >&2
        exit 1
    }
}
to_install=$(echo "$to_install" | tr '\n' ' ')
[ -n "${to_install% }" ] || exit 0
echo "installing: ${to_install% }"
# shellcheck disable=SC2086
as_root sh "$0" --install $to_install
