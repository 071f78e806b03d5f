#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the library, the command, the unit tests and the simulated runs for another machine, linked
# statically with an Mbed TLS, a cmocka and an inih built for it:
#     target.sh arm64|armhf|riscv64|s390x|x86-64-musl|arm64-musl DIR
# DIR/sources is what sources.sh fetched, DIR/TARGET takes what is made; run.sh runs it.
set -eu
cd "$(dirname "$0")/../.."
target=${1:?usage: target.sh TARGET DIR}
sources=$(cd "$2" && pwd)/sources
dir=${sources%/*}/$target
: "${MAKE:=make}" "${JOBS:=2}"
mkdir -p "$dir"

# What is made here has its own compiler's flags only.
unset CFLAGS CPPFLAGS LDFLAGS
case $target in
arm64) cross=aarch64-linux-gnu- qemu=aarch64 ;;
armhf) cross=arm-linux-gnueabihf- qemu=arm ;;
riscv64) cross=riscv64-linux-gnu- qemu=riscv64 ;;
s390x) cross=s390x-linux-gnu- qemu=s390x ;;
x86-64-musl) cross='' qemu='' cc=musl-gcc ;;
arm64-musl)
    cross=aarch64-linux-gnu- qemu=aarch64
    sed "s|/usr/|$sources/musl-arm64/usr/|g" \
        "$sources/musl-arm64/usr/lib/aarch64-linux-musl/musl-gcc.specs" >"$dir/musl.specs"
    cc="${cross}gcc -specs $dir/musl.specs"
    ;;
*) echo "target.sh: knows no '$target'" >&2 && exit 2 ;;
esac
: "${cc:=${cross}gcc}"
run=${qemu:+$(command -v "qemu-$qemu-static" || command -v "qemu-$qemu")}
# What is small is what such machines want.
flags=-Os
# cmocka would declare this type itself where it does not know the C library.
has=-D_UINTPTR_T_DEFINED

# archive NAME FLAGS FILE ...: $dir/lib/libNAME.a of the files.
archive() {
    name=$1 options=$2
    shift 2
    mkdir -p "$dir/lib" "$dir/$name.o"
    # shellcheck disable=SC2086 # words
    (cd "$dir/$name.o" && printf '%s\n' "$@" | xargs -P "$JOBS" -n 8 $cc $flags -w $options -c)
    "${cross}ar" rcsD "$dir/lib/lib$name.a" "$dir/$name.o"/*.o
}

if [ ! -f "$dir/ready" ]; then
    mkdir -p "$dir/include" "$dir/lib"
    archive mbedcrypto "-I$sources/mbedtls/include -I$sources/mbedtls/library" \
        "$sources"/mbedtls/library/*.c
    "${cross}ar" rcsD "$dir/lib/libmbedx509.a"
    "${cross}ar" rcsD "$dir/lib/libmbedtls.a"
    cp "$sources/libinih/ini.h" "$sources"/cmocka/include/cmocka*.h "$dir/include"
    cp -r "$sources/mbedtls/include"/* "$dir/include"
    archive inih '' "$sources/libinih/ini.c"
    archive cmocka "-I$dir/include -include stdint.h -DHAVE_CLOCK_GETTIME -DHAVE_STRUCT_TIMESPEC
        -DHAVE_SIGNAL_H $has" "$sources/cmocka/src/cmocka.c"
    ln -sfn lib "$dir/library"
    touch "$dir/ready"
fi

programs=$(printf '%s\n' tests/unit/test_*.c tests/sim/test_*.c |
    sed "s|^tests/\(.*\)\.c\$|$dir/build/\1|")
# shellcheck disable=SC2086 # a list of files
"$MAKE" --no-print-directory -j"$JOBS" BUILD="$dir/build" CROSS_COMPILE="$cross" CC="$cc" \
    MBEDTLS_DIR="$dir" JSMN_DIR="$sources/jsmn" CFLAGS="$flags" CPPFLAGS="$has" \
    LDFLAGS="-static -L$dir/lib" all $programs >"$dir/build.log" 2>&1 || { tail -n 20 "$dir/build.log" && exit 1; }

# A command that starts as any other does, for the end-to-end scripts.
mkdir -p "$dir/e2e"
printf '#!/bin/sh\nexec %s %s "$@"\n' "$run" "$dir/build/navette" >"$dir/e2e/navette"
chmod 755 "$dir/e2e/navette"
echo "$run" >"$dir/emulator"
cp "$dir/build/navette" "$dir/navette" && "${cross}strip" "$dir/navette"
printf '  %-28s %s bytes of command, static and stripped\n' "$target" "$(stat -c %s "$dir/navette")"
