#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The command against the stand-in: verdicts, tokens, limits, faults. What the command claims is
# compared with what the server counted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl

make_keys

# with COMMAND ...: the command at the stand-in with the key pair.
with() {
    nv "$@" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys"
}
journeys() { # COUNT SEED [OPTION ...]: a file of its own, its name in $file
    count=$1 seed=$2
    shift 2
    file=$work/journeys-$seed
    "$BUILD/tools/journeys" --count "$count" --seed "$seed" "$@" >"$file"
}
# stored NAME NUMBER: so many more journeys on the server than before the last mark.
mark() {
    marked=$(state journeys)
    marked_tokens=$(state token_calls)
    marked_connections=$(state connections)
}
stored() { is "$1: stored" $(($(state journeys) - marked)) "$2"; }
tokens() { is "$1: token calls" $(($(state token_calls) - marked_tokens)) "$2"; }
connections() { # our own questions take one each: those between mark and here are subtracted
    is "$1: connections" $(($(state connections) - marked_connections)) "$2"
}
number() { # NAME: of the last --json output
    printf '%s\n' "$out" | tr ',{}' '\n' | sed -n "s/^ *\"$1\": *\(-\{0,1\}[0-9]*\)\$/\1/p" | head -n 1
}
counts() { # NAME DELIVERED DUPLICATE REFUSED: of a send with --json
    is "$1: delivered, duplicate, refused" \
        "$(number delivered), $(number duplicate), $(number refused)" "$2, $3, $4"
}
first_id() { sed -n '1s/.*"operator_journey_id":"\([^"]*\)".*/\1/p' "$1"; }

start_standin --keys "$keys" --idle 30

# ---- delivered, duplicate, refused ----

journeys 60 1
mark
with journey send "$file" --json
exits 'send 60 journeys' 0
counts 'send 60 journeys' 60 0 0
stored 'send 60 journeys' 60
tokens 'send 60 journeys' 1
connections 'send 60 journeys' 1
id=$(first_id "$file")
mark
with journey send "$file" --json
exits 'the same file again' 0
counts 'the same file again' 0 60 0
stored 'the same file again' 0
tokens 'the same file again' 0

# Lines that must not be delivered, of nine kinds; the registry's clock ten minutes slow makes one
# of them a journey in the future to it alone.
journeys 240 2 --bad
with journey check "$file" --json --refused "$work/checked"
exits 'check a file with bad lines' "$E_PARTLY"
broken=$(wc -l <"$work/checked")
mark
with journey send "$file" --json --refused "$work/refused"
exits 'send a file with bad lines' "$E_PARTLY"
delivered=$(number delivered) duplicate=$(number duplicate) refused=$(number refused)
aside=$(number set_aside)
is 'every line has one verdict' $((delivered + duplicate + refused + aside)) 240
is 'ten lines are bad' $((duplicate + refused + aside)) 10
violations=$(grep -c -- -32422 "$work/refused")
stored 'bad lines: the delivered and the violations' $((delivered + violations))
is 'the refused file holds the refused and what was not sent' "$(wc -l <"$work/refused")" \
    $((refused + aside))
is 'check finds what was not sent' "$broken" "$aside"
like 'refused: too short' "$(cat "$work/refused")" 'distance_too_short'
like 'refused: a day late' "$(cat "$work/refused")" 'expired'
like 'refused: by the registry, 400' "$(cat "$work/refused")" '-32602'
like 'refused: a future end' "$(cat "$work/refused")" 'future'
like 'refused: an unknown field' "$(cat "$work/refused")" 'application_timestamp'
like 'refused: half a line' "$(cat "$work/refused")" 'JSON'
mode=$(stat -c %a "$work/refused")
is 'the refused file is private: it holds journeys' "$mode" 600
printf '' | "$BUILD/navette" journey send - --base-url "$url" --ca-file "$work/pki/ca.pem" \
    --token-file "$keys" --refused "$work/refused" --json >"$work/out" 2>"$work/err"
is 'no journeys at all is no error' $? 0

# ---- one journey ----

