#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# navette query against the stand-in's Demarches simplifiees: queries, pages, partial data, decisions,
# messages, files. What the command claims is compared with what the server counted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl

mkdir -p "$work/secrets"
start_standin --secrets-dir "$work/secrets"
keys=$work/secrets/demarches.keys
token=$(cat "$keys")

# with COMMAND ...: the command at the stand-in with the token.
with() {
    nv "$@" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys"
}
lines() { printf '%s' "$out" | grep -c ''; }
# numbers FILE: of its dossiers, as they come.
numbers() { sed -n 's/^{[^{]*"number":\([0-9]*\),.*/\1/p' "$1"; }
mark() { marked=$(state "$1"); }
more() { is "$1" $(($(state "$2") - marked)) "$3"; }
has_token() { grep -cF -- "$token" "$work/out" "$work/err" | tr '\n' ' '; }
instructeur=SW5zdHJ1Y3RldXItNw== # Instructeur-7

# ---- queries ----

with query run --query-id ds-query-v2 --operation getDemarche \
    --variables '{"demarcheNumber": 62515, "includeDossiers": true, "first": 5}'
exits 'the documented getDemarche' 0
like '... its dossiers' "$out" '"number": *1001'
like '... the data alone' "$out" '^\{ *"demarche":'
printf '%s\n' '# one of our own' "query D(\$n: Int!) { demarche(number: \$n) { number title } }" \
    >"$work/q.graphql"
printf '{"n": 62515}\n' >"$work/v.json"
with query run "$work/q.graphql" --variables "@$work/v.json" --json
exits 'a query from a file, variables from another' 0
like '... for machines' "$out" '^\{"ok":true,"data":\{.*"number": *62515.*\},"exit":0\}$'
with query run "$work/q.graphql" --variables '{"n": "x'
exits 'variables that are no JSON' "$E_USAGE" 'byte'
with query run "$work/q.graphql" --variables '[1]'
exits 'variables that are no object' "$E_USAGE" 'no JSON object'
with query run "$work/q.graphql" --query-id ds-query-v2
exits 'a file and a stored query' "$E_USAGE" 'either'
with query run
exits 'neither' "$E_USAGE" 'either'
printf 'query { demarche(number: 62515) { number' >"$work/broken"
with query run "$work/broken"
exits 'a syntax error' "$E_REFUSED" 'GraphQL answer reports errors'
mark demarches_requests
with query run --query-id ds-query-v9
exits 'a stored query that is not there: 500, once' "$E_REFUSED" '500'
more '... asked once' demarches_requests 1

# a file that is the request already
cat >"$work/body.json" <<'EOF'

 {
  "query": "query getDemarche($demarcheNumber: Int!) {\n  demarche(number: $demarcheNumber) {\n    \u0074itle number\n  }\n}",
  "variables": { "demarcheNumber": 62515 },
  "operationName": null
 }
EOF
with query run "$work/body.json"
exits 'a body as the documentation shows it' 0
like '... its answer' "$out" '^\{ *"demarche":\{"title":.*"number": *62515'
printf '\357\273\277' | cat - "$work/body.json" >"$work/bom.json"
with query run "$work/bom.json" --operation getDemarche --json
exits 'the same behind a mark of the byte order, an operation beside it' 0
printf '\357\273\277' | cat - "$work/q.graphql" >"$work/bom.graphql"
printf '\357\273\277' | cat - "$work/v.json" >"$work/bom.v"
with query run "$work/bom.graphql" --variables "@$work/bom.v"
exits 'the mark before GraphQL and before variables' 0
with query run "$work/body.json" --variables '{"demarcheNumber":1}'
exits 'variables in the body and beside it' "$E_USAGE" 'says variables by itself'
body() { # NAME EXIT REGEX JSON [OPTION ...]
    name=$1 wanted=$2 regex=$3
    printf '%s' "$4" >"$work/in.json"
    shift 4
    with query run "$work/in.json" "$@"
    exits "$name" "$wanted" "$regex"
}
stored='"queryId":"ds-query-v2","operationName":"getDemarche"'
body 'a stored query' 0 '' "{$stored,\"variables\":{\"demarcheNumber\":62515}}"
body 'its variables beside it' 0 '' "{$stored}" --variables '{"demarcheNumber":62515}'
body 'an operation in the body and beside it' "$E_USAGE" 'says operationName' "{$stored}" \
    --operation getDossier
body 'variables as a text' 0 '' "{$stored,\"variables\":\"{\\\"demarcheNumber\\\":62515}\"}"
body 'a public descriptor, without the token' 0 '' '{"queryId":"ds-query-v2","operationName":
    "getDemarcheDescriptor","variables":{"demarche":{"number":62515}}}' --no-auth
body 'a member of other services' 0 'no member "extensions"' \
    '{"query":"{ demarche(number: 62515) { title } }","extensions":{}}'
