#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs test programs, TEST_JOBS at a time (one a core), and closes on one line, "N passed, N failed":
#     run-tests.sh NAME=COMMAND ...
# A program tells its counts as cmocka does, or by a last line of its own "N passed, N failed".
# One that tells none, ends badly without telling why, or outlives TEST_TIMEOUT seconds counts as
# one failed test. What a passing program printed is dropped but for lines "list - ...", what a
# failing one printed is shown.
# TEST_SKIP lists names to leave out.
# TEST_COUNTS names a file that takes "PASSED FAILED" too, for a caller that adds up.
set -u

limit=${TEST_TIMEOUT:-300}
jobs=${TEST_JOBS:-$(nproc 2>/dev/null || echo 1)}

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
        }' "$1"
}

seconds() { date +%s%N | sed 's/.......$//'; }

# Runs one program, prints its line or what it said, and leaves "P F" in a file of its own.
one() { # FOLDER NAME=COMMAND
    name=${2%%=*}
    log=$(mktemp "$1/log.XXXXXX")
    begun=$(seconds)
    timeout -k 5 "$limit" sh -c "${2#*=}" >"$log" 2>&1 </dev/null &
    runner=$!
    trap 'kill $runner; exit 130' HUP INT TERM
    wait $runner
    code=$?
    took=$(($(seconds) - begun))
    read -r p f <<COUNTS
$(counts "$log")
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
    echo "$p $f" >"$log.counts"
    if [ "$f" -eq 0 ]; then
        {
            printf '  %-28s %5d passed  %3d.%02d s\n' "$name" "$p" $((took / 100)) $((took % 100))
            sed -n 's/^list - /      /p' "$log"
        } >"$log.shown"
        cat "$log.shown"
        return
    fi
    # In one piece, beside other programs that may have something to say; without what went well.
    {
        echo "---- $name: what it printed"
        grep -v -e '^ok - ' -e '^\[ RUN  ' -e '^\[       OK' "$log" | tail -n 400
        echo "---- $name: $p of $((p + f)) passed$why"
    } >"$log.shown"
    cat "$log.shown"
}

if [ "${1:-}" = --one ]; then
    one "$2" "$3"
    exit 0
fi

all=$(mktemp -d)
trap 'rm -rf "$all"' EXIT
trap 'exit 130' HUP INT TERM
for run in "$@"; do
    case " ${TEST_SKIP:-} " in *" ${run%%=*} "*) continue ;; esac
    printf '%s\0' "$run"
done | xargs -0 -r -n 1 -P "$jobs" sh "$0" --one "$all"

# A program whose runner was itself killed left no counts: it failed.
ran=$(find "$all" -name 'log.??????' | wc -l)
# shellcheck disable=SC2046 # two numbers
set -- $(find "$all" -name '*.counts' -exec cat {} + |
    awk -v ran="$ran" '{ p += $1; f += $2 } END { print p + 0, f + ran - NR }')
passed=$1
failed=$2
if [ $((passed + failed)) -eq 0 ]; then
    echo "run-tests.sh: not one test ran" >&2
    failed=1
fi
[ -z "${TEST_COUNTS:-}" ] || echo "$passed $failed" >"$TEST_COUNTS"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
