#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The stand-in, looked at with curl: it must answer as the registry does before a test of the command
# against it means anything.
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
# shellcheck source=tests/standin/ask.sh
. "$root/tests/standin/ask.sh"
need curl openssl

json='Content-Type: application/json'
keys='{"access_key":"5f1b8c1e-0d5e-4c43-9a51-3f8a2c7d9e10","secret_key":"Zr3-kP9_aQ.7mXw2LbT5vYc8NdF1gHj4KsU6eR0oWiBnVqMtCxZpAyEuGfDhJl.S"}'

with_token() {
    path=$1
    shift
    ask "$path" -H "Authorization: Bearer $token" -H "$json" "$@"
}

start=$(date -u -d '-3 hours' +%FT%TZ)
end=$(date -u -d '-2 hours' +%FT%TZ)
identity() { # NUMBER
    printf '{"identity_key":"%064d","operator_user_id":"u","phone_trunc":"+336123456"}' "$1"
}
journey() { # ID TRIP DISTANCE DRIVER PASSENGER [START END]
    printf '{"operator_journey_id":"%s","operator_trip_id":"%s","operator_class":"C",' "$1" "$2"
    printf '"incentives":[],"start":{"datetime":"%s","lat":48.1,"lon":2.5},' "${6:-$start}"
    printf '"end":{"datetime":"%s","lat":48.2,"lon":2},"distance":%s,' "${7:-$end}" "$3"
    printf '"driver":{"identity":%s,"revenue":100},' "$(identity "$4")"
    printf '"passenger":{"identity":%s,"contribution":100}}' "$(identity "$5")"
}
post() { with_token /v3.3/journeys -d "$(journey "$@")"; }

start_standin --limit-window 3

# ---- versions, health ----
ask /health && answers 'health' 200 '^\{"status":"OK"\}$'
ask /v2/journeys && answers 'v2 is gone: 404 without a body' 404 '^$'
ask /v3.1/journeys && answers 'v3.1 is gone' 404 '^$'
ask /v3.3/nowhere && answers 'no such route' 404 '^$'

# ---- tokens ----
ask /v3.3/auth/access_token -H "$json" -d '{"access_key":"x"}'
answers 'a missing key is named' 400 "secret_key.*-32602.*Invalid params"
ask /v3.3/auth/access_token -H "$json" -d '{"access_key":"x","secret_key":"y"}'
answers 'wrong keys' 401 '"data":"Invalid access key or secret key","code":-32501'
ask /v3/auth/access_token -H "$json" -d "$keys"
answers 'a token' 201 '^\{"access_token":"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"\}$'
token=$(echo "$body" | sed 's/.*:"//; s/".*//')
like 'the limit is told' "$head" '^X-RateLimit-Limit: 5$'
like 'what is left is told' "$head" '^X-RateLimit-Remaining: 2$'
like 'the reset is an epoch time' "$head" '^X-RateLimit-Reset: 1[0-9]{9}$'
ask /v3/auth/access_token -H "$json" -d "$keys"
ask /v3/auth/access_token -H "$json" -d "$keys"
ask /v3/auth/access_token -H "$json" -d "$keys"
answers 'the sixth token call of a window is refused' 429 \
    '^\{"error":\{"code":429,"message":"Too many requests"\}\}$'
like 'and told when to come back' "$head" '^Retry-After: [123]$'
sleep 3.1
ask /v3/auth/access_token -H "$json" -d "$keys"
answers 'the next window is open' 201 access_token

# ---- who may ----
ask '/v3.3/journeys?status=ok'
answers 'no token: 403' 403 '"data":"Invalid permissions","code":-32503'
ask '/v3.3/journeys?status=ok' -H 'Authorization: Bearer nonsense'
answers 'a malformed token: 500' 500 'Invalid Compact JWS'
ask '/v3.3/journeys?status=ok' -H "Authorization: Bearer ${token}A"
answers 'a forged token: 500' 500 'signature verification failed'
ask '/v3.3/journeys?status=ok' -H "Authorization: Bearer $(cat "$work/app-token")"
answers 'a legacy application token' 200 '^\[\]$'

