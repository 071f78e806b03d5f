#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# navette query against graphql-yoga: a GraphQL parser, validator and executor that others wrote,
# over a schema in the shape of Demarches simplifiees (yoga.mjs).
# shellcheck source=tests/interop/interop.sh
. "$(dirname "$0")/interop.sh"

# As the service makes them: URL-safe base64 of a UUID, ';' and 24 characters.
new_token() {
    printf '0b9e2d5c-6a5f-4f0e-9c53-1f2e3d4c5b6a;%s' "$(openssl rand -hex 12)" | base64 -w 0 |
        tr '+/' '-_'
}
keys token "$(new_token)"
start_node yoga.mjs --token "$work/token.keys"
instructeur=SW5zdHJ1Y3RldXItNw==

query() {
    nv query "$@" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/token.keys"
}
text() { # TEXT: a query of our own in $work/query
    printf '%s' "$1" >"$work/query"
}
control() { # NAME=VALUE&...
    cget "$url/control?$1" >/dev/null
}
ask_state() { # NAME.NAME: of the server's state
    out=$(cget "$url/state")
    member "$1"
}
numbers() { # of the dossiers in a file of JSON lines
    sed -n 's/.*"number":\([0-9]*\).*/\1/p' "$1"
}

# ---- queries ----

query demarche 62515
exits 'a demarche by its number' 0
is '... its title' "$(member title)" 'Covoiturage du quotidien'
query dossier 5003 --include champs,messages
exits 'a dossier by its number' 0
is '... its state' "$(member state)" accepte
is '... text with quotes, line ends, a U+2019 and an emoji' \
    "$(member champs.0.label)$(member champs.0.stringValue)" \
    "$(printf 'Objet de l\342\200\231aideligne \302\253 2 \302\273\n"\\\t\360\237\230\200 \303\251 ')"
is '... only what was asked for' "$(member annotations)$(member messages)" 'undefined[]'

# The example of the documentation, as it stands there.
query run --query-id ds-query-v2 --operation getDemarche \
    --variables '{"demarcheNumber": 62515, "includeDossiers": true, "first": 3}'
exits 'the stored query getDemarche' 0
is '... with the dossiers asked for' "$(member demarche.dossiers.nodes.length)" 3
like '... and a cursor' "$(member demarche.dossiers.pageInfo.endCursor)" '^[A-Za-z0-9+/=]+$'
text 'query ($n: Int!) { demarche(number: $n) { ...d } } fragment d on Demarche { id number }'
query run "$work/query" --variables '{"n":62516}'
is 'a query of our own, with a fragment' "$out" \
    '{"demarche":{"id":"UHJvY2VkdXJlLTYyNTE2","number":62516}}'
text 'query a { demarche(number: 62515) { number } } query b { demarche(number: 62516) { number } }'
query run "$work/query" --operation b
is 'one operation of several' "$out" '{"demarche":{"number":62516}}'
query run "$work/query"
exits '... which must be named' "$E_REFUSED" 'operation'

# ---- variables ----

text 'query ($t: String, $l: [String!], $d: DeepInput) { echo(text: $t, list: $l, deep: $d) }'
# shellcheck disable=SC1112 # the typographic quote is meant
odd='quote \" backslash \\ line\nend\r\ttab \u2019 ’ « é » \ud83d\ude00 😀 \u0000\u001f\u007f / \/ </script> {$x} #'
printf '{"t":"%s","l":["","%s"],"d":{"text":"1","next":{"text":"2","next":{"text":"3"}}}}' \
    "$(printf '%s' "$odd" | sed 's/\\/\\\\/g')" '[]{},:' | sed 's/\\\\/\\/g' >"$work/variables"
query run "$work/query" --variables "@$work/variables"
exits 'variables with all that JSON can hold' 0
is '... arrive as they were' \
    "$(printf '%s' "$out" | node -e '
        const read = require("fs").readFileSync;
        const sent = JSON.parse(read(process.argv[1]));
        const came = JSON.parse(JSON.parse(read(0)).echo);
        const like = { text: sent.t, list: sent.l, deep: sent.d };
        require("assert").deepStrictEqual(came, like);
        console.log("equal");' "$work/variables" 2>&1 | tail -n 1)" equal
head -c 400000 /dev/zero | tr '\0' '\042' | sed 's/"/\\"/g; s/^/{"t":"/; s/$/"}/' >"$work/variables"
query run "$work/query" --variables "@$work/variables"
exits 'a variable of 400 000 quotes' 0
query run "$work/query" --variables '{"t":5}'
exits 'a variable of the wrong type' "$E_REFUSED" 'String'
query run "$work/query" --variables '{"t":'
exits 'variables that are no JSON are not sent' "$E_USAGE" 'variables'

