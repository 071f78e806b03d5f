#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What stands in front of a system answers in its place (a firewall's page, an empty 202, another
# journey's receipt): nothing of that is taken for the system's own word.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl

make_keys
mkdir -p "$work/secrets"
start_standin --keys "$keys" --secrets-dir "$work/secrets"

with() { # SYSTEM COMMAND ...
    system=$1
    shift
    nv "$@" --base-url "$url" --ca-file "$work/pki/ca.pem" \
        --token-file "$work/secrets/$system.keys"
}
front() { # JSON members: the next answers come from there
    fault '{"clear":true}'
    fault "{$1}"
}
journeys() { # NUMBER: that many new ones in $work/new
    seed=$((seed + 1))
    "$BUILD/tools/journeys" --count "$1" --seed "$seed" >"$work/new"
}
seed=100
other='{\"result\":{\"data\":{\"operator_journey_id\":\"another\",\"created_at\":\"2025-06-02T10:00:00Z\"}}}'

# ---- journey send: delivered means that the registry said so ----

# once NAME MEMBERS: one answer from in front, whether the journey got through or not. Whatever is
# said of it then, the registry has what is said to be delivered.
once() {
    for late in false true; do
        journeys 1
        before=$(state journeys)
        front "\"scope\":\"journeys\",\"front_count\":1,\"front_late\":$late,$2"
        with rpc journey send "$work/new" --retry-for 30
        stored=$(($(state journeys) - before))
        if [ "$code" -eq 0 ]; then
            is "$1, late $late: delivered means that it is there" "$stored" 1
        else
            unlike "$1, late $late: not said to be delivered" "$out" '1 +delivered|"delivered":1'
        fi
    done
}

# ever NAME MEMBERS: nothing else ever answers. Nothing is delivered, nothing is refused.
ever() {
    journeys 3
    before=$(state journeys)
    front "\"scope\":\"journeys\",\"front_count\":100000,$2"
    with rpc journey send "$work/new" --retry-for 3 --json --refused "$work/refused"
    if [ "$code" -eq 0 ] || [ "$code" -eq "$E_REFUSED" ]; then
        fail "$1: neither done nor refused" "exit $code" "$err" "$out"
    else
        pass "$1: neither done nor refused"
    fi
    unlike "$1: none is said to be delivered" "$out" '"(delivered|duplicates?)":[1-9]'
    is "$1: none is put among the refused" "$(cat "$work/refused" 2>/dev/null)" ''
    is "$1: nothing got there" "$(state journeys)" "$before"
}
for status in 200 201 202 403 404 409 422; do
    once "a page with $status" "\"front_status\":$status"
done
once '200 with an error' '"front_type":"application/json","front_body":"{\"error\":{\"code\":-32603}}"'
once '202 without a body' '"front_status":202,"front_body":"none"'
once "201 with another one's id" "\"front_status\":201,\"front_type\":\"application/json\",\"front_body\":\"$other\""
once '409 of another kind' '"front_status":409,"front_type":"application/json","front_body":"{\"error\":{}}"'
ever 'a page for everything' '"front_status":200'
ever 'a page that forbids' '"front_status":403'
ever 'a page of duplicates' '"front_status":409'
ever '511' '"front_status":511'
fault '{"clear":true}'

# ---- journey status and cancel, CEE ----

journeys 1
with rpc journey send "$work/new"
exits 'a journey to work on' 0
id=$(sed -n 's/.*"operator_journey_id":"\([^"]*\)".*/\1/p' "$work/new")
for status in 200 202 404; do
    front "\"scope\":\"rpc\",\"path\":\"/v3.3/journeys/\",\"front_count\":99,\"front_status\":$status"
    with rpc journey status "$id"
    unlike "status, a page with $status: not known" "$code $out" '^0 |pending|ok$'
    unlike "status, a page with $status: not unknown either" "$code $err" "^$E_REFUSED "
    with rpc journey cancel "$id" --code X
    unlike "cancel, a page with $status: not done" "$code" '^0$'
    unlike "cancel, a page with $status: not refused" "$code" "^$E_REFUSED\$"
