#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# navette delivery against the stand-in: deliveries, lost answers and what became of them, errors,
# tokens, webhooks. What the command claims is compared with what the server counted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl

# with COMMAND ...: the command at the stand-in with its client's credentials.
with() {
    nv "$@" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys"
}
text() { # NAME: of the last --json output
    printf '%s\n' "$out" | sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"
}
number() {
    printf '%s\n' "$out" | sed -n "s/.*\"$1\": *\(-\{0,1\}[0-9]*\)[,}].*/\1/p"
}
# made NAME NUMBER: so many deliveries were made since the last mark.
mark() {
    marked=$(state deliveries)
    marked_tokens=$(state token_calls)
}
made() { is "$1: made" $(($(state deliveries) - marked)) "$2"; }
tokens() { is "$1: token calls" $(($(state token_calls) - marked_tokens)) "$2"; }
file() { # NAME JSON: a file, its name in $file
    file=$work/$1.json
    printf '%s\n' "$2" >"$file"
}

mkdir "$work/secrets"
start_standin --secrets-dir "$work/secrets" --idle 30
keys=$work/secrets/coopcycle.keys

pickup='"address":"24, Rue de la Paix","before":"2031-06-02T12:00:00Z"'
dropoff='"address":{"streetAddress":"48, Rue de Rivoli","telephone":"+33601020304"'
dropoff="$dropoff"',"latLng":[48.857,2.354]},"before":"2031-06-02T13:00:00Z"'
file pair "{\"pickup\":{$pickup},\"dropoff\":{$dropoff}}"
pair=$file

# ---- create, read, update, cancel ----

mark
with delivery ping
exits 'ping' 0
like 'ping: the store' "$out" '/api/stores/1'
tokens 'the token is fetched with Basic' 1
with delivery create "$pair" --key first-1 --json
exits 'create' 0 'key first-1'
made 'create' 1
tokens 'and kept' 1
id=$(number id)
is 'create: its IRI' "$(text iri)" "/api/deliveries/$id"
is 'create: the key' "$(text key)" first-1
like 'create: the server keeps it' "$out" '"key_kept":true'
like 'create: the tracking address' "$(text tracking_url)" '^https://[^\\]*$'
like 'create: its tasks' "$out" '"tasks":\["TODO","TODO"\]'
with delivery read "$id"
exits 'read' 0
like 'read: a task' "$out" '^task 2 +TODO'
with delivery read "/api/deliveries/$id" --json
is 'read by IRI' "$(number id)" "$id"
file change '{"dropoff":{"comments":"ring twice"}}'
with delivery update "$id" "$file" --json
exits 'update' 0
is 'update: that delivery' "$(number id)" "$id"
is 'update: counted' "$(state delivery_updates)" 1
file partly '{"dropoff":{"weight":-1}}'
with delivery update "$id" "$file"
exits 'update with a bad weight: not sent' "$E_INPUT" 'dropoff.weight'
is 'not sent' "$(state delivery_updates)" 1
with delivery cancel "$id"
exits 'cancel' 0
with delivery read "$id"
like 'cancelled' "$out" '^task 1 +CANCELLED'
with delivery cancel "$id"
exits 'cancel again: no harm' 0
file list "{\"tasks\":[{\"type\":\"pickup\",$pickup},{\"type\":\"dropoff\",$dropoff,\"weight\":1500,
    \"packages\":[{\"type\":\"XL\",\"quantity\":2}]},{\"type\":\"dropoff\",$dropoff}]}"
with delivery create "$file" --json
exits 'create a list of tasks, without a key' 0
like 'a key was made' "$(text key)" '^[0-9a-v]{26}$'
like 'and told before it was sent' "$err" "key $(text key)"
like 'three tasks' "$out" '"tasks":\["TODO","TODO","TODO"\]'
file keyed '{"dropoff":{"address":"x","before":"tomorrow 13:00","metadata":{"navette_key":"own.1","a":"b"}}}'
with delivery create "$file" --json
exits 'create with a key in the file' 0
is 'it is taken' "$(text key)" own.1
mark
with delivery create "$file" --key other
exits 'and no other beside it' "$E_USAGE" 'own.1 already'
with delivery create "$pair" --key 'a b'
exits 'a bad key' "$E_USAGE" '--key takes'
made 'neither was sent' 0