body 'no query' "$E_INPUT" 'either query or queryId' '{"variables":{}}'
body 'nothing' "$E_INPUT" 'either query or queryId' ' { } '
body 'two queries' "$E_INPUT" 'either query or queryId' '{"query":"{a}","queryId":"ds-query-v2"}'
body 'a query that is none' "$E_INPUT" 'its query is no text' '{"query":{"a":1}}'
body 'variables that are a list' "$E_INPUT" 'its variables is no object' \
    '{"query":"{a}","variables":[1]}'
body 'a query twice' "$E_INPUT" 'stands there twice' '{"query":"{a}","query":"{b}"}'
body 'half a body' "$E_INPUT" 'as JSON: .*byte 14' '{"query":"{a}"'
body 'a list of bodies' "$E_INPUT" 'one request at a time' '[{"query":"{a}"}]'
body 'GraphQL all the same' 0 '' '{ demarche(number: 62515) { title } }'
mark demarches_requests
fault '{"scope":"demarches","drop_after":1}'
body 'a mutation, its word in escapes: sent once' "$E_UNKNOWN" '' \
    '{"query":"\u006dutation { dossierArchiver(input: {}) { clientMutationId } }"}'
more '... once' demarches_requests 1
fault '{"clear":true}'
timeout 20 "$BUILD/navette" query run - --base-url "$url" --ca-file "$work/pki/ca.pem" \
    --token-file "$keys" <"$work/body.json" >"$work/out" 2>"$work/err"
is 'a body from standard input' "$? $(grep -c 62515 "$work/out")" '0 1'

with query run --query-id ds-query-v2 --operation getDemarcheDescriptor --no-auth \
    --variables '{"demarche": {"number": 62515}}'
exits 'a public descriptor without the token' 0
like '... it is there' "$out" 'demarcheDescriptor'

with query demarche 62515
exits 'a demarche' 0
like '... its number' "$out" '"number": *62515'
unlike '... without dossiers' "$out" '1001'
with query demarche 999
exits 'a demarche of others' "$E_REFUSED" 'unauthorized.*field demarche'
with query demarche 4
exits 'no such demarche' "$E_REFUSED" 'not_found'
with query dossier 1001 --json
exits 'a dossier' 0
like '... for machines' "$out" '^\{"ok":true,"data":\{.*"state": *"en_construction".*,"exit":0\}$'
with query dossier 1002 --include messages
like 'a dossier with its messages' "$out" '"messages"'
unlike '... and nothing else' "$out" '"champs"'
with query dossier 1002 --include colours
exits 'an unknown part' "$E_USAGE" 'geometry'
with query dossier 5 --json
exits 'a dossier of others' "$E_REFUSED" 'unauthorized'
like '... for machines' "$out" '^\{"ok":false,"exit":7,.*"error":"NVT_E_GRAPHQL".*"code":"unauthorized"'
fault '{"slow_dossier":1003}'
with query dossier 1003
exits 'a dossier that times out' "$E_LATER" 'timeout'
fault '{"clear":true}'

# ---- pages ----

# listing NAME COUNT FROM [OPTION ...]: all dossiers, each once and in order of their numbers.
listing() {
    name=$1 count=$2 from=$3
    shift 3
    with query dossiers 62515 "$@"
    exits "$name" 0
    numbers "$work/out" >"$work/numbers"
    seq "$from" $((from + count - 1)) | cmp -s - "$work/numbers" && each=yes || each=no
    is "$name: each once, in order" "$(wc -l <"$work/numbers") $each" "$count yes"
}
fault '{"dossiers":730,"limits":{"demarches":4000}}'
mark queries
listing 'dossiers' 730 1001
more '... 25 a page' queries 30
mark queries
listing 'dossiers, a hundred a page' 730 1001 --first 100 --include champs,annotations
more '... in eight' queries 8
fault '{"page_max":30}'
listing 'dossiers, more than 30 time out' 730 1001 --first 100 -v
like '... it says so' "$err" 'the next has 50 dossiers'
fault '{"page_max":1,"dossiers":40}'
listing 'dossiers, each page of two times out' 40 1001 --first 9
fault '{"clear":true,"dossiers":730}'
with query dossiers 62515 --state accepte
exits 'dossiers of one state' 0
is '... a fifth of them' "$(lines)" 146
is '... of that state' "$(printf '%s\n' "$out" | grep -c '"state": *"accepte"')" 146
with query dossiers 62515 --limit 60 --first 25
exits 'sixty dossiers' 0 'go on with --after d[A-Za-z0-9+/=]+$'
is '... and no more' "$(lines)" 60
after=$(printf '%s\n' "$err" | sed -n 's/.*--after //p')
listing 'the dossiers behind them' 670 1061 --after "$after"
with query dossiers 62515 --after "$after" --updated-since 2026-01-01T00:00:00Z
exits 'a cursor of the other order' "$E_USAGE" 'start with u'
with query dossiers 62515 --after MjAyNg==
exits 'no cursor of ours' "$E_USAGE" '--after'
with query dossiers 62515 --updated-since 2026-01-01T00:00:00Z --first 100
exits 'dossiers by their last change' 0
is '... all of them once' "$(numbers "$work/out" | sort -n | uniq | wc -l) $(lines)" '730 730'
is '... in another order' "$(numbers "$work/out" | head -n 1 | grep -c 1001)" 1
with query dossiers 62515 --updated-since yesterday
exits 'a time that is none' "$E_USAGE" 'updated-since'
with query dossiers 62515 --first 101
exits 'too large a page' "$E_USAGE" 'first'
with query dossiers 62515 --limit 3 --json
like 'dossiers for machines end in a count' "$(printf '%s\n' "$out" | tail -n 1)" \
    '^\{"ok":true,"dossiers":3,"cursor":"d[^"]+","more":true,"exit":0\}$'
