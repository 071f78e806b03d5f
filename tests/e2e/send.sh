#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# navette journey send when the server fails on some lines, or is away: no line stops the others.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl python3

make_keys
# send [OPTION ...]: $file to the stand-in with the key pair.
send() {
    nv journey send "$file" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys" "$@"
}
journeys() { # COUNT SEED: a file of its own, its name in $file, the id of its third line in $third
    file=$work/journeys-$2
    "$BUILD/tools/journeys" --count "$1" --seed "$2" >"$file"
    third=$(sed -n '3s/.*"operator_journey_id":"\([^"]*\)".*/\1/p' "$file")
}
number() { # NAME: of the last --json output
    printf '%s\n' "$out" | tr ',{}' '\n' | sed -n "s/^ *\"$1\": *\(-\{0,1\}[0-9]*\)\$/\1/p" | head -n 1
}
counts() { # NAME DELIVERED DUPLICATE REFUSED FAILED
    is "$1: delivered, duplicate, refused, failed" \
        "$(number delivered), $(number duplicate), $(number refused), $(number failed)" \
        "$2, $3, $4, $5"
}
now_ms() { echo $(($(date +%s%N) / 1000000)); }

start_standin --keys "$keys" --idle 30

# ---- a line that the server fails on ----

journeys 7 1
fault '{"scope":"journeys","match":"'"$third"'","fail_status":500,"fail_count":1000000}'
send
exits 'one line gets 500 each time' "$E_PARTLY" 'line 3: the server failed on it each time'
like '... the table' "$out" '^failed +1 +\(the server failed on it\)$'
like '... why' "$out" '^ +1  500 .*\(line 3\)$'
like '... the others are delivered' "$out" '^delivered +6$'
is '... the registry has them' "$(state journeys)" 6
is '... the refused file' "$(python3 - "$file.refused" "$file" <<'PY'
import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
third = json.loads(open(sys.argv[2]).read().splitlines()[2])
r = records[0]
print(len(records), r['line'], r['by'], r['http_status'], r['reason'], r['journey'] == third)
PY
)" '1 3 server 500 Injected failure: Error True'
send --json
exits 'the same file again does not stop there either' "$E_PARTLY"
counts 'the same file again' 0 6 0 1
is '... complete' "$(printf '%s\n' "$out" | grep -c '"complete":true')" 1
fault '{"clear":true}'
send --json
exits 'once the server can' 0
counts 'once the server can' 1 6 0 0

# Every way in which one line can hold up a run.
kind() { # NAME SEED FAULT [OPTION ...]
    name=$1
    journeys 7 "$2"
    shift 2
    fault '{"scope":"journeys","match":"'"$third"'",'"$1"'}'
    shift
    stored=$(state journeys)
    send --json "$@"
    exits "$name" "$E_PARTLY"
    counts "$name" 6 0 0 1
    is "$name: the others are there" $(($(state journeys) - stored)) 6
    like "$name: in the refused file" "$(cat "$file.refused")" '^\{"line":3,"by":"server",'
    fault '{"clear":true}'
}
kind 'a line that gets 502' 2 '"fail_status":502,"fail_count":1000000'
front() { # NAME SEED STATUS: a page of what stands in front, for that line alone
    kind "$1" "$2" '"front_status":'"$3"',"front_count":1000000,"front_type":"text/html","front_body":"<html>Request Rejected</html>"'
}
front 'a line that a front answers with 413' 3 413
front 'a line that a front answers with 431' 4 431
front 'a line that a front answers with 403' 18 403
front 'a line that a front answers with 200' 19 200
front 'a line that a front answers with 409' 20 409
kind 'a line that gets 507' 5 '"fail_status":507,"fail_count":1000000'
kind 'a line whose connection ends' 6 '"drop_before":1000000'
kind 'a line whose connection is reset' 7 '"drop_before":1000000,"reset":true'
kind 'a line whose answer does not come' 8 '"delay_ms":5000,"delay_count":1000000' --timeout 1

