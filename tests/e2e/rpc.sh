#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The registry's further routes against the stand-in: whole lists, geography, CEE applications.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl

make_keys

# with COMMAND ...: the command at the stand-in with the key pair.
with() {
    nv "$@" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys"
}
start_standin --keys "$keys"

# ---- the list, page by page ----

"$BUILD/tools/journeys" --count 250 --seed 7 >"$work/journeys"
with journey send "$work/journeys"
exits 'send 250 journeys' 0
sed -n 's/.*"operator_journey_id":"\([^"]*\)".*/\1/p' "$work/journeys" | sort >"$work/sent"

before=$(state requests)
with journey list --status pending --all
exits 'list all' 0
is 'list all: three pages' $(($(state requests) - before)) 3
sort "$work/out" >"$work/listed"
is 'list all: every id' "$(cmp "$work/sent" "$work/listed" 2>&1)" ''
with journey list --status pending --limit 120 --offset 10
exits 'list 120' 0
is 'list 120: as many as asked for' "$(wc -l <"$work/out")" 120
is 'list 120: no id twice' "$(sort -u "$work/out" | wc -l)" 120
with journey list --status pending
is 'list: 50 by default' "$(wc -l <"$work/out")" 50
with journey list --status pending --all --json
exits 'list all, for machines' 0
is 'list all, for machines: one object' "$(wc -l <"$work/out")" 1
is 'list all, for machines: every id' "$(grep -o '"operator_journey_id"' "$work/out" | wc -l)" 250
with journey list --status pending --limit 200 --offset 200 --json
is 'list: from an offset to the end' \
    "$(grep -o '"operator_journey_id"' "$work/out" | wc -l)" 50
with journey list --status pending --limit 1000001
exits 'list: too many' "$E_USAGE" '1000000'
with journey list --status canceled --all --json
is 'list: nothing there' "$out" '{"ok":true,"journeys":[]}'

# A server that knows no offset: s_server, with one page of 100 for every question.
mkdir -p "$work/raw/v3.3"
items=$(printf '{"operator_journey_id":"J-%s"}\n' $(seq 100) | paste -s -d ,)
for page in '' '&offset=100' '&offset=200'; do
    printf 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[%s]' "$items" \
        >"$work/raw/v3.3/journeys?status=ok&limit=100$page"
done
printf 'HTTP/1.1 200 OK\r\n\r\n' >"$work/raw/200"
printf 'static-token-of-the-tests\n' >"$work/token"
chmod 600 "$work/token"
port=$(free_port)
(cd "$work/raw" && exec openssl s_server -accept "127.0.0.1:$port" -HTTP -quiet \
    -cert ../pki/server.pem -cert_chain ../pki/server.pem -key ../pki/server.key) \
    >"$work/s_server.log" 2>&1 &
