#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs each harness of a folder for FUZZ_SECONDS (30) from a copy of its seeds, JOBS (one a core) at
# a time, one line each. Fails when one fails; its input is then kept and named. FUZZ_SEED (1) makes
# runs alike, so that a failure is met again; 0 takes another way each time.
#   smoke.sh FOLDER
set -eu

bins=${1:?usage: smoke.sh FOLDER}
seconds=${FUZZ_SECONDS:-30}
seed=${FUZZ_SEED:-1}
jobs=${JOBS:-$(nproc 2>/dev/null || echo 1)}
here=$(dirname "$0")
work=$(mktemp -d)
passed=0
failed=0
pending=""

# Last value that libFuzzer printed for a word, e.g. "cov:".
last() {
    awk -v word="$1" '{ for (i = 1; i < NF; i++) if ($i == word) value = $(i + 1) }
        END { print value == "" ? 0 : value }' "$2"
}

run() { # NAME
    mkdir -p "$work/$1/corpus" "$work/$1/found"
    if [ -d "$here/corpus/$1" ]; then
        cp "$here/corpus/$1"/* "$work/$1/corpus/"
    fi
    name=$1
    set -- -max_total_time="$seconds" -seed="$seed" -timeout=10 -print_final_stats=1 \
        -artifact_prefix="$work/$name/found/"
    if [ -f "$here/$name.dict" ]; then
        set -- "$@" -dict="$here/$name.dict"
    fi
    if "$bins/fuzz_$name" "$@" "$work/$name/corpus" >"$work/$name/log" 2>&1; then
        touch "$work/$name/ok"
    fi
}

report() { # NAME
    log=$work/$1/log
    result=FAILED
    [ ! -f "$work/$1/ok" ] || result=ok
    printf '  FUZZ    %-8s %9s runs  %5s edges  %s\n' "$1" \
        "$(last stat::number_of_executed_units: "$log")" "$(last cov: "$log")" "$result"
    if [ "$result" = ok ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        tail -n 40 "$log" >&2
        printf 'the input is in %s\n' "$work/$1/found" >&2
    fi
}

# All of a batch run for the same time, so nothing is lost by waiting for its last.
finish() {
    wait
    for done in $pending; do
        report "$done"
    done
    pending=""
    running=0
}

running=0
for bin in "$bins"/fuzz_*; do
    if [ ! -f "$bin" ] || [ ! -x "$bin" ]; then
        continue
    fi
    run "${bin##*/fuzz_}" &
    pending="$pending ${bin##*/fuzz_}"
    running=$((running + 1))
    if [ "$running" -ge "$jobs" ]; then
        finish
    fi
done
finish

printf '%d passed, %d failed\n' "$passed" "$failed"
if [ "$failed" -gt 0 ]; then
    exit 1
fi
rm -rf "$work"
if [ "$passed" -eq 0 ]; then
    printf 'no harness in %s\n' "$bins" >&2
    exit 1
fi