# The answer is lost each time, but the registry has it: it is asked.
journeys 7 10
fault '{"scope":"journeys","match":"'"$third"'","drop_after":1000000}'
send --json
exits 'a line whose answer is lost each time' 0
counts 'a line whose answer is lost each time' 7 0 0 0
fault '{"clear":true}'
journeys 7 9
fault '{"scope":"journeys","match":"'"$third"'","truncate":1000000}'
send --json
exits 'a line whose answer is cut short each time' 0
counts 'a line whose answer is cut short each time' 7 0 0 0
fault '{"clear":true}'

# What the registry itself refuses is no failure of the server.
journeys 7 21
fault '{"scope":"journeys","match":"'"$third"'","fail_status":413,"fail_count":1000000}'
send --json
exits "a line that the registry's own 413 refuses" "$E_PARTLY"
counts "a line that the registry's own 413 refuses" 6 0 1 0
fault '{"clear":true}'

# Every third from the first line on, over one connection: no pattern keeps the others waiting.
journeys 240 31
awk 'NR % 3 == 1 { sub(/"operator_trip_id":"/, "&bad-") } { print }' "$file" >"$file.bad"
file=$file.bad
fault '{"scope":"journeys","match":"\"bad-","fail_status":500,"fail_count":1000000}'
send --json --retry-for 60
exits 'every third line' "$E_PARTLY"
counts 'every third line' 160 0 0 80
fault '{"clear":true}'

# Over several connections, with a third of all lines at fault.
journeys 300 11
awk 'NR % 3 == 0 { sub(/"operator_trip_id":"/, "&bad-") } { print }' "$file" >"$file.bad"
file=$file.bad
fault '{"scope":"journeys","match":"\"bad-","fail_status":500,"fail_count":1000000}'
stored=$(state journeys)
send --json --connections 4
exits 'a third of all lines' "$E_PARTLY"
counts 'a third of all lines' 200 0 0 100
is 'a third of all lines: the others are there' $(($(state journeys) - stored)) 200
is 'a third of all lines: each is kept' "$(grep -c '"by":"server"' "$file.refused")" 100
fault '{"clear":true}'
send --json --connections 32
exits 'thirty-two connections' 0
counts 'thirty-two connections' 100 200 0 0
nv journey send "$file" --connections 33
exits 'thirty-three connections' "$E_USAGE" '1 to 32'

# ---- the largest legal journeys ----

journeys 6 17
python3 "$root/tests/e2e/wide.py" <"$file" >"$file.wide"
file=$file.wide
is 'the largest journeys: over 32 KiB each' "$([ "$(wc -c <"$file")" -gt 196608 ] && echo yes)" yes
nv journey check "$file"
exits 'the largest journeys: checked' 0
stored=$(state journeys)
send --json
exits 'the largest journeys' 0
counts 'the largest journeys' 6 0 0 0
is 'the largest journeys: stored' $(($(state journeys) - stored)) 6

# ---- while its producer is slow ----

