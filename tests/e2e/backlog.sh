#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A backlog at the start: COUNT lines (a million) whose beginning is watched for SECONDS (30), for
# journey send and for the service's drop folder; then WHOLE lines (20 000) that are delivered to the
# last, with the service killed in the middle: nothing is sent twice but what was in flight.
#   make test-backlog-long
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl python3

make_keys
now_ms() { echo $(($(date +%s%N) / 1000000)); }
memory() { # PID
    awk '/^Private_Dirty/ { d += $2 } /^Rss/ { r += $2 } END { print "private dirty " d " KiB, RSS " r " KiB" }' \
        "/proc/$1/smaps_rollup"
}
serve() { # NAME
    "$BUILD/navette" serve --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys" \
        --spool "$work/spool-$1" --spool-size 64 --socket "$work/socket" --drop "$work/drop" \
        2>>"$work/serve.log" &
    serve_pid=$!
    pids="$pids $serve_pid"
}
# until_stored NUMBER SECONDS: how long that took, ms
until_stored() {
    until_begun=$(now_ms)
    until [ "$(state journeys)" -ge "$1" ] || [ $(($(now_ms) - until_begun)) -gt $(($2 * 1000)) ]; do
        sleep 0.1
    done
    echo $(($(now_ms) - until_begun))
}
start_standin --keys "$keys" --idle 30 --limit-scale 100 --max-life 3600
mkdir "$work/drop"

# ---- the beginning of a long one ----

"$BUILD/tools/journeys" --count "${COUNT:-1000000}" --seed 1 >"$work/long"
"$BUILD/navette" journey send "$work/long" --connections 4 --base-url "$url" --ca-file "$work/pki/ca.pem" \
    --token-file "$keys" --json >"$work/out" 2>"$work/err" &
sender=$!
echo "# journey send: the first is there after $(until_stored 1 20) ms"
sleep "${SECONDS_WATCHED:-30}"
echo "# journey send: $(memory $sender), $(state journeys) delivered"
kill -INT $sender
wait $sender
is 'journey send: stopped' $? 130
like 'journey send: what it has delivered is there' \
    "$(($(state journeys) - $(sed -n 's/.*"delivered":\([0-9]*\).*/\1/p' "$work/out")))" '^[0-4]$'

stored=$(state journeys)
"$BUILD/tools/journeys" --count "${COUNT:-1000000}" --seed 2 >"$work/drop/.long"
mv "$work/drop/.long" "$work/drop/long.jsonl"
serve long
echo "# serve: the first is there after $(until_stored $((stored + 1)) 20) ms"
sleep "${SECONDS_WATCHED:-30}"
echo "# serve: $(memory $serve_pid), $(($(state journeys) - stored)) delivered; $("$BUILD/navette" status \
    --socket "$work/socket" | grep '^pending')"
is 'serve: it delivers while it takes in' "$([ "$(state journeys)" -gt $((stored + 100)) ] && echo yes)" yes
kill -9 $serve_pid
wait $serve_pid 2>/dev/null
begun=$(now_ms)
stored=$(state journeys)
serve long
until_stored $((stored + 1)) 20 >/dev/null
echo "# serve: started again with a full spool, the next is there after $(($(now_ms) - begun)) ms"
kill $serve_pid
wait $serve_pid
rm -f "$work/drop"/* "$work/drop"/.*.at "$work/long"

# ---- to the last, killed in the middle ----

stored=$(state journeys)
whole=${WHOLE:-20000}
"$BUILD/tools/journeys" --count "$whole" --seed 3 >"$work/drop/.whole"
mv "$work/drop/.whole" "$work/drop/whole.jsonl"
posts() { # answers to journeys so far: 201 and 409
    cget "$url/standin/state" | tr ',{}' '\n' | sed -n 's/^"\(201\|409\)":\([0-9]*\)$/\2/p' | paste -s -d +
}
before=$(($(posts)))
for part in 1 2 3; do
    serve whole
    until_stored $((stored + whole * part / 5)) 300 >/dev/null
    kill -9 $serve_pid
    wait $serve_pid 2>/dev/null
done
serve whole
until_stored $((stored + whole)) 600 >/dev/null
sleep 3
is 'each of them is there' $(($(state journeys) - stored)) "$whole"
more=$(($(posts) - before - whole))
echo "# sent more than once: $more of $whole, with three kills and 4 connections"
is 'nothing is sent twice but what was in flight or not yet marked' \
    "$([ $more -le 800 ] && echo yes)" yes
kill $serve_pid
wait $serve_pid
is 'it stops' $? 0
finish
