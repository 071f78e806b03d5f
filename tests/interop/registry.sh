#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The library's bounds for the registry against the validators that the registry itself runs: AJV with
# ajv-formats, libphonenumber, js-xss and JavaScript's dates (registry.mjs). Odd journeys, updates and
# CEE applications: one verdict each. The same for the command: what it finds good is taken.
# shellcheck source=tests/interop/interop.sh
. "$(dirname "$0")/interop.sh"

agree() { # NAME: the bodies in $work/verdicts
    node "$interop/registry.mjs" <"$work/verdicts" >"$work/said" 2>&1
    is "$1" "$(grep '^differences' "$work/said")" 'differences: 0'
    sed 's/^/# /' "$work/said"
}

"$BUILD/registry/verdicts" 20000 >"$work/verdicts"
is 'as many bodies as were asked for' "$(wc -l <"$work/verdicts" | tr -d ' ')" 80000
agree 'odd bodies: one verdict'

"$BUILD/registry/verdicts" 2000 500000 | grep '^journey' | cut -f 4 >"$work/journeys"
nv journey check "$work/journeys"
exits 'some of these journeys are broken' 1
printf '%s\n' "$out" | sed -n 's/^line \([0-9]*\): .*/\1/p' >"$work/broken"
awk 'NR == FNR { bad[$1]; next } !(FNR in bad) { print "journey\tNVT_OK\t\t" $0 }' \
    "$work/broken" "$work/journeys" >"$work/verdicts"
agree 'what journey check finds good is taken'

"$BUILD/tools/journeys" --count 2000 --seed 3 | awk '{ print "journey\tNVT_OK\t\t" $0 }' >"$work/verdicts"
agree "a day's journeys are taken"
finish