fault '{"bad_dossier":1017}'
with query dossiers 62515 --first 10
exits 'a broken dossier' "$E_REFUSED" 'invalid_null'
is '... the others come all the same' "$(lines)" 729
like '... its place is told' "$err" 'nodes\.6'
with query dossier 1017
exits 'that one alone' "$E_REFUSED" 'invalid_null'
fault '{"clear":true,"dossiers":60}'
fault '{"scope":"demarches","fail_status":503,"fail_count":2,"retry_after":"1"}'
listing 'two answers of 503 between' 60 1001
fault '{"clear":true,"scope":"demarches","drop_after":1}'
listing 'an answer lost' 60 1001
fault '{"clear":true,"scope":"demarches","truncate":1}'
listing 'an answer cut' 60 1001
fault '{"clear":true,"scope":"demarches","fail_status":504,"fail_count":1}'
listing 'a gateway that lost its patience' 60 1001 --first 60
fault '{"clear":true,"chunked":true}'
listing 'answers in chunks' 60 1001
fault '{"clear":true}'

# ---- what changed since the last run ----

fault '{"dossiers":0}' # they are made anew
fault '{"dossiers":60}'
place=$work/62515.cursor
# changes NAME COUNT [OPTION ...]: so many lines, all of which go into $work/all too.
changes() {
    name=$1 count=$2
    shift 2
    with query dossiers 62515 --cursor-file "$place" "$@"
    exits "$name" 0
    is "$name: lines" "$(grep -c '"number"' "$work/out")" "$count"
    cat "$work/out" >>"$work/all"
}
: >"$work/all"
changes 'all dossiers, once' 60 --first 7
changes 'nothing changed' 0
like '... the file says whose it is' "$(tr '\n' ' ' <"$place")" \
    '^navette dossiers 1 demarche 62515 host localhost order updated state - since 1970-01-01T00:00:00Z cursor u[A-Za-z0-9+/=]+ end $'
with query instruct 1001 --instructeur "$instructeur"
with query message 1017 --instructeur "$instructeur" --body 'du neuf'
changes 'two changed' 2
is '... those' "$(numbers "$work/out" | tr '\n' ' ')" '1001 1017 '
is '... which are remembered: changes show late' "$(grep -c '^seen ' "$place")" 2
changes 'nothing more' 0 --json
like '... for machines' "$out" '^\{"ok":true,"dossiers":0,"cursor":"u'
with query accept 1001 --instructeur "$instructeur"
changes 'one of them again, perhaps in the same second' 1
fault '{"dossiers":61}'
: >"$work/all"
rm "$place"
changes 'limits: the first forty' 40 --limit 40 --first 9
like '... says so' "$err" 'the next run goes on behind them'
changes 'limits: and the rest' 21 --limit 40
is 'each once' "$(numbers "$work/all" | sort -n | uniq | wc -l)" 61
for n in 1002 1003 1004 1007 1008; do
    with query message "$n" --instructeur "$instructeur" --body 'du neuf'
done
changes 'limits: two of five young ones' 2 --limit 2
changes 'limits: two more' 2 --limit 2
changes 'limits: the last' 1 --limit 2
changes 'limits: nothing' 0 --limit 2

# A run that is cut off: what is missing comes in the next one, in any case.
rm "$place"
: >"$work/all"
for status in 403 500; do
    cp "$place" "$work/before" 2>/dev/null
    fault "{\"scope\":\"demarches\",\"delay_ms\":1}"
    with query dossiers 62515 --cursor-file "$place" --first 5 --limit 10
    cat "$work/out" >>"$work/all"
    fault "{\"clear\":true,\"scope\":\"demarches\",\"fail_status\":$status,\"fail_count\":99}"
    with query dossiers 62515 --cursor-file "$place" --first 5 --retry-for 1
    unlike "a run that meets $status" "$code" '^0$'
    cat "$work/out" >>"$work/all"
    fault '{"clear":true}'
done
changes 'the run after them' 41 --first 5
is 'nothing is missing' "$(numbers "$work/all" | sort -n | uniq | wc -l)" 61
rm "$place"
with query dossiers 62515 --cursor-file "$place" --first 5 --limit 15
cp "$place" "$work/kept"
"$BUILD/navette" query dossiers 62515 --cursor-file "$place" --first 5 --base-url "$url" \
    --ca-file "$work/pki/ca.pem" --token-file "$keys" >/dev/full 2>"$work/err"
