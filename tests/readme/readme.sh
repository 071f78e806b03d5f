#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The README's program does what the README says: a journey is delivered, the second time the
# registry has it already, and what it may not send it names.
. "$(dirname "$0")/../e2e/lib.sh"

need curl openssl
ACCESS_KEY=5c1ee0f5-3d52-4b52-9a43-7d6f0e8f7a10 SECRET_KEY=example-secret.of_64-characters
export ACCESS_KEY SECRET_KEY
printf 'access_key = %s\nsecret_key = %s\n' "$ACCESS_KEY" "$SECRET_KEY" >"$work/keys"
start_standin --keys "$work/keys"

example() { # URL ID
    out=$(timeout 60 "$BUILD/readme/example" "$1" "$work/pki/ca.pem" "$2" 2>&1)
    code=$?
}

example "$url" readme-1
is 'the journey is delivered' "$code $out" '0 delivered: 201'
example "$url" readme-1
is 'sent again it is a duplicate' "$code $out" '0 delivered: 409'
is 'the registry holds one' "$(state journeys)" 1
example "$url" ''
like 'an id of no length is named' "$code $out" '^1 .*operator_journey_id'
example http://localhost:1 readme-2
like 'clear text is refused' "$code $out" '^1 .*in the clear'
finish
