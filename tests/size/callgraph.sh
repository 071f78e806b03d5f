#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles the library (the port left out: it is the integrator's) with gcc's call-graph output:
#     callgraph.sh FOLDER CC FLAGS ...      leaves FOLDER/<room>_<file>.{o,ci}
# The system's Mbed TLS and jsmn headers serve foreign targets too: they are linked into a folder of
# their own, so that the host's C library headers stay out.
set -eu
out=$1
cc=$2
shift 2
rm -rf "$out"
mkdir -p "$out/include"
tls=${MBEDTLS_DIR:+$MBEDTLS_DIR/include}
tls=${tls:-/usr/include}
for dir in mbedtls psa; do
    [ ! -d "$tls/$dir" ] || ln -sf "$(cd "$tls/$dir" && pwd)" "$out/include/$dir"
done
ln -sf "${JSMN_DIR:-/usr/include}/jsmn.h" "$out/include/jsmn.h"
for source in src/*/*.c; do
    case $source in src/cli/*) continue ;; esac
    room=${source#src/}
    object=$out/$(echo "${room%.c}" | tr / _).o
    # shellcheck disable=SC2086
    "$cc" -std=c99 -Iinclude -isystem "$out/include" ${CPPFLAGS:-} "$@" -fcallgraph-info=su \
        -c -o "$object" "$source"
done
