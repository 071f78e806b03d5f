#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Instructions of one parse, from callgrind's difference of N and 2N, for each parser that a bench
# program lists, with its ratio to navette's:
#     parse.sh TITLE PROGRAM [ARGUMENT ...]     runs PROGRAM NAME ARGUMENT ... N
set -eu
title=$1
program=$2
shift 2
: "${PARSES:=500}"
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$@" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
each() {
    few=$(count "$@" "$PARSES")
    many=$(count "$@" $((2 * PARSES)))
    echo $(((many - few) / PARSES))
}
ours=$(each navette "$@")
printf '%-34s %12s %7s\n' "$title" instructions ratio
for name in $("$program" list); do
    theirs=$ours
    [ "$name" = navette ] || theirs=$(each "$name" "$@")
    awk -v name="$name" -v each="$theirs" -v ours="$ours" \
        'BEGIN { printf "  %-32s %12d %7.2f\n", name, each, each / ours }'
done
