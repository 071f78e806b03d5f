# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# What the scripts of this folder share: sourced with the folder to work in as argument.
set -u
out=$1
rm -rf "$out"
mkdir -p "$out"
out=$(cd "$out" && pwd)
log=$out/log
passed=0 failed=0 skipped=0

good() {
    passed=$((passed + 1))
    echo "ok   $1"
}
bad() {
    failed=$((failed + 1))
    echo "FAIL $1"
}
skip() {
    skipped=$((skipped + 1))
    echo "skip $1: $2"
}

# passes NAME COMMAND ...: what it printed is shown when it fails.
passes() {
    what=$1
    shift
    if "$@" >"$log" 2>&1 </dev/null; then
        good "$what"
    else
        bad "$what: $*"
        tail -n 60 "$log"
    fi
}

# is NAME GOT WANTED
is() {
    if [ "$2" = "$3" ]; then good "$1"; else bad "$1: '$2', not '$3'"; fi
}

# run_tests NAME COMMAND ...: a command that closes on "N passed, N failed".
run_tests() {
    what=$1
    shift
    "$@" >"$log" 2>&1 </dev/null
    read -r p f <<COUNTS
$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' "$log" | tail -n 1)
COUNTS
    if [ -z "${p:-}" ] || [ "$p" -eq 0 ]; then
        bad "$what: no test ran"
        tail -n 60 "$log"
        return
    fi
    passed=$((passed + p)) failed=$((failed + f))
    echo "$([ "$f" -eq 0 ] && echo 'ok  ' || echo FAIL) $what: $p passed, $f failed"
    [ "$f" -eq 0 ] || tail -n 100 "$log"
}

finish() {
    if [ $skipped -gt 0 ]; then
        echo "$passed passed, $failed failed, $skipped skipped"
    else
        echo "$passed passed, $failed failed"
    fi
    [ $failed -eq 0 ] && [ $passed -gt 0 ]
    exit
}