pids="$pids $!"
tries=0
until cget -o /dev/null "https://localhost:$port/200" 2>/dev/null || [ $tries -gt 100 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
nv journey list --all --base-url "https://localhost:$port" --ca-file "$work/pki/ca.pem" \
    --token-file "$work/token"
exits 'list of a server without offsets: no end, so it ends' "$E_ANSWER" 'does not go on'
is 'list of a server without offsets: one page' "$(wc -l <"$work/out")" 100

# ---- geography ----

with journey route --from 48.8566,2.3522 --to 48.8049,2.1204
exits 'route' 0
like 'route' "$out" '^[0-9]+ m, [0-9]+ s$'
with journey route --from 48.8566,2.3522 --to '-20.9, 55.45' --json
exits 'route, for machines' 0
like 'route, for machines' "$out" '"distance_m": *[0-9]+.*"duration_s": *[0-9]+'
for bad in 48.8566 90.1,2 48,180.1 48,2,3 north,2 ,2 '48,' ''; do
    with journey route --from "$bad" --to 48,2
    exits "route from '$bad'" "$E_USAGE" 'LATITUDE,LONGITUDE'
done
with journey route --from 48,2
exits 'route to nowhere' "$E_USAGE" '\-\-to'
with journey point --address "5 rue de l'Église, 75010 Paris & co"
exits 'point' 0
like 'point' "$out" '^-?[0-9.]+,-?[0-9.]+$'
place=$out
with journey point --address "5 rue de l'Église, 75010 Paris & co" --country France --json
like 'point, for machines' "$out" "\"lat\": *${place%,*}, *\"lon\": *${place#*,},"
with journey point --insee 2A004
exits 'point of a commune' 0
with journey point --insee 2C004
exits 'point of no commune' "$E_USAGE" 'Corsica'
with journey point --address ''
exits 'point of an empty address' "$E_USAGE" '256'
with journey point --insee 91377 --address x
exits 'point of both' "$E_USAGE" '--address or --insee'
with journey point
exits 'point of nothing' "$E_USAGE" '--address or --insee'

# ---- CEE ----

key=$(printf '%s' '+33701020304-D HERUG' | sha256sum | cut -d ' ' -f 1)
first=$(head -n 1 "$work/sent")
application() { # FILE LICENCE JOURNEY
    cat >"$1" <<JSON
{"journey_type":"short","identity_key":"$key","driving_license":"$2","last_name_trunc":"D H",
 "operator_journey_id":"$3","application_timestamp":"2025-06-02T12:00:00.000Z"}
JSON
}
with cee simulate --last-name "D'Hérûg" --phone +33701020304 --driving-license 051227308989
exits 'simulate' 0
like 'simulate' "$out" 'eligible'
application "$work/cee.json" 051227308989 "$first"
with cee register "$work/cee.json" --json
exits 'register' 0
like 'register' "$out" '"known": *false'
uuid=$(printf '%s' "$out" | sed -n 's/.*"uuid": *"\([^"]*\)".*/\1/p')
is 'register: a UUID' "${#uuid}" 36
with cee register "$work/cee.json"
exits 'register again' 0 'before'
like 'register again: the same' "$out" "$uuid"
with cee simulate --last-name "D'Hérûg" --phone +33701020304 --driving-license 051227308989
exits 'simulate what is there' "$E_REFUSED" "already.*$uuid.*409"
with cee simulate --last-name "D'Hérûg" --phone +33701020304 --driving-license 051227308989 --json
exits 'simulate what is there, for machines' "$E_REFUSED"
like 'simulate what is there, for machines' "$out" '"ok": *false'
with cee find "$uuid"
exits 'find' 0
like 'find' "$out" "^uuid +$uuid"
with cee find "$uuid" --json
like 'find, for machines' "$out" "\"uuid\": *\"$uuid\""
with cee delete "$uuid"
exits 'delete' 0
with cee find "$uuid"
exits 'find what was deleted' "$E_REFUSED" 'Not found.*404'
with cee delete "$uuid" --json
exits 'delete what was deleted' "$E_REFUSED" '404'
with cee find 1234
exits 'find no UUID' "$E_USAGE" 'UUID'
with cee find ../../journeys/x
exits 'find a path' "$E_USAGE" 'UUID'

application "$work/cee.json" 051227308989 no-such-journey
with cee register "$work/cee.json"
exits 'register for an unknown journey' "$E_REFUSED" 'Not found.*404'
application "$work/cee.json" lower "$first"
with cee register "$work/cee.json"
exits 'register with a wrong licence' "$E_INPUT" 'driving_license'
echo '{"journey_type":"long"' >"$work/cut.json"
with cee register "$work/cut.json"
exits 'register half a file' "$E_INPUT" 'JSON'
week=$(date -u -d '-1 day' +%Y-%m-%dT%H:%M:%S.000Z)
cat >"$work/long.json" <<JSON
{"journey_type":"long","identity_key":"$key","driving_license":"99-X1","last_name_trunc":"D H",
 "phone_trunc":"+337010203","datetime":"$week","application_timestamp":"2025-06-02T12:00:00Z"}
JSON
with cee register "$work/long.json"
exits 'register too early: the text of a bare failure' "$E_REFUSED" '7 days from now.*400'
sed 's/"datetime":"[^"]*"/"datetime":"2025-06-02T12:00:00Z"/' "$work/long.json" >"$work/long2.json"
with cee register - <"$work/long2.json"
exits 'register: nothing on standard input' "$E_INPUT"
with cee register "$work/long2.json"
exits 'register a long distance' 0
echo '{"journey_type":"long"}' >"$work/bare.json"
with call rpc POST /v3.3/policies/cee/simulate --data "$work/bare.json"
exits 'the first text of a bare list of failures' "$E_REFUSED" 'last_name_trunc.*400'
fault '{"cee_disabled":true}'
with cee find "$uuid"
exits 'CEE switched off' "$E_REFUSED" 'disabled.*405'
fault '{"cee_disabled":false}'
with cee simulate
exits 'simulate nothing' "$E_USAGE" 'FILE'
with cee simulate "$work/cee.json" --last-name x --phone +33701020304
exits 'simulate both' "$E_USAGE" 'FILE'
with cee simulate --last-name 4 --phone +33701020304
exits 'simulate an impossible name' "$E_USAGE" 'last-name'
with cee simulate --last-name x --phone 0701020304
exits 'simulate a national number' "$E_USAGE" 'phone'
for command in 'journey route' 'journey point' 'cee simulate' 'cee register' 'cee find' 'cee delete'; do
    # shellcheck disable=SC2086 # words
    nv $command --help
    like "$command --help has an example" "$out" "navette $command"
done
finish