# ---- errors ----

query demarche 4711
exits 'not there' "$E_REFUSED" 'not_found'
query dossier 4711 --json
exits 'not there, for machines' "$E_REFUSED"
like '... the code' "$out" '"not_found"'
like '... the path' "$out" '"dossier"'
query demarche 62518
case $code in "$E_REFUSED" | "$E_AUTH") pass 'hidden from this token' ;;
*) fail 'hidden from this token' "exit $code" "$err" ;; esac
like '... says why' "$err" 'unauthorized'
for broken in '{ demarche(number: 62515) { title }' 'query { demarche(number 3) { id } }' 'hello' \
    '{ demarche(number: "x") { id } }' '{ demarche { id } }' '{ nothing }' \
    '{ echo(text: "unterminated) }'; do
    text "$broken"
    query run "$work/query"
    exits "refused by the parser or validator: $broken" "$E_REFUSED" 'GraphQL|GRAPHQL'
done
query run --query-id ds-query-v9 --operation getDemarche --variables '{}'
exits 'a stored query that is not there: 500, and not tried again' "$E_REFUSED" \
    'internal_server_error|500'

# Partial data: what there is comes out, and the errors are told.
query run --query-id ds-query-v2 --operation getDemarche \
    --variables '{"demarcheNumber": 62516, "includeDossiers": true, "first": 20}'
exits 'partial data' "$E_REFUSED" 'invalid_null'
is '... what there is of it' "$(member demarche.dossiers.nodes.length)" 20
is '... with its holes' "$(member demarche.dossiers.nodes.7) $(member demarche.dossiers.nodes.12)" \
    'null null'
like '... and where' "$err" \
    'demarche\.dossiers\.nodes\.12|"path":\["demarche","dossiers","nodes",12'

# ---- 1 000 dossiers, each exactly once ----

wanted=$(seq 5001 6000 | sha256sum)
for size in 1 7 25 99 100; do
    # Small pages are many, and the service takes 400 requests a minute.
    limit=1000
    [ $size -gt 10 ] || limit=$((size * 39))
    query dossiers 62515 --first $size --limit $limit
    cp "$work/out" "$work/pages"
    exits "pages of $size" 0
    is "... $limit dossiers, each once and in order" "$(numbers "$work/pages" | sha256sum)" \
        "$(seq 5001 $((5000 + limit)) | sha256sum)"
done
query dossiers 62515 --state en_instruction --first 50
is 'of one state' "$(numbers "$work/out" | wc -l) $(grep -vc '"en_instruction"' "$work/out")" '200 0'
query dossiers 62515 --updated-since 2026-02-01T00:00:00Z --first 64
cp "$work/out" "$work/pages"
is 'by their last change: another order, each once' \
    "$(numbers "$work/pages" | sort -u | wc -l) $(numbers "$work/pages" | sort -c 2>&1 | wc -l)" '857 1'
query dossiers 62517
is 'none at all' "$code/$out" 0/
query dossiers 62515 --first 30 --limit 330 --json
cp "$work/out" "$work/pages"
after=$(tail -n 1 "$work/pages" |
    sed -n 's/.*"cursor":"\([^"]*\)".*/\1/p; s/.*"after":"\([^"]*\)".*/\1/p')
like 'stopped after 330, with a place to go on' "$after" '.'
query dossiers 62515 --after "$after"
numbers "$work/pages" >"$work/numbers"
numbers "$work/out" >>"$work/numbers"
is '... gone on: 1 000, each once' "$(sort -n "$work/numbers" | sha256sum)" "$wanted"
query dossiers 62515 --after "$after" --updated-since 2026-02-01T00:00:00Z
exits '... but not in the other order' "$E_USAGE" 'cursor'
query dossiers 62516 --first 10 --include champs
cp "$work/out" "$work/pages"
is 'those that can be shown, beside two that cannot' \
    "$code $(numbers "$work/pages" | sort -u | wc -l)" "$E_REFUSED 23"
like '... which are told' "$err" 'unauthorized|invalid_null'

