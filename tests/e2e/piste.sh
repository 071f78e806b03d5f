#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# PISTE: tokens from another host, answers of any size in fixed memory, business errors, what the
# gateway's refusals mean.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl

mkdir -p "$work/secrets"
start_standin --secrets-dir "$work/secrets"
# Each run is a client of its own: together they may be quicker than twenty a second.
fault '{"limits":{"piste":100000}}'
keys=$work/secrets/piste.keys
token_url=https://127.0.0.1:$port/api/oauth/token

# piste COMMAND ...: with the token server under another name than the API.
piste() {
    nv piste "$@" --base-url "$url" --token-url "$token_url" --ca-file "$work/pki/ca.pem" \
        --token-file "$keys"
}
lf=/dila/legifrance/lf-engine-app
cpro=/cpro/factures/v1

# ---- two hosts ----

piste ping -v
exits 'ping' 0 "tokens from $token_url"
like 'ping: the answer' "$out" '^legifrance: pong \([0-9]+ ms\)$'
is 'ping: one token' "$(state piste_tokens)" 1
piste ping
is 'ping again: the same token' "$code $(state piste_tokens)" '0 1'
nv piste ping --base-url "https://127.0.0.1:$port" --token-url "https://localhost:$port/api/oauth/token" \
    --ca-file "$work/pki/ca.pem" --token-file "$keys"
is 'the other way round: a token of its own' "$code $(state piste_tokens)" '0 2'
piste ping --token-url "https://127.0.0.1:1/api/oauth/token" --no-cache
exits 'an option given twice' "$E_USAGE" 'more often than allowed'
nv piste ping --no-cache --base-url "$url" --token-url https://127.0.0.1:1/api/oauth/token \
    --ca-file "$work/pki/ca.pem" --token-file "$keys"
exits 'no token server' "$E_NETWORK" 'no server listens'
piste ping judilibre --json
exits 'ping of Judilibre' 0
like 'ping for machines: the quotas' "$out" '"rate_limit":\[\{"window":1,"type":"throttle","remaining":[0-9]+\}'
piste health
exits 'health of the gateway' 0
like 'health: XML' "$out" '<status>ok</status>'
piste ping nothing
exits 'a ping of something else' "$E_USAGE" 'legifrance and judilibre'

# ---- calls ----

printf '{"id":"LEGIARTI000032041571"}' >"$work/article"
piste call POST $lf/consult/getArticle --data "$work/article" -v
exits 'call' 0 'x-rate-limit: \[\{"window":1'
like 'call: the answer' "$out" '"num": ?"1240"'
like 'call: the number for the logs' "$err" 'x-correlationid: Id-'
piste call POST $lf/consult/getArticle --data "$work/article" --output "$work/got" --json
exits 'call: into a file' 0
like 'call: the file' "$(cat "$work/got")" '"num": ?"1240"'
like 'call: the result' "$out" '"ok":true.*"output":".*/got".*"rate_limit":\[.*"http_status":200'
piste call POST $lf/search --data "$work/article"
exits 'call: messages of the service' "$E_REFUSED" 'fond and recherche are mandatory.*C002'
like '... its body' "$out" '"messages"'
printf '{"fond":"CODE_DATE","recherche":{"pageNumber":101,"pageSize":100}}' >"$work/far"
piste call POST $lf/search --data "$work/far"
exits 'call: beyond the 10000th' "$E_LATER" '10000th'
piste call GET /piste/healthcheck --header 'Accept: application/xml'
exits 'call: XML' 0
like '... as it came' "$out" '^<\?xml version="1.0"'
grep -v '^client' "$keys" >"$work/key"
chmod 600 "$work/key"
before=$(state piste_tokens)
nv piste call GET '/cassation/judilibre/v1.0/search?query=bail' --base-url "$url" \
    --ca-file "$work/pki/ca.pem" --token-file "$work/key"
