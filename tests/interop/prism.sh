#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Everything that the command sends to the registry, held by prism against rpc-openapi.yaml. Then
# bodies that break one bound each: the command's own check and prism must both refuse them.
# shellcheck source=tests/interop/interop.sh
. "$(dirname "$0")/interop.sh"
need sha256sum

prism_port=$(free_port)
start_plain prism "$prism_port" node "$packages/.bin/prism" mock --errors -h 127.0.0.1 \
    -p "$prism_port" "$root/tests/interop/rpc-openapi.yaml"
# Its answers are the examples of the document; a receipt is one of the journey that was sent.
tls_front "$prism_port" --ids yes
keys rpc 'access_key = 5f1b8c1e-0d5e-4c43-9a51-3f8a2c7d9e10' \
    'secret_key = Zr3-kP9_aQ.7mXw2LbT5vYc8NdF1gHj4KsU6eR0oWiBnVqMtCxZpAyEuGfDhJl.S'

with() {
    nv "$@" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/rpc.keys"
}
# What prism's log says of the requests so far; the first one asked whether it was there.
received() { echo $(($(grep -c 'Request received' "$work/prism.log") - 1)); }
passed_rules() { grep -c 'passed the validation rules' "$work/prism.log"; }
violations() { echo $(($(grep -c -i 'terminated with error\|did not pass\|violation' "$work/prism.log") - 1)); }

# ---- what the command sends ----

"$BUILD/tools/journeys" --count 300 --seed 11 >"$work/journeys"
with journey send "$work/journeys" --json
exits 'every journey passes' 0
is 'every journey is delivered' "$(member delivered)" 300

n=0
while [ $n -lt 8 ]; do
    n=$((n + 1))
    sed -n "$((n * 30))p" "$work/journeys" >"$work/one"
    with journey update "id $n/é" "$work/one"
    exits "update $n passes" 0
done
with journey cancel 'J-1'
exits 'cancel passes' 0
with journey cancel 'J/1 ?#%' --code no_show-1 --message "personne n'est venu, \"dommage\""
exits 'cancel with code and message passes' 0
with journey status '..%2e'
exits 'status passes' 0
like 'status: what prism says' "$out" 'temporal_overlap_anomaly'
for status in ok expired pending canceled acquisition_error validation_error normalization_error \
    fraud_error anomaly_error; do
    with journey list --status $status
    exits "list $status passes" 0
done
with journey list --start 2026-01-01T00:00:00Z --end 2026-01-31T23:59:59+01:00 --limit 1000 --offset 7
exits 'list with all options passes' 0
with journey route --from 48.8566,2.3522 --to -20.9000001,55.4500006
exits 'route passes' 0
like 'route: what prism says' "$out" '^21450 m, 1630 s$'
with journey route --from 90,-180 --to 0.0000004,0
exits 'route at the bounds passes' 0
with journey point --address "5 rue de l'Église & fils #1, 75010 Paris +" --country "Côte d'Ivoire"
exits 'point by address passes' 0
is 'point by address: what prism says' "$out" '48.876543,2.345678'
with journey point --insee 2A004
exits 'point by INSEE code passes' 0

key=$(printf '%s' '+33701020304-D HERUG DE L HERAULT' | sha256sum | cut -d ' ' -f 1)
application() { # FILE MEMBERS
    printf '{"identity_key":"%s","last_name_trunc":"D H",%s}\n' "$key" "$2" >"$1"
}
signed='"application_timestamp":"2026-01-31T12:00:00.000Z"'
for type in short long; do
    with cee simulate --type $type --last-name "D'Hérûg-de-l'Hérault" --phone +33701020304
    exits "simulate $type passes" 0
done
for licence in 051227308989 822146819 123456A ABCDEFGHIJKLMNO1234 99-X23836; do
    with cee simulate --last-name Tô --phone +33701020304 --driving-license $licence
    exits "simulate with licence $licence passes" 0
done
application "$work/short" "\"journey_type\":\"short\",\"driving_license\":\"123456A\",$signed,
    \"operator_journey_id\":\"J-1\""
application "$work/long" "\"journey_type\":\"long\",\"driving_license\":\"99-é\",$signed,
    \"phone_trunc\":\"+337010203\",\"datetime\":\"2026-01-21T12:00:00Z\""
for type in short long; do
    with cee register "$work/$type" --json
    exits "register $type passes" 0
    is "register $type: what prism says" "$(member application.journey_id)" 12
done
with cee find 1c7f0f52-6d0a-4f3e-9a44-2f8a1f1e7b90
exits 'find passes' 0
with cee delete 1c7f0f52-6d0a-4f3e-9a44-2f8a1f1e7b90
exits 'delete passes' 0
is 'no violation in all of that' "$(violations)" 0
is 'prism looked at each request' "$(passed_rules)" "$(received)"

# ---- what it would not send ----