# ---- what is wrong before it is sent ----

mark
requests=$(state coopcycle_requests)
refuse() { # NAME JSON REGEX
    file bad "$2"
    with delivery create "$file"
    exits "$1" "$E_INPUT" "$3"
}
refuse 'no dropoff' '{"pickup":{"before":"tomorrow"}}' 'dropoff: a required field'
refuse 'no window' '{"dropoff":{}}' 'dropoff.before: a required field'
refuse 'one task' '{"tasks":[{"type":"dropoff","before":"tomorrow"}]}' 'tasks: the list has fewer'
refuse 'only pickups' '{"tasks":[{"type":"pickup"},{"type":"pickup"},{"type":"pickup"}]}' 'dropoff: '
refuse 'the wrong order' "{\"tasks\":[{\"type\":\"pickup\",\"before\":\"2031-06-02T13:00:01Z\"},
    {\"type\":\"dropoff\",$dropoff}]}" 'tasks\[1\].before: an end lies before'
refuse 'half a file' '{"dropoff":' 'byte 12: '
refuse 'a status that is no text' '{"dropoff":{"before":"x","status":1}}' 'dropoff.status: '
made 'nothing was sent' 0
is 'nor anything else' "$(state coopcycle_requests)" "$requests"

# ---- what the server takes ----

mark
taken() { # NAME VERB JSON: order it, or ask its price
    file taken "$3"
    with delivery "$2" "$file" --json
    exits "$1" 0
}
noon='"before":"2031-06-02T12:00:00Z"'
taken 'a status' create "{\"pickup\":{$pickup,\"status\":\"TODO\"},\"dropoff\":{$dropoff}}"
taken 'an old name, nulls, a type of its own' create "{\"pickup\":null,\"packages\":null,\"dropoff\":{
    \"address\":\"b\",\"doneBefore\":\"tomorrow 13:30\",\"before\":null,\"type\":\"Any\"}}"
taken 'a pickup without a window' create \
    "{\"pickup\":{\"address\":\"1 rue A\"},\"dropoff\":{$dropoff}}"
gather="{\"tasks\":[{\"type\":\"pickup\",\"address\":\"1 rue A\"},
    {\"type\":\"pickup\",\"address\":\"2 rue B\"},{\"type\":\"dropoff\",\"address\":\"3 rue C\",$noon}]}"
taken 'pickup, pickup, dropoff: only that has an end' create "$gather"
three=$(number id)
taken 'its price' quote "$gather"
with delivery check "$file"
exits 'and whether it can be done' 0
taken 'two tasks without types' create \
    "{\"tasks\":[{\"address\":\"a\",$noon},{\"address\":\"b\",$noon}]}"
taken 'quantities as texts, a slot as a list' create '{"dropoff":{"address":"x",
    "timeSlot":["2031-06-02 10:00","2031-06-02 12:00"],"packages":[{"type":"S","quantity":"2"}]}}'
taken 'a place of GeoJSON, and one that is named' create '{"pickup":{"address":{"@id":
    "/api/addresses/2","streetAddress":"x"}},"dropoff":{"before":"2031-06-02 12:00",
    "address":{"streetAddress":"x","geo":{"latitude":48.8,"longitude":2.3}}}}'
made 'each of them once' 7
taken 'a member of a later version' create "{\"dropoff\":{$dropoff,\"befor\":1,\"more\":{}},\"x\":2}"
like 'is told' "$err" 'dropoff.befor and 2 more: not known here .*sent all the same'
like 'and with a list, what it hides' "$(
    file both "{\"dropoff\":{},${gather#?}"
    with delivery create "$file" --key both-1
    printf '%s' "$err"
)" 'dropoff: not known here'
with delivery resolve both-1
exits 'and the key is in the list' 0

with delivery read "$three" --json
first=$(cget -H "Authorization: Bearer $("$BUILD/navette" token coopcycle --show --base-url \
    "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys" 2>/dev/null)" \
    -H 'Accept: application/ld+json' "$url/api/deliveries/$three" |
    sed 's/.*"tasks":\[//; s/.*"id":\([0-9]*\)[,}].*/\1/; q')
