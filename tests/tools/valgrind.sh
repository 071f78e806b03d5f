#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The end-to-end scripts with the command under valgrind. What counts is what valgrind says of each
# run of the command: one test a run. A script's own checks were counted by `make test`; here the
# command is some thirty times slower, so that the few that depend on time are only mentioned.
# BUILD is the folder of the programs, ONLY some of the scripts.
set -u
build=${BUILD:-build}
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
trap 'exit 130' HUP INT TERM
WRAP="valgrind -q --log-file=$logs/%p --error-exitcode=99 --leak-check=full"
WRAP="$WRAP --show-leak-kinds=definite,possible --errors-for-leak-kinds=definite,possible"
export WRAP NV_LIMIT=180 BUILD="$build"

for name in ${ONLY:-input nginx standin}; do
    timeout -k 5 1500 sh "tests/e2e/$name.sh" >"$logs/said" 2>&1 </dev/null
    grep '^not ok' "$logs/said" | sed "s/^not ok/  $name, too slow under valgrind?/"
    said=$(tail -n 1 "$logs/said")
    rm "$logs/said"
    printf '  %-28s %s; %d runs of the command so far\n' "e2e/$name" "$said" \
        "$(find "$logs" -type f | wc -l)"
done

runs=$(find "$logs" -type f | wc -l)
bad=$(find "$logs" -type f -size +0 | wc -l)
find "$logs" -type f -size +0 -exec cat {} + | sed 's/^==[0-9]*== //' | sort | uniq -c |
    sort -rn | head -n 60
if [ "$runs" -eq 0 ]; then bad=1; fi
echo "$((runs - bad > 0 ? runs - bad : 0)) passed, $bad failed"
[ "$bad" -eq 0 ]
