#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Instructions of one handshake with nginx (chain of two, P-256), client side, user space: stock Mbed
# TLS and the one of port/mbedtls, in one run.
#     handshake.sh STOCK-PROGRAM TUNED-PROGRAM STOCK-NAME
# full: nothing remembered; known: a chain verified before; resumed: by ticket. Ratios are to the
# stock full handshake of the same TLS version.
# Target: known, tuned: at most 21 million with TLS 1.2 and with TLS 1.3.
set -u
stock=$1
tuned=$2
name=$3
: "${HANDSHAKES:=5}"

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
need nginx valgrind
case $stock in /*) ;; *) stock=$root/$stock ;; esac
case $tuned in /*) ;; *) tuned=$root/$tuned ;; esac
start_nginx "$root/tests/bench/post.conf.in"

instructions() { # PROGRAM VERSION KIND
    # shellcheck disable=SC2154 # port and work are lib.sh's
    timeout 300 valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=measure \
        "$1" "$port" "$work/pki/ca.pem" "$2" "$3" "$HANDSHAKES" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

status=0
printf '%-9s %-8s %14s %6s %14s %6s\n' "" handshake "$name" ratio port/mbedtls ratio
for version in 12 13; do
    full=
    for kind in full known resumed; do
        of_stock=$(instructions "$stock" "$version" "$kind")
        of_tuned=$(instructions "$tuned" "$version" "$kind")
        if [ -z "$of_stock" ] || [ -z "$of_tuned" ]; then
            echo "handshake.sh: TLS 1.${version#1} $kind does not work" >&2
            exit 1
        fi
        : "${full:=$of_stock}"
        awk -v v="TLS 1.${version#1}" -v k="$kind" -v s="$of_stock" -v t="$of_tuned" -v f="$full" \
            -v n="$HANDSHAKES" 'BEGIN {
            printf "%-9s %-8s %14d %6.3f %14d %6.3f\n", v, k, s / n, s / f, t / n, t / f
            exit k == "known" && t / n > 21e6
        }' || status=1
    done
done
[ $status -eq 0 ] || echo "handshake.sh: a known chain takes more than 21 million instructions" >&2
exit $status
