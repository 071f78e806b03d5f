#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The command against the stand-in: verdicts, tokens, limits, faults. What the command claims is
# compared with what the server counted.
. "$(dirname "$0")/lib.sh"
need curl openssl

keys="$work/keys"
cat >"$keys" <<'KEYS'
access_key = 5f1b8c1e-0d5e-4c43-9a51-3f8a2c7d9e10
secret_key = Zr3-kP9_aQ.7mXw2LbT5vYc8NdF1gHj4KsU6eR0oWiBnVqMtCxZpAyEuGfDhJl.S
KEYS
chmod 600 "$keys"

# with COMMAND ...: the command at the stand-in with the key pair.
with() {
    nv "$@" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys"
}
journeys() { # COUNT SEED [OPTION ...]: a file of its own, its name in $file
    count=$1 seed=$2
    shift 2
    file=$work/journeys-$seed
    "$BUILD/tools/journeys" --count "$count" --seed "$seed" "$@" >"$file"
}
# stored NAME NUMBER: so many more journeys on the server than before the last mark.
mark() {
    marked=$(state journeys)
    marked_tokens=$(state token_calls)
    marked_posts=$(state requests)
    marked_connections=$(state connections)
}
stored() { is "$1: stored" $(($(state journeys) - marked)) "$2"; }
tokens() { is "$1: token calls" $(($(state token_calls) - marked_tokens)) "$2"; }
number() { # NAME: of the last --json output
    printf '%s\n' "$out" | tr ',{}' '\n' | sed -n "s/^ *\"$1\": *\(-\{0,1\}[0-9]*\)\$/\1/p" | head -n 1
}
counts() { # NAME DELIVERED DUPLICATE REFUSED: of a send with --json
    is "$1: delivered, duplicate, refused" \
        "$(number delivered), $(number duplicate), $(number refused)" "$2, $3, $4"
}
first_id() { sed -n '1s/.*"operator_journey_id":"\([^"]*\)".*/\1/p' "$1"; }

start_standin --keys "$keys" --limit-window 4 --idle 30

# ---- delivered, duplicate, refused ----

journeys 60 1
mark
with journey send "$file" --json
exits 'send 60 journeys' 0
counts 'send 60 journeys' 60 0 0
stored 'send 60 journeys' 60
tokens 'send 60 journeys' 1
is 'send 60 journeys: over one connection' $(($(state connections) - marked_connections - 1)) 1
id=$(first_id "$file")
mark
with journey send "$file" --json
exits 'the same file again' 0
counts 'the same file again' 0 60 0
stored 'the same file again' 0
tokens 'the same file again' 0

finish
