#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fetches what the tests need on every target: Debian's source packages of Mbed TLS 3.6, cmocka and
# inih, and its musl for arm64.
#     sources.sh DIR
# Leaves DIR/mbedtls, DIR/cmocka, DIR/inih, DIR/jsmn and DIR/musl-arm64. Done already: nothing is
# fetched. Needs dpkg-dev.
set -eu
dir=${1:?usage: sources.sh DIR}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
[ ! -f "$dir/ready" ] || exit 0
cd "$(dirname "$0")/../.."
. tests/tools/suite.sh
rm -rf "${dir:?}"/*

# Mirrors do not hold every release's sources: what one has not, the next may have.
fetch() { # SOURCE PACKAGE, from the suite that is open
    if [ ! -d "$dir/$1" ] && (cd "$dir" && suite_apt source "$1" 2>"$dir/log"); then
        set -- "$1" "$dir/$1"-[0-9]*/
        mv "${2%/}" "$dir/$1"
    fi
}
suite_open "$dir" trixie
for name in mbedtls libinih; do fetch $name; done
suite_close
suite_open "$dir" bookworm
for name in libinih cmocka; do fetch $name; done
suite_apt -o APT::Architecture=arm64 update
(cd "$dir" && suite_apt -o APT::Architecture=arm64 download musl-dev)
suite_close

for name in mbedtls libinih cmocka; do
    [ -d "$dir/$name" ] || { cat "$dir/log" >&2 && exit 1; }
done
dpkg-deb -x "$dir"/musl-dev_*.deb "$dir/musl-arm64"
mkdir -p "$dir/jsmn"
cp "$(echo '#include <jsmn.h>' | gcc -M -x c - | tr ' ' '\n' | grep '/jsmn\.h$')" "$dir/jsmn"
rm -f "$dir"/*.deb "$dir"/*.dsc "$dir"/*.tar.* "$dir"/log
touch "$dir/ready"