first=$(printf '%s' "$first" | tr -d '\n ')
file change "{\"tasks\":[{\"id\":$((first - 2))},{\"id\":$((first - 1)),\"status\":\"CANCELLED\"},
    {\"@id\":\"/api/tasks/$first\",\"id\":$first,\"metadata\":{\"papers\":[\"a.pdf\"]}}]}"
with delivery update "$three" "$file" --json
exits 'update: ids, a status, "@id" and metadata' 0
unlike 'update: JSON-LD is known' "$err" 'not known here'
like 'update: a status is for dispatchers' "$out" '"tasks":\["TODO","TODO","TODO"\]'
file change "{\"tasks\":[{\"id\":$((first - 2))},{\"id\":$first}]}"
with delivery update "$three" "$file" --json
exits 'update: two of three' 0
like 'update: the third is cancelled' "$out" '"tasks":\["TODO","CANCELLED","TODO"\]'
file change "{\"tasks\":[{\"id\":$first}]}"
with delivery update "$three" "$file" --json
like 'update: one is enough' "$out" '"tasks":\["CANCELLED","CANCELLED","TODO"\]'
file change '{"tasks":[{"id":999999},{"id":1}]}'
with delivery update "$three" "$file"
exits "update: another delivery's task" "$E_REFUSED" 'task.id'
file change '{"pickup":{"status":"DONE"},"order":{"recalculatePrice":true}}'
with delivery update "$three" "$file"
exits 'update: no task at all' 0

# ---- outcomes that are not known ----

mark
fault '{"scope":"coopcycle","path":"/api/deliveries","drop_after":1}'
with delivery create "$pair" --key lost-1 --json
exits 'a lost answer' "$E_UNKNOWN" 'navette delivery resolve lost-1 --start 20'
unlike 'a lost answer: no advice to try again' "$err" 'try again'
made 'a lost answer' 1
is 'a lost answer: the key, for machines' "$(text key)" lost-1
since=$(printf '%s\n' "$err" | sed -n 's/.*--start \([^ ]*\).*/\1/p')
with delivery resolve lost-1 --start "$since" --json
exits 'resolve finds it' 0
lost=$(number id)
with delivery read "$lost"
exits 'and it can be read' 0
made 'nothing was sent twice' 1
with delivery create - --key stdin
exits 'an empty standard input is no delivery' "$E_INPUT"

mark
fault '{"clear":true}'
fault '{"scope":"coopcycle","path":"/api/deliveries","drop_before":1}'
with delivery create "$pair" --key never-1
exits 'a lost request: not known either' "$E_UNKNOWN" 'resolve never-1'
made 'a lost request' 0
with delivery resolve never-1 --start "$since" --json
exits 'resolve: it was not made' "$E_REFUSED" 'never-1: nothing of that key'
is 'for machines' "$(text error)" NVT_E_NOT_FOUND
with delivery create "$pair" --key never-1
exits 'so it is sent again' 0
made 'once' 1
with delivery resolve never-1
exits 'and found' 0
for status in 500 502 504; do
    fault "{\"clear\":true}"
    fault "{\"scope\":\"coopcycle\",\"path\":\"/api/deliveries\",\"fail_status\":$status,\"fail_count\":1}"
    with delivery create "$pair" --key "gone-$status"
    exits "$status leaves it open" "$E_UNKNOWN" "HTTP $status"
done
fault '{"clear":true}'
fault '{"scope":"coopcycle","path":"/api/deliveries","fail_status":503,"fail_count":1}'
with delivery create "$pair" --key later-1
exits '503 was not done' "$E_LATER" 'HTTP 503'
fault '{"clear":true}'

# Found behind two pages of others; and in a line of the comments.
file line '{"dropoff":{"address":"x","before":"2031-06-02T13:00:00Z","comments":"ring\nnavette:line-1\nthanks"}}'
cget -o /dev/null -H "Authorization: Bearer $("$BUILD/navette" token coopcycle --show --base-url \
    "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys" 2>/dev/null)" \
    -H 'Content-Type: application/ld+json' -H 'Accept: application/ld+json' -d @"$file" \
    "$url/api/deliveries"
n=0
while [ $n -lt 41 ]; do
    n=$((n + 1))
    with delivery create "$pair" --key "many-$n" >/dev/null
done
with delivery resolve line-1 --json
exits 'resolve: on the third page, in the comments' 0
is 'three pages were read' "$(number pages)" 3
with delivery resolve many-41 --json
is 'the newest is on the first' "$(number pages)" 1
with delivery resolve lin
exits 'a part of a key is none' "$E_REFUSED" 'nothing of that key'
fault '{"scope":"coopcycle","path":"/api/stores","truncate":1}'
with delivery resolve many-1
like 'a page cut short: never "not found"' "$code $err" '^(4|8|11) '
unlike 'never "not found"' "$err" 'nothing of that key'
fault '{"clear":true}'
fault '{"scope":"coopcycle","path":"/api/stores","fail_status":500,"fail_count":9}'
with delivery resolve many-1
exits 'a page that fails' "$E_LATER" 'HTTP 500'
unlike 'is no "not found" either' "$err" 'nothing of that key'
fault '{"clear":true}'
with delivery resolve 'a b'
exits 'resolve a bad key' "$E_USAGE"
with delivery resolve k --start yesterday
exits 'resolve from a bad time' "$E_USAGE" '--start'

# ---- check, quote, confirm ----

mark
with delivery check "$pair"
exits 'feasible' 0
like 'feasible' "$out" feasible
file far "{\"pickup\":{$pickup},\"dropoff\":{\"address\":{\"streetAddress\":\"x\",
    \"latLng\":[-20.9,55.45]},\"before\":\"2031-06-02T13:00:00Z\"}}"
with delivery check "$file"
exits 'not feasible' "$E_REFUSED" 'out of the zone.*field items'
with delivery quote "$pair" --key quote-1 --json
exits 'quote' 0
quote=$(number id)
like 'quote: cents' "$(number amount)" '^[0-9]+$'
is 'quote: currency' "$(text currency)" EUR
like 'quote: its end' "$(text expires)" '^20..-..-..T..:..:..Z$'
made 'nothing was ordered' 0
with delivery confirm "$quote" --json
exits 'confirm' 0
confirmed=$(number id)
made 'confirm orders it' 1
with delivery resolve quote-1 --json
is 'under the key of the quote' "$(number id)" "$confirmed"
with delivery quote "$pair" --key quote-2 --json
quote=$(number id)
fault '{"scope":"coopcycle","path":"/api/deliveries/quotes","drop_after":1}'
with delivery confirm "$quote" --key quote-2
exits 'a lost confirmation' "$E_UNKNOWN" 'resolve quote-2'
fault '{"clear":true}'
with delivery resolve quote-2
exits 'was made' 0
file words '{"dropoff":{"address":"x","before":"2031-06-02T13:00:00Z",
    "metadata":{"a":"b","n":7,"phrase":"two words","navette_key":"quote-3"}}}'