with journey status "$id"
exits 'status' 0
like 'status' "$out" pending
with journey status "$id" --json
is 'status, for machines' "$(echo "$out" | grep -o '"status": *"[a-z]*"' | tr -d ' ')" '"status":"pending"'
with journey status 'no/such id?'
exits 'status of an unknown id, odd characters in it' "$E_REFUSED" '404'
sed -n 1p "$file" >"$work/one"
with journey update "$(first_id "$file")" "$work/one"
exits 'update' 0
with journey update none "$work/one"
exits 'update of an unknown id' "$E_REFUSED" 'No record has been updated'
with journey cancel "$id" --code no_show --message 'nobody came'
exits 'cancel' 0
with journey status "$id"
like 'cancelled' "$out" canceled
with journey cancel "$id" --code 'not this'
exits 'cancel with a bad code' "$E_USAGE" 'code'
with journey cancel none
exits 'cancel of an unknown id' "$E_REFUSED" '404'
with journey list --status pending --limit 5
exits 'list' 0
is 'list: as many as asked for' "$(printf '%s\n' "$out" | wc -l)" 5
with journey list --status canceled
is 'list: the cancelled one' "$out" "$id"
with journey list --status terms_violation_error
exits 'list of a status that the registry does not list' "$E_REFUSED" '/status'
fault '{"settle":true}'
with journey list --limit 3
is 'list: ok unless told otherwise' "$(printf '%s\n' "$out" | wc -l)" 3
with call rpc GET "/v3.3/journeys/$id"
exits 'call: GET' 0
like 'call: the body as it came' "$out" "^\{\"operator_journey_id\":\"$id\",\"status\":\"canceled\""
with call rpc POST /v3.3/journeys --data "$work/one"
exits 'call: POST of a known journey: no 2xx, no success' "$E_REFUSED" '409.*-32509'
like '... its body' "$out" '"code":-32509'
with call rpc GET /v2/journeys
exits 'call: an old version, 404 without a body' "$E_CONFIG" 'this version.*404.*v3\.3'

# ---- tokens ----

cache=$(find "$work/home" "$work" -maxdepth 4 -path '*cache*' -name 'token-*' ! -name '*.lock' | head -n 1)
is 'the token cache is private' "$(stat -c '%a' "$cache")" 600
mark
for _ in 1 2 3; do with journey status "$id"; done
tokens 'three runs share the cache' 0
fault '{"expire_tokens":true}'
mark
with journey status "$id"
exits 'a 401 renews the token' 0
tokens 'a 401 renews the token' 1
fault '{"expire_tokens":true,"token_life":-10}'
with journey status "$id"
exits 'a fresh token refused as well' "$E_AUTH"
fault '{"token_life":17,"expire_tokens":true,"reset_limits":true}'
with token
mark
sleep 3
with journey status "$id"
exits 'a token near its end is renewed' 0
tokens 'a token near its end is renewed' 1
fault '{"token_life":300}'
mark
with journey status "$id" --no-cache
tokens 'no cache, no sharing' 1
fault '{"reset_limits":true}'
for _ in 1 2 3 4 5; do with token --no-cache; done
exits 'five tokens' 0
with token --no-cache
exits 'the sixth is one too many' "$E_LATER" 'too many token requests'
like '... and may come later' "$err" 'try again in [1-6]?[0-9] s'
fault '{"reset_limits":true}'
printf 'access_key = 5f1b8c1e-0d5e-4c43-9a51-3f8a2c7d9e10\nsecret_key = wrong\n' >"$work/wrong"
chmod 600 "$work/wrong"
nv journey status "$id" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/wrong"
exits 'wrong keys: the token kept for the right ones does not count' "$E_AUTH" 'Invalid access key or secret key'
unlike '... the secret is not told' "$out$err" 'wrong$'
fault '{"token_answer":""}'
with token --no-cache
exits 'a token answer without a token' "$E_ANSWER"
fault '{"token_answer":"not a jwt"}'
with token --no-cache
exits 'a token answer with a space in it' "$E_ANSWER"
nv journey status "$id" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/app-token"
exits 'an application token' 0
printf 'nonsense\n' >"$work/nonsense"
chmod 600 "$work/nonsense"
nv journey status "$id" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/nonsense"
exits 'a malformed token, which the registry answers with 500' "$E_LATER" 'Invalid Compact JWS'
with token --show
like 'the token for scripts' "$out" '^eyJ[A-Za-z0-9_.-]+$'
like 'the token has three parts' "$(echo "$out" | tr -cd .)" '^\.\.$'

# ---- limits and failures on the way ----

fault '{"reset_limits":true}'