is 'a disk that is full' "$?" "$E_INPUT"
like '... is told' "$(cat "$work/err")" 'standard output cannot be written'
is '... and its page counts as not listed' "$(cmp "$place" "$work/kept" && echo same)" same
changes 'it comes in the next run' 46 --first 5
rm "$place"
n=0
: >"$work/all"
while [ $n -lt 12 ]; do
    n=$((n + 1))
    timeout -s KILL "0.0$((n * 7 % 10 + 3))" "$BUILD/navette" query dossiers 62515 --cursor-file \
        "$place" --first 3 --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys" \
        >>"$work/all" 2>/dev/null
done
with query dossiers 62515 --cursor-file "$place"
cat "$work/out" >>"$work/all"
is 'killed at any moment: nothing is missing' "$(numbers "$work/all" | sort -n | uniq | wc -l)" 61
fault '{"scope":"demarches","delay_ms":1500,"delay_count":1}'
"$BUILD/navette" query dossiers 62515 --cursor-file "$place" --base-url "$url" --ca-file \
    "$work/pki/ca.pem" --token-file "$keys" >"$work/slow" 2>&1 &
slow=$!
sleep 0.7
with query dossiers 62515 --cursor-file "$place"
exits 'a second run at the same time' "$E_INPUT" 'another run may use it'
wait $slow
is '... which does not disturb the first' "$?" 0
fault '{"clear":true,"bad_dossier":1017}'
rm "$place"
with query dossiers 62515 --cursor-file "$place"
exits 'a dossier that cannot be shown' "$E_REFUSED" 'invalid_null'
is '... the others come' "$(grep -c '"number"' "$work/out")" 60
fault '{"clear":true}'
changes '... and it comes once it can' 1

# Whose the file is.
other() { # NAME EXIT REGEX OPTION ...
    name=$1 wanted=$2 regex=$3
    shift 3
    with query dossiers "$@" --cursor-file "$place"
    exits "$name" "$wanted" "$regex"
}
other 'the file of another demarche' "$E_USAGE" 'of demarche 62515, and this one is of 62516' 62516
other 'of all states' "$E_USAGE" 'of the state \(all\), and this one is of accepte' 62515 --state accepte
other 'of another time' "$E_USAGE" 'changes since 1970-' 62515 --updated-since 2026-01-01T00:00:00Z
other 'the time of its own' 0 '' 62515 --updated-since 1970-01-01T00:00:00Z
other 'a cursor beside it' "$E_USAGE" 'leave --after out' 62515 --after "$after"
place=$work/accepte.cursor
changes 'of one state' 12 --state accepte --updated-since 2026-01-01T00:00:00Z
changes 'of one state: its time is kept' 0 --state accepte
sed -i 's/^host .*/host www.demarches-simplifiees.fr/' "$place"
other 'of another host' "$E_USAGE" 'of host www.demarches-simplifiees.fr' 62515 --state accepte
printf 'uMjAyNg==\n' >"$place"
other 'a file of another kind' "$E_INPUT" 'is not what --cursor-file wrote' 62515
is '... is left alone' "$(cat "$place")" 'uMjAyNg=='
head -c 60 "$work/kept" >"$place"
other 'half a file' "$E_INPUT" 'not all of it' 62515
: >"$place"
other 'an empty one is a new one' 0 '' 62515 --limit 1
ln -sf "$place" "$work/link"
place=$work/link
other 'a link' "$E_INPUT" 'is a link' 62515
place=$work/none/c
mark demarches_requests
other 'no such folder' "$E_INPUT" 'cannot be written' 62515
more '... nothing was asked for' demarches_requests 0
is 'no part of a file is left' "$(find "$work" -name '*.part' | wc -l)" 0

# partial data of a single query
fault '{"bad_dossier":1003}'
with query run --query-id ds-query-v2 --operation getDemarche --json \
    --variables '{"demarcheNumber": 62515, "includeDossiers": true, "first": 5}'
exits 'partial data' "$E_REFUSED" 'GraphQL: .*invalid_null'
like '... the data' "$out" '^\{"ok":false,"data":\{.*"number": *1005.*,"errors":\[.*\],"exit":7\}$'
fault '{"clear":true}'

# ---- decisions ----

# state_of NUMBER
state_of() {
    with query dossier "$1" --include ''
    printf '%s' "$out" | sed -n 's/^{[^{]*"state":"\([a-z_]*\)".*/\1/p'
}
mark decisions
with query instruct 1006 --instructeur "$instructeur"
exits 'instruct' 0
is '... its state' "$(state_of 1006)" en_instruction
with query accept 1006 --instructeur "$instructeur" --motivation 'dit « oui »' --json
exits 'accept' 0
like '... for machines' "$out" '^\{"ok":true,"state":"accepte","already":false,'
is '... its state' "$(state_of 1006)" accepte
with query accept 1006 --instructeur "$instructeur"
exits 'accept once more: done already' 0
is '... and says so' "$out" 'accepte already'
with query refuse 1006 --instructeur "$instructeur" --motivation non
exits 'refuse what was accepted' "$E_REFUSED" 'mutation was refused.*accept'
id=$(printf 'Dossier-1007' | base64)
with query refuse "$id" --instructeur "$instructeur" --motivation "hors \"zone\"
suite"
exits 'refuse, by id' 0
is '... its state' "$(state_of 1007)" refuse
with query close 1012 --instructeur "$instructeur" --motivation double
exits 'close' 0
is '... its state' "$(state_of 1012)" sans_suite
more 'five decisions in all' decisions 4
with query refuse 1017 --instructeur "$instructeur"
exits 'refuse without a reason' "$E_USAGE" 'needs --motivation'
with query accept 1017
exits 'accept by nobody' "$E_USAGE" 'needs --instructeur'
with query accept 1017 --instructeur SW5zdHJ1Y3RldXItOTk=
exits 'accept by a stranger' "$E_REFUSED" "droits"
with query accept "$token" --instructeur "$instructeur"
exits 'accept a token' "$E_USAGE" 'that is a token'
is '... which is not told' "$(has_token)" "$work/out:0 $work/err:0 "

