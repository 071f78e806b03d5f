#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The unit tests and simulated runs on a big-endian machine: s390x, emulated by qemu. Mbed TLS and
# cmocka are built for it from Debian's source packages.
#     big-endian.sh DIR
# Closes with the count of tests. Needs the group big-endian of setup.sh.
set -eu
cd "$(dirname "$0")/../.."
dir=${1:?usage: big-endian.sh DIR}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
cross=s390x-linux-gnu-
run=$(command -v qemu-s390x-static || command -v qemu-s390x)
: "${MAKE:=make}" "${JOBS:=2}"

tls=$(sh tests/tools/mbedtls.sh "${dir%/*}/other-mbedtls" 3.6 | tail -n 1)
if [ ! -f "$dir/ready" ]; then
    rm -rf "$dir/mbedtls" && cp -r "$tls" "$dir/mbedtls"
    env -u MAKEFLAGS -u MAKELEVEL make -s -C "$dir/mbedtls/library" clean
    env -u MAKEFLAGS -u MAKELEVEL make -s -j"$JOBS" -C "$dir/mbedtls/library" static \
        CC=${cross}gcc AR=${cross}ar CFLAGS=-O1 >"$dir/mbedtls.log"
    . tests/tools/suite.sh
    # shellcheck source=/dev/null
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    suite_open "$dir" "$suite"
    (cd "$dir" && suite_apt source cmocka)
    suite_close
    mkdir -p "$dir/include" "$dir/lib"
    cp "$dir"/cmocka-*/include/cmocka*.h "$dir/include"
    cp "$(echo '#include <jsmn.h>' | gcc -M -x c - | tr ' ' '\n' | grep '/jsmn\.h$')" "$dir/include"
    ${cross}gcc -O1 -w -I"$dir/include" -include stdint.h -DHAVE_CLOCK_GETTIME \
        -DHAVE_STRUCT_TIMESPEC -DHAVE_SIGNAL_H -c "$dir"/cmocka-*/src/cmocka.c -o "$dir/cmocka.o"
    ${cross}ar rcs "$dir/lib/libcmocka.a" "$dir/cmocka.o"
    touch "$dir/ready"
fi

programs=$(printf '%s\n' tests/unit/test_*.c tests/sim/test_*.c |
    sed "s|^tests/\(.*\)\.c\$|$dir/build/\1|")
# shellcheck disable=SC2086 # a list of files
$MAKE --no-print-directory BUILD="$dir/build" CROSS_COMPILE=$cross MBEDTLS_DIR="$dir/mbedtls" \
    JSMN_DIR="$dir/include" LDFLAGS="-static -L$dir/lib" $programs >"$dir/build.log" 2>&1 ||
    { tail -n 20 "$dir/build.log" && exit 1; }
set --
for program in $programs; do
    set -- "$@" "s390x/$(basename "$program")=$run $program"
done
sh tests/tools/run-tests.sh "$@"
