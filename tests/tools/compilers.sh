#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds everything strictly with gcc and clang (chars once signed, once unsigned), the library for
# 32 bit, and runs the tests with a second compiler and with the Mbed TLS that the system has not.
# Called by `make check-compilers` with MAKE, STRICT, BUILD and JOBS set.
set -u
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# attempt NAME COMMAND ...: its output is shown when it fails.
attempt() {
    name=$1
    shift
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
        printf '  %-44s ok %s\n' "$name" "$(sed -n 's/^\([0-9]* passed\), 0 failed.*/(\1)/p' "$log" |
            tail -n 1)"
    else
        failed=$((failed + 1))
        grep -v "^  [A-Z]* *[a-z-]*/" "$log" | tail -n 100
        printf '  %-44s FAILED\n' "$name"
    fi
}
build() {
    "$MAKE" --no-print-directory -j"$JOBS" "$@"
}
# Whether the compiler makes 32-bit objects here. Headers that no architecture shares are those of the
# host: gcc-multilib, which brings others, cannot be beside compilers for other machines.
headers="-idirafter /usr/include/$(gcc -print-multiarch)"
makes_32() {
    # shellcheck disable=SC2086 # an option and its folder
    printf '#include <stddef.h>\n#include <errno.h>\n#include <sys/socket.h>\nint x;\n' |
        "$1" -m32 $headers -x c -c -o /dev/null - 2>/dev/null
}

# The tests are built strictly with gcc further down, with the other Mbed TLS.
attempt "gcc, strict: library and command" \
    build BUILD="$BUILD/gcc" CC=gcc CFLAGS="-O2 $STRICT -fsigned-char" all
attempt "clang, strict, unsigned char: build" \
    build BUILD="$BUILD/clang" CC=clang CFLAGS="-O2 $STRICT -funsigned-char" test-programs
attempt "clang, unsigned char: unit tests" \
    build BUILD="$BUILD/clang" CC=clang CFLAGS="-O2 $STRICT -funsigned-char" unit
attempt "clang, unsigned char: simulated runs" \
    build BUILD="$BUILD/clang" CC=clang CFLAGS="-O2 $STRICT -funsigned-char" sim
for cc in gcc clang; do
    if makes_32 $cc; then
        attempt "$cc, strict, 32 bit: library" \
            build BUILD="$BUILD/$cc-32" CC=$cc CPPFLAGS="$headers" CFLAGS="-m32 -Os $STRICT" lib
    else
        echo "  $cc makes no 32-bit objects here: left out"
    fi
done

for script in tests/tools/mbedtls*.sh; do
    [ -f "$script" ] || continue
    if dir=$(sh "$script" "$BUILD/other-mbedtls" 2>"$log" | tail -n 1) && [ -d "$dir/include" ]; then
        attempt "other Mbed TLS, strict: build" \
            build BUILD="$BUILD/other-tls" MBEDTLS_DIR="$dir" CFLAGS="-O2 $STRICT" test-programs
        # Left out: what has no Mbed TLS in it.
        attempt "other Mbed TLS: every test that has it" env \
            TEST_SKIP="conformance/mutants conformance/resolver standin standin-systems life" \
            "$MAKE" --no-print-directory BUILD="$BUILD/other-tls" MBEDTLS_DIR="$dir" \
            CFLAGS="-O2 $STRICT" test-run
    else
        cat "$log"
        echo "  the other Mbed TLS could not be had"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
