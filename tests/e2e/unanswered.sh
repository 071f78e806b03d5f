#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# navette journey send over lines that the server answers for in no way, neither when they are posted
# nor when they are looked up: what is given up, what goes on, and what is said of the rest at the end.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl python3

make_keys
"$BUILD/tools/journeys" --count 3000 --seed 1 >"$work/all"
next=1
# journeys COUNT [AWK]: a file of its own in $file; the lines that AWK picks are at fault.
journeys() {
    file=$work/journeys-$next
    sed -n "$next,$((next + $1 - 1))p" "$work/all" |
        awk "${2:-0}"' { sub(/"operator_journey_id":"/, "&poison-") } { print }' >"$file"
    next=$((next + $1))
}
send() {
    nv journey send "$file" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys" "$@"
}
begin() { # OPTION ...: the same in the background
    "$BUILD/navette" journey send "$file" --base-url "$url" --ca-file "$work/pki/ca.pem" \
        --token-file "$keys" "$@" >"$work/out" 2>"$work/err" </dev/null &
    sender=$!
    pids="$pids $sender"
}
reap() {
    code=0
    wait "$sender" || code=$?
    pids=$(echo "$pids" | sed "s/ $sender\$//; s/ $sender / /")
    out=$(cat "$work/out") err=$(cat "$work/err")
}
end() { # NAME CODE
    reap
    is "$1" "$code" "$2"
}
stop() { # NAME COUNT: by a signal, unless it has ended; at most so many lines are refused or open
    kill -INT "$sender" 2>/dev/null || :
    reap
    is "$1: stopped, or all of it done" "$([ $code = 130 ] || [ $code = "$E_PARTLY" ] && echo yes)" yes
    open=$(number unanswered)
    is "$1: those that are refused or open" \
        "$([ $(($(number failed) + ${open:-0})) -le "$2" ] && echo "at most $2")" "at most $2"
}
until_stored() { # NAME COUNT: within 60 s
    tries=0
    until [ $(($(state journeys) - stored)) -ge "$2" ] || [ $tries -gt 300 ]; do
        tries=$((tries + 1))
        sleep 0.2
    done
    is "$1" $(($(state journeys) - stored)) "$2"
}
number() { # NAME: of the last --json output, "" when it is not there
    printf '%s\n' "$out" | tr ',{}' '\n' | sed -n "s/^ *\"$1\": *\(-\{0,1\}[0-9]*\)\$/\1/p" | head -n 1
}
poison() { # FAULT: of the lines at fault, in their look-ups too
    fault '{"scope":"journeys","match":"poison-","match_url":true,'"$1"'}'
}
start_standin --keys "$keys" --idle 30 --limit-scale 100

# ---- the last line of a file: nothing is delivered after it ----

last() { # NAME FAULT [OPTION ...]
    name=$1
    journeys 7 'NR == 7'
    poison "$2"
    shift 2
    stored=$(state journeys)
    send --json --retry-for 1 "$@"
    exits "$name" "$E_PARTLY" 'line 7: the server failed on it .*it may have arrived: look it up'
    is "$name: failed, may have arrived" "$(number failed), $(number may_have_arrived)" '1, 1'
    is "$name: the others are there" $(($(state journeys) - stored)) 6
    like "$name: its record" "$(cat "$file.refused")" \
        '^\{"line":7,"by":"server",.*"may_have_arrived":true,"note":"the server failed on it; it may have arrived: look it up'
    fault '{"clear":true}'
}
last 'a 500' '"fail_status":500,"fail_count":1000000'
last 'a reset' '"drop_before":1000000,"reset":true'
last 'a page' '"front_count":1000000'
last 'silence' '"delay_ms":5000,"delay_count":1000000' --timeout 1
send
exits 'once the server can' 0
like 'once the server can: the last one' "$out" '^delivered +1$'

# ---- however many they are, the rest is tried long before --retry-for is over ----

journeys 100 'NR > 10 && NR <= 90'
poison '"fail_status":500,"fail_count":1000000'
stored=$(state journeys)
begin --json
until_stored 'a row of 80 lines: what stands behind it' 20
stop 'a row of 80 lines' 80

# Of the largest lines 60 fill the memory that a run has for them.
journeys 90
python3 "$root/tests/e2e/wide.py" <"$file" | python3 -c '
import json, sys
for n, line in enumerate(sys.stdin):
    j = json.loads(line)
    name = "poison-" if 5 <= n < 85 else ""
    j["operator_journey_id"] = name + j["operator_journey_id"][-36:]
    print(json.dumps(j, ensure_ascii=False, separators=(",", ":")))' >"$file.wide"
