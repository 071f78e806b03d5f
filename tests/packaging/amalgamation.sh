#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The amalgamation, as somebody who took only its two files: it compiles strictly with every compiler
# here, for 64 and 32 bits, and the project's unit tests and simulated runs pass with it in the library's
# place, compiled against its header.
#     amalgamation.sh FOLDER     with BUILD, MAKE, CC and STRICT in the environment
. "$(dirname "$0")/lib.sh"

from=$BUILD/amalgamation
warn="-std=c99 -Wall -Wextra $STRICT"

compiles() { # NAME COMPILER FLAG ...
    name=$1
    shift
    # shellcheck disable=SC2086 # a list of flags
    passes "$name" "$@" $warn -c -o "$out/navette.o" "$from/navette.c"
}

# The 32-bit headers of the C library are these, but for one that lists what it lacks.
mkdir -p "$out/stubs/gnu"
: >"$out/stubs/gnu/stubs-32.h"
bits32="-m32 -isystem $out/stubs -idirafter /usr/include/$(gcc -print-multiarch)"

# shellcheck disable=SC2086 # lists of flags
for cc in gcc clang; do
    compiles "$cc" $cc
    compiles "$cc, 32 bits" $cc $bits32
    compiles "$cc, without optimising" $cc -O0
    compiles "$cc, with the POSIX port" $cc -D_POSIX_C_SOURCE=200809L -DNVT_WITH_POSIX
done

# Every header of the library by its own name, all of them the one header.
mkdir -p "$out/include/navette"
for header in include/navette/*.h; do
    printf '#include "%s"\n' "$(cd "$from" && pwd)/navette.h" >"$out/include/navette/${header##*/}"
done

# Tests that put a function of their own in the place of the library's: one object can give way only
# when its symbols are weak and nothing in it was inlined.
build() {
    $MAKE --no-print-directory -j"${JOBS:-2}" BUILD="$out/tests" LIB_SRC="$from/navette.c" CFLAGS='-O1 -fPIC' \
        LDFLAGS='-Wl,--no-as-needed -lmbedtls -lmbedx509 -lmbedcrypto' \
        ALL_CPPFLAGS="-I$out/include -D_POSIX_C_SOURCE=200809L -DNVT_WITH_POSIX" "$@"
}
passes 'it makes a library' build lib
nm --defined-only "$out/tests/libnavette.a" | sed -n 's/.* [TRDB] //p' >"$out/symbols"
passes '... that gives way' objcopy --weaken-symbols="$out/symbols" "$out/tests/libnavette.a"
run_tests 'unit tests' build unit
run_tests 'simulated runs' build sim
finish
