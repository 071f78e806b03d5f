#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# POST of 900 bytes over one keep-alive TLS connection to nginx: navette beside libcurl and a bare
# Mbed TLS loop (tests/bench/post*.c), each figure with its ratio to the bare loop of the same run:
#     post.sh FOLDER 12|13
# Instructions: callgrind, difference of N and 2N requests after the connection is open, user space
# only. Allocations: counted by the program. Requests a second and CPU time: medians over ROUNDS
# interleaved rounds, ratios of pairs, client and server on one core.
# Targets: instructions of navette at most 1.05 of the bare loop's, no allocation.
set -u
programs=$1
version=$2
: "${ROUNDS:=9}" "${COUNT:=2000}" "${PROFILED:=500}"
clients="bare navette curl"

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
need nginx valgrind taskset
case $programs in /*) ;; *) programs=$root/$programs ;; esac
start_nginx "$root/tests/bench/post.conf.in"
taskset -cp 0 "$nginx_pid" >/dev/null

post() { # CLIENT COUNT [WRAPPER ...]
    client=$1 count=$2
    shift 2
    # shellcheck disable=SC2154 # port and work are lib.sh's
    taskset -c 0 timeout 300 "$@" "$programs/post_$client" "$port" "$work/pki/ca.pem" "$version" \
        "$count"
}
instructions() { # CLIENT COUNT
    post "$1" "$2" valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        --toggle-collect=measure 2>&1 | sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

for client in $clients; do
    post "$client" 100 >/dev/null || {
        echo "post.sh: $client does not work with TLS 1.${version#1}" >&2
        exit 1
    }
done
round=0
while [ $round -lt "$ROUNDS" ]; do
    for client in $clients; do
        post "$client" "$COUNT" >>"$work/$client.rounds"
    done
    round=$((round + 1))
done

printf '%-10s %13s %6s %8s %6s %8s %6s %7s %8s\n' client instructions ratio "CPU us" ratio \
    req/s ratio allocs "RSS KiB"
for client in $clients; do
    few=$(instructions "$client" "$PROFILED")
    many=$(instructions "$client" $((2 * PROFILED)))
    each=$(((many - few) / PROFILED))
    [ "$client" != bare ] || floor=$each
    rate_ratio=$(paste "$work/bare.rounds" "$work/$client.rounds" |
        awk '{ sub(" .*", "", $1); print $5 / $1 }' | median)
    cpu_ratio=$(paste "$work/bare.rounds" "$work/$client.rounds" | awk '{ print $6 / $2 }' | median)
    awk -v name="$client" -v each="$each" -v floor="$floor" -v allocs="$(cut -d' ' -f3 "$work/$client.rounds" | median)" \
        -v rate="$(cut -d' ' -f1 "$work/$client.rounds" | median)" -v rr="$rate_ratio" \
        -v cpu="$(cut -d' ' -f2 "$work/$client.rounds" | median)" -v cr="$cpu_ratio" \
        -v rss="$(cut -d' ' -f4 "$work/$client.rounds" | median)" 'BEGIN {
        printf "%-10s %13d %6.3f %8.1f %6.2f %8d %6.2f %7.2f %8d\n",
            name, each, each / floor, cpu, cr, rate, rr, allocs, rss
    }'
done