file=$file.wide
stored=$(state journeys)
begin --json
until_stored 'more lines than there is room for: what stands behind them' 10
stop 'more lines than there is room for' 80
is '... some of them refused' "$([ "$(number failed)" -gt 0 ] && echo yes)" yes
fault '{"clear":true}'

# ---- stopped while one waits for its answer ----

journeys 3 'NR == 2'
poison '"delay_ms":20000,"delay_count":1000000'
stored=$(state journeys)
begin
until_stored 'stopped at the second: the first is there' 1
sleep 2 # the second has gone out
kill -INT "$sender"
end 'stopped at the second' 130
like 'stopped at the second: that is without an answer' "$out" \
    '^unanswered +1, the first is line 2 +\(sent, and may have arrived: send the file again\)$'
is 'stopped at the second: none is refused' "$([ -e "$file.refused" ] || echo none)" none
fault '{"clear":true}'

# ---- an outage is no line's fault ----

journeys 5
fault '{"scope":"calls","fail_status":500,"fail_count":1000000}'
send --json --retry-for 2
exits 'all get 500' "$E_LATER"
is 'all get 500: given up' "$(number failed), $(number may_have_arrived)" '0, 0'
is 'all get 500: from which on without an answer, or not sent' \
    "$(number unanswered_from), $([ "$(number not_sent_from)" -gt 1 ] && echo later)" '1, later'
is 'all get 500: none is refused' "$([ -e "$file.refused" ] || echo none)" none
journeys 1
send --retry-for 2
exits 'the only one gets 500' "$E_LATER" 'line 1 .*; run it again, or allow more with --retry-for'
like 'the only one gets 500: it was sent' "$out" '^unanswered +1, the first is line 1 '
unlike 'the only one gets 500: nothing else is there' "$out" '^not sent'
fault '{"clear":true}'

# One that begins in the middle, with all delivered before.
journeys 9
mv "$file" "$file.all"
mkfifo "$file"
stored=$(state journeys)
begin --json --retry-for 3
{
    head -n 3 "$file.all"
    until_stored 'an outage in the middle: before it' 3 >&3
    fault '{"scope":"calls","fail_status":500,"fail_count":1000000}'
    tail -n 6 "$file.all"
} 3>"$work/said" >"$file"
cat "$work/said"
grep -q '^ok' "$work/said" && passed=$((passed + 1)) || failed=$((failed + 1))
end 'an outage in the middle' "$E_LATER"
is 'an outage in the middle: delivered, failed' "$(number delivered), $(number failed)" '3, 0'
is 'an outage in the middle: without an answer' "$(number unanswered_from)" 4
fault '{"clear":true}'

# ---- an empty 404 or a redirect: of one line, or of all ----

alone() { # NAME AWK COUNT FAULT
    journeys 12 "$2"
    fault '{"scope":"journeys","match":"poison-",'"$4"'}'
    stored=$(state journeys)
    send --json --retry-for 1
    exits "$1" "$E_PARTLY" 'the server failed on it'
    is "$1: the others are there" $(($(state journeys) - stored)) $((12 - $3))
    is "$1: each is kept" "$(grep -c '"by":"server"' "$file.refused")" "$3"
    is "$1: may have arrived" "$(number may_have_arrived)" "${5:-0}"
    fault '{"clear":true}'
}
none='"front_count":1000000,"front_status":404,"front_type":"none","front_body":"none"'
alone 'an empty 404 for one' 'NR == 5' 1 "$none"
alone 'an empty 404 for the first one' 'NR == 1' 1 "$none"
alone 'an empty 404 for the last one' 'NR == 12' 1 "$none"
alone 'an empty 404 for a few in a row' 'NR > 3 && NR < 8' 4 "$none"
alone 'an empty 404 for the look-up too' 'NR == 6' 1 '"match_url":true,'"$none" 1
alone 'a redirect of the first one' 'NR == 1' 1 '"front_count":1000000,"front_status":302'
alone 'redirects of a few in a row' 'NR > 3 && NR < 8' 4 '"front_count":1000000,"front_status":302'
journeys 12
fault '{"scope":"journeys",'"$none"'}'
begun=$(date +%s)
send --json
exits 'an empty 404 for all' "$E_CONFIG" 'does not have this version of its API'
unlike 'an empty 404 for all: no other version is asked for' "$err" '[Uu]se (version )?v3'
is 'an empty 404 for all: at once' "$([ $(($(date +%s) - begun)) -le 5 ] && echo yes)" yes
is 'an empty 404 for all: none is refused' "$([ -e "$file.refused" ] || echo none)" none

finish