exits 'Judilibre with the key alone' 0
is '... no token was asked for' "$(state piste_tokens)" "$before"
fault '{"locked":1}'
piste call GET '/cassation/judilibre/v1.0/search?query=bail'
exits 'Judilibre busy, 423' "$E_LATER" '423.*try again in'
piste call GET '/cassation/judilibre/v1.0/search?query=bail&page=1000&page_size=50'
exits 'Judilibre beyond its window, 416' "$E_REFUSED" '416'
piste call GET "$lf/consult/ping" --header 'Host: elsewhere'
exits 'a field of the command itself' "$E_USAGE"
piste call GET "$lf/consult/ping" --header 'no colon'
exits 'a field without a colon' "$E_USAGE" 'Name: value'

# ---- Chorus Pro ----

printf '{"numeroFactureSaisi":"F-1"}' >"$work/invoice"
piste chorus $cpro/soumettre --data "$work/invoice"
exits 'submit an invoice' 0
like '... its id' "$out" '"identifiantFactureCPP": ?[0-9]+'
piste chorus $cpro/soumettre --data "$work/invoice"
exits 'the same invoice: a business error under 200' "$E_REFUSED" \
    'Une facture porte déjà ce numéro \(HTTP 200, code 40015\)'
like '... its body is the answer' "$out" '"codeRetour": ?40015'
piste chorus $cpro/soumettre --data "$work/invoice" --json --output "$work/refusal"
is 'business error for machines' "$code" "$E_REFUSED"
like '...' "$out" '"error":"NVT_E_BUSINESS".*"code":"40015"'
like '... the file has the answer' "$(cat "$work/refusal")" '40015'
grep '^account' "$keys" >"$work/account"
grep -v '^account' "$keys" >"$work/client"
chmod 600 "$work/account" "$work/client"
nv piste chorus $cpro/rechercher/fournisseur --data "$work/article" --account "$work/account" \
    --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/client"
exits 'the account from a file of its own' 0
nv piste chorus $cpro/rechercher/fournisseur --data "$work/article" --base-url "$url" \
    --ca-file "$work/pki/ca.pem" --token-file "$work/client"
exits 'no account' "$E_CONFIG" 'account_login and account_password'
sed 's/^account_password = .*/account_password = wrong/' "$keys" >"$work/wrong"
chmod 600 "$work/wrong"
nv piste chorus $cpro/rechercher/fournisseur --data "$work/article" --base-url "$url" \
    --ca-file "$work/pki/ca.pem" --token-file "$work/wrong"
exits 'a wrong account' "$E_AUTH" '401'
head -c 3000000 /dev/urandom | base64 -w 0 >"$work/blob"
{
    printf '{"fichierFlux":"'
    cat "$work/blob"
    printf '"}'
} >"$work/flux"
piste chorus $cpro/deposer/flux --data "$work/flux"
exits 'a deposit of 4 MB' 0
like '... arrived whole' "$out" '"tailleFichier": ?3000000'
fault '{"no_id":true}'
printf '{"numeroFactureSaisi":"F-2"}' >"$work/invoice"
piste chorus $cpro/soumettre --data "$work/invoice"
exits 'a success without an id' 0
fault '{"clear":true}'
fault '{"path":"/cpro","drop_after":1}'
printf '{"numeroFactureSaisi":"F-3"}' >"$work/invoice"
before=$(state invoices)
piste chorus $cpro/soumettre --data "$work/invoice"
exits 'a submission whose answer is lost' "$E_UNKNOWN" 'may have arrived'
is '... was sent once' $(($(state invoices) - before)) 1
fault '{"clear":true}'
fault '{"path":"/cpro","drop_after":1}'
piste chorus $cpro/rechercher/fournisseur --data "$work/article"
exits 'a search whose answer is lost may be asked again' "$E_NETWORK"
fault '{"clear":true}'

# ---- what a refusal means ----