# ---- journeys ----
post 'é 1' t1 3000 1 2
answers 'created' 201 '"meta":null,"data":\{"operator_journey_id":"é 1","created_at":"20[-0-9T:.]*Z"'
post 'é 1' t1 3000 1 2
answers 'the same id again' 409 '"data":"Carpool already registered at .*-32509.*Conflict'
post j2 t2 1999 3 4
answers 'a terms violation' 422 '"terms_violation_labels":\["distance_too_short"\]\},"code":-32422'
post j2 t2 1999 3 4
answers '... is stored all the same' 409 '-32509'
post j3 t3 3000 1 2
answers 'two trips of one pair within 30 minutes' 422 '\["too_close_trips"\]'
old=$(date -u -d '-30 hours' +%FT%TZ)
post j4 t4 3000 5 6 "$old" "$old"
answers 'a day late' 422 '\["expired"\]'
for n in 1 2 3 4; do
    post "m$n" "tm$n" 3000 7 "$((70 + n))"
done
post m5 tm5 3000 7 79
answers 'the fifth trip of a day' 422 '\["too_many_trips_by_day"\]'
post j5 t5 3000 8 9 "$start" 2099-01-01T00:00:00Z
answers 'an end in the future' 422 '"data":"Journeys cannot happen in the future","code":-32700'
post j5 t5 3000 8 9
answers '... was not stored' 201 '"j5"'
post j6 t6 3000 10 11 "$end" "$start"
answers 'an end before the start' 422 '-32700'
with_token /v3.3/journeys -d '{"x":1,"distance":0.5,"start":{"lat":91,"lon":1e-7}}'
answers 'all faults are told: missing' 400 "must have required property 'driver'"
answers 'all faults are told: unknown' 400 ': must NOT have additional properties'
answers 'all faults are told: type' 400 '/distance: must be integer'
answers 'all faults are told: range' 400 '/start/lat: must be <= 90'
answers 'all faults are told: exponent' 400 '/start/lon: must pass'
with_token /v3.3/journeys -d "$(journey c1 tc1 3000 30 31 | sed 's/+336/+999/')"
answers 'a country code that nobody has' 400 '/driver/identity/phone_trunc: must match format'
changed() { # SED_SCRIPT: journey d1 with that change
    with_token /v3.3/journeys -d "$(journey d1 td1 3000 40 41 | sed "$1")"
}
for number in +33612345678 +3361234567 +33012345678 0612345678 +33061234 12345678; do
    changed "s/+336123456/$number/"
    answers "a cut number that is none: $number" 400 '/driver/identity/phone_trunc: must match format'
done
for number in '06 12 34 56' +6877512 +5085512; do
    changed "s/+336123456/$number/; s/48.1/98/"
    answers "a cut number: $number" 400 '"data":\["/start/lat: must be <= 90"\]'
done
email() { changed "s/\"operator_user_id\"/\"email\":\"$1\",&/"; }
email 'a b@c.fr' && answers 'an address that is none' 400 '/driver/identity/email: must match format'
email a@b && answers 'a short address' 400 '/driver/identity/email: must NOT have fewer than 5'
changed "s/$end/$(date -u +%F)T23:59:60Z/"
answers 'a leap second is no date' 400 '/end/datetime'
changed "s/$start/${end%Z}.9Z/; s/\"$end\"/\"${end%Z}.1Z\"/2"
answers 'out of order by less than a second' 422 '-32700'

