#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# navette journey reconcile: delivered is not accepted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl python3

make_keys
# with COMMAND ...: the command at the stand-in with the key pair.
with() {
    nv "$@" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys"
}
id_of() { sed -n "$1"'s/.*"operator_journey_id":"\([^"]*\)".*/\1/p' "$file"; }
number() { # NAME: of the last --json output
    printf '%s\n' "$out" | tr ',{}' '\n' | sed -n "s/^ *\"$1\": *\(-\{0,1\}[0-9]*\)\$/\1/p" | head -n 1
}
start_standin --keys "$keys" --idle 30

file=$work/journeys
"$BUILD/tools/journeys" --count 12 --seed 1 >"$file"
with journey send "$file"
exits 'twelve journeys' 0

with journey reconcile "$file"
exits 'not decided yet: no failure' 0
like 'not decided yet' "$out" '^pending +12 +\(the registry decides within a day or two\)$'
like '... nor accepted' "$out" '^accepted +0$'

fault '{"settle":true}'
before=$(state requests)
with journey reconcile "$file" --json
exits 'all are accepted' 0
is 'all are accepted, for machines' "$(number accepted), $(number pending), $(number not_accepted)" '12, 0, 0'
like '... nothing to list' "$out" '"journeys":\[\]\}$'
is '... each was asked about once' $(($(state requests) - before)) 12

fault '{"decide":{
    "'"$(id_of 1)"'":{"status":"fraud_error","labels":["interoperator_overlap"]},
    "'"$(id_of 2)"'":{"status":"fraud_error","labels":[{"label":"interoperator_overlap"},{"label":"interoperator_too_close_trips"}]},
    "'"$(id_of 3)"'":{"status":"anomaly_error","labels":[{"label":"temporal_overlap_anomaly","metas":{"conflicting_journey_id":"x","temporal_overlap_duration_ratio":0.5}}]},
    "'"$(id_of 4)"'":{"status":"canceled"},"'"$(id_of 5)"'":{"status":"validation_error"},
    "'"$(id_of 6)"'":{"status":"acquisition_error"},"'"$(id_of 7)"'":{"status":"normalization_error"},
    "'"$(id_of 8)"'":{"status":"unknown"},"'"$(id_of 9)"'":{"status":"pending"}}}'
sed 's/"distance":[0-9]*/"distance":1000/; s/"operator_journey_id":"/&short-/' "$file" | sed -n 1p >"$work/short"
with journey send "$work/short"
exits 'one against the terms' "$E_PARTLY"
{
    sed -n 1,2p "$file"                                       # as they were sent
    printf ' %s \r\n' "$(id_of 3)"                            # an id
    printf '"%s"\n' "$(id_of 4)"                              # as JSON has it
    sed -n 5p "$file" | sed 's/.*/{"id":17,"state":"refused","http_status":400,"journey":&}/' # a receipt
    cat "$work/short.refused"                                 # of journey send
    printf '{"jsonrpc":"2.0","result":{"data":{"operator_journey_id":"%s"}}}\n' "$(id_of 6)"
    id_of 7
    echo
    id_of 8
    id_of 9
    id_of 10
    echo nowhere
    echo '{"delivered":12}'
    echo '{"operator_journey_id":""}'
    head -c 5000 /dev/zero | tr '\0' x
    echo
} >"$work/receipts"
with journey reconcile "$work/receipts"
exits 'some were not accepted' "$E_PARTLY" 'line 14: there is no operator_journey_id'
like '... accepted' "$out" '^accepted +1$'
like '... pending' "$out" '^pending +1 '
like '... not accepted' "$out" '^not accepted +9$'
like '... not found' "$out" '^not found +1 +\(the registry has no such journey'
like '... set aside' "$out" '^set aside +3 '
for status in '2  fraud_error' '1  anomaly_error' '1  canceled' '1  validation_error' \
    '1  acquisition_error' '1  normalization_error' '1  unknown' '1  terms_violation_error' \
    '2  fraud: interoperator_overlap' '1  fraud: interoperator_too_close_trips' \
    '1  anomaly: temporal_overlap_anomaly' '1  terms: distance_too_short'; do
    like "... $status" "$out" "^ +$status\$"
