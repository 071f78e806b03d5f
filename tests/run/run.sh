#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `make run` shows: 240 journeys of a file reach the registry, or rather a local server that
# stands in for it and for four other systems, over TLS; then each of these is spoken to, and what
# it all took stands in a table. Between the two, a gateway loses its registry and its power with
# journeys on board. Everything lives in a temporary folder and is gone afterwards. Fails when
# anything is not as it should be.
set -u
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "$0")/../.." && pwd)
case ${BUILD:=build} in
/*) ;;
*) BUILD=$root/$BUILD ;;
esac
umask 077
work=$(mktemp -d "${TMPDIR:-/tmp}/navette-run.XXXXXX") || exit 1
server=
gateway=

leave() {
    [ -z "$gateway" ] || kill -9 "$gateway" 2>/dev/null
    [ -z "$server" ] || kill "$server" 2>/dev/null
    [ -z "$server" ] || wait "$server" 2>/dev/null
    rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' HUP INT TERM

if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
chapter() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
tell() { printf '  %s\n' "$@"; }
wrong() {
    printf '\nmake run: %s\n' "$1" >&2
    exit 1
}
expect() { # WHAT GOT WANTED
    [ "$2" = "$3" ] || wrong "$1: $2 where $3 was expected"
}

lang='' lines=6
prompt() { # WORD ...: as it would be typed
    printf '\n%s$ %snavette' "$bold" "${lang:+NAVETTE_LANG=$lang }"
    for word in "$@"; do
        case $word in *' '*) word="'$word'" ;; esac
        printf ' %s' "$word" | sed "s|$work/||"
    done
    printf '%s\n' "$plain"
}
# Runs the command with its output as it is, so that a terminal gets its progress bar; the exit code
# must be the one given.
run() { # CODE COMMAND ...
    wanted=$1
    shift
    prompt "$@"
    "$BUILD/navette" "$@"
    code=$?
    expect "exit code of navette $1" "$code" "$wanted"
}

# What a command cost is told at -v: SYSTEM KIND CALLS MS OUT IN, a line each. KIND: token or call.
figures=$work/figures
: >"$figures"
keep_figures() { # SYSTEM KIND
    sed -n "s/^navette: figures: calls \([0-9]*\), ms \([0-9]*\), bytes out \([0-9]*\), in \([0-9]*\),.*/$1 $2 \1 \2 \3 \4/p" \
        "$work/err" >>"$figures"
}
# at SYSTEM CODE REGEX COMMAND ...: like run, but of what it says the first lines alone, and these
# must hold REGEX.
at() {
    system=$1 wanted=$2 regex=$3
    shift 3
    prompt "$@"
    NAVETTE_LANG=${lang:-en} "$BUILD/navette" "$@" -v >"$work/out" 2>"$work/err"
    code=$?
    kind=call
    [ "$1" != token ] || kind=token
    keep_figures "$system" $kind
    { cat "$work/out"; echo; sed -n 's/^navette: //p' "$work/err"; } |
        grep -Ev '^(configuration from|figures:|HTTP/1|[a-z]+ at https|x-)|^$' >"$work/said"
    sed -i "s|$work/||g" "$work/said"
    sed -E 's/^(\{.{100}).{4,}$/\1 .../' "$work/said" | head -n "$lines"
    expect "exit code of navette $1 $2" "$code" "$wanted"
    grep -Eq -- "$regex" "$work/said" || wrong "navette $1 $2 does not say \"$regex\""
}

cd "$work" || exit 1
# Only what is set here counts: no configuration, cache or secret of the caller's.
export HOME="$work" XDG_CONFIG_HOME="$work/config" XDG_CACHE_HOME="$work/cache"
export XDG_STATE_HOME="$work/state"
unset RUNTIME_DIRECTORY STATE_DIRECTORY CREDENTIALS_DIRECTORY
for variable in $(env | sed -n 's/^\(NAVETTE_[A-Z0-9_]*\)=.*/\1/p'); do unset "$variable"; done

chapter 'The stage'
sh "$root/tests/pki/make-pki.sh" "$work/pki" >"$work/pki.log" 2>&1 ||
    wrong "no certificates: $(tail -n 1 "$work/pki.log")"
tell 'certificates: a root, an intermediate, a P-256 leaf for localhost, made just now'

mkdir "$work/keys"
# Its clock is seven minutes slow, so that one journey has not ended yet as it sees things.
"$BUILD/standin" --cert "$work/pki/server.pem" --key "$work/pki/server.key" \
    --secrets-dir "$work/keys" --odd-secrets --clock-offset -400 --port-file "$work/port" --max-life 900 2>"$work/server.log" &
server=$!
tries=0
until [ -s "$work/port" ]; do
    tries=$((tries + 1))
    if [ $tries -gt 200 ] || ! kill -0 "$server" 2>/dev/null; then
        wrong "the stand-in did not start: $(tail -n 1 "$work/server.log")"
    fi
    sleep 0.05
