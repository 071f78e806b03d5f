#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the switches of navette_mbedtls_config.h cost: a client that makes the main calls of the TLS
# room, linked for a Cortex-M3 with -Os.
#     size.sh WORK-FOLDER MBEDTLS-TREE     prints port/mbedtls/table.md
set -eu
work=$1
tree=$(cd "$2" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$work"
work=$(cd "$work" && pwd)
cc="arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -Os -std=c99 -ffunction-sections -fdata-sections -w"
cc="$cc -I$root/include -I$root/port/mbedtls -isystem $tree/include -isystem $tree/library"

# $1: folder; the rest: switches.
build() {
    mkdir -p "$work/$1"
    cd "$work/$1"
    shift
    rm -f ./*.o
    # shellcheck disable=SC2086 # words
    for file in "$tree"/library/*.c "$root"/src/tls/*.c "$root"/src/base/*.c \
        "$root/tests/tls/size_client.c"; do
        case $file in */net_sockets.c | */timing.c | */psa_its_file.c) continue ;; esac
        echo "$file"
    done | xargs -P2 -n16 $cc '-DMBEDTLS_CONFIG_FILE="navette_mbedtls_config.h"' "$@" -c
    arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -nostartfiles --specs=nano.specs -Wl,--gc-sections \
        -Wl,-e,main -Wl,-Map=map ./*.o -o client 2>/dev/null
}

# Bytes of the linked client: code and constants, data, bss.
row() { # TEXT NAME SWITCH...
    text=$1
    name=$2
    shift 2
    build "$name" "$@"
    arm-none-eabi-size client | awk -v text="$text" -v first="${first:-}" 'NR == 2 {
        printf "| %s | %d | %s | %d |\n", text, $1, first == "" ? "" : sprintf("%+d", $1 - first), $2 + $3
    }'
    : "${first:=$(arm-none-eabi-size client | awk 'NR == 2 { print $1 }')}"
}

D=-DNAVETTE_MBEDTLS_
cat <<'HEAD'
# Mbed TLS for a target: what the switches cost

Made by `make mbedtls-size`: the TLS room of navette and Mbed TLS 3.6, linked for a Cortex-M3 with
`-Os` and without what is not called. Flash is code and constants, bytes; RAM is static, without
the arena.

| configuration | flash | | RAM |
|---|---|---|---|
HEAD
row "as it is: TLS 1.2" default
row "TLS 1.2 and 1.3" both ${D}TLS13=1
row "without RSA" norsa ${D}RSA=0
row "without P-384 and SHA-384" nop384 ${D}P384=0
row "without ChaCha20-Poly1305" nochacha ${D}CHACHA=0
row "without comb tables" nocomb ${D}COMB=0
row "least: P-256 and AES alone" least ${D}RSA=0 ${D}P384=0 ${D}CHACHA=0 ${D}COMB=0