with delivery quote "$file" --json
exits 'quote with metadata: words go along, others are told' 0 'metadata.phrase: a quote cannot'
is 'quote with metadata: its own key' "$(text key)" quote-3
with delivery confirm "$(number id)"
with delivery resolve quote-3 --json
exits 'quote with metadata: the key outlives the confirmation' 0
words=$(cget -H "Authorization: Bearer $("$BUILD/navette" token coopcycle --show --base-url \
    "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys" 2>/dev/null)" \
    -H 'Accept: application/ld+json' "$url/api/deliveries/$(number id)")
like 'quote with metadata: and the words' "$words" '"a": *"b", *"n": *"7"'
for words in 'a=b' 'a=b navette_key=words' '' 'navette_key=words c=d'; do
    file words "{\"dropoff\":{\"address\":\"x\",\"before\":\"2031-06-02T13:00:00Z\",
        \"metadata\":\"$words\"}}"
    for verb in create quote; do
        key=words-$verb-${#words}
        case $words in *navette_key*) key=words ;; esac
        with delivery $verb "$file" --key "$key" --json
        exits "$verb: metadata \"$words\"" 0
        [ $verb = create ] || with delivery confirm "$(number id)"
        with delivery resolve "$key"
        exits "$verb: metadata \"$words\" hold the key" 0
    done