piste call GET /dila/nothing/there
exits 'a wrong path: no fault of the token' "$E_REFUSED" 'no API has that path.*DefaultRealm'
sed 's/^client_secret = .*/client_secret = wrong/' "$keys" >"$work/wrong"
printf 'AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIIIIJJJJKKKKLLLLMMMMNN\n' >"$work/dead"
chmod 600 "$work/dead"
nv piste ping --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/dead"
exits 'a bad token: no fault of the path' "$E_AUTH" 'the path is right, the token is not'
nv piste ping --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/wrong"
exits 'a wrong secret' "$E_AUTH" 'invalid_client'
unlike '... is not told' "$out$err" 'wrong$'
fault '{"unsubscribed":"/cassation/"}'
piste ping judilibre
exits 'not subscribed' "$E_REFUSED" 'no subscription, or terms of use not accepted'
fault '{"clear":true}'
fault '{"limits":{"piste":1},"reset_limits":true}'
piste health
piste health
exits 'too many: an empty 429' "$E_LATER" '429.*try again in'
fault '{"limits":{"piste":100000},"reset_limits":true}'
for status in 500 502 503; do
    fault "{\"scope\":\"piste\",\"path\":\"/dila\",\"fail_status\":$status,\"fail_count\":9}"
    piste ping
    exits "$status, a page" "$E_LATER" 'Injected failure'
    fault '{"clear":true}'
done
before=$(state piste_tokens)
fault '{"system":"piste","expire_tokens":true}'
fault '{"clear":true}'
piste ping
exits 'a token that died is renewed' 0
is '... once' $(($(state piste_tokens) - before)) 1

# ---- 50 MB in the memory of 1 KB ----

peak_of() { # BYTES: peak memory of a call whose answer has so many, KiB
    printf '{"bytes":%d,"chunked":%s}' "$1" "$2" >"$work/size"
    # shellcheck disable=SC2086 # WRAP is words
    "$BUILD/tests/peak" "$work/peak" "$BUILD/navette" piste call POST $lf/search \
        --data "$work/size" --output "$work/big" --base-url "$url" --ca-file "$work/pki/ca.pem" \
        --token-file "$keys" --timeout 300 2>"$work/err" || cat "$work/err"
    is "an answer of $1 bytes is whole" "$(wc -c <"$work/big")" "$1"
    peak=$(cat "$work/peak")
}
peak_of 1024 false
small=$peak
for chunked in false true; do
    peak_of 52428800 $chunked
    echo "# peak memory: $small KiB for 1 KB, $peak KiB for 50 MB (chunked: $chunked)"
    # The same, but for the program's own pages that the kernel happens to map along.
    is '50 MB take the memory of 1 KB' "$([ "$peak" -le $((small + 1024)) ] && echo yes)" yes
done
piste call POST $lf/search --data "$work/size" --output /dev/full/x
exits 'a place where no file can be' "$E_INPUT" 'cannot be written'
sh -c '"$@" >/dev/full' sh "$BUILD/navette" piste call POST $lf/search --data "$work/size" \
    --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys" 2>"$work/err"
is 'a full disk behind standard output' $? "$E_INPUT"
printf '{"bytes":10000000}' >"$work/size"
fault '{"path":"/dila","truncate":1}'
piste call POST $lf/search --data "$work/size" --output "$work/broken"
exits 'an answer that breaks off' "$E_ANSWER" 'ended inside the answer'
is '... leaves no file' "$(find "$work" -name 'broken*' | wc -l)" 0
fault '{"clear":true}'

# ---- nothing tells a secret ----

{
    for command in ping "chorus $cpro/soumettre --data $work/invoice" \
        "call GET /dila/nothing/there"; do
        # shellcheck disable=SC2086 # words
        piste $command -v -v --no-cache
        printf '%s\n%s\n' "$out" "$err"
        # shellcheck disable=SC2086
        piste $command -v --json
        printf '%s\n%s\n' "$out" "$err"
    done
} >"$work/said"
account=$(sed -n 's/^account_[a-z]* = //p' "$keys" | paste -sd: - | tr -d '\n' | base64 -w 0)
for secret in $(sed -n 's/^\(client_secret\|account_password\|api_key\) = //p' "$keys") "$account"; do
    is 'no secret was said' "$(grep -cF -- "$secret" "$work/said")" 0
done

finish