done
url=https://localhost:$(cat "$work/port")
tell "the stand-in of all five systems listens at $url" \
    'and has written what it knows its clients by into keys/, with odd characters in the secrets'

"$BUILD/tools/journeys" --count 240 --seed 1 --now $(($(date +%s) - 700)) --bad >"$work/day.jsonl" ||
    wrong 'no journeys'
tell 'day.jsonl: 240 journeys, one a line, ten of them bad on purpose'

{
    echo "ca_file = $work/pki/ca.pem"
    echo "base_url = $url"
    for system in rpc coopcycle piste jindexe demarches; do
        printf '[%s]\ntoken_file = %s\n' $system "$work/keys/$system.keys"
        [ $system != piste ] || echo "token_url = https://127.0.0.1:$(cat "$work/port")/api/oauth/token"
    done
} >"$work/navette.conf"
export NAVETTE_CONFIG="$work/navette.conf"
tell 'navette.conf: where the server is, whom to trust, and the files with the secrets:'
sed "s|$work/||; s/^/      /" "$work/navette.conf"

chapter 'A token for the keys'
at rpc 0 'token: new' token rpc

chapter 'The journeys'
run 1 journey send "$work/day.jsonl" --refused "$work/refused.jsonl"
expect 'refused lines' "$(wc -l <"$work/refused.jsonl")" 8
for reason in distance_too_short expired 'in the future' phone; do
    grep -q "$reason" "$work/refused.jsonl" || wrong "no journey was refused for \"$reason\""
done

chapter 'One of them, and what else the registry tells'
id=$(sed -n '1s/.*"operator_journey_id":"\([^"]*\)".*/\1/p' "$work/day.jsonl")
[ -n "$id" ] || wrong 'the first line has no id'
at rpc 0 'pending' journey status "$id"
at rpc 0 'cancelled' journey cancel "$id" --code no_show
at rpc 0 "^$id\$" journey list --status canceled
at rpc 0 '^[0-9]+ m, [0-9]+ s$' journey route --from 48.1173,-1.6778 --to 48.2640,-1.7260
at rpc 7 'hint: Check the id' journey status no-such-journey

chapter 'The gateway: journeys come in while the registry is away, and the power fails'
mkdir "$work/in"
fault() { # JSON
    printf '%s' "$1" >"$work/fault.json"
    "$BUILD/navette" call rpc POST /standin/fault --data "$work/fault.json" --no-auth >/dev/null ||
        wrong 'the stand-in takes no fault'
}
start_gateway() {
    set -- serve --spool "$work/spool" --spool-size 1 --socket "$work/sock" --drop "$work/in"
    prompt "$@" '&'
    "$BUILD/navette" "$@" 2>>"$work/gateway.log" &
    gateway=$!
}
until_gateway() { # COUNTER VALUE: waits until navette status tells so
    tries=0
    until "$BUILD/navette" status --socket "$work/sock" --json 2>/dev/null |
        grep -q "\"$1\":$2[,}]"; do
        tries=$((tries + 1))
        [ $tries -le 300 ] || wrong "the gateway: no $1 $2; $(tail -n 2 "$work/gateway.log")"
        sleep 0.05
    done
}
fault '{"maintenance":true}'
start_gateway
"$BUILD/tools/journeys" --count 60 --seed 2 --now $(($(date +%s) - 700)) >"$work/trip.jsonl" ||
    wrong 'no journeys'
until_gateway pending 0
mv "$work/trip.jsonl" "$work/in/"
tell 'trip.jsonl, 60 journeys, was moved into the folder in/'
until_gateway kept 60
run 0 status --socket "$work/sock"
kill -9 "$gateway"
wait "$gateway" 2>/dev/null
gateway=
echo
tell 'kill -9 at this moment is a power cut to it. What it had taken in stands in its spool:'
run 0 spool show "$work/spool"
fault '{"clear":true}'
echo
tell 'The power is back, and so is the registry.'
start_gateway
until_gateway delivered 60
until_gateway pending 0
run 0 status --socket "$work/sock"
kill "$gateway"
wait "$gateway" || wrong 'the gateway did not stop as it should'
gateway=

chapter 'CoopCycle: a delivery'
cat >"$work/parcel.json" <<'JSON'
{"pickup": {"address": "24, Rue de la Paix", "before": "2031-06-02T12:00:00Z"},
 "dropoff": {"address": "48, Rue de Rivoli", "before": "2031-06-02T13:00:00Z", "weight": 4500}}