done
for words in null '[]'; do
    file words "{\"dropoff\":{\"metadata\":$words,\"address\":\"x\",\"before\":\"tomorrow 13:00\"}}"
    with delivery create "$file" --key "empty-${#words}"
    exits "metadata $words get the key" 0
    with delivery resolve "empty-${#words}"
    exits "metadata $words have it" 0
done
file words '{"dropoff":{"metadata":["a"],"address":"x","before":"tomorrow 13:00"}}'
with delivery create "$file"
exits 'metadata that are a list' "$E_INPUT" 'an object, or a text'
with delivery confirm 99999
exits 'no such quote' "$E_REFUSED" 404

# ---- errors ----

with delivery read 1
exits "another store's delivery" "$E_REFUSED" 'Access Denied.*HTTP 403'
with delivery read 99999
exits 'no such delivery' "$E_REFUSED" 'Not Found.*HTTP 404'
with delivery read ../me
exits 'no number' "$E_USAGE"
fault '{"assigned":true}'
with delivery cancel "$lost"
exits 'cancel: a task is assigned' "$E_REFUSED" 'assigned.*HTTP 400'
fault '{"clear":true,"assigned":false}'
file phone '{"dropoff":{"before":"tomorrow","address":{"streetAddress":"x","telephone":"1"}}}'
with delivery create "$file"
exits 'a text in place of violations' "$E_REFUSED" 'phone number.*HTTP 400'
file violation '{"pickup":{"before":"tomorrow 15:00"},"dropoff":{"address":"x",
    "before":"tomorrow 13:00"}}'
with delivery create "$file" --json
exits 'a violation' "$E_REFUSED" 'Pickup must be before dropoff.*HTTP 400'
is 'a violation: its path' "$(text field)" items
with call coopcycle POST /api/register --data "$pair"
exits 'the third shape' "$E_REFUSED" 'already used.*field email'
with call coopcycle POST /api/deliveries --data "$pair"
exits 'call: JSON-LD unless another type is named' 0
with call coopcycle POST /api/deliveries --data "$pair" --header 'Content-Type: application/json'
exits 'plain JSON is not taken' "$E_REFUSED" '415'
with call coopcycle PATCH /api/addresses/2 --data "$pair"
exits 'call: a patch' 0
is 'call: a patch has a type of its own' "$(state merge_patches)" 1

# ---- tokens ----

mark
fault '{"expire_tokens":true}'
with delivery read "$lost"
exits 'an expired token' 0
tokens 'is renewed once' 1
printf '%s\n' 'client_id = 00' 'client_secret = 11' >"$work/wrong"
chmod 600 "$work/wrong"
nv delivery ping --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/wrong"
exits 'wrong credentials' "$E_AUTH" 'Client authentication failed.*invalid_client'
printf 'eyJhbGciOiJIUzI1NiJ9.e30.AAAA\n' >"$work/wrong"
nv delivery ping --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/wrong"
exits 'a token that is none: the fourth shape' "$E_AUTH" 'Invalid credentials.*HTTP 401'
secret=$(sed -n 's/client_secret = //p' "$keys")
with delivery create "$pair" --key quiet -v
unlike 'the secret is not told' "$out$err" "$secret"

# ---- webhooks ----

printf '%s\n' 'bmF2ZXR0ZSB0ZXN0IHNlY3JldCwgMzIgYnl0ZXMhISE=' >"$work/hook"
chmod 600 "$work/hook"
cget -D "$work/head" -o "$work/body" \
    "$url/standin/webhook-sample?secret=bmF2ZXR0ZSB0ZXN0IHNlY3JldCwgMzIgYnl0ZXMhISE%3D"
signature=$(tr -d '\r' <"$work/head" | grep -i '^x-coopcycle-signature:')
nv delivery webhook "$work/body" --header "$signature" --token-file "$work/hook" --json
exits 'a webhook' 0
is 'its object' "$(text object)" /api/deliveries/1
is 'its event' "$(text event)" delivery.picked
echo >>"$work/body"
nv delivery webhook "$work/body" --header "$signature" --token-file "$work/hook"
exits 'one byte more' "$E_REFUSED" 'signature does not belong'
nv delivery webhook "$work/body" --token-file "$work/hook"
exits 'no signature' "$E_USAGE" 'X-CoopCycle-Signature'

finish
