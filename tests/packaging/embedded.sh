#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Zephyr module and the ESP-IDF component, as far as can be checked without Zephyr and ESP-IDF: their
# CMake files run with stand-ins of the functions they call, all they list compiles and links with the
# host's compiler, and the options of Kconfig come to what config.h knows.
#     embedded.sh FOLDER     with BUILD and STRICT in the environment
. "$(dirname "$0")/lib.sh"

here=$(pwd)
version=$(sed -n 's/^.define NVT_VERSION "\(.*\)"/\1/p' include/navette/navette.h)
jsmn=$(dirname "$(echo '#include <jsmn.h>' | gcc -E -x c - | sed -n 's/^# 1 "\(.*jsmn.h\)".*/\1/p' | head -n 1)")

# ---- the README's page for a new board ----

{
    printf '%s\n' 'void uart_line(const char *line);' 'void poll_network(void);' \
        '#include <navette/port.h>' 'unsigned test_board(const struct nvt_port_block *flash);'
    awk '/^```c board$/ { on = 1; next } /^```$/ { on = 0 } on' README.md
} >"$out/board.c"
cat >"$out/board_main.c" <<'C'
#include <navette/ram.h>

#include <stdio.h>

void uart_line(const char *line);
void poll_network(void);
unsigned test_board(const struct nvt_port_block *flash);

void uart_line(const char *line)
{
    (void)puts(line);
}

void poll_network(void)
{
}

int main(void)
{
    static uint8_t memory[4096];
    struct nvt_ram ram;
    return nvt_ram_init(&ram, memory, 512, 8, 4) == NVT_OK ? (int)test_board(&ram.device) : 99;
}
C
# shellcheck disable=SC2086 # a list of flags
passes 'the self-test of the README compiles' gcc -std=c99 -Wall -Wextra $STRICT -Iinclude -o "$out/board" \
    "$out/board.c" "$out/board_main.c" "$BUILD/libnavette.a"
"$out/board" >"$log"
is '... finds the one thing that the stub port is asked first' "$? $(grep -c ^FAIL "$log") $(grep -c '^ok ' "$log")" \
    '1 1 7'

# ---- Zephyr ----

is 'the module names its folders' "$(sed -n 's/^  \(cmake\|kconfig\): //p' port/zephyr/module.yml | tr '\n' ' ')" \
    'zephyr zephyr/Kconfig '
known() { grep -q "^#ifndef NVT_$1\$" include/navette/config.h; }
for option in $(sed -n 's/^ *NVT_\([A-Z_]*\)=.*/\1/p' port/zephyr/CMakeLists.txt); do
    if known "$option" && grep -q "^config NAVETTE_$option\$" port/zephyr/Kconfig; then
        good "Kconfig and config.h know $option"
    else
        bad "Kconfig and config.h know $option"
    fi
    default=$(sed -n "/^config NAVETTE_$option\$/,/default/s/.*default //p" port/zephyr/Kconfig)
    case $default in
    '' | *[!0-9]*) bad "$option has a number as default: '$default'" ;;
    *) good "$option has a number as default" ;;
    esac
done

mkdir -p "$out/zephyr" "$out/app"
cp "$jsmn/jsmn.h" "$out/app/"
if PYTHONPATH=/usr/lib/python3/dist-packages python3 -c 'import kconfiglib' 2>/dev/null; then
    passes 'Kconfig is understood' python3 tests/packaging/kconfig.py MBEDTLS=y NAVETTE=y \
        NAVETTE_JSMN_DIR=. NAVETTE_SELFTEST=y NAVETTE_UPLINK_LANES=2
    cp "$log" "$out/config.cmake"
    python3 tests/packaging/kconfig.py MBEDTLS=n NAVETTE=y >"$out/without" 2>&1
    if python3 tests/packaging/kconfig.py MBEDTLS=y NAVETTE=y NAVETTE_UPLINK_LANES=33 >"$out/range" 2>&1; then
        bad 'a number outside its range is refused'
    else
        good 'a number outside its range is refused'
    fi
    is 'without Mbed TLS there is no navette' "$(grep -c 'CONFIG_NAVETTE ' "$out/without")" 0
else
    skip 'Kconfig is understood' 'no Kconfiglib here (python3-kconfiglib)'
    printf 'set(CONFIG_%s)\n' 'NAVETTE y' 'NAVETTE_JSMN_DIR .' 'NAVETTE_SELFTEST y' \
        'NAVETTE_UPLINK_LANES 2' 'NAVETTE_SPOOL_OUT_MAX 8' 'NAVETTE_TOKEN_CAP 1536' 'NAVETTE_IN_CAP 2240' \
        >"$out/config.cmake"
fi
cat >"$out/zephyr/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.20)
project(app C)
include($here/tests/packaging/zephyr.cmake)
include($out/config.cmake)
set(APPLICATION_SOURCE_DIR $out/app)
add_library(mbedTLS INTERFACE)
target_link_libraries(mbedTLS INTERFACE mbedtls mbedx509 mbedcrypto)
add_subdirectory($here/port/zephyr navette)
add_executable(app $here/tests/packaging/probe.c)
target_link_libraries(app PRIVATE navette)
CMAKE
passes 'the Zephyr module is configured' cmake -S "$out/zephyr" -B "$out/zephyr/b"
passes '... compiles' cmake --build "$out/zephyr/b" -j "${JOBS:-2}"
is '... links and runs' "$("$out/zephyr/b/app" 2>&1)" "navette $version"
is '... hands its sizes on' \
    "$(cat "$out"/zephyr/b/CMakeFiles/app.dir/flags.make | grep -c 'NVT_UPLINK_LANES=2')" 1

# ---- ESP-IDF ----

mkdir -p "$out/idf"
cat >"$out/idf/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.16)
project(app C)
include($here/tests/packaging/esp-idf.cmake)
add_subdirectory($here/port/esp-idf component)
target_link_libraries(esp-idf PUBLIC mbedx509 mbedcrypto)
add_executable(app $here/tests/packaging/probe.c)
target_link_libraries(app PRIVATE esp-idf)
CMAKE
passes 'the ESP-IDF component is configured' env NAVETTE_JSMN_DIR="$jsmn" cmake -S "$out/idf" -B "$out/idf/b"
passes '... compiles' cmake --build "$out/idf/b" -j "${JOBS:-2}"
is '... links and runs' "$("$out/idf/b/app" 2>&1)" "navette $version"
is 'the manifest asks for jsmn' "$(grep -c '^  espressif/jsmn: ' port/esp-idf/idf_component.yml)" 1
finish