mark decisions
fault '{"scope":"demarches","drop_after":1}'
with query accept 1017 --instructeur "$instructeur"
exits 'an answer lost: the state tells that it was done' 0
is '... and says so' "$out" 'accepte already'
more '... once' decisions 1
fault '{"clear":true,"scope":"demarches","drop_before":1}'
with query accept 1022 --instructeur "$instructeur"
exits 'a request lost: the state tells that it was not' "$E_LATER" 'nothing was done'
fault '{"clear":true,"read_only":true}'
with query accept 1022 --instructeur "$instructeur"
exits 'a token for reading' "$E_REFUSED" 'lecture'
fault '{"clear":true}'

# ---- messages ----

mark messages
with query message 1006 --instructeur "$instructeur" --body 'Bonjour "vous"'
exits 'a message' 0
with query dossier 1006 --include messages
like '... arrived' "$out" 'Bonjour \\"vous\\"'
fault '{"scope":"demarches","drop_after":1}'
with query message 1006 --instructeur "$instructeur" --body 'une seule fois'
exits 'a message of unknown outcome' "$E_UNKNOWN" 'may have arrived'
like '... says where to look' "$err" 'query dossier 1006 --include messages'
fault '{"clear":true}'
more '... and is not sent twice' messages 2
mark messages
fault '{"scope":"demarches","fail_status":500,"fail_count":1}'
with query message 1006 --instructeur "$instructeur" --body 'encore'
exits 'a message that met a crash' "$E_UNKNOWN" '500'
fault '{"clear":true,"scope":"demarches","fail_status":429,"fail_count":1}'
with query message 1006 --instructeur "$instructeur" --body 'trop'
exits 'a message that was turned away' "$E_LATER" 'Trop de requ'
fault '{"clear":true}'
more '... neither arrived' messages 0
with query message 1006 --instructeur "$instructeur"
exits 'a message without words' "$E_USAGE" 'needs --body'

# ---- files ----

head -c 3000000 /dev/urandom >"$work/décision \"1\".pdf"
mark uploads
with query upload 1006 "$work/décision \"1\".pdf" --json
exits 'a file' 0
sum=$(openssl md5 -binary "$work/décision \"1\".pdf" | base64)
like '... its sum' "$out" "\"checksum\":\"$(printf '%s' "$sum" | sed 's/[+]/[+]/g')\",\"bytes\":3000000"
more '... arrived' uploads 1
mark attached
with query message 1006 --instructeur "$instructeur" --body 'ci-joint' --attachment "$work/q.graphql"
exits 'a message with a file' 0
with query accept 1022 --instructeur "$instructeur" --attachment "$work/v.json" --type text/plain
exits 'a decision with a file' 0
more '... both were looked at' attached 2
for status in 201 204; do
    fault "{\"upload_status\":$status}"
    with query upload 1006 "$work/v.json"
    exits "a store that answers $status" 0
done
fault '{"upload_status":403}'
with query upload 1006 "$work/v.json"
exits 'a store that refuses' "$E_REFUSED" 'upload to 127.0.0.1.*403'
is '... no id' "$out" ''
fault '{"clear":true,"path":"/upload","drop_before":1}'
with query upload 1006 "$work/v.json"
exits 'a store that is away for a moment' 0
fault '{"clear":true}'
: >"$work/empty"
with query upload 1006 "$work/empty"
exits 'an empty file' "$E_INPUT" 'empty'
with query upload 1006 "$work/none"
exits 'no file' "$E_INPUT" 'name and mode'
with query upload 1006 "$work"
exits 'a folder' "$E_INPUT" 'name and mode'
with query upload 4 "$work/v.json"
exits 'a file for no dossier' "$E_REFUSED" 'not_found'
# bytes that are not what was announced: put by curl, refused when they are attached
place=$(cget -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d '{
  "queryId":"ds-mutation-v2","operationName":"createDirectUpload","variables":{"input":{
  "dossierId":"'"$id"'","filename":"a","byteSize":3,"contentType":"text/plain",
  "checksum":"kAFQmDzST7DWlj99KOF/cg=="}}}' "$url/api/v2/graphql")
