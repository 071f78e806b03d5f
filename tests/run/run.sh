#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `make run` shows: 240 journeys of a file reach the registry, or rather a local server that
# stands in for it, over TLS; then one of them is asked for, cancelled and listed. Everything lives
# in a temporary folder and is gone afterwards. Fails when anything is not as it should be.
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

leave() {
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

# Runs the command with its output as it is, so that a terminal gets its progress bar; the exit code
# must be the one given.
run() { # CODE COMMAND ...
    wanted=$1
    shift
    printf '\n%s$ navette' "$bold"
    for word in "$@"; do printf ' %s' "$word" | sed "s|$work/||"; done
    printf '%s\n' "$plain"
    "$BUILD/navette" "$@"
    code=$?
    expect "exit code of navette $1" "$code" "$wanted"
}

cd "$work" || exit 1
# Only what is set here counts: no configuration, cache or secret of the caller's.
export HOME="$work" XDG_CONFIG_HOME="$work/config" XDG_CACHE_HOME="$work/cache"
unset RUNTIME_DIRECTORY CREDENTIALS_DIRECTORY NAVETTE_BASE_URL NAVETTE_CA_FILE NAVETTE_TOKEN_FILE \
    NAVETTE_TIMEOUT NAVETTE_PIN

chapter 'The stage'
sh "$root/tests/pki/make-pki.sh" "$work/pki" >"$work/pki.log" 2>&1 ||
    wrong "no certificates: $(tail -n 1 "$work/pki.log")"
tell 'certificates: a root, an intermediate, a P-256 leaf for localhost, made just now'

cat >"$work/keys" <<KEYS
access_key = $(openssl rand -hex 16 | sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)/\1-\2-4\3-8\4-/')
secret_key = $(openssl rand -base64 48 | tr '+/' '_-')
KEYS
# Its clock is seven minutes slow, so that one journey has not ended yet as it sees things.
"$BUILD/standin" --cert "$work/pki/server.pem" --key "$work/pki/server.key" --keys "$work/keys" \
    --clock-offset -400 --port-file "$work/port" --max-life 900 2>"$work/server.log" &
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
tell "the registry's stand-in listens at $url"

"$BUILD/tools/journeys" --count 240 --seed 1 --now $(($(date +%s) - 700)) --bad >"$work/day.jsonl" ||
    wrong 'no journeys'
tell 'day.jsonl: 240 journeys, one a line, ten of them bad on purpose'

cat >"$work/navette.conf" <<CONF
ca_file = $work/pki/ca.pem
[rpc]
base_url = $url
token_file = $work/keys
CONF
export NAVETTE_CONFIG="$work/navette.conf"
tell 'navette.conf: where the server is, whom to trust, and the file with the keys:'
sed "s|$work/||; s/^/      /" "$work/navette.conf"

chapter 'A token for the keys'
run 0 token

chapter 'The journeys'
run 1 journey send "$work/day.jsonl" --refused "$work/refused.jsonl"
expect 'refused lines' "$(wc -l <"$work/refused.jsonl")" 8
for reason in distance_too_short expired 'in the future' phone; do
    grep -q "$reason" "$work/refused.jsonl" || wrong "no journey was refused for \"$reason\""
done

chapter 'One of them'
id=$(sed -n '1s/.*"operator_journey_id":"\([^"]*\)".*/\1/p' "$work/day.jsonl")
[ -n "$id" ] || wrong 'the first line has no id'
run 0 journey status "$id"
run 0 journey cancel "$id" --code no_show
run 0 journey status "$id"
run 0 journey list --status canceled
expect 'the list of cancelled journeys' \
    "$("$BUILD/navette" journey list --status canceled)" "$id"

chapter 'What the server saw'
seen=$("$BUILD/navette" call rpc GET /standin/state --no-auth) || wrong 'the server tells nothing'
number() { printf '%s\n' "$seen" | tr ',{}' '\n' | sed -n "s/^\"$1\":\([0-9]*\)\$/\1/p" | head -n 1; }
expect 'journeys stored' "$(number journeys)" 232
expect 'cancelled' "$(number canceled)" 1
expect 'kept in spite of a violation' "$(number terms_violation_error)" 2
expect 'token requests' "$(number token_calls)" 1
tell "$(number journeys) journeys: 230 accepted, 2 stored in spite of a violation of the terms" \
    "$(number token_calls) token request, $(number connections) connections," \
    "$(number requests) requests in all"
printf '\nmake run: all as it should be\n'
