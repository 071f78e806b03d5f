#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The stand-in's four other systems and the registry's further routes, looked at with curl: each
# must answer as the real one does before a test of the command against it means anything.
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
# shellcheck source=tests/standin/ask.sh
. "$root/tests/standin/ask.sh"
need curl openssl base64

json='Content-Type: application/json'
ld='Content-Type: application/ld+json'

key() { sed -n "s/^$2 = //p" "$work/$1.keys"; } # SYSTEM NAME
value() { printf '%s\n' "$body" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
escaped() { # as a form has it
    printf %s "$1" | od -An -v -tx1 | tr -d '\n' | tr ' ' '%'
}
b64() { printf %s "$1" | base64 | tr -d '\n'; }

start_standin --secrets-dir "$work" --odd-secrets --limit-window 3
for system in rpc coopcycle piste jindexe demarches; do
    is "the keys of $system are its owner's" "$(stat -c %a "$work/$system.keys")" 600
done

# ---- the registry: geography, CEE ----

ask /v3.3/auth/access_token -H "$json" \
    -d "{\"access_key\":\"$(key rpc access_key)\",\"secret_key\":\"$(key rpc secret_key)\"}"
answers 'rpc: a token for random keys' 201 access_token
token=$(value access_token)
rpc() {
    path=$1
    shift
    ask "$path" -H "Authorization: Bearer $token" -H "$json" "$@"
}
rpc '/v3.3/geo/route?start%5Blat%5D=48.85&start%5Blon%5D=2.35&end%5Blat%5D=45.76&end%5Blon%5D=4.83' -g
answers 'rpc: a route' 200 '^\{"distance":[0-9]+,"duration":[0-9]+\}$'
rpc '/v3.3/geo/route?start[lat]=91&start[lon]=1&end[lat]=1' -g
answers 'rpc: a route out of bounds' 400 "start\\[lat\\].*end\\[lon\\]"
rpc '/v3.3/geo/point/by_insee?code=91471'
answers 'rpc: a point' 200 '^\{"lat":[0-9.]+,"lon":[-0-9.]+\}$'
rpc '/v3.3/geo/point/by_insee?code=x'
answers 'rpc: no such code' 400 '"data":\["/code'
rpc '/v3.3/geo/point/by_address?literal=5%20rue%20du%20Paradis,%20Paris&country=France'
answers 'rpc: an address' 200 '^\{"lat":'
rpc '/v3.3/geo/point/by_address?literal=x'
answers 'rpc: an address wants a country' 400 country
person='"last_name_trunc":"TO ","phone_trunc":"+336010203","driving_license":"051227308989"'
hex=$(printf '%064d' 7)
long="{\"journey_type\":\"long\",$person,\"identity_key\":\"$hex\",\"datetime\":\"2025-01-01T00:00:00Z\""
long="$long,\"application_timestamp\":\"2025-01-02T00:00:00Z\"}"
rpc /v3.3/policies/cee/simulate -d "{\"journey_type\":\"long\",$person}"
answers 'rpc: CEE simulated' 200 '^$'
rpc /v3.3/policies/cee/simulate -d '{"journey_type":"long","last_name_trunc":"to"}'
answers 'rpc: CEE errors are bare' 400 '^\["/last_name_trunc: .*,"/phone_trunc: '
rpc /v3.3/policies/cee -d "$long"
answers 'rpc: CEE registered' 201 '^\{"uuid":"[0-9a-f-]{36}","datetime":"20'
uuid=$(value uuid)
rpc /v3.3/policies/cee -d "$long"
answers 'rpc: CEE twice' 409 "^\\{\"datetime\":\"20.*\"uuid\":\"$uuid\"\\}$"
rpc /v3.3/policies/cee -d "$(echo "$long" | sed "s/2025-01-01/$(date -u +%F)/; s/051227/051228/")"
answers 'rpc: CEE too early' 400 '^"Date should be before 7 days from now"$'
rpc "/v3.3/policies/cee/$uuid"
answers 'rpc: CEE found' 200 "\"uuid\":\"$uuid\""
rpc "/v3.3/policies/cee/$uuid" -X DELETE
answers 'rpc: CEE deleted' 204 '^$'
rpc "/v3.3/policies/cee/$uuid" -X DELETE
answers 'rpc: CEE deleted twice' 404 '^"Not found"$'
fault '{"cee_disabled":true}'
rpc /v3.3/policies/cee/simulate -d "{\"journey_type\":\"long\",$person}"
answers 'rpc: CEE disabled' 405 '^"Service CEE is disabled"$'
fault '{"clear":true}'

# ---- a late request whose client has left uses no fault up ----

fault '{"delay_ms":700,"delay_count":1,"fail_status":503,"fail_count":1}'
cget -m 0.3 -o /dev/null "$url/ext/ping" 2>/dev/null
sleep 1
ask /ext/ping
is 'a late request whose client has left uses no fault up' "$status" 503
fault '{"clear":true}'

# ---- faults by system, path and kind ----

fault '{"scope":"jindexe","fail_status":503,"fail_count":1}'
ask /piste/healthcheck
is 'a fault of one system leaves the others' "$status" 200
ask /ext/ping
answers '... and hits its own' 503 '^\{"code":503,"message":"Injected failure"\}$'
fault '{"clear":true,"path":"/piste","fail_status":502,"fail_count":1}'
ask /ext/ping
is 'a fault of one path leaves the others' "$status" 200
ask /piste/healthcheck
answers '... and hits its own' 502 '<html>'
fault '{"clear":true}'

# ---- CoopCycle ----

id=$(key coopcycle client_id)
plain=$(key coopcycle client_secret) # for Basic; forms are escaped
secret=$(escaped "$plain")
grant='grant_type=client_credentials&scope=tasks+deliveries'
ask /oauth2/token -u "$id:$plain" -d "$grant"
answers 'coopcycle: a token by Basic' 200 '^\{"token_type":"Bearer","expires_in":3600,"access_token":"eyJ'
token=$(value access_token)
size=${#token}
is 'coopcycle: as long as with an RSA-4096 key' "$([ "$size" -gt 1000 ] && [ "$size" -lt 1100 ] && echo yes)" yes
ask /oauth2/token -d "$grant&client_id=$id&client_secret=$secret"
answers 'coopcycle: a token by form' 200 access_token
ask /oauth2/token -u "$id:wrong" -d "$grant"
answers 'coopcycle: a wrong secret' 401 '"error":"invalid_client".*"message":'
like '... challenges' "$head" '^WWW-Authenticate: Basic realm="OAuth"$'
ask /oauth2/token -d "$grant&client_id=$id&client_secret=wrong"
answers 'coopcycle: a wrong secret by form' 401 invalid_client
unlike '... does not challenge' "$head" 'WWW-Authenticate'
ask /oauth2/token -u "$id:$plain" -d 'grant_type=client_credentials&scope=deliveries+all'
answers 'coopcycle: a wrong scope' 400 '"error":"invalid_scope".*"hint":"Check the .all. scope"'
ask /oauth2/token -u "$id:$plain" -d 'grant_type=password'
answers 'coopcycle: a wrong grant' 400 '"error":"unsupported_grant_type"'
ask /oauth2/token -d 'grant_type=client_credentials'
answers 'coopcycle: no client' 400 '"error":"invalid_request".*client_id'
cc() {
    path=$1
    shift
    ask "$path" -H "Authorization: Bearer $token" -H "$ld" "$@"
}
cc /api/me
answers 'coopcycle: me' 200 '"store":"\\/api\\/stores\\/1","shop":null'
ask /api/me
answers 'coopcycle: no token' 401 '^\{"code":401,"message":"JWT Token not found"\}$'
ask /api/me -H "Authorization: Bearer ${token}x"
answers 'coopcycle: a bad token' 401 '^\{"code":401,"message":"Invalid credentials."\}$'
ask /oauth2/token -u "$id:$plain" -d 'grant_type=client_credentials&scope=orders'
orders=$(value access_token)
ask /api/deliveries/1 -H "Authorization: Bearer $orders"
answers 'coopcycle: a scope that does not do' 403 'hydra:Error.*Access Denied'
pickup='"pickup":{"address":"24 rue de Rivoli, Paris","before":"2027-01-31T10:00:00+01:00"}'
dropoff='"dropoff":{"address":{"streetAddress":"58 Av Parmentier","latLng":[48.86,2.38],"telephone":"+33612345678"}'
dropoff="$dropoff,\"before\":\"2027-01-31 14:00\",\"comments\":\"key-1\",\"weight\":1500,\"packages\":[{\"type\":\"XL\",\"quantity\":2}]}"
cc /api/deliveries -d "{$pickup,$dropoff}"
answers 'coopcycle: created' 201 '"@id":"\\/api\\/deliveries\\/2","@type":"http:\\/\\/schema.org\\/ParcelDelivery","id":2'
like '... as linked data' "$head" '^Content-Type: application/ld\+json'
is '... with each task twice' "$(grep -o '"comments":"key-1"' "$work/body" | wc -l)" 2
is '... at length' "$([ "$(wc -c <"$work/body")" -gt 2000 ] && [ "$(wc -c <"$work/body")" -lt 6144 ] && echo yes)" yes
like '... with its place and weight' "$body" '"latitude":48.86,"longitude":2.38.*"weight":1500.*"quantity":2'
cc /api/deliveries -d "{$pickup,$dropoff}"
answers 'coopcycle: posted twice is created twice' 201 '"id":3'
ask /api/deliveries -H "Authorization: Bearer $token" -H "$json" -d "{$pickup,$dropoff}"
answers 'coopcycle: no other type' 415 'hydra:Error.*application\\/ld\+json'
cc /api/deliveries -H 'Accept: text/csv' -d "{$pickup,$dropoff}"
answers 'coopcycle: no other answer' 406 'hydra:Error'
cc /api/deliveries -d '{"x'
answers 'coopcycle: no JSON' 400 'hydra:Error.*Syntax error'
cc /api/deliveries -d '{"pickup":{"address":"x"},"dropoff":{"address":"y"}}'
answers 'coopcycle: no window' 400 \
    '"ConstraintViolationList".*"propertyPath":"items\[0\].task.doneBefore".*"propertyPath":"items\[1\].task.doneBefore"'
cc /api/deliveries -d "{$dropoff,$(echo "$pickup" | sed 's/T10/T18/')}"
answers 'coopcycle: pickup after dropoff' 400 '"propertyPath":"items","message":"[^"]*","code":null'
cc /api/deliveries -d "{$(echo "$dropoff" | sed 's/+33612345678/12/')}"
answers 'coopcycle: no phone number' 400 '"@type":"hydra:Error".*phone number'
cc /api/deliveries -d "{$(echo "$dropoff" | sed 's/+33612345678//')}"
answers 'coopcycle: an empty phone number, no pickup' 201 '"pickup":\{'
cc /api/deliveries -d "{$(echo "$dropoff" | sed 's/1500/"heavy"/')}"
answers 'coopcycle: a weight that is none' 400 'hydra:Error.*weight'
cc /api/deliveries -d '{"tasks":[{"type":"Pickup","before":"tomorrow 12:00"},{"type":"DROPOFF","timeSlot":"2027-01-31 12:00-13:00","address":"/api/addresses/2"}]}'
answers 'coopcycle: tasks' 201 '"doneBefore":"2027-01-31T13:00:00\+01:00"'
cc /api/deliveries -d '{"dropoff":{"before":"tomorrow 12:00"}}'
answers 'coopcycle: a dropoff without an address' 400 '"propertyPath":"items\[1\].task.address"'
cc /api/deliveries -d '{"dropoff":{"before":"2027-01-31 12:00","after":"2027-01-31 12:00","address":"x"}}'
answers 'coopcycle: a window of no length' 400 '"propertyPath":"items\[1\].task.doneBefore"'
cc /api/deliveries -d '{"tasks":[{"type":"dropoff","before":"tomorrow 12:00","address":"x"}]}'
answers 'coopcycle: one task' 500 'hydra:Error'
cc /api/deliveries -d '{"tasks":[{"address":"x"},{"type":"drop","address":"y"},{"type":"pickup"}]}'
answers 'coopcycle: no such type, no windows' 400 \
    'items\[0\].task.doneBefore.*items\[1\].task.doneBefore.*items\[1\].task.type.*valid choice'
cc /api/deliveries -d '{"dropoff":{"before":"tomorrow 12:00","address":"x","comments":1}}'
answers 'coopcycle: a comment that is a number' 400 'comments'
cc /api/deliveries -d '{"tasks":[{"type":"pickup","address":"a","before":"2027-01-31 11:00"},{"type":"dropoff","address":"b","before":"2027-01-31 10:00"},{"address":"c","before":"2027-01-31 12:00"}]}'
answers 'coopcycle: one dropoff before the pickup' 400 '"propertyPath":"items"'
ask /api/addresses/2 -H "Authorization: Bearer $token" -X PATCH -H 'Content-Type: text/plain' -d '{}'
answers 'coopcycle: no text in a patch' 415 'hydra:Error'
cc /api/deliveries -d '{"dropoff":{"before":"tomorrow 12:00","address":"/api/addresses/9"}}'
answers 'coopcycle: no such address' 400 'Item not found for \\"\\/api\\/addresses\\/9\\"'
cc /api/deliveries -d "{\"store\":\"/api/stores/2\",$dropoff}"
answers 'coopcycle: the store of another' 403 'Access Denied'
cc /api/deliveries/2
answers 'coopcycle: read' 200 '"status":"TODO"'
cc /api/deliveries/2 -H 'Accept: application/json'
answers 'coopcycle: plain JSON has no @id' 200 '^\{"id":2'
unlike '... anywhere' "$body" '@id'
cc /api/deliveries/1
answers 'coopcycle: the delivery of another store' 403 'Access Denied'
cc /api/deliveries/999
answers 'coopcycle: no such delivery' 404 'hydra:Error'
cc /api/deliveries/2 -X PUT -d '{"dropoff":{"comments":"key-2"}}'
answers 'coopcycle: updated in part' 200 '58 Av Parmentier.*"comments":"key-2"'
fault '{"assigned":true}'
cc /api/deliveries/2 -X DELETE
answers 'coopcycle: cancelled too late' 400 'hydra:Error'
fault '{"clear":true}'
cc /api/deliveries/2 -X DELETE
answers 'coopcycle: cancelled' 204 '^$'
cc /api/deliveries/2 -X DELETE
answers 'coopcycle: cancelled twice' 204 '^$'
cc /api/deliveries/2
answers 'coopcycle: ... and still there' 200 '"status":"CANCELLED"'
cc /api/deliveries -X PATCH -d '{}'
answers 'coopcycle: no such method' 405 'hydra:Error'
cc /api/deliveries/assert -d "{$pickup,$dropoff}"
answers 'coopcycle: feasible' 200 'ParcelDelivery'
cc /api/deliveries/assert -d "{$pickup,$(echo "$dropoff" | sed 's/48.86/40.86/')}"
answers 'coopcycle: too far' 400 '"propertyPath":"items"'
cc /api/retail_prices/calculate -d "{$pickup,$dropoff}"
answers 'coopcycle: a price' 200 '"amount":[0-9]+,"currency":"EUR","tax":'
cc /api/deliveries/quotes -d "{$pickup,$dropoff}"
answers 'coopcycle: a quote' 201 '"id":1,"amount":[0-9]+,"currency":"EUR","expiresAt":"20'
cc /api/deliveries/quotes/1/confirm -X PUT -d '{}'
answers 'coopcycle: a quote confirmed' 200 '"delivery":"\\/api\\/deliveries\\/6"'
cc /api/deliveries/quotes/2/confirm -X PUT -d '{}'
answers 'coopcycle: no such quote' 404 'hydra:Error'
cc '/api/stores/1/deliveries?itemsPerPage=2'
answers 'coopcycle: the list, newest first' 200 \
    '"hydra:totalItems":5,"hydra:member":\[\{"@id":"\\/api\\/deliveries\\/6".*"hydra:next"'
cc '/api/stores/1/deliveries?itemsPerPage=2&page=3'
answers 'coopcycle: the last page' 200 '"hydra:member":\[\{"@id":"\\/api\\/deliveries\\/2"'
unlike '... has no next' "$body" 'hydra:next'
cc /api/stores/2/deliveries
answers 'coopcycle: the list of another' 403 'Access Denied'
ask /api/deliveries/import_async -H "Authorization: Bearer $token" -H 'Content-Type: text/csv' -d 'pickup.address,dropoff.address'
answers 'coopcycle: an import' 201 '"\\/api\\/deliveries\\/imports\\/1".*"status":"pending"'
cc /api/deliveries/imports/1
answers 'coopcycle: ... is done soon' 200 '"status":"completed","errors":\[\]'
ask /api/register -d x=1
answers 'coopcycle: RFC 7807' 400 '^\{"type":"https:\\/\\/tools.*"title":"An error occurred","detail":"email: .*"violations":'
like '... in its type' "$head" '^Content-Type: application/problem\+json'
cc /api/webhooks -d '{"url":"https://shop.example/hook","event":"delivery.picked"}'
answers 'coopcycle: a webhook' 201 '"secret":"[A-Za-z0-9+\\/]{43,}='
hook=$(value secret | sed 's/\\//g')
ask /standin/webhook-sample -G --data-urlencode "secret=$hook"
signature=$(echo "$head" | sed -n 's/^X-CoopCycle-Signature: //p')
is 'coopcycle: its callback is signed' "$signature" \
    "$(openssl dgst -sha256 -hmac "$hook" -binary "$work/body" | base64)"
cc /api/webhooks/1
unlike 'coopcycle: the secret shows once' "$body" secret
cc /api/webhooks/1 -X DELETE
is 'coopcycle: a webhook deleted' "$status" 204
fault '{"scope":"coopcycle","expire_tokens":true}'
cc /api/me
answers 'coopcycle: an expired token' 401 '"message":"Invalid credentials."'
fault '{"clear":true,"fail_status":502,"fail_count":1}'
cc /api/me
answers "coopcycle: the proxy's failure" 502 '<center>nginx</center>'
is 'coopcycle: what the state counts' "$(state deliveries)/$(state delivery_creates)" 5/4

# ---- PISTE ----

fault '{"limits":{"piste":1000}}'
id=$(key piste client_id)
secret=$(escaped "$(key piste client_secret)")
grant="grant_type=client_credentials&scope=openid&client_id=$id"
ask /api/oauth/token -d "$grant&client_secret=$secret"
answers 'piste: a token' 200 '^\{"access_token":"[A-Za-z0-9]{54}","token_type":"Bearer","expires_in":3600,"scope":"openid resource.READ"\}$'
like '... with its quotas' "$head" '^x-rate-limit: \[\{"window":.*,"type":"throttle","remaining":[0-9]+\}'
like '... a number for the logs' "$head" '^x-correlationid: Id-'
like '... a sticky cookie' "$head" '^Set-Cookie: LB_APICW='
like '... and the connection closed' "$head" '^Connection: close$'
token=$(value access_token)
ask /api/oauth/token -u "$id:$secret" -d 'grant_type=client_credentials'
answers 'piste: a token by Basic' 200 access_token
ask /api/oauth/token -d "$grant&client_secret=no"
answers 'piste: a wrong client is 400' 400 '^\{"error":"invalid_client"\}$'
ask /api/oauth/token -d "$grant&client_secret=$secret&grant_type=x" -H 'Content-Type: text/plain'
answers 'piste: no form' 400 invalid_request
ask /piste/healthcheck
answers 'piste: health is XML' 200 '^<\?xml '
piste() {
    path=$1
    shift
    ask "$path" -H "Authorization: Bearer $token" -H "$json" "$@"
}
lf=/dila/legifrance/lf-engine-app
piste $lf/consult/ping
answers 'piste: ping' 200 '^pong$'
like '... in Latin 1' "$head" '^Content-Type: text/plain;charset=ISO-8859-1$'
ask $lf/consult/ping
answers 'piste: no token' 401 '<html>'
like '... at a path that is known' "$head" '^WWW-Authenticate: Bearer realm="PISTE"$'
piste /dila/legi/none
like 'piste: a path that is not known' "$head" '^WWW-Authenticate: Bearer realm="DefaultRealm"$'
piste $lf/none
answers 'piste: a path that the API does not know' 404 '<html>'
piste $lf/search -d '{"fond":"CODE_DATE","recherche":{"pageNumber":1,"pageSize":10}}'
answers 'piste: a search' 200 '"totalResultNumber":1'
piste $lf/search -d '{"fond":"CODE_DATE","recherche":{"pageSize":101}}'
answers 'piste: a page too long' 400 '^\{"messages":\[\{"code":"C003","severity":"ERROR","description":'
piste $lf/search -d '{"fond":"CODE_DATE","recherche":{"pageNumber":101,"pageSize":100}}'
is 'piste: past the 10000th' "$status" 503
size=$(cget -o "$work/big" -w '%{size_download}' -H "Authorization: Bearer $token" -H "$json" \
    -d '{"bytes":10000001}' "$url$lf/search")
is 'piste: an answer of any size' "$size" 10000001
like '... that ends well' "$(tail -c 20 "$work/big")" 'zzz"}]}$'
piste $lf/search -d '{"bytes":1000,"chunked":true}'
like '... also in chunks' "$head" '^Transfer-Encoding: chunked$'
fault '{"truncate":1}'
cget -o /dev/null -H "Authorization: Bearer $token" -H "$json" -d '{"bytes":1000000}' "$url$lf/search" 2>/dev/null
is '... or broken off' $? 18
piste $lf/consult/getArticle -d '{"id":"LEGIARTI000032041571"}'
answers 'piste: an article' 200 '"id":"LEGIARTI000032041571"'
ask /cassation/judilibre/v1.0/healthcheck -H "KeyId: $(key piste api_key)"
answers 'piste: Judilibre by key' 200 disponible
ask /cassation/judilibre/v1.0/healthcheck -H 'KeyId: none'
is 'piste: Judilibre by a wrong key' "$status" 401
piste '/cassation/judilibre/v1.0/search?query=x'
answers 'piste: Judilibre by token' 200 '"total":1'
piste '/cassation/judilibre/v1.0/search?query=x&page=1000&page_size=10'
is 'piste: past the window' "$status" 416
fault '{"locked":1}'
piste '/cassation/judilibre/v1.0/search?query=x'
is 'piste: locked' "$status" 423
account=$(b64 "$(key piste account_login):$(key piste account_password)")
chorus() {
    path=$1
    shift
    piste "/cpro/$path" -H "cpro-account: $account" "$@"
}
piste /cpro/factures/v1/soumettre -d '{}'
is 'piste: Chorus wants its account' "$status" 401
chorus factures/v1/soumettre -d '{"numeroFactureSaisi":"F-1"}'
answers 'piste: an invoice' 200 '^\{"codeRetour":0,"libelle":"TRA_MSG_00.000",.*"identifiantFactureCPP":100200300'
chorus factures/v1/soumettre -d '{"numeroFactureSaisi":"F-1"}'
answers 'piste: an invoice twice: 200 all the same' 200 '^\{"codeRetour":40015,"libelle":"'
chorus factures/v1/soumettre -d '{}'
answers 'piste: no invoice: 200 all the same' 200 '^\{"codeRetour":20003,'
chorus factures/v1/consulter/historique -d '{"idFacture":100200300}'
answers 'piste: its history' 200 '"codeRetour":0.*DEPOSEE'
chorus factures/v1/deposer/flux -d '{"fichierFlux":"aGVsbG8="}'
answers 'piste: a file' 200 '"numeroFluxDepot":"CPP'
fault '{"unsubscribed":"/cassation"}'
piste /cassation/judilibre/v1.0/healthcheck
answers 'piste: not subscribed' 403 '<html>'
fault '{"clear":true,"limits":{"piste":1}}'
piste $lf/consult/ping
piste $lf/consult/ping
answers 'piste: too many' 429 '^$'
like '... says only how little is left' "$head" '^x-rate-limit: .*"remaining":0'
unlike '... not when to come back' "$head" '^Retry-After'
fault '{"limits":{"piste":100},"system":"piste","expire_tokens":true}'
piste $lf/consult/ping
is 'piste: an expired token' "$status" 401
fault '{"clear":true,"piste_life":1799}'
ask /api/oauth/token -d "$grant&client_secret=$secret"
answers 'piste: a life of its own' 200 '"expires_in":1799'

# ---- Jindexe ----

api="X-API-KEY: $(key jindexe api_key)"
login() { # PASSWORD
    printf '{"grant_type":"password","username":"%s","password":"%s"}' "$(key jindexe username)" "$1"
}
password=$(key jindexe password | sed 's/[\\"]/\\&/g')
ask /public/token -H "$json" -d "$(login "$password")"
answers 'jindexe: no key' 401 '^\{"error":"invalid_client","error_description":'
ask /public/token -H "$api" -H "$json" -d "$(login wrong)"
answers 'jindexe: a wrong password' 400 '^\{"error":"invalid_grant","error_description":'
ask /public/token -H "$api" -H "$json" -d '{"grant_type":"magic"}'
answers 'jindexe: a wrong grant' 400 unsupported_grant_type
ask /public/token -H "$api" -H "$json" -d "$(login "$password")"
answers 'jindexe: a token' 200 '^\{"access_token":"[A-Za-z0-9]{86}","expires_in":86400,"token_type":"bearer","scope":"user","refresh_token":"[A-Za-z0-9]{86}"\}$'
token=$(value access_token)
first=$(value refresh_token)
ask /ext/ping
is 'jindexe: ext is open' "$status" 200
ask /public/categories
is 'jindexe: public wants a key' "$status" 401
ask /public/categories -H "$api"
is '... no more' "$status" 200
ask /user/me -H "$api"
answers 'jindexe: user wants a token' 401 access_denied
like '... and says so' "$head" '^WWW-Authenticate: Bearer realm='
ask /user/me -H "Authorization: Bearer $token"
is 'jindexe: and a key' "$status" 401
ask /user/me -H "$api" -H "Authorization: Bearer $token"
answers 'jindexe: user' 200 "$(key jindexe username)"
ask /pro/listings/77 -H "$api" -H "Authorization: Bearer $token" -H "$json" -X PATCH -d '{"city":"Nantes"}'
answers 'jindexe: pro' 200 '"city":"Nantes"'
ask /pro/none -H "$api" -H "Authorization: Bearer $token"
answers 'jindexe: no such path' 404 '^\{"code":404,'
ask /user/me -H "$api" -H "Authorization: Bearer $first"
is 'jindexe: a refresh token is no bearer' "$status" 401
again() { ask /public/token -H "$api" -H "$json" -d "{\"grant_type\":\"refresh_token\",\"refresh_token\":\"$1\"}"; }
again "$first"
answers 'jindexe: refreshed' 200 refresh_token
second=$(value refresh_token)
again "$first"
answers 'jindexe: the old refresh token is dead' 400 '"error":"invalid_grant"'
fault '{"scope":"token","system":"jindexe","drop_after":1}'
again "$second"
is 'jindexe: an answer lost after rotating' "$status" 000
again "$second"
answers '... locks out' 400 '"error":"invalid_grant"'
fault '{"clear":true,"scope":"jindexe","expire_tokens":true}'
ask /user/me -H "$api" -H "Authorization: Bearer $token"
answers 'jindexe: an expired token' 401 'has expired'
fault '{"clear":true}'
is 'jindexe: what the state counts' "$(state logins)/$(state refreshes)/$(state refused_refreshes)" 1/2/2

# ---- Demarches simplifiees ----

token=$(cat "$work/demarches.keys")
is 'demarches: a token of 84 characters' "${#token}" 84
field="Bearer token=$token"
query() { # JSON
    ask /api/v2/graphql -H "Authorization: $field" -H "$json" -d "$1"
}
text() { query "{\"query\":\"$1\"}"; }
stored() { query "{\"queryId\":\"$1\",\"operationName\":\"$2\",\"variables\":$3}"; }
for field in "Bearer $token" "Bearer token=\"$token\"" "Token token=$token" "Bearer token=$token"; do
    text '{dossier(number:1001){number}}'
    answers "demarches: $(echo "$field" | cut -c1-13)" 200 '^\{"data":\{"dossier":\{"number":1001\}\}\}$'
done
stored ds-query-v2 getDemarche '{"demarcheNumber":62515}'
answers 'demarches: a demarche' 200 '"id":"UHJvY2VkdXJlLTYyNTE1","number":62515'
unlike '... without its dossiers' "$body" dossiers
stored ds-query-v2 getDemarche '{"demarcheNumber":62515,"includeDossiers":true,"includeChamps":false}'
is 'demarches: 100 dossiers a page' "$(grep -o '"__typename":"Dossier"' "$work/body" | wc -l)" 100
unlike '... without their champs' "$body" '"champs"'
stored ds-query-v2 getDemarche '{"demarcheNumber":62515,"includeDossiers":true,"first":500}'
is 'demarches: and no more' "$(grep -o '"__typename":"Dossier"' "$work/body" | wc -l)" 100
pages() { # ARGUMENTS
    seen=
    cursor=
    turns=0
    while [ $turns -lt 40 ]; do
        turns=$((turns + 1))
        text "{demarche(number:62515){dossiers($1${cursor:+ after:\\\"$cursor\\\"}){pageInfo{hasNextPage endCursor} nodes{number}}}}"
        seen="$seen $(echo "$body" | grep -o '"number":[0-9]*' | cut -d: -f2 | tr '\n' ' ')"
        cursor=$(value endCursor)
        case $body in *'"hasNextPage":true'*) ;; *) break ;; esac
    done
    # shellcheck disable=SC2086 # words
    printf '%s\n' $seen
}
pages 'first:40' >"$work/numbers"
is 'demarches: all dossiers, page by page' "$(sort -u "$work/numbers" | wc -l)/$(wc -l <"$work/numbers")" 250/250
is '... by deposit' "$(head -n 2 "$work/numbers" | tr '\n' ' ')" '1001 1002 '
pages 'first:40 updatedSince:\"2026-01-01\"' >"$work/numbers"
is 'demarches: by change' "$(sort -u "$work/numbers" | wc -l)/$(head -n 2 "$work/numbers" | tr '\n' ' ')" '250/1001 1039 '
pages 'first:40 state:accepte' >"$work/numbers"
is 'demarches: of one state' "$(wc -l <"$work/numbers")" 50
text '{demarche(number:62515){dossiers(last:2){pageInfo{hasNextPage hasPreviousPage} nodes{number}}}}'
answers 'demarches: the last ones' 200 '"hasNextPage":false,"hasPreviousPage":true\},"nodes":\[\{"number":1249\},\{"number":1250\}'
for bad in 'first:1 last:1' 'first:-1' 'after:\"x\"'; do
    text "{demarche(number:62515){dossiers($bad){nodes{number}}}}"
    answers "demarches: $bad" 200 '^\{"errors":.*"code":"bad_request".*"data":null\}$'