done
like '... listed' "$out" "^fraud_error +$(id_of 2)  interoperator_overlap  interoperator_too_close_trips\$"
like '... not found: listed' "$out" '^not_found +nowhere$'
unlike '... those accepted are not' "$out" "$(id_of 10)|$(id_of 9)"
with journey reconcile - --json --connections 4 <"$work/receipts" # nv gives it nothing to read
exits 'nothing to ask about' 0
"$BUILD/navette" journey reconcile - --json --connections 4 --base-url "$url" --ca-file "$work/pki/ca.pem" \
    --token-file "$keys" <"$work/receipts" >"$work/out" 2>"$work/err"
is 'from standard input, for machines' $? "$E_PARTLY"
is '... what it says' "$(python3 - "$work/out" "$(id_of 3)" <<'PY'
import json, sys
text = open(sys.argv[1]).read()
r = json.loads(text)
by = {j['operator_journey_id']: j for j in r['journeys']}
print(text.count('\n'), r['ok'], r['exit'], r['accepted'], r['pending'], r['not_accepted'],
      r['not_found'], r['set_aside'], r['by_status']['fraud_error'], r['fraud_labels'],
      r['anomaly_labels'], len(by), by[sys.argv[2]]['anomaly_error_details'][0]['label'],
      by['nowhere']['status'], r['complete'])
PY
)" "1 False 1 1 1 9 1 3 2 {'interoperator_overlap': 2, 'interoperator_too_close_trips': 1} {'temporal_overlap_anomaly': 1} 10 temporal_overlap_anomaly not_found True"

# ---- a row of them that are not answered: those behind it do not wait for long ----

"$BUILD/tools/journeys" --count 60 --seed 2 |
    awk 'NR > 5 && NR <= 45 { sub(/"operator_journey_id":"/, "&poison-") } { print }' >"$work/row"
with journey send "$work/row"
exits 'sixty journeys' 0
fault '{"scope":"journeys","match":"poison-","match_url":true,"fail_status":500,"fail_count":1000000}'
begun=$(date +%s)
with journey reconcile "$work/row" --json
exits 'a row of forty is not answered' "$E_PARTLY" 'no answer about it: .*HTTP 500'
is 'a row of forty: the others are' "$(number pending), $(number no_answer)" '20, 40'
is 'a row of forty: long before --retry-for is over' "$([ $(($(date +%s) - begun)) -lt 60 ] && echo yes)" yes
fault '{"clear":true}'

# ---- a server that fails on one of them, that is slow to let us ask, or that refuses us ----

fault '{"path":"/v3.3/journeys/'"$(id_of 2)"'","fail_status":500,"fail_count":1000000}'
with journey reconcile "$file"
exits 'one is not answered' "$E_PARTLY" 'line 2: no answer about it: .*HTTP 500'
like '... the others are' "$out" '^accepted +3$'
like '... counted apart' "$out" '^no answer +1$'
fault '{"clear":true,"limits":{"read":5},"reset_limits":true}'
begun=$(date +%s)
with journey reconcile "$file" --retry-for 2
exits 'the quota for reading is used up' "$E_LATER" 'line [0-9]+ .*429'
is '... it is not waited for longer than allowed' "$([ $(($(date +%s) - begun)) -lt 10 ] && echo yes)" yes
like '... what was not asked about' "$out" '^not sent +all from line 6 on$'
fault '{"limits":{"read":2000},"reset_limits":true}'
printf 'access_key = 5f1b8c1e-0d5e-4c43-9a51-3f8a2c7d9e10\nsecret_key = wrong\n' >"$work/wrong"
chmod 600 "$work/wrong"
nv journey reconcile "$file" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/wrong" --json
exits 'wrong keys' "$E_AUTH" 'Invalid access key or secret key'
like '... for machines' "$out" '^\{"ok":false,"exit":6,.*"complete":false,.*"error":"NVT_E_GRANT_REFUSED"'
nv journey reconcile
exits 'no file' "$E_USAGE" 'FILE'
nv journey reconcile --help
like 'help has an example' "$out" 'navette journey reconcile yesterday'

finish