where=$(printf '%s' "$place" | sed 's/.*"url": *"\([^"]*\)".*/\1/')
signed=$(printf '%s' "$place" | sed 's/.*"signedBlobId": *"\([^"]*\)".*/\1/')
key=$(printf '%s' "$where" | sed 's|.*/upload/||; s|[?].*||')
cget -X PUT -H 'Content-Type: text/plain' -H 'Content-MD5: kAFQmDzST7DWlj99KOF/cg==' \
    -H "Content-Disposition: inline; filename=\"$key\"" --data-binary abX "$where" >/dev/null
with query run --query-id ds-mutation-v2 --operation dossierEnvoyerMessage --variables \
    '{"input":{"dossierId":"'"$id"'","instructeurId":"'"$instructeur"'","body":"x","attachment":"'"$signed"'"}}'
exits 'a wrong sum is refused' "$E_REFUSED" 'hash du fichier'

# ---- what a dossier has ----

to=$work/files
# files NAME EXIT REGEX [JSON OF FILES]: of dossier 1003, into $to.
files() {
    [ $# -lt 4 ] || fault "{\"files\":$4}"
    with query files 1003 --to "$to" -v
    exits "$1" "$2" "$3"
}
# one NAME EXIT REGEX MEMBERS [TEXT]: a single file, into a new folder.
one() {
    rm -rf "$to"
    files "$1" "$2" "$3" "[{\"where\":\"champ\",\"name\":\"a.pdf\",\"text\":\"${5-abc}\"$4}]"
}
names() { (cd "$to" && find . ! -name . | sort | tr '\n' ' '); }
mark downloads
files 'files: champ, annotation, message, avis, attestation' 0 '5 fetched, 0 there .* 0 failed, 1 left'
is '... their names' "$(names)" \
    "./Plan de l’été.pdf ./attestation.pdf ./avis.pdf ./note.txt ./réponse.pdf "
is '... their bytes' "$(cat "$to/réponse.pdf")" '%PDF-1.4 réponse'
is '... for nobody else' "$(stat -c %a "$to/note.txt") $(stat -c %a "$to")" '600 700'
like '... the PDF that is always new is left out' "$err" 'dossier-1003.pdf .pdf.: left out'
printf x >>"$to/note.txt"
rm "$to/avis.pdf"
with query files 1003 --to "$to" --json
exits 'again: only what is missing' 0 '2 fetched, 3 there already'
like '... for machines' "$out" '^\{"ok":true,"exit":0,"fetched":2,"kept":3,"failed":0,"left":1,"files":\['
like '... with their places' "$out" '"place":"champs\[4\].files\[0\]","state":"kept","file":"Plan'
like '... a file of ours stays' "$(names) $(tail -n 1 "$to/note.txt")" 'note \(2\).txt.*x$'
more '... nothing is asked for twice' downloads 7
is 'the token was not sent to the store' "$(state tokens_at_store)" 0
is '... which refuses it' "$(cget -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" \
    "https://127.0.0.1:$port/upload/file-1003-0?signature=1")" 400
unlike 'nobody is told an address' "$out$err" 'signature'

one 'a large one' 0 '1 fetched' ',"repeat":1000000'
is '... is whole' "$(wc -c <"$to/a.pdf")" 3000000
one 'an empty one' 0 '1 fetched' '' ''
is '... is empty' "$(wc -c <"$to/a.pdf")" 0
one 'another sum' 1 'a.pdf .champs.*another MD5' ',"sum":"kAFQmDzST7DWlj99KOF/cg=="' 'abd'
is '... leaves nothing' "$(names)" ''
one 'shorter than told' 1 'has 3 bytes, the file has 4' ',"size":4'
one 'longer than told' 1 'longer than the 2 bytes' ',"size":2'
one 'a page in its place' 1 'text/html.*longer than' \
    ',"type":"text/html; charset=utf-8","sent":"<h1>Login</h1>"'
is '... leaves nothing' "$(names)" ''
one 'gone' 1 'no longer has it .*404' ',"status":404'
one 'moved' 1 '127.0.0.1 redirects elsewhere .HTTP 302' \
    ',"status":302,"location":"https://localhost/x"'
unlike '... where to, is not told' "$err" 'localhost/x'
one 'at http' 1 'its address at 127.0.0.1 is of no use: the address is http' \
    ',"url":"http://127.0.0.1/a?signature=e3b0"'
unlike '... is not called the base URL, and not told' "$err" 'base URL|e3b0'
one 'at an address that is none' 1 'its address at host is of no use: ' \
    ',"url":"https://user:phrase@host/a"'
unlike '... whose user is not told' "$err" 'phrase'
one 'at an address with a space' 1 'its address at 127.0.0.1 is of no use: ' \
    ',"url":"https://127.0.0.1/a b"'
