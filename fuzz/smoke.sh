#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs each harness of a folder for FUZZ_SECONDS (30) from a copy of its seeds, one line each.
# Fails when one fails; its input is then kept and named.
#   smoke.sh FOLDER
set -eu

bins=${1:?usage: smoke.sh FOLDER}
seconds=${FUZZ_SECONDS:-30}
here=$(dirname "$0")
work=$(mktemp -d)
passed=0
failed=0

# Last value that libFuzzer printed for a word, e.g. "cov:".
last() {
    awk -v word="$1" '{ for (i = 1; i < NF; i++) if ($i == word) value = $(i + 1) }
        END { print value == "" ? 0 : value }' "$2"
}

for bin in "$bins"/fuzz_*; do
    if [ ! -f "$bin" ] || [ ! -x "$bin" ]; then
        continue
    fi
    name=${bin##*/fuzz_}
    mkdir -p "$work/$name/corpus" "$work/$name/found"
    if [ -d "$here/corpus/$name" ]; then
        cp "$here/corpus/$name"/* "$work/$name/corpus/"
    fi
    set -- -max_total_time="$seconds" -timeout=10 -print_final_stats=1 \
        -artifact_prefix="$work/$name/found/"
    if [ -f "$here/$name.dict" ]; then
        set -- "$@" -dict="$here/$name.dict"
    fi
    log=$work/$name/log
    result=ok
    "$bin" "$@" "$work/$name/corpus" >"$log" 2>&1 || result=FAILED
    printf '  FUZZ    %-8s %9s runs  %5s edges  %s\n' "$name" \
        "$(last stat::number_of_executed_units: "$log")" "$(last cov: "$log")" "$result"
    if [ "$result" = ok ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        tail -n 40 "$log" >&2
        printf 'the input is in %s\n' "$work/$name/found" >&2
    fi
done

printf '%d passed, %d failed\n' "$passed" "$failed"
if [ "$failed" -gt 0 ]; then
    exit 1
fi
rm -rf "$work"
if [ "$passed" -eq 0 ]; then
    printf 'no harness in %s\n' "$bins" >&2
    exit 1
fi
