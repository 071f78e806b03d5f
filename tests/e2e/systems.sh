#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What all systems share in the command: token, call and doctor, the cache of tokens, hints in two
# languages for every status that the server can send.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl

mkdir -p "$work/secrets"
start_standin --secrets-dir "$work/secrets" --odd-secrets --limit-scale 1000
all='rpc coopcycle piste jindexe demarches'

at() { # SYSTEM COMMAND ...
    system=$1
    shift
    nv "$@" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/secrets/$system.keys"
}
get() { # SYSTEM [OPTION ...]: a harmless call that needs the token
    system=$1
    shift
    case "$system" in
    rpc) at rpc call rpc GET '/v3.3/journeys?status=ok' "$@" ;;
    coopcycle) at coopcycle call coopcycle GET /api/me "$@" ;;
    piste) at piste call piste GET /dila/legifrance/lf-engine-app/consult/ping "$@" ;;
    jindexe) at jindexe jindexe call GET /user/me "$@" ;;
    demarches) at demarches call demarches POST /api/v2/graphql --data "$work/query" "$@" ;;
    esac
}
printf '{"query":"{ demarche(number: 62515) { title } }"}' >"$work/query"

# ---- token, call, doctor ----

for system in $all; do
    before=$(state token_calls)
    at "$system" token "$system" --json
    exits "$system: token" 0
    if [ "$system" = demarches ]; then
        like "$system: it was made by hand" "$out" '"kind":"static","renew_in_s":null,"cache":""'
    else
        like "$system: token, for machines" "$out" \
            '"kind":"new","renew_in_s":[0-9]+,.*"ms":[0-9]+,"bytes_out":[0-9]+,"bytes_in":[0-9]+\}$'
        is "$system: one token request" $(($(state token_calls) - before)) 1
        cache=$(printf '%s' "$out" | sed 's/.*"cache":"\([^"]*\)".*/\1/')
        is "$system: kept for its owner alone" "$(stat -c %a "$cache")" 600
        at "$system" token "$system"
        like "$system: token again" "$out" '^token: cached'
    fi
    get "$system"
    exits "$system: call" 0
    get "$system" --json --output "$work/answer"
    exits "$system: call, for machines" 0
    like "$system: ... with its figures" "$out" \
        '"ok":true,"output":".*","http_status":200,"ms":[0-9]+,"bytes_out":[0-9]+,"bytes_in":[0-9]+\}$'
    is "$system: ... and the answer in its file" "$([ -s "$work/answer" ] && echo yes)" yes
    get "$system" -v
    like "$system: -v tells where, and what it cost" "$err" "^navette: $system at $url\$"
    like "$system: -v tells the figures" "$err" \
        '^navette: figures: calls 1, ms [0-9]+, bytes out [1-9][0-9]*, in [1-9][0-9]*, handshakes 1 full, 0 resumed$'
    at "$system" doctor "$system"
    exits "$system: doctor finds all well" 0
    is "$system: doctor: a line each" "$(printf '%s\n' "$out" | grep -c '^OK ')" 5
    at "$system" doctor "$system" --json
    like "$system: doctor, for machines" "$out" "^\{\"system\":\"$system\",\"host\":\"localhost\",\"checks\":\[.*\],\"ok\":true,\"exit\":0\}\$"
done

# ---- a token is kept for its system, origin, scope and credentials ----

is 'one token for each system that gives them' \
    "$(find "$XDG_CACHE_HOME/navette" -name 'token-*' ! -name '*.lock' | wc -l)" 4
before=$(state token_calls)
at coopcycle token coopcycle --scope deliveries
like 'another scope: another token' "$out" '^token: new'
at coopcycle token coopcycle --token-url "https://127.0.0.1:$port/oauth2/token"
like 'another place of tokens: another token' "$out" '^token: new'
is '... asked for there' $(($(state token_calls) - before)) 2
at coopcycle token coopcycle --scope deliveries
like 'that scope again: the same token' "$out" '^token: cached'
at coopcycle token coopcycle --scope 'orders:moon'
exits 'a scope that is not granted' "$E_AUTH" 'hint: Ask only for scopes that the application was given'
fault '{"expire_tokens":true}'
before=$(state token_calls)
for system in $all; do get "$system"; exits "$system: a token that the server forgot is renewed" 0; done
is '... once each' $(($(state token_calls) - before)) 4

# ---- refused credentials ----