done
text '{dossier(number:5){number}}'
answers 'demarches: the dossier of others' 200 '"message":"An object of type Dossier was hidden due to permissions".*"code":"unauthorized".*"data":null'
text '{dossier(number:6){number}}'
answers 'demarches: no such dossier' 200 '"message":"Dossier not found".*"path":\["dossier"\].*"code":"not_found"'
text '{dossier(number:1001){number colour}}'
answers 'demarches: no such field' 200 '"code":"undefinedField"'
text '{dossier{number}}'
answers 'demarches: no such argument' 200 '"code":"missingRequiredArguments"'
text '{dossier(number:1001){number}'
answers 'demarches: no GraphQL' 200 '^\{"errors":\[\{"message":"[^"]*","locations":\[[^]]*\]\}\]\}$'
stored ds-query-v2 getDossier '{"dossierNumber":"x"}'
answers 'demarches: a variable of another type' 200 '"problems":'
stored ds-query-v3 getDossier '{}'
answers 'demarches: no such stored query: 500' 500 '"code":"internal_server_error","exception_id":"'
query '{"query":"{dossier(number:1001){number}}","variables":"{"}'
answers 'demarches: variables that are no JSON' 400 '"code":"graphql_parse_failed"'
query '{"query":"{dossier(number:1001){number}}","variables":[]}'
answers 'demarches: variables that are no object' 400 '"code":"bad_request"'
query '{"x'
answers 'demarches: no JSON' 400 '"code":"bad_request"'
good=$field
field='Bearer x'
text '{dossier(number:1001){number}}'
answers 'demarches: a bad token: 403' 403 '"message":"Without a token, only persisted queries are allowed","extensions":\{"code":"forbidden"\}'
stored ds-query-v2 getDossier '{"dossierNumber":1001}'
answers 'demarches: a bad token with a stored query: 200' 200 '"code":"unauthorized"'
stored ds-query-v2 getDemarcheDescriptor '{"demarche":{"number":62515}}'
answers 'demarches: what is open to all' 200 '"demarcheDescriptor":\{"id"'
field=$good
fault '{"token_expired":true}'
text '{dossier(number:1001){number}}'
answers 'demarches: an expired token' 401 '"message":"Token expired","extensions":\{"code":"unauthorized"\}'
fault '{"clear":true,"ip_forbidden":true}'
text '{dossier(number:1001){number}}'
answers 'demarches: a forbidden address' 403 '127.0.0.1.*"code":"forbidden"'
fault '{"clear":true,"page_max":2}'
text '{demarche(number:62515){dossiers(first:3){nodes{number}}}}'
answers 'demarches: a page that times out, with what there is' 200 \
    '"code":"timeout".*"data":\{"demarche":\{"dossiers":\{"nodes":\[\{"number":1001\},\{"number":1002\},null\]'
