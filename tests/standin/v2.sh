#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The stand-in's API v2, looked at with curl: it must answer as the registry's documents of v2 have
# it before a test of the command against it means anything.
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
# shellcheck source=tests/standin/ask.sh
. "$root/tests/standin/ask.sh"
need curl

json='Content-Type: application/json'
uuid=8c872418-37c0-4b94-8cc7-e189c1599c4c
# The first example of the page "Envoyer un trajet", but for its id.
example() { # ID
    printf '%s' '{"journey_id":"'"$1"'",
    "operator_journey_id":"57d08b47-8d1c-4345-b0d2-36a20a182883","operator_class":"C",
    "driver":{"revenue":200,"incentives":[],"identity":{"phone_trunc":"+336123456",
     "operator_user_id":"3085e7bb-ea8f-4e8e-87b1-d8950d8510ba","over_18":true},
     "start":{"datetime":"2021-01-01T10:00:00Z","lat":45.8500862636592,"lon":1.2677062964308117},
     "end":{"datetime":"2021-01-01T11:00:00Z","lat":45.80491919633787,"lon":1.2149815791287082}},
    "passenger":{"contribution":200,"seats":1,"incentives":[],
     "identity":{"phone_trunc":"+336654321",
     "operator_user_id":"1a6b3c2c-7dbf-412c-a21d-47a37627d3c3","over_18":true},
     "start":{"datetime":"2021-01-01T10:00:00Z","lat":45.8500862636592,"lon":1.2677062964308117},
     "end":{"datetime":"2021-01-01T11:00:00Z","lat":45.80491919633787,"lon":1.2149815791287082}}}'
}
with_token() {
    path=$1
    shift
    ask "$path" -H "Authorization: Bearer $token" -H "$json" "$@"
}
# refuses NAME SED REGEX: the example, changed, is refused in those words.
refuses() {
    with_token /v2/journeys -d "$(example x | sed "$2")"
    answers "$1" 400 "\"data\":\"$3.*\"code\":-32602,\"message\":\"Invalid params\""
}

# ---- today's registry ----

start_standin
token=$(cat "$work/app-token")
for path in /v2/journeys "/v2/journeys/$uuid" /v2/nowhere; do
    with_token "$path"
    answers "without --api-v2 $path is 404 without a body" 404 '^$'
done
with_token /v2/journeys -d "$(example $uuid)"
answers 'without --api-v2 a journey is, too' 404 '^$'
stop_standin

# ---- as it was ----

start_standin --api-v2
token=$(cat "$work/app-token")
ask "/v2/journeys/$uuid"
answers 'no token' 401 '^\{"code":401,"error":"Unauthorized"\}$'
ask "/v2/journeys/$uuid" -H "Authorization: Bearer $token"x
answers 'a wrong token' 401 '^\{"code":401,"error":"Unauthorized"\}$'
ask /v3.3/auth/access_token -H "$json" -d '{"access_key":"5f1b8c1e-0d5e-4c43-9a51-3f8a2c7d9e10","secret_key":"Zr3-kP9_aQ.7mXw2LbT5vYc8NdF1gHj4KsU6eR0oWiBnVqMtCxZpAyEuGfDhJl.S"}'
short=$(echo "$body" | sed 's/.*:"//; s/".*//')
ask "/v2/journeys/$uuid" -H "Authorization: Bearer $short"
answers 'a token of v3.3' 401 '^\{"code":401,"error":"Unauthorized"\}$'
with_token "/v2/journeys/$uuid"
answers 'status of an unknown one' 404 '^\{"code":404,"error":"Not found"\}$'
with_token "/v2/journeys/$uuid" -X DELETE
answers 'cancel of an unknown one' 404 '^\{"code":404,"error":"Not found"\}$'
with_token /v2/journeys -d "$(example $uuid)"
answers 'a journey' 201 "^\{\"journey_id\":\"$uuid\",\"created_at\":\"20[^\"]*Z\"\}$"
with_token /v2/journeys -d "$(example $uuid)"
answers 'the same again' 409 '"code":-32509'
with_token "/v2/journeys/$uuid"
answers 'its status: it was sent too late' 200 \
    "^\{\"status\":\"expired\",\"journey_id\":\"$uuid\",\"created_at\":\"[^\"]*\",\"metadata\":\{\"message\":"
with_token "/v2/journeys/$uuid" -X DELETE
answers 'cancel' 200 '^$'
with_token "/v2/journeys/$uuid"
answers 'its status then' 200 '"status":"canceled"'
fault '{"v2_envelope":true}'
with_token /v2/journeys -d "$(example y)"
answers 'a receipt in an envelope, as the page has it' 201 \
    '^\{"id":1,"result":\{"meta":null,"data":\{"journey_id":"y","created_at":"[^"]*"\}\},"jsonrpc":"2.0"\}$'

# ---- bounds ----

refuses 'a cut number with letters' 's/+336123456/x336123456/' \
    'data/driver/identity/phone_trunc must match format \\"phonetrunc\\"'
refuses 'an unknown member' 's/"seats":1/"distance_m":1/' 'data/passenger must NOT have additional'
refuses 'no driver' 's/"driver"/"pilot"/' "data must have required property 'driver'"
refuses 'no revenue' 's/"revenue":200,//' "data/driver must have required property 'revenue'"
refuses 'half a cent' 's/"revenue":200/"revenue":200.5/' 'data/driver/revenue must be integer'
refuses 'nine seats' 's/"seats":1/"seats":9/' 'data/passenger/seats must be <= 8'
refuses 'no distance' 's/"seats":1/"distance":0/' 'data/passenger/distance must be >= 1'
refuses 'more than a day' 's/"seats":1/"duration":86401/' 'data/passenger/duration must be <= 86400'
refuses 'an end before the start' 's/T11:00:00Z/T10:00:00Z/' 'data/driver must end after'
refuses 'a latitude alone' 's/,"lon":1.26[0-9]*//' 'data/driver/start must have a place'
refuses 'a time alone' 's/,"lat":45.85[0-9]*,"lon":1.26[0-9]*//' 'data/driver/start must have a place'
refuses 'a country alone' 's/,"lat":45.85[0-9]*,"lon":1.26[0-9]*/,"country":"France"/' \
    'data/driver/start must have a place'
refuses 'a short e-mail' 's/"seats":1/"seats":1/; s/"over_18":true/"email":"a@b"/' \
    'data/driver/identity/email must'
refuses 'a cut number without the id' 's/"operator_user_id":"3085[^"]*",//' \
    'data/driver/identity must match a schema in anyOf'
refuses 'a siret of no digits' \
    's/"incentives":\[\]/"incentives":[{"index":0,"amount":1,"siret":"Siret territoire"}]/' \
    'data/driver/incentives/0/siret must match'
with_token /v2/journeys -d 'no json'
answers 'no JSON' 400 '"code":-32602'
fault '{"expire_tokens":true}'
with_token "/v2/journeys/$uuid"
answers 'a token on the black list' 401 '^\{"code":401,"error":"Unauthorized"\}$'
finish