# ---- what its database refuses ----
long() { head -c "$1" /dev/zero | tr '\0' x; }
changed "s/^{/{\"licence_plate\":\"$(long 33)\",/"
answers 'a plate of 33' 500 '"error":\{"message":"value too long for type character varying\(32\)"'
changed "s/^{/{\"licence_plate\":\">>>>>>>>>\",/"
answers 'a plate of nine entities' 500 'character varying\(32\)'
changed "s/\"operator_user_id\"/\"travel_pass\":{\"name\":\"navigo\",\"user_id\":\"$(long 129)\"},&/"
answers 'a travel pass of 129' 500 'character varying\(128\)'
changed 's/td1/a\\u0000/'
answers 'U+0000' 500 'invalid byte sequence'
one='{"index":3,"amount":1,"siret":"11000101300017"}'
changed "s/\"incentives\":\[\]/\"incentives\":[$one,$one]/"
answers 'two incentives with one index' 500 'duplicate key value'
changed "s/\"incentives\":\[\]/\"incentives\":[{\"index\":0,\"amount\":1.5,\"siret\":\"11000101300017\"}]/"
answers 'half a cent' 500 'invalid input syntax'
changed 's/"d1"/"a<b>d1"/'
answers 'markup goes' 201 '"operator_journey_id":"ad1"'
with_token /v3.3/journeys/ad1/cancel -d '{"code":"","message":"\u0000"}'
answers 'U+0000 in a cancel' 500 'invalid byte sequence'
with_token /v3.3/journeys -d '{"x'
answers 'no JSON: 500' 500 'in JSON at position'
head -c 2100000 /dev/zero | tr '\0' ' ' >"$work/big"
with_token /v3.3/journeys --data-binary "@$work/big" -H Expect:
answers 'more than 2 MB: 500' 500 'request entity too large'
with_token /v3.3/journeys/%C3%A9%201
answers 'status' 200 '^\{"operator_journey_id":"é 1","status":"pending","created_at"'
with_token /v3.3/journeys/j2
answers 'status of a violation' 200 '"terms_violation_error".*"terms_violation_details":\["dist'
with_token /v3.3/journeys/none
answers 'status of nothing' 404 '-32504'
with_token '/v3.3/journeys?status=pending&limit=2&offset=2'
answers 'list, newest first' 200 '^\[\{"operator_journey_id":"m4"\},\{"operator_journey_id":"m3"\}\]$'
with_token /v3.3/journeys
answers 'list wants a status' 400 "required property 'status'"
with_token '/v3.3/journeys?status=terms_violation_error'
answers 'list does not know every status' 400 '/status: must be equal to one of the allowed values'
update='{"incentives":[],"operator_class":"B","distance":5000,"start":{"datetime":"'$start'","lat":1,"lon":2},"end":{"datetime":"'$end'","lat":1,"lon":2}}'
with_token /v3.3/journeys/m1 -X PATCH -d "$update"
answers 'update' 200 '^$'
with_token /v3.3/journeys/m1 -X PATCH -d "$(echo "$update" | sed "s/\[\]/[$one,$one]/")"
answers 'an update with one index twice' 500 'duplicate key value'
with_token /v3.3/journeys/m1 -X PATCH -d "$(echo "$update" | sed 's/^{/{"incentive_counterparts":[],/')"
answers 'an update with what has no column' 500 'incentive_counterparts'
with_token /v3.3/journeys/none -X PATCH -d "$update"
answers 'update of nothing' 404 'No record has been updated'
with_token /v3.3/journeys/m1/cancel -d '{"code":""}'
answers 'cancel' 200 '^\{"id":1,"jsonrpc":"2.0"\}$'
with_token /v3.3/journeys/m1/cancel -d '{"code":"a b"}'
answers 'cancel checks its code' 400 '/code: must match pattern'
with_token /v3.3/journeys/none/cancel -d '{"code":"a"}'
answers 'cancel of nothing' 404 '-32504'
is 'the state counts journeys' "$(state journeys)" 11

# ---- faults ----
fault '{"expire_tokens":true}'
with_token '/v3.3/journeys?status=ok'
answers 'an expired token' 401 '"code":401,"data":"Error","message":"Unauthorized Error"'
token=$(cat "$work/app-token")
fault '{"fail_status":503,"fail_count":1,"retry_after":"7"}'
with_token '/v3.3/journeys?status=ok'
answers 'an injected failure' 503 'Injected failure'
like '... with its Retry-After' "$head" '^Retry-After: 7$'
with_token '/v3.3/journeys?status=ok'
is '... once' "$status" 200
fault '{"drop_after":1}'
post k1 tk1 3000 20 21
is 'an answer lost' "$status" 000
post k1 tk1 3000 20 21
is '... of a request carried out' "$status" 409
fault '{"drop_before":1,"reset":true}'
post k2 tk2 3000 22 23
is 'a request lost' "$status" 000
post k2 tk2 3000 22 23
is '... that was not carried out' "$status" 201
fault '{"clear":true,"truncate":1}'
cget -o /dev/null "$url/health" 2>/dev/null
is 'an answer that breaks off' $? 18
fault '{"chunked":true}'
ask /health && answers 'a chunked answer' 200 OK
like '... says so' "$head" '^Transfer-Encoding: chunked$'
fault '{"clear":true,"close_after":1}'
ask /health && like 'Connection: close' "$head" '^Connection: close$'
fault '{"clear":true,"close_silent":1}'
is 'a connection closed unannounced: the second request needs another' \
    "$(cget -w '%{num_connects} ' -o /dev/null "$url/health" -o /dev/null "$url/health")" '1 1 '
fault '{"clear":true,"maintenance":true}'
ask /v3.3/journeys
answers 'maintenance' 503 '^\{"code":503,"error":"Service Unavailable"\}$'
fault '{"clear":true,"delay_ms":300,"delay_count":1}'
before=$(date +%s%N)
ask /health
[ $(($(date +%s%N) - before)) -ge 300000000 ]
is 'a late answer' $? 0
kill "$standin_pid"
wait "$standin_pid"
is 'it ends in order' $? 0
finish