fault '{"clear":true,"slow_dossier":1001}'
text '{dossier(number:1001){number}}'
answers 'demarches: a dossier that times out' 200 '"message":"Timeout on Query.dossier".*"data":null'
fault '{"clear":true,"bad_dossier":1002}'
text '{demarche(number:62515){dossiers(first:3){nodes{number}}}}'
answers 'demarches: bad data' 200 '"code":"invalid_null".*\{"number":1001\},null,\{"number":1003\}'
fault '{"clear":true}'

input() { # DOSSIER MORE
    printf '{"input":{"dossierId":"%s","instructeurId":"%s"%s}}' "$(b64 "Dossier-$1")" "$(b64 Instructeur-7)" "$2"
}
change() { stored ds-mutation-v2 "$1" "$(input "$2" "${3:-}")"; }
change dossierAccepter 1001
answers 'demarches: accepted too early' 200 '"dossier":null,"errors":\[\{"message":"Le dossier est déjà en construction"\}\]'
change dossierPasserEnInstruction 1001
answers 'demarches: taken up' 200 '"state":"en_instruction".*"errors":null'
change dossierRefuser 1001
answers 'demarches: a refusal wants a reason' 200 '^\{"errors":.*motivation'
change dossierAccepter 1001 ',"motivation":"Bien","clientMutationId":"c1"'
answers 'demarches: accepted' 200 '"clientMutationId":"c1","dossier":\{.*"state":"accepte"'
change dossierAccepter 1001
answers 'demarches: accepted twice' 200 '"errors":\[\{"message":"Le dossier est déjà accepté"\}\]'
text '{dossier(number:1001){state motivation}}'
answers 'demarches: it shows' 200 '"state":"accepte","motivation":"Bien"'
change dossierRepasserEnInstruction 1001
answers 'demarches: taken up again' 200 '"state":"en_instruction"'
change dossierArchiver 1001
answers 'demarches: not done, not filed' 200 'traitement terminé'
change dossierAccepter 9
answers 'demarches: no dossier to change' 200 '"code":"not_found"'
text 'mutation{dossierAccepter(input:{dossierId:\"RG9zc2llci0xMDAx\",instructeurId:\"x\"}){dossier{id} colour}}'
answers 'demarches: a payload that is not' 200 '"code":"undefinedField"'
change dossierModifierAnnotations 1001 ',"annotations":[{"id":"Q2hhbXAtMTAy","value":{"text":"12"}}]'
answers 'demarches: annotated' 200 '"stringValue":"12"'
change dossierEnvoyerMessage 1001 ',"body":"Bonjour"'
change dossierEnvoyerMessage 1001 ',"body":"Bonjour"'
answers 'demarches: a message' 200 '"message":\{"id":"'
is '... sent twice is there twice' "$(state messages)" 2
fault '{"read_only":true}'
change dossierEnvoyerMessage 1001 ',"body":"Bonjour"'
answers 'demarches: a token that only reads' 200 'seulement en lecture'
fault '{"clear":true}'