one 'at nothing' 1 'its address at no host is of no use: ' ',"url":"a.pdf"'
one 'without a sum' 1 'a.pdf .champs.*not fetched: the service tells no sum' ',"sum":""'
like '... which is a failure' "$err" '1 failed, 1 left out'
like '... and not the PDF' "$err" 'dossier-1003.pdf .pdf.: left out: the service makes it anew'
is '... is not fetched' "$(names)" ''
one 'at a port where nobody is' 1 'localhost: ' ',"url":"https://localhost:1/a"'
one 'infected' 1 'virus scan says infected' ',"scan":"infected"'
one 'broken, says the scan' 1 'virus scan says integrity_error' ',"scan":"integrity_error"'
is '... is not fetched' "$(names)" ''
one 'not scanned yet' 0 'a.pdf: the service has not scanned it' ',"scan":"pending"'
# broken NAME EXIT REGEX FAULT: of the store's answers, for one file of 300 000 bytes.
broken() {
    rm -rf "$to"
    fault "{\"clear\":true,\"path\":\"/upload\",$4}"
    files "$1" "$2" "$3" '[{"where":"champ","name":"a.pdf","text":"abc","repeat":100000}]'
    fault '{"clear":true}'
}
broken 'cut once' 0 '1 fetched' '"truncate":1'
is '... is whole' "$(wc -c <"$to/a.pdf")" 300000
broken 'cut each time' 1 '1 failed' '"truncate":99'
is '... leaves nothing' "$(names)" ''
broken 'a store that is busy' 0 '1 fetched' '"fail_status":503,"fail_count":1,"retry_after":"1"'
broken 'a store that is down' 1 'HTTP 500' '"fail_status":500,"fail_count":99'
mark queries
broken 'an address that has expired: a new one' 0 '1 fetched' '"fail_status":403,"fail_count":1'
more '... is asked for once' queries 2
mark queries
broken 'addresses that are never good' 1 'no longer has it' '"fail_status":403,"fail_count":99'
more '... are not asked for again and again' queries 2
broken 'a connection that breaks' 0 '1 fetched' '"drop_before":1'

# names that lead elsewhere
rm -rf "$to"
mkdir "$to"
: >"$work/outside"
ln -s "$work/outside" "$to/link.pdf"
long=$(head -c 300 /dev/zero | tr '\0' 'e')
list=
n=0
cat >"$work/evil" <<'EOF'
../../evil
/etc/passwd
a\\b