# Pages that are too much: fewer dossiers are asked for.
control timeout_over=12
query dossiers 62515 --first 100 --include champs
cp "$work/out" "$work/pages"
exits 'pages over 12 dossiers time out on the server' 0
is '... 1 000 dossiers, each once' "$(numbers "$work/pages" | sha256sum)" "$wanted"
sizes=$(ask_state sizes)
like '... with fewer at a time' "$sizes" '^\[100,50,25,12,'
control 'timeout_over=0&hang_over=20&hang_ms=30000'
query dossiers 62515 --first 60 --limit 200 --timeout 3
cp "$work/out" "$work/pages"
exits 'pages over 20 dossiers do not come in time' 0
is '... 200 dossiers, each once' "$(numbers "$work/pages" | tr '\n' ' ')" \
    "$(seq 5001 5200 | tr '\n' ' ')"
control 'hang_over=0&timeout_over=0'
query dossiers 62519 --first 100 --include champs
cp "$work/out" "$work/pages"
is 'dossiers of 12 KB each' "$code $(numbers "$work/pages" | wc -l)" '0 60'
control circle=1
NV_LIMIT=30 query dossiers 62515 --first 10 --retry-for 2
unlike 'a cursor that leads in a circle ends the run' "$code" '^(0|124)$'
control circle=0

# ---- decisions ----

query instruct 5001 --instructeur $instructeur
is 'into instruction' "$code/$out" 0/en_instruction
query accept 5001 --instructeur $instructeur --motivation "D’accord : « \"oui\" » 😀
2e ligne"
is 'accepted' "$code/$out" 0/accepte
query dossier 5001
is '... with the words given' "$(member motivation)" "D’accord : « \"oui\" » 😀
2e ligne"
query accept 5001 --instructeur $instructeur
is 'a second time: already so' "$code/$out" '0/accepte already'
query refuse 5001 --instructeur $instructeur --motivation non
exits 'refused after all' "$E_REFUSED" 'déjà'
query instruct 5006 --instructeur $instructeur --json
exits 'into instruction, for machines' 0
query close 5006 --instructeur $instructeur --motivation 'sans objet'
is 'closed without a decision' "$code/$out" 0/sans_suite
query run --query-id ds-mutation-v2 --operation dossierAccepter \
    --variables '{"input":{"dossierId":"RG9zc2llci01MDAx"}}'
exits 'a mutation without what it needs' "$E_REFUSED" 'instructeurId'
control drop_after=1
query instruct 5011 --instructeur $instructeur
is 'carried out, its answer lost: found out' "$code/$out" '0/en_instruction already'
control drop_after=1
query message 5011 --instructeur $instructeur --body 'une seule fois'
exits 'a message whose answer is lost' "$E_UNKNOWN"
query dossier 5011 --include messages
is '... was sent once, not again' "$(member messages.length)" 1

# ---- messages and files ----

query message 5012 --instructeur $instructeur --body "L’avis est \"prêt\" 😀"
exits 'a message' 0
query dossier 5012 --include messages
is '... arrives as written' "$(member messages.0.body)" "L’avis est \"prêt\" 😀"
head -c 3000000 /dev/urandom >"$work/pièce jointe.pdf"
query message 5012 --instructeur $instructeur --body 'avec pièce' \
    --attachment "$work/pièce jointe.pdf"
exits 'a message with a file of 3 MB' 0
query dossier 5012 --include messages
like '... which hangs on it' "$(member messages.1.attached)" '--'
is '... and went to the store without our token' "$(ask_state upload.authorization)" null
is '... with the fields that the store asked for' \
    "$(ask_state upload.type) $(ask_state upload.disposition)" \
    "application/pdf inline; filename=\"pi%C3%A8ce%20jointe.pdf\""
is '... and the address as it was named' "$(ask_state upload.query)" 'temp_url_sig=a%2Fb&x=1'
is '... whole' "$(ask_state upload.bytes) $(ask_state upload.sum)" \
    "3000000 $(openssl md5 -binary <"$work/pièce jointe.pdf" | base64)"
query upload 5013 "$work/query"
exits 'an upload by itself' 0
signed=$out
query accept 5007 --instructeur $instructeur --attachment "$work/query"
exits 'a decision with a file' 0

# ---- tokens ----

is 'the token went as Bearer throughout' \
    "$([ "$(ask_state plain)" -gt 100 ] && ask_state refused)" 0
printf '[demarches]\nbearer = token\n' >"$work/named.conf"
query demarche 62515 --config "$work/named.conf"
is 'the other form of the header' "$code $(ask_state token_form)" '0 1'
keys token "$(new_token)"
text '{ demarche(number: 62515) { title } }'
query run "$work/query"
exits 'a token that is not known' "$E_REFUSED" 'forbidden'
query demarche 62515
unlike 'the same with a stored query: 200, but hidden' "$code" '^0$'
like '... and the hint is at the token' "$err" 'unauthorized'

finish
