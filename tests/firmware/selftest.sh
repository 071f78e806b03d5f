#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Does firmware.py find what a board does wrong? A board in Python does it:   selftest.sh IMAGE
# BUILD as there; IMAGE serves for its link map alone.
set -u

image=${1:?usage: selftest.sh IMAGE}
here=$(cd "$(dirname "$0")" && pwd)
export BOARD="python3 $here/fake.py" JOURNEYS=20 FIRMWARE_SEED=1
out=$(mktemp)
trap 'rm -f "$out"' EXIT

try() { # FAKE REGEX: it says so of a board that is wrong in this way, and fails
    FAKE=$1 timeout 120 python3 "$here/firmware.py" "$image" >"$out" 2>&1
    if [ $? -ne 1 ] || ! grep -Eq -- "^not ok - .*$2" "$out"; then
        echo "firmware.py does not find a board that $1:"
        cat "$out"
        exit 1
    fi
}

FAKE='' timeout 120 python3 "$here/firmware.py" "$image" >"$out" 2>&1 || {
    echo 'firmware.py finds fault with a good board:'
    cat "$out"
    exit 1
}
try loses 'TLS 1.3: .* 0 lost'
try invents 'kills: .* 0 doubled'
try repeats 'TLS 1.2: 1 repeats'
try forgets 'kills: .* repeats'
try trusts 'refuses an expired certificate'
try trusts 'sends nothing'
try deaf 'refuses a board without entropy'
try heap 'room was left'
try broken 'on the board: part 3'
try lazy 'on the board: [0-9]+ checks'
try costly 'TLS 1.3, .* its ticket is taken'
try impatient 'third request for the time'
echo 'firmware.py finds what boards do wrong'