.
..
.hidden
-rf
a\u001b[31mb
a\nb
con.txt
COM1
LPT9.pdf
nul
a:b|c?.pdf
x\u202efdp.exe
end. .
  front
link.pdf
A.pdf
a.pdf
a.pdf
\ud83d\ude00.png
EOF
echo "$long.pdf" >>"$work/evil"
while IFS= read -r name; do
    n=$((n + 1))
    list="$list,{\"where\":\"champ\",\"text\":\"t$n\",\"name\":\"$name\"}"
done <"$work/evil"
files 'names that lead elsewhere' 0 '24 fetched' "[${list#,}]"
is '... stay in the folder' "$(find "$to" -mindepth 2 | wc -l) $(find "$to" -type f | wc -l)" '0 24'
is '... nothing outside was written' "$(wc -c <"$work/outside")" 0
is '... none is hidden' "$(find "$to" -mindepth 1 -name '.*' | wc -l)" 0
is '... or has controls' "$(find "$to" | LC_ALL=C grep -c '[[:cntrl:]]')" 0
for name in '_.._.._evil' '_etc_passwd' 'a_b' file 'file (2)' 'file (3)' '_.hidden' '_-rf' '_con.txt' \
    '_COM1' '_LPT9.pdf' '_nul' 'a_b_c_.pdf' 'x_fdp.exe' end front 'link (2).pdf' A.pdf \
    'a (2).pdf' 'a (3).pdf' 'a_[31mb' '😀.png'; do
    is "name: $name" "$(test -f "$to/$name" && echo yes)" yes
done
is 'name: a long one keeps its end' "$(find "$to" -name '*ee.pdf' | sed 's|.*/||' | tr -d '\n' | wc -c)" \
    199
mark downloads
files 'and all of them are there in the next run' 0 '0 fetched, 24 there already'
more '... none is fetched again' downloads 0
fault '{"clear":true}'

# the folder
with query files 1003
exits 'no folder' "$E_USAGE" '--to DIR'
with query files 1003 --to "$work/v.json"
exits 'a file for a folder' "$E_INPUT" 'is no folder'
with query files 1003 --to "$work/none/none"
exits 'a folder in no folder' "$E_INPUT" 'cannot be made'
with query files 4 --to "$to"
exits 'the files of no dossier' "$E_REFUSED" 'not_found'
with query files "$token" --to "$to"
exits 'a token for a dossier' "$E_USAGE" 'that is a token'
rm -rf "$to"
mkdir "$to"
printf abc >"$to/kept.pdf"
ln "$to/kept.pdf" "$to/.navette.part"
files 'what a run left that was cut off' 0 '1 fetched' \
    '[{"where":"champ","name":"a.pdf","text":"other"}]'
is '... is removed, and no file is harmed' "$(names)$(cat "$to/kept.pdf")" './a.pdf ./kept.pdf abc'
fault '{"clear":true,"path":"/upload","delay_ms":1500,"delay_count":1}'
timeout -s INT 0.7 "$BUILD/navette" query files 1003 --to "$work/int" --base-url "$url" --ca-file \
    "$work/pki/ca.pem" --token-file "$keys" >/dev/null 2>"$work/err"
is 'a signal leaves nothing half' "$(find "$work/int" -mindepth 1 | wc -l)" 0
fault '{"clear":true}'
with query message 1006 --instructeur "$instructeur" --body 'ci-joint' --attachment "$work/v.json"
with query files 1006 --to "$work/sent"
exits 'what was uploaded comes back' 0 'not scanned'
is '... as it was' "$(cmp "$work/sent/v.json" "$work/v.json" && echo same)" same

# ---- the token ----

with query check-token
exits 'the right form' 0
like '... where it would go' "$out" 'localhost'
# bad_token NAME TEXT REGEX
bad_token() {
    printf '%b' "$2" >"$work/bad"
    chmod 600 "$work/bad"
    mark demarches_requests
    nv query check-token --base-url "$url" --token-file "$work/bad"
    exits "$1" "$E_CONFIG" "$3"
    nv query demarche 62515 --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/bad"
    exits "$1: not sent" "$E_CONFIG" "$3"
    more "$1: not sent, says the server" demarches_requests 0
}
half=$(printf '%s' "$token" | cut -c1-40)
bad_token 'a space inside' "$half $half" 'space'
bad_token 'two lines' "$half\n$half" 'line end'
bad_token 'quotes' "\"$token\"" 'quote'
bad_token 'Bearer' "Bearer $token" 'Bearer'
bad_token 'Bearer token=' "Bearer token=$token" 'token='
bad_token 'lower case' "$(printf '%s' "$token" | tr '[:upper:]' '[:lower:]')" 'letter case'
bad_token 'upper case' "$(printf '%s' "$token" | tr '[:lower:]' '[:upper:]')" 'letter case'
bad_token 'without its end' "${token%==}" 'cut short'
bad_token 'an address' 'https://www.demarches-simplifiees.fr/profil' 'address'
bad_token 'a number' '62515' 'number'
printf 'another-form-of-token' >"$work/bad"
nv query check-token --base-url "$url" --token-file "$work/bad"
exits 'another form is said, not refused' 0 'form'
nv query demarche 62515 --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/bad"
exits 'an unknown token with a stored query: 200 and unauthorized' "$E_REFUSED" 'unauthorized'
nv query run "$work/q.graphql" --variables '{"n":1}' --base-url "$url" \
    --ca-file "$work/pki/ca.pem" --token-file "$work/bad"
exits 'an unknown token with a query: 403' "$E_REFUSED" 'Without a token.*403.*forbidden'
for path in /graphql /api/v2/graphql /api/v1/procedures; do
    nv query check-token --base-url "$url$path" --token-file "$keys"
    exits "a base URL with $path" "$E_CONFIG" "use $url\$"
done
with query demarche "$token"
exits 'a token for a number' "$E_USAGE" 'that is a token'
is '... which is not told' "$(has_token)" "$work/out:0 $work/err:0 "
with query check-token --number 0
exits 'a number that is none' "$E_USAGE" 'from 1 to'
fault '{"token_expired":true}'
with query demarche 62515
exits 'an expired token' "$E_AUTH" '401.*unauthorized|Token expired'
fault '{"clear":true,"ip_forbidden":true}'
with query demarche 62515
exits 'a forbidden network' "$E_REFUSED" 'allowed networks'
fault '{"clear":true,"limits":{"demarches":2}}'
with query demarche 62515
with query demarche 62515
with query demarche 62515
exits 'one request too many' "$E_LATER" 'Trop de requ.*429.*try again in [1-6]?[0-9] s'
like '... both lines of it' "$err" 'Too many requests'
fault '{"limits":{"demarches":4000}}'

# both forms of the header
mkdir -p "$XDG_CONFIG_HOME/navette"
for form in token plain; do
    printf '[demarches]\nbearer = %s\n' "$form" >"$XDG_CONFIG_HOME/navette/navette.conf"
    with query run "$work/q.graphql" --variables '{"n": 62515}'
    exits "the token as $form" 0
done
rm "$XDG_CONFIG_HOME/navette/navette.conf"

# ---- nothing tells the token ----

{
    for command in 'query demarche 62515' 'query dossier 5' 'query dossiers 62515 --limit 2' \
        'query check-token' "query message 1 --instructeur x --body y" \
        "query upload 1006 $work/v.json" 'token demarches' 'doctor demarches'; do
        # shellcheck disable=SC2086 # words
        with $command -v -v
        printf '%s\n%s\n' "$out" "$err"
        # shellcheck disable=SC2086
        with $command -v --json
        printf '%s\n%s\n' "$out" "$err"
    done
} >"$work/said"
is 'much was said' "$([ "$(wc -l <"$work/said")" -gt 30 ] && echo yes)" yes
is 'but not the token' "$(grep -cF -- "$token" "$work/said")" 0
is 'nor a part of it' "$(grep -cF -- "$half" "$work/said")" 0

# ---- help ----

for command in run demarche dossier dossiers files instruct accept refuse close message upload \
    check-token; do
    nv query $command --help
    exits "query $command --help" 0
    like "query $command --help: an example" "$out" "navette query $command"
done

finish