JSON
at coopcycle 0 'token: new' token coopcycle
at coopcycle 0 'feasible' delivery check "$work/parcel.json"
at coopcycle 0 '^price' delivery quote "$work/parcel.json"
at coopcycle 0 '^key +order-7$' delivery create "$work/parcel.json" --key order-7
delivery=$(sed -n 's/^id *//p' "$work/out")
tell 'Its answer may be lost on the way, and there is no duplicate check: the key finds it again.'
at coopcycle 0 "^id +$delivery\$" delivery resolve order-7
at coopcycle 0 'TODO' delivery read "$delivery"
at coopcycle 0 'cancelled' delivery cancel "$delivery"
at coopcycle 7 'hint: Check the number and the host' delivery read 999

chapter 'PISTE: Legifrance and Chorus Pro behind one gateway, tokens from another host'
printf '{"id":"LEGIARTI000032041571"}' >"$work/article.json"
printf '{"idFournisseur":12}' >"$work/invoice.json"
legifrance=/dila/legifrance/lf-engine-app
at piste 0 'token: new' token piste
at piste 0 'pong' piste ping
at piste 0 '"num": ?"1240"' piste call POST $legifrance/consult/getArticle --data "$work/article.json"
tell 'An error under status 200, and a path that no API has:'
at piste 7 'code 20003.*' piste chorus /cpro/factures/v1/soumettre --data "$work/invoice.json"
at piste 7 'hint: No API has that path' piste call GET /dila/nothing

chapter 'Jindexe: a password once, then refresh tokens that rotate'
printf '{"phone":"+33201020304"}' >"$work/listing.json"
at jindexe 0 'token: new' token jindexe
at jindexe 0 'pong' jindexe call GET /ext/ping
at jindexe 0 'email' jindexe call GET /user/me
at jindexe 0 '"city"' jindexe call GET /pro/listings/77
at jindexe 7 'hint: Check the id and the path' jindexe call GET /pro/listings/0

chapter 'Démarches simplifiées: a demarche, its dossiers, a decision'
instructeur=SW5zdHJ1Y3RldXItNw==
dossier=RG9zc2llci0xMDAx
at demarches 0 'token: from its file' token demarches
at demarches 0 '"number": ?62515' query demarche 62515
lines=1
at demarches 0 '"state"' query dossiers 62515 --first 50
lines=6
expect 'dossiers listed' "$(wc -l <"$work/out")" 250
tell '... 250 of them, in pages of 50'
at demarches 0 'en_instruction' query instruct $dossier --instructeur $instructeur
at demarches 0 '.' query upload $dossier "$work/parcel.json"
at demarches 0 'sent' query message $dossier --instructeur $instructeur --body 'Bonjour, bien reçu.'
at demarches 0 'accepte' query accept $dossier --instructeur $instructeur --motivation 'Dossier complet'
tell 'What to do about a failure is told in French too:'
lang=fr
at demarches 7 'hint: Vérifiez le numéro' query dossier 9
lang=

chapter 'What the server saw'
seen=$("$BUILD/navette" call rpc GET /standin/state --no-auth) || wrong 'the server tells nothing'
number() { printf '%s\n' "$seen" | tr ',{}' '\n' | sed -n "s/^\"$1\":\([0-9]*\)\$/\1/p" | head -n 1; }
expect 'journeys stored' "$(number journeys)" 292
expect 'cancelled' "$(number canceled)" 1
expect 'kept in spite of a violation' "$(number terms_violation_error)" 2
# One for each system that gives tokens, and another of the gateway: its 401 for a path that no API
# has could have meant an old token.
expect 'token requests' "$(number token_calls)" 5
expect 'deliveries cancelled' "$(number delivery_cancels)" 1
expect 'deliveries made' "$(number delivery_creates)" 1
expect 'tokens of the gateway' "$(number piste_tokens)" 2
expect 'logins' "$(number logins)" 1
expect 'messages' "$(number messages)" 1
expect 'decisions' "$(number decisions)" 2
expect 'uploads' "$(number uploads)" 1
tell "$(number journeys) journeys: 290 accepted, 2 stored in spite of a violation of the terms" \
    "$(number token_calls) token requests, $(number connections) connections," \
    "$(number requests) requests in all"

chapter 'What it took'
# Journeys that were sent count in their own table above.
awk 'BEGIN {
    format = "  %-10s %9s %6s %9s %10s %10s %10s\n"
    printf format, "", "token ms", "calls", "calls ms", "ms a call", "bytes out", "bytes in"
    n = split("rpc coopcycle piste jindexe demarches", order, " ")
}
$2 == "token" { token[$1] = $4 }
$2 == "call" { calls[$1] += $3; ms[$1] += $4 }
{ bytes_out[$1] += $5; bytes_in[$1] += $6 }
END {
    for (i = 1; i <= n; i++) {
        s = order[i]
        if (calls[s] == 0) exit 1
        printf format, s, s in token ? token[s] : "-", calls[s], ms[s], int(ms[s] / calls[s] + 0.5), \
            bytes_out[s], bytes_in[s]
    }
}' "$figures" || wrong 'figures are missing'
tell 'one connection and TLS handshake for each command; demarches has a token made by hand'
printf '\nmake run: all as it should be\n'