# wrong SYSTEM SED REGEX: the secrets file changed like that is refused, with this hint.
wrong() {
    sed "$2" "$work/secrets/$1.keys" >"$work/secrets/wrong.keys"
    chmod 600 "$work/secrets/wrong.keys"
    nv token "$1" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/secrets/wrong.keys" --json
    exits "$1: wrong credentials" "$E_AUTH" "$3"
    like "$1: wrong credentials, for machines" "$out" '"ok":false,"exit":6,"error":"NVT_E_GRANT_REFUSED".*"hint":"[A-Z]'
}
wrong rpc 's/^\(secret_key = \).*/\1other/' 'hint: Check access_key and secret_key'
wrong coopcycle 's/^\(client_secret = \).*/\1other/' 'hint: Check client_id and client_secret in the secrets file, and the host'
wrong piste 's/^\(client_secret = \).*/\1other/' 'hint: Check client_id and client_secret against the application in the portal'
rm -r "$XDG_STATE_HOME" # with a refresh token in it the password would not be asked for
wrong jindexe 's/^\(password = \).*/\1other/' 'hint: Check username and password'
printf '01234567-89ab-cdef-0123-456789abcdef;abcdefghijklmnopqrstuvwx' | base64 -w 0 >"$work/secrets/wrong.keys"
chmod 600 "$work/secrets/wrong.keys"
nv doctor demarches --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/secrets/wrong.keys"
exits 'demarches: a wrong token: doctor tells' "$E_CHECK"
like '... what to do' "$out" '^FAIL  (token|request) .*hint: The token is not known'

# ---- every status has its hint, in both languages ----

export NAVETTE_LANG
for system in $all; do
    case "$system" in
    rpc) path=/v3.3/journeys/1 statuses='400 403 404 405 408 409 422 429 502 503 504' ;;
    coopcycle) path=/api/deliveries/1 statuses='400 403 404 405 406 415 429 502 503 504' ;;
    piste) path=/cpro/x statuses='400 403 404 416 423 429 502 503 504' ;;
    jindexe) path=/user/me statuses='400 403 404 429 502 503 504' ;;
    demarches) path=/api/v2/graphql statuses='400 401 403 404 429 502 503 504' ;;
    esac
    for status in $statuses; do
        fault "{\"clear\":true,\"scope\":\"calls\",\"fail_status\":$status,\"fail_count\":9}"
        NAVETTE_LANG=en
        at "$system" call "$system" POST "$path"
        english=$(printf '%s\n' "$err" | sed -n 's/^navette: hint: //p')
        NAVETTE_LANG=fr
        at "$system" call "$system" POST "$path"
        french=$(printf '%s\n' "$err" | sed -n 's/^navette: hint: //p')
        if [ "$status" = 409 ] && [ -z "$english" ] && [ "$code" = 0 ]; then
            pass "$system, $status: has it already"
        elif [ -n "$english" ] && [ -n "$french" ] && [ "$english" != "$french" ]; then
            pass "$system, $status: a hint in both languages"
        else
            fail "$system, $status: a hint in both languages" "$english" "$french" "$err"
        fi
    done
done
fault '{"clear":true}'
unset NAVETTE_LANG
hint_in() { # NAME REGEX VARIABLE=VALUE: what the locale says, without NAVETTE_LANG
    env -u LC_ALL "$3" "$BUILD/navette" call rpc GET /v3.3/journeys/none --base-url "$url" \
        --ca-file "$work/pki/ca.pem" --token-file "$work/secrets/rpc.keys" >"$work/out" 2>"$work/err"
    like "$1" "$(cat "$work/err")" "$2"
}
hint_in 'the locale is French' 'hint: Vérifiez' LANG=fr_FR.UTF-8
hint_in 'the locale of messages is French' 'hint: Vérifiez' LC_MESSAGES=fr_FR
hint_in 'the locale is English' 'hint: Check' LANG=en_GB.UTF-8
hint_in 'the locale is C' 'hint: Check' LC_ALL=C
at piste piste call GET /dila/nothing
exits 'a path that no API has' "$E_REFUSED" 'hint: No API has that path'
at rpc call rpc GET /v3.3/journeys/none --json --output "$work/none"
like 'a failure, for machines' "$out" \
    '"ok":false,"exit":7,"error":"NVT_E_STATUS","message":".*","code":"-32504","field":"","hint":"Check the id.*","http_status":404,"ms":[0-9]+,"bytes_out":'
is '... nothing is left of the file' "$(ls "$work/none" 2>/dev/null)" ''
finish