# deliver NAME SEED FAULT: ten journeys that all arrive in spite of the fault.
deliver() {
    name=$1
    journeys 10 "$2"
    fault "$3"
    mark
    with journey send "$file" --json
    exits "$name" 0
    is "$name: nothing is lost" "$(($(number delivered) + $(number duplicate)))" 10
    stored "$name" 10
    fault '{"clear":true}'
}
begun=$(date +%s%N)
deliver 'two answers of 429' 11 '{"scope":"journeys","fail_status":429,"fail_count":2,"retry_after":"1"}'
is 'Retry-After is kept' "$([ $(($(date +%s%N) - begun)) -ge 2000000000 ] && echo yes)" yes
deliver '503 once' 12 '{"scope":"journeys","fail_status":503,"fail_count":1,"retry_after":"1"}'
deliver '500 once' 13 '{"scope":"journeys","fail_status":500,"fail_count":1}'
deliver 'a connection closed after each answer' 14 '{"close_after":1}'
deliver 'a connection closed unannounced, every third answer' 15 '{"close_silent":3}'
deliver 'a request lost' 16 '{"scope":"journeys","drop_before":1}'
deliver 'a request lost with a reset' 17 '{"scope":"journeys","drop_before":1,"reset":true}'
deliver 'an answer lost' 18 '{"scope":"journeys","drop_after":1}'
is '... it was looked up, and found there' "$(number delivered)" 10
deliver 'an answer lost with a reset' 19 '{"scope":"journeys","drop_after":1,"reset":true}'
deliver 'an answer cut short' 20 '{"scope":"journeys","truncate":1}'
deliver 'all answers in small chunks' 21 '{"chunked":true}'
deliver 'a token that ends in the middle' 22 '{"scope":"journeys","expire_tokens":true}'

journeys 3 30
fault '{"maintenance":true}'
with journey send "$file" --retry-for 2
exits 'maintenance' "$E_LATER" '503|Service Unavailable'
with journey status "$id"
exits 'maintenance: status' "$E_LATER" 'Service Unavailable'
fault '{"clear":true,"delay_ms":4000,"delay_count":1}'
begun=$(date +%s)
with journey status "$id" --timeout 1
exits 'a late answer' "$E_NETWORK" 'in time'
is 'a late answer: given up in time' "$([ $(($(date +%s) - begun)) -le 3 ] && echo yes)" yes
fault '{"clear":true,"scope":"journeys","fail_status":429,"fail_count":1,"retry_after":"3600"}'
with journey status "$id"
exits 'a 429 with an hour to wait' "$E_LATER" 'try again in 3[56][0-9][0-9] s'
fault '{"fail_status":429,"fail_count":1,"retry_after":"'"$(date -u -d '+30 seconds' '+%a, %d %b %Y %H:%M:%S GMT')"'"}'
with journey status "$id"
exits 'a 429 with a date' "$E_LATER" 'try again in [23][0-9] s'
fault '{"clear":true}'

# ---- a request without a key is never sent twice blindly ----

journeys 1 31
fault '{"scope":"journeys","drop_after":1}'
mark
before=$(state requests)
with call rpc POST /v3.3/journeys --data "$file"
exits 'a POST of unknown outcome' "$E_UNKNOWN" 'may have arrived'
is '... was sent once' $(($(state requests) - before)) 1
stored '... and did arrive' 1
fault '{"clear":true,"scope":"journeys","drop_before":1}'
with call rpc POST /v3.3/journeys --data "$file" --json --output "$work/answer"
is 'a POST of unknown outcome, for machines' "$code" "$E_UNKNOWN"
fault '{"clear":true}'

# ---- a slow source: the server closes the idle connection between two journeys ----

journeys 10 32
stop_standin
start_standin --keys "$keys" --idle 1
mark
{
    sed -n 1,5p "$file"
    sleep 3
    sed -n '6,$p' "$file"
} | "$BUILD/navette" journey send - --json --base-url "$url" --ca-file "$work/pki/ca.pem" \
    --token-file "$keys" >"$work/out" 2>"$work/err"
is 'a slow source' $? 0
out=$(cat "$work/out")
counts 'a slow source' 10 0 0
stored 'a slow source' 10
connections 'a slow source' 2
is 'a slow source: the session was resumed' "$(state resumed)/$(number resumptions)" 1/1

# ---- four at once ----