journeys 4 12
fault '{"scope":"journeys","match":"'"$(sed -n '1s/.*"operator_journey_id":"\([^"]*\)".*/\1/p' "$file")"'","fail_status":500,"fail_count":2}'
stored=$(state journeys)
mkfifo "$work/slow"
"$BUILD/navette" journey send "$work/slow" --json --base-url "$url" --ca-file "$work/pki/ca.pem" \
    --token-file "$keys" --refused "$work/slow.refused" >"$work/out" 2>"$work/err" &
sender=$!
{
    sed -n 1p "$file"
    sed -n 2p "$file" | head -c 100
    tries=0
    until [ "$(state journeys)" -gt "$stored" ] || [ $tries -gt 150 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    is 'while half a line is there, the one before it is tried again' "$(($(state journeys) - stored))" 1 >&3
    sed -n 2p "$file" | tail -c +101
    sed -n '3,$p' "$file"
} 3>"$work/said" >"$work/slow"
cat "$work/said"
grep -q '^ok' "$work/said" && passed=$((passed + 1)) || failed=$((failed + 1))
wait $sender
is 'a slow producer: done' $? 0
out=$(cat "$work/out")
counts 'a slow producer' 4 0 0 0
fault '{"clear":true}'

# ---- the registry's near future ----

journeys 3 13
python3 - "$file" <<'PY'
import datetime, json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
now = datetime.datetime.now(datetime.timezone.utc)
def at(s):
    return (now + datetime.timedelta(seconds=s)).strftime('%Y-%m-%dT%H:%M:%SZ')
lines[0]['start']['datetime'], lines[0]['end']['datetime'] = at(-600), at(12)
open(sys.argv[1], 'w').write(''.join(json.dumps(j) + '\n' for j in lines))
PY
stored=$(state journeys)
NV_LIMIT=100 send --json
exits 'a journey that ends in the near future' 0
counts 'a journey that ends in the near future: is waited for' 3 0 0 0

# ---- the first connection ----

stop_standin
journeys 5 14
begun=$(now_ms)
send --retry-for 4
exits 'nobody listens' "$E_NETWORK" 'line 1 \(localhost\): no server listens.*run it again in [0-9]+ s, or allow more with --retry-for'
is '... not at once' "$([ $(($(now_ms) - begun)) -ge 1000 ] && echo later)" later
is '... nor for long' "$([ $(($(now_ms) - begun)) -le 7000 ] && echo soon)" soon
like '... what was not sent' "$out" '^not sent +all from line 1 on$'
"$BUILD/navette" journey send "$file" --json --base-url "$url" --ca-file "$work/pki/ca.pem" \
    --token-file "$keys" >"$work/out" 2>"$work/err" &
sender=$!
sleep 2
rm -rf "$XDG_CACHE_HOME"
try_standin --keys "$keys" --idle 30 --port "$port" || fail 'the stand-in starts again'
wait $sender
is 'a server that starts later' $? 0
out=$(cat "$work/out")
counts 'a server that starts later' 5 0 0 0

# A front that resets the first two connections.
cat >"$work/resets.py" <<'PY'
import socket, struct, sys, threading
server = socket.create_server(('127.0.0.1', 0))
open(sys.argv[2], 'w').write(str(server.getsockname()[1]))
def pump(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass
n = 0
while True:
    c, _ = server.accept()
    n += 1
    if n <= 2:
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        c.close()
        continue
    s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
    for pair in ((c, s), (s, c)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
PY
python3 "$work/resets.py" "$port" "$work/resets.port" &
pids="$pids $!"
wait_for_start $! "$work/resets.port" || fail 'the front that resets starts'
real=$url
url=https://localhost:$(cat "$work/resets.port")
journeys 5 15
rm -rf "$XDG_CACHE_HOME"
send --json
exits 'the first connections are reset' 0
counts 'the first connections are reset' 5 0 0 0
url=$real

# ---- what no waiting mends ends the run at once ----

journeys 5 16
rm -rf "$XDG_CACHE_HOME"
at_once() { # NAME CODE REGEX
    exits "$1" "$2" "$3"
    is "$1: at once" "$([ $(($(now_ms) - begun)) -le 5000 ] && echo yes)" yes
    like "$1: no line is given up" "$out" '^failed +0$'
}
printf 'access_key = 5f1b8c1e-0d5e-4c43-9a51-3f8a2c7d9e10\nsecret_key = wrong\n' >"$work/wrong"
chmod 600 "$work/wrong"
begun=$(now_ms)
nv journey send "$file" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/wrong"
at_once 'wrong keys' "$E_AUTH" 'line 1 .*Invalid access key or secret key'
begun=$(now_ms)
nv journey send "$file" XX
begun=$(now_ms)
nv journey send "$file" --base-url https://no-such-host.invalid --ca-file "$work/pki/ca.pem" --token-file "$keys" \
    --retry-for 2
case $err in
*resolver*) exits 'no resolver' "$E_NETWORK" 'allow more with --retry-for' ;;
*) at_once 'an unknown host' "$E_NETWORK" 'host name does not exist' ;;
esac

finish
