#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The end-to-end scripts with the command under valgrind, JOBS (one a core) at a time. What counts is
# what valgrind says of each run of the command: one test a run. A script's own checks were counted by
# `make test`; here the command is some thirty times slower, so that the few that depend on time are
# only mentioned.
# BUILD is the folder of the programs, ONLY some of the scripts.
set -u
build=${BUILD:-build}
jobs=${JOBS:-$(nproc 2>/dev/null || echo 1)}

# Runs one script, with the log of each run of the command in a folder of its own.
one() { # FOLDER NAME
    logs=$1/$2
    mkdir "$logs"
    WRAP="valgrind -q --log-file=$logs/%p --error-exitcode=99 --leak-check=full"
    WRAP="$WRAP --show-leak-kinds=definite,possible --errors-for-leak-kinds=definite,possible"
    WRAP="$WRAP --suppressions=tests/tools/valgrind.supp"
    export WRAP NV_LIMIT=180 BUILD="$build"
    timeout -k 5 1500 sh "tests/e2e/$2.sh" >"$1/$2.said" 2>&1 </dev/null &
    runner=$!
    trap 'kill $runner; exit 130' HUP INT TERM
    wait $runner
    grep '^not ok' "$1/$2.said" | sed "s/^not ok/  $2, too slow under valgrind?/"
    printf '  %-28s %s; %d runs of the command\n' "e2e/$2" "$(tail -n 1 "$1/$2.said")" \
        "$(find "$logs" -type f | wc -l)"
}

if [ "${1:-}" = --one ]; then
    one "$2" "$3"
    exit 0
fi

all=$(mktemp -d)
trap 'rm -rf "$all"' EXIT
trap 'exit 130' HUP INT TERM
# The longest first.
# shellcheck disable=SC2086 # names
printf '%s\n' ${ONLY:-standin nginx input} | xargs -n 1 -P "$jobs" sh "$0" --one "$all"

runs=$(find "$all" -mindepth 2 -type f | wc -l)
bad=$(find "$all" -mindepth 2 -type f -size +0 | wc -l)
find "$all" -mindepth 2 -type f -size +0 -exec cat {} + | sed 's/^==[0-9]*== //' | sort | uniq -c |
    sort -rn | head -n 60
if [ "$runs" -eq 0 ]; then bad=1; fi
echo "$((runs - bad > 0 ? runs - bad : 0)) passed, $bad failed"
[ "$bad" -eq 0 ]