rm -rf "$XDG_CACHE_HOME"
mark
senders=
for n in 51 52 53 54; do
    journeys 40 $n
    "$BUILD/navette" journey send "$file" --base-url "$url" --ca-file "$work/pki/ca.pem" \
        --token-file "$keys" >"$work/out-$n" 2>&1 &
    senders="$senders $!"
done
for sender in $senders; do
    wait "$sender"
    is 'one of four at once' $? 0
done
stored 'four at once' 160
is 'four at once: no token call too many' \
    "$([ $(($(state token_calls) - marked_tokens)) -le 4 ] && echo yes)" yes
with journey status "$id" -v
unlike 'four at once: the cache is whole' "$err" 'new token|cache.*ignored'

# ---- nothing tells a secret ----

with token --show
token=$out
secret=$(sed -n 's/secret_key = //p' "$keys")
journeys 5 60
{
    for command in "journey send $file" "journey status $id" 'journey list --status pending' \
        'call rpc GET /v3.3/journeys/none' token doctor; do
        # shellcheck disable=SC2086 # words
        with $command -v -v
        printf '%s\n%s\n' "$out" "$err"
        # shellcheck disable=SC2086
        with $command -v --json
        printf '%s\n%s\n' "$out" "$err"
    done
    fault '{"expire_tokens":true,"token_life":-10}'
    with journey status "$id" -v -v
    printf '%s\n%s\n' "$out" "$err"
    fault '{"token_life":300,"reset_limits":true}'
} >"$work/said"
is 'much was said' "$([ "$(wc -l <"$work/said")" -gt 30 ] && echo yes)" yes
is 'but not the token' "$(grep -cF -- "$token" "$work/said")" 0
is 'nor a part of it' "$(grep -cF -- "$(echo "$token" | cut -d. -f3 | cut -c1-20)" "$work/said")" 0
is 'nor the secret key' "$(grep -cF -- "$secret" "$work/said")" 0

# ---- the bar ----

# on TERM COLUMNS: the file is sent at such a terminal, which shows $shown, a line for each rewrite.
cat >"$work/terminal.py" <<'PY'
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
try:
    while text := os.read(fd, 4096):
        sys.stdout.buffer.write(text)
except OSError:
    pass
os.waitpid(pid, 0)
PY
on() {
    TERM=$1 timeout 60 python3 "$work/terminal.py" "$2" "$BUILD/navette" journey send "$file" \
        --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys" >"$work/shown"
    shown=$(tr '\r' '\n' <"$work/shown")
}
journeys 3 39
on xterm 100
like 'a bar' "$shown" '\[K\[#{24}\] 100 %  3 journeys  [0-9]+/s  0 s to go$'
on xterm 40
is 'a narrow terminal: it is no longer than a line' \
    "$(printf '%s\n' "$shown" | sed -n 's/^.\[K//p' | awk '{ if (length($0) > m) m = length($0) } END { print m }')" 39
on dumb 80
like 'a terminal that cannot erase: plain lines' "$shown" '^navette: 100 %, 3 journeys'

# ---- for machines ----

with journey status none --json
is 'an error for machines' "$code" "$E_REFUSED"
like 'an error for machines: one object' "$out" '^\{"ok": ?false,"exit": ?7,.*"message":.*\}$'
with journey list --status pending --limit 2 --json
like 'a list for machines' "$out" '^\{.*"[^"]+".*\}$'
is 'nothing else on standard output' "$(printf '%s\n' "$out" | wc -l)" 1

# ---- a signal ----

journeys 200 40
fault '{"delay_ms":100,"delay_count":1000}'
mark
"$BUILD/navette" journey send "$file" --json --base-url "$url" --ca-file "$work/pki/ca.pem" \
    --token-file "$keys" >"$work/out" 2>"$work/err" &
sender=$!
sleep 1.5
kill -INT $sender
wait $sender
is 'a signal ends the run' $? 130
out=$(cat "$work/out")
fault '{"clear":true}'
delivered=$(number delivered)
more=$(($(state journeys) - marked - delivered)) # the one under way may have arrived
is 'a signal: what was delivered is stored' "$([ $more -ge 0 ] && [ $more -le 1 ] && echo yes)" yes
with journey send "$file" --json
exits 'the run after it' 0
counts 'the run after it' $((200 - delivered - more)) $((delivered + more)) 0
stored 'both together' 200

finish