raw() { # METHOD PATH FILE
    with call rpc "$1" "$2" --data "$3"
}
sed -n '/"payments":\[{/{/"incentives":\[{/{/"travel_pass"/{p;q}}}' "$work/journeys" >"$work/full"
is 'a journey with everything is there' "$(wc -l <"$work/full")" 1
raw POST /v3.3/journeys "$work/full"
exits 'unchanged, it passes raw' 0

# refused_by_prism NAME: the last raw request.
broken=0
refused_by_prism() {
    broken=$((broken + 1))
    exits "$1: refused by prism" "$E_REFUSED" 'HTTP 422'
}

# refused NAME SED: the changed journey is refused on both sides.
refused() {
    sed "$2" "$work/full" >"$work/bad"
    if cmp -s "$work/full" "$work/bad"; then
        fail "$1: nothing was changed"
        return
    fi
    nv journey check "$work/bad"
    exits "$1: refused here" "$E_PARTLY"
    raw POST /v3.3/journeys "$work/bad"
    refused_by_prism "$1"
}
long=$(printf '%0257d' 0)
twenty=$(printf '{"index":0,"amount":1,"siret":"11000101300017"},%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 \
    14 15 16 17 18 19 20)
refused 'an unknown member' 's/^{/{"application_timestamp":"2026-01-31T12:00:00Z",/'
refused 'no driver' 's/"driver":.*"passenger"/"passenger"/'
refused 'an empty id' 's/"operator_journey_id":"[^"]*"/"operator_journey_id":""/'
refused 'an id of 257' "s/\"operator_journey_id\":\"[^\"]*\"/\"operator_journey_id\":\"$long\"/"
refused 'a class D' 's/"operator_class":"."/"operator_class":"D"/'
refused 'a distance of 0' 's/"distance":[0-9]*/"distance":0/'
refused 'a distance over 1000 km' 's/"distance":[0-9]*/"distance":1000001/'
refused 'half a metre' 's/"distance":[0-9]*/"distance":1.5/'
refused 'a distance as text' 's/"distance":\([0-9]*\)/"distance":"\1"/'
refused 'a latitude over 90' 's/"lat":[-0-9.]*/"lat":90.1/'
refused 'a longitude under -180' 's/"lon":[-0-9.]*/"lon":-180.1/'
refused 'a latitude as text' 's/"lat":\([-0-9.]*\)/"lat":"\1"/'
refused 'a time without zone' 's/\("datetime":"[^"]*\)Z"/\1"/'
refused 'a point without time' 's/"datetime":"[^"]*",//'
refused 'a SIRET of 13' 's/"siret":"[0-9]/"siret":"/'
refused 'an index of 20' 's/"index":[0-9]*/"index":20/'
refused 'an amount over 1000 euros' 's/"amount":[0-9]*/"amount":100001/'
refused 'an amount below 0' 's/"amount":[0-9]*/"amount":-1/'
refused 'incentives over 20' "s/\"incentives\":\[/&$twenty/"
refused 'no list of incentives' 's/"incentives":\[[^]]*\]/"incentives":null/'
refused 'a key in capitals' 's/"identity_key":"....../"identity_key":"ABCDEF/'
refused 'a key of 63' 's/"identity_key":"./"identity_key":"/'
refused 'a national number' 's/"phone_trunc":"+[0-9]*"/"phone_trunc":"0701020304"/'
refused 'no number' 's/"phone_trunc":"+[0-9]*",//; s/"phone":"+[0-9]*",//'
refused 'no user' 's/"operator_user_id":"[^"]*",//'
refused 'another pass' 's/"navigo"/"oyster"/'
refused 'a null pass' 's/"travel_pass":{[^}]*}/"travel_pass":null/'
refused 'a revenue over 10000 euros' 's/"revenue":[0-9]*/"revenue":1000001/'
refused 'a contribution below 0' 's/"contribution":[0-9]*/"contribution":-5/'
refused 'nine seats' 's/"contribution":/"seats":9,&/; s/"seats":[0-9]\(,"payments"\)/"x":0\1/'
refused 'payments without type' 's/"type":"[^"]*",//'

printf '%s\n' '{"operator_class":"C"}' >"$work/bad"
with journey update J-1 "$work/bad"
exits 'half an update: refused here' "$E_INPUT" 'missing'
raw PATCH /v3.3/journeys/J-1 "$work/bad"
refused_by_prism 'half an update'
raw PATCH /v3.3/journeys/J-1 "$work/full"
refused_by_prism 'a whole journey as an update'
sed 's/"journey_type":"short"/"journey_type":"long"/' "$work/short" >"$work/bad"
with cee register "$work/bad"
exits 'an application of both kinds: refused here' "$E_INPUT"
raw POST /v3.3/policies/cee "$work/bad"
refused_by_prism 'an application of both kinds'
with call rpc GET '/v3.3/geo/route?start%5Blat%5D=48&start%5Blon%5D=181&end%5Blat%5D=0&end%5Blon%5D=0'
refused_by_prism 'a place beside the globe'
with call rpc GET '/v3.3/journeys?status=terms_violation_error'
refused_by_prism 'a status that the list does not know'
is 'prism noted a violation for each of those' "$(($(received) - $(passed_rules)))" "$broken"
finish