printf 'hello' >"$work/file"
md5=$(openssl dgst -md5 -binary "$work/file" | base64)
upload() { # MD5
    change createDirectUpload 1001 ",\"filename\":\"a.pdf\",\"byteSize\":5,\"checksum\":\"$1\",\"contentType\":\"application/pdf\""
    place=$(echo "$body" | sed 's/.*"url":"\([^"]*\)".*/\1/')
    blob=$(value signedBlobId)
    name=$(echo "$place" | sed 's|.*/upload/||; s|?.*||')
}
put() { # [CURL_OPTION ...]
    status=$(cget -o "$work/body" -w '%{http_code}' -T "$work/file" -H 'Content-Type: application/pdf' \
        -H "Content-MD5: $md5" -H "Content-Disposition: inline; filename=\"$name\"" "$@" "$place")
}
upload "$md5"
answers 'demarches: a place for a file' 200 '"url":"https://127.0.0.1:[0-9]+/upload/.*"headers":"\{\\"Content-Type\\":\\"application/pdf\\"'
change dossierEnvoyerMessage 1001 ",\"body\":\"a\",\"attachment\":\"$blob\""
answers 'demarches: a file that is not there yet' 200 '"errors":\[\{"message":"Le fichier'
put -H 'Authorization: Bearer x'
is 'demarches: no token for the store' "$status" 400
right=$md5
md5=another
put
md5=$right
is 'demarches: no field may differ' "$status" 403
put
is 'demarches: put there' "$status" 200
change dossierEnvoyerMessage 1001 ",\"body\":\"a\",\"attachment\":\"$blob\""
answers 'demarches: attached' 200 '"message":\{"id":"'
md5=1B2M2Y8AsgTpgAmY7PhCfg==
upload "$md5"
put
change dossierEnvoyerMessage 1001 ",\"body\":\"a\",\"attachment\":\"$blob\""
answers 'demarches: another MD5' 200 '"errors":\[\{"message":"Le hash'
fault '{"dossiers":1000}'
text '{demarche(number:62515){dossiers(last:1){nodes{number}}}}'
answers 'demarches: a thousand dossiers' 200 '"number":2000'
fault '{"limits":{"demarches":2}}'
# At the beginning of a window of three seconds, lest the third request meet the next one.
until [ $(($(date +%s) % 3)) -eq 0 ]; do sleep 0.1; done
text '{dossier(number:1001){number}}'
text '{dossier(number:1001){number}}'
text '{dossier(number:1001){number}}'
answers 'demarches: too many' 429 '^Trop de requêtes'
like '... in two languages' "$body" '^Too many requests'
like '... as plain text' "$head" '^Content-Type: text/plain'
like '... with the end of the minute' "$head" '^RateLimit-Reset: 1[0-9]{9}$'
unlike '... but not when to come back' "$head" '^Retry-After'
field='Bearer another'
text '{dossier(number:1001){number}}'
is '... for this token alone' "$status" 403

kill "$standin_pid"
wait "$standin_pid"
is 'it ends in order' $? 0
finish