done
front '"scope":"rpc","path":"/v3.3/journeys/","front_count":1,"front_type":"application/json","front_body":"{\"error\":{}}"'
with rpc journey cancel "$id" --code X
exits 'cancel, 200 with an error: not done' "$E_ANSWER" 'not what its API documents'
front '"scope":"rpc","path":"/v3.3/journeys/","front_count":9,"front_type":"application/json","front_body":"{\"x\":1}"'
with rpc journey status "$id"
exits 'status, 200 with another form' "$E_ANSWER" 'hint: .*asking again does no harm'
unlike 'status: there is nothing to be looked up' "$err" 'look up'
with rpc journey update "$id" "$work/new"
like 'update, 200 with another form: look it up' "$err" 'hint: .*look up what became of it'
fault '{"clear":true}'
is 'not cancelled by any of that' "$(state cancel_calls)" 0
with rpc journey cancel "$id" --code X
exits 'cancel, at last' 0
is 'cancelled' "$(state cancel_calls)" 1

# ---- who answered is said ----

front '"scope":"rpc","path":"/v3.3/journeys/","front_count":9,"front_status":403'
with rpc journey status "$id"
exits 'a page that forbids: later' "$E_LATER" 'in front of the system.*Request Rejected.*403'
like 'a hint' "$err" 'hint: .*(firewall|proxy)'
unlike 'not the registry' "$err" 'saw no right'
front '"scope":"rpc","path":"/v3.3/journeys/","front_count":9,"front_status":401'
with rpc journey status "$id"
exits '401 of a page: the token is not at fault' "$E_LATER" 'in front of the system'
front '"scope":"token","front_count":9'
with rpc journey status "$id" --no-cache
exits 'a portal in place of the token route: not the keys' "$E_LATER" 'in front of the system'
front '"scope":"token","front_count":9,"front_status":403'
with rpc journey status "$id" --no-cache
exits 'one that forbids' "$E_LATER" 'in front of the system'
front '"scope":"rpc","path":"/v3.3/journeys/","front_count":9,"front_status":404,"front_body":"none"'
with rpc journey status "$id"
exits 'no such version' "$E_CONFIG" 'this version.*v3\.3'
unlike 'what was used is not called for' "$err" '[Uu]se (version )?v3'
fault '{"clear":true}'

# ---- deliveries ----

printf '{"store":"/api/stores/1","pickup":{"address":"1 rue de Rivoli, Paris","before":"2030-06-02T10:00:00+02:00"},"dropoff":{"address":"2 rue de Rivoli, Paris","before":"2030-06-02T11:00:00+02:00"}}' \
    >"$work/pair"
with coopcycle delivery create "$work/pair" --key front-1
exits 'a delivery to work on' 0
delivery=$(printf '%s\n' "$out" | grep -o '/api/deliveries/[0-9]*' | head -n 1)
for status in 200 204 202 404; do
    front "\"scope\":\"coopcycle\",\"path\":\"/api/deliveries\",\"front_count\":9,\"front_status\":$status"
    [ "$status" -eq 204 ] && continue
    with coopcycle delivery cancel "$delivery"
    unlike "delivery cancel, a page with $status: not done" "$code" "^(0|$E_REFUSED)\$"
    with coopcycle delivery create "$work/pair" --key "front-$status"
    unlike "delivery create, a page with $status: not done" "$code" "^(0|$E_REFUSED)\$"
done
fault '{"clear":true}'
with coopcycle delivery resolve front-1
exits 'it is still there' 0
front '"scope":"coopcycle","path":"/api/stores","front_count":9,"front_type":"application/json","front_body":"{\"hydra:member\":{},\"hydra:totalItems\":0}"'
with coopcycle delivery resolve front-1
unlike 'a list that is none: never "not found"' "$code $err" "^($E_REFUSED|0) |nothing of that key"
fault '{"clear":true}'
with coopcycle delivery cancel "$delivery"
exits 'delivery cancel, at last' 0

# ---- doctor ----

for system in rpc coopcycle piste demarches; do
    front "\"scope\":\"calls\",\"front_count\":9"
    with "$system" doctor "$system"
    unlike "doctor $system: a page accepts no token" "$code $out" '^0 |accepted by the server'
done

finish
