#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs test programs one after the other and closes on one line, "N passed, N failed":
#     run-tests.sh NAME=COMMAND ...
# A program tells its counts as cmocka does, or by a last line of its own "N passed, N failed".
# One that tells none, ends badly without telling why, or outlives TEST_TIMEOUT seconds counts as
# one failed test. What a passing program printed is dropped, what a failing one printed is shown.
# TEST_SKIP lists names to leave out.
# TEST_COUNTS names a file that takes "PASSED FAILED" too, for a caller that adds up.
set -u

limit=${TEST_TIMEOUT:-300}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' HUP INT TERM
passed=0
failed=0

# Prints "P F" from the log: the last plain line if there is one, else the sum of cmocka's groups.
counts() {
    awk '
        /^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ { plain = 1; p = $1; f = $3 }
        /^\[  PASSED  \] [0-9]+ test\(s\)\.$/ { cp += $4; told = 1 }
        /^\[  FAILED  \] (tests: )?[0-9]+ test\(s\), listed below:$/ {
            cf += ($4 == "tests:") ? $5 : $4
        }
        END {
            if (plain) print p + 0, f + 0
            else if (told) print cp + 0, cf + 0
            else print 0, 0
        }' "$log"
}

seconds() { date +%s%N | sed 's/.......$//'; }

for run in "$@"; do
    name=${run%%=*}
    command=${run#*=}
    case " ${TEST_SKIP:-} " in *" $name "*) continue ;; esac
    begun=$(seconds)
    timeout -k 5 "$limit" sh -c "$command" >"$log" 2>&1 </dev/null
    code=$?
    took=$(($(seconds) - begun))
    read -r p f <<COUNTS
$(counts)
COUNTS
    why=
    if [ $code -eq 124 ] || [ $code -eq 137 ]; then
        why=", ended after $limit s"
    elif [ $code -ne 0 ]; then
        why=", exit $code"
    elif [ "$((p + f))" -eq 0 ]; then
        why=", no test ran"
    fi
    [ -z "$why" ] || [ "$f" -gt 0 ] || f=1
    passed=$((passed + p))
    failed=$((failed + f))
    if [ "$f" -gt 0 ]; then
        echo "---- $name: what it printed"
        # What went well is left out.
        grep -v -e '^ok - ' -e '^\[ RUN  ' -e '^\[       OK' "$log" | tail -n 400
        echo "---- $name: $p of $((p + f)) passed$why"
    else
        printf '  %-28s %5d passed  %3d.%02d s\n' "$name" "$p" $((took / 100)) $((took % 100))
    fi
done

if [ $((passed + failed)) -eq 0 ]; then
    echo "run-tests.sh: not one test ran" >&2
    failed=1
fi
[ -z "${TEST_COUNTS:-}" ] || echo "$passed $failed" >"$TEST_COUNTS"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
