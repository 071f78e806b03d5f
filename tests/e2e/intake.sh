#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How journeys come into `navette serve`: socket, drop folder, a full spool, status and metrics.
# Nearly all of it without a server: what is taken in then waits in the spool.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl python3

make_keys
pki
drop=$work/drop
socket=$work/socket
mkdir "$drop"
cat >"$work/config" <<'CONFIG'
[serve]
scan = 1
CONFIG

# serve_new NAME [OPTION ...]: a service with a spool of its own that has no server to reach, unless
# the options name one; in $serve_pid.
serve_new() {
    name=$1
    shift
    # shellcheck disable=SC2086 # under is words
    ${under:-} "$BUILD/navette" serve --base-url "${server:-https://localhost:1}" --ca-file "$work/pki/ca.pem" \
        --token-file "$keys" --no-cache --config "$work/config" --spool "$work/spool-$name" \
        --spool-size "${size:-1}" --socket "$socket" --drop "$drop" "$@" 2>>"$work/serve.log" &
    serve_pid=$!
    pids="$pids $serve_pid"
    tries=0
    until [ -S "$socket" ] && "$BUILD/navette" status --socket "$socket" --metrics >"$work/first" 2>&1; do
        tries=$((tries + 1))
        if [ $tries -gt 200 ] || ! kill -0 "$serve_pid" 2>/dev/null; then
            echo "the service did not start: $(tail -n 3 "$work/serve.log")" >&2
            exit 1
        fi
        sleep 0.05
    done
}
# The second word may be KILL.
serve_end() {
    kill "-${1:-TERM}" "$serve_pid" 2>/dev/null
    wait "$serve_pid" 2>/dev/null
    pids=$(echo "$pids" | sed "s/ $serve_pid\$//; s/ $serve_pid / /")
}
produce() { # WORD ...: what it printed in $out
    out=$(timeout -k 2 60 python3 "$root/tests/e2e/producer.py" "$@")
}
number() { # NAME of a group in the status, as "pending" or "intake.kept"
    "$BUILD/navette" status --socket "$socket" --json | python3 -c '
import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1].split("."):
    value = value[name]
print(value)' "$1"
}
until_is() { # NAME NUMBER WANTED: within 20 s
    tries=0
    until [ "$(number "$2")" = "$3" ] || [ $tries -gt 100 ]; do
        tries=$((tries + 1))
        sleep 0.2
    done
    is "$1" "$(number "$2")" "$3"
}
journeys() { # COUNT SEED: a file of its own, its name in $file
    file=$work/journeys-$2
    "$BUILD/tools/journeys" --count "$1" --seed "$2" >"$file"
}

# ---- the socket: an answer to each line, in order ----

serve_new socket
journeys 20 1
{
    sed -n 1p "$file"
    echo nonsense
    echo
    printf ' \t\r\n'
    sed -n 2p "$file" | sed 's/"distance":[0-9]*/"distance":0/'
    head -c 42000 /dev/zero | tr '\0' x
    echo
    printf '\377\376\n'
    printf ' %s \r\n' "$(sed -n 3p "$file")"
    printf %s "$(sed -n 4p "$file")"
} >"$work/mixed"
cat >"$work/wanted" <<'WANTED'
{"ok":true,"id":1}
{"ok":false,"error":"NVT_E_JSON_LITERAL","reason":"byte 2: a JSON literal is not true, false or null"}
{"ok":false,"error":"NVT_E_FIELD_RANGE","field":"distance","reason":"distance: the number is outside the API's bounds (1 to 1000000)"}
{"ok":false,"error":"NVT_E_SPACE","reason":"the line is longer than 40960 bytes"}
{"ok":false,"error":"NVT_E_JSON_SYNTAX","reason":"byte 1: the JSON text has a byte where its grammar allows none"}
{"ok":true,"id":2}
{"ok":true,"id":3}
WANTED
produce send "$socket" <"$work/mixed"
is 'one answer a line, blank lines none' "$out" "$(cat "$work/wanted")"
is '... counted' "$(number intake.lines) $(number intake.kept) $(number intake.refused)" '7 3 4'
is '... pending' "$(number spool.pending)" 3
produce send "$socket" 1 <"$work/mixed"
is 'byte by byte the same' "$out" "$(sed 's/"id":3/"id":6/; s/"id":2/"id":5/; s/"id":1}/"id":4}/' "$work/wanted")"
produce send "$socket" 1000 0.05 <"$work/mixed"
is 'in slow pieces the same' "$(printf '%s\n' "$out" | grep -c '"ok":true') $(printf '%s\n' "$out" | wc -l)" '3 7'
{
    sed -n 5p "$file"
    echo status
    sed -n 6p "$file"
} >"$work/asked"
produce send "$socket" <"$work/asked"
like 'a question is answered in its turn' "$(printf '%s\n' "$out" | cut -c1-18 | tr '\n' ' ')" \
    '^\{"ok":true,"id":10 \{"ok":true,"versio \{"ok":true,"id":11 $'
like '... with the line before it' "$out" '"pending":10,'
python3 -c 'print("[" * 8000)' >"$work/deep"
produce send "$socket" <"$work/deep"
like 'nested too deeply' "$out" '^\{"ok":false,"error":"NVT_E_JSON_DEPTH"'
journeys 1500 2
head -n 300 "$file" >"$work/300"
produce send "$socket" <"$work/300"
is '300 at once' "$(printf '%s\n' "$out" | grep -c '"ok":true')" 300
is '... all pending' "$(number spool.pending)" 311

# ---- producers that do not read, vanish, or come in crowds ----

printf 'nonsense\nmetrics\n' >"$work/noise"
python3 "$root/tests/e2e/producer.py" deaf "$socket" "$work/noise" 4 >"$work/deaf" &
deaf=$!
sleep 1
before=$(number spool.pending)
sed -n 301,310p "$file" >"$work/10"
produce send "$socket" <"$work/10"
is 'beside one who never reads: answered' "$(printf '%s\n' "$out" | grep -c '"ok":true')" 10
ticks() { # CPU time of the service so far, in ticks
    awk '{ print $14 + $15 }' "/proc/$serve_pid/stat"
}
used=$(ticks)
sleep 1
is '... and it costs no time' "$([ $(($(ticks) - used)) -lt 20 ] && echo little)" little
wait "$deaf"
is '... who is not read from without end' \
    "$([ "$(cat "$work/deaf")" -lt 1000000 ] && echo bounded)" bounded
until_is '... nor does he cost a journey' spool.pending $((before + 10))
before=$(number spool.pending)
sed -n 311,340p "$file" >"$work/30"
produce gone "$socket" "$work/30" 5
is 'one vanishes: his answers' "$(printf '%s\n' "$out" | head -n 5 | grep -c '"ok":true')" 5
after=$(number spool.pending)
is '... what was answered is kept, half a line is not' \
    "$([ $((after - before)) -ge 5 ] && [ $((after - before)) -le 29 ] && echo yes)" yes
produce crowd "$socket" 9
is 'nine at once: one waits until another leaves' "$out" \
    "$(yes answered | head -n 8)
waits
answered"

# Line buffers are shared: who holds half a line and says no more gives his up to others.
cat >"$work/halves.py" <<'PY'
import socket, sys, time
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.settimeout(30)
    return s
line = open(sys.argv[2], 'rb').readline()
halves = [connect() for _ in range(6)]
for s in halves[:4]:
    s.sendall(line[:100])
time.sleep(0.5)
begun = time.monotonic()
halves[4].sendall(line)
print(halves[4].makefile('rb').readline()[:10], 5 < time.monotonic() - begun < 20)
halves[5].sendall(line[:100])
time.sleep(0.2)
halves[5].sendall(line[100:])
print(halves[5].makefile('rb').readline()[:10])
for s in halves[1:4]:
    s.sendall(line[100:])
    print(s.makefile('rb').readline()[:10])
PY
is 'half lines: others are answered after a while, and those who went on' \
    "$(timeout 60 python3 "$work/halves.py" "$socket" "$work/30" 2>&1)" "b'{\"ok\":true' True
b'{\"ok\":true'
b'{\"ok\":true'
b'{\"ok\":true'
b'{\"ok\":true'"

# ---- status and metrics ----

nv status --socket "$socket"
exits 'status' 0
like '... for people' "$out" '^pending      [0-9]+, the spool is [0-9]+ % full$'
like '... the link' "$out" '^link         (held|probing|up).* of 4 connections busy$'
like '... why it is down' "$out" '^failure      no server listens at that address and port$'
nv status --socket "$socket" --json
exits 'status --json' 0
like '... one object' "$out" '^\{"ok":true,"version":"[0-9.]+","up_s":[0-9]+,"stopping":false,.*\}$'
nv status --socket "$socket" --metrics
exits 'status --metrics' 0
like '... pending' "$out" "^navette_spool_pending $(number spool.pending)\$"
is '... is what Prometheus reads' "$(python3 "$root/tests/e2e/producer.py" check-metrics <"$work/out")" \
    '50 samples'
printf '[serve]\nsocket = %s\n' "$socket" >"$work/named"
nv status --config "$work/named"
exits 'status: the socket from the configuration' 0

if [ "$(id -u)" -ne 0 ]; then
    chmod 000 "$socket"
    nv status --socket "$socket"
    exits 'status: a socket of others' "$E_NETWORK" 'does not let this user in: belong to its group'
    chmod 660 "$socket"
fi

# ---- the socket's place ----

is 'mode of the socket' "$(stat -c %a "$socket")" 660
second() { # NAME REGEX SOCKET: a further service may not start
    nv serve --base-url https://localhost:1 --ca-file "$work/pki/ca.pem" --token-file "$keys" \
        --no-cache --spool "$work/spool-second" --spool-size 1 --socket "$3"
    exits "$1" "$E_CONFIG" "$2"
}
second 'a socket in use' 'is in use by another process: stop that one' "$socket"
nv status --socket "$socket"
exits '... goes on' 0
echo mine >"$work/file"
second 'something else in its place' 'is something else than a socket' "$work/file"
is '... is left alone' "$(cat "$work/file")" mine
second 'no such folder' 'cannot be made .*: make its folder' "$work/none/socket"
second 'too long a name' 'too long a name' "$work/$(head -c 120 /dev/zero | tr '\0' x)"
serve_end
is 'a stop removes the socket' "$([ -e "$socket" ] || echo gone)" gone
nv status --socket "$socket"
exits 'status without a service' "$E_NETWORK" 'no service answers at .*: start navette serve'
nv status --socket "$socket" --json
like '... for machines' "$out" '^\{"ok":false,"exit":4,'
serve_new socket --socket-mode 0600
serve_end KILL
is 'kill -9 leaves it' "$([ -S "$socket" ] && echo left)" left
serve_new socket --socket-mode 0600
is '... and the next start takes its place' "$(number intake.lines)" 0
is '... with its own mode' "$(stat -c %a "$socket")" 600
serve_end

# ---- an answer comes after the sync, and one sync serves many ----

under="env LD_PRELOAD=$BUILD/tests/order.so ORDER_LOG=$work/order ASAN_OPTIONS=verify_asan_link_order=0"
serve_new order
under=
: >"$work/order"
produce send "$socket" <"$work/300"
is 'ordered: answered' "$(printf '%s\n' "$out" | grep -c '"ok":true')" 300
sleep 0.2
is 'ordered: writes are noted' "$([ "$(tr -cd w <"$work/order" | wc -c)" -ge 300 ] && echo yes)" yes
is 'ordered: never between a write and its sync' "$(grep -c 'w[^s]*a' "$work/order")" 0
syncs=$(tr -cd s <"$work/order" | wc -c)
is 'ordered: some syncs for all of them' "$([ "$syncs" -ge 1 ] && [ "$syncs" -lt 60 ] && echo "few")" few
serve_end

# ---- the drop folder ----

serve_new drop
put() { # NAME: standard input appears there by rename
    cat >"$drop/.coming"
    mv "$drop/.coming" "$drop/$1"
}
gone() { # NAME ...: until these files are
    tries=0
    for name in "$@"; do
        while [ -e "$drop/$name" ] && [ $tries -lt 100 ]; do
            tries=$((tries + 1))
            sleep 0.1
        done
        is "drop: $name is taken" "$([ -e "$drop/$name" ] || echo gone)" gone
    done
}
sed -n 1,100p "$file" | put a.jsonl
sed -n 101p "$file" | tr -d '\n' | put b.json
: | put empty.jsonl
{
    printf '\357\273\277'
    sed -n 102,103p "$file" | sed 's/$/\r/'
    echo
    sed -n 104p "$file"
} | put bom.jsonl
sed -n 105p "$file" | put no.txt
sed -n 106p "$file" >"$drop/.hidden.json"
gone a.jsonl b.json empty.jsonl bom.jsonl
is 'drop: all are kept' "$(number spool.pending) $(number intake.files)" '104 4'
is 'drop: others are left' "$(ls -A "$drop")" '.hidden.json
no.txt'
rm -f "$drop/.hidden.json" "$drop/no.txt"

{
    sed -n 107p "$file"
    echo
    sed -n 108p "$file" | sed 's/"distance":[0-9]*/"distance":0/'
    echo '{"half":'
    sed -n 109p "$file"
} | put bad.jsonl
gone bad.jsonl
is 'drop: good lines of a bad file' "$(number spool.pending)" 106
like 'drop: refused with reason' "$(sed -n 1p "$drop/bad.jsonl.refused")" \
    '^\{"line":3,"by":"check","error":"NVT_E_FIELD_RANGE","field":"distance","reason":"distance: .*","journey":\{.*\}\}$'
like 'drop: as text when it is no JSON' "$(sed -n 2p "$drop/bad.jsonl.refused")" \
    '^\{"line":4,"by":"check","error":"NVT_E_JSON_END",.*"text":"\{\\"half\\":"\}$'
is 'drop: no others' "$(wc -l <"$drop/bad.jsonl.refused") $(ls "$drop")" '2 bad.jsonl.refused'
is 'drop: for its owner alone' "$(stat -c %a "$drop/bad.jsonl.refused")" 600
printf %s '{"torn' >>"$drop/bad.jsonl.refused"
echo again | put bad.jsonl
gone bad.jsonl
is 'drop: added to, behind a torn line' "$(sed -n '3p;4p' "$drop/bad.jsonl.refused" | cut -c 1-12)" '{"torn
{"line":1,"b'
rm -f "$drop/bad.jsonl.refused"
{
    sed -n 110p "$file"
    printf 'not \377 text\n'
} >"$work/kept"
put odd.jsonl <"$work/kept"
gone odd.jsonl
is 'drop: a line that JSON cannot hold stays in the file' \
    "$(cmp "$work/kept" "$drop/odd.jsonl.kept" && ls "$drop")" 'odd.jsonl.kept
odd.jsonl.refused'
head -c 50000 /dev/zero | tr '\0' y | put odd.jsonl
gone odd.jsonl
is 'drop: nor does one that is too long go; none takes the place of another' \
    "$(find "$drop" -name 'odd.jsonl.kept' -o -name 'odd.jsonl.[0-9]*.kept' | wc -l)" 2
rm -f "$drop"/odd*
mkdir "$drop/folder.json"
ln -s "$file" "$drop/link.jsonl"
sleep 1.5
like 'drop: what is no file is named' "$(number drop_error)" '(folder.json|link.jsonl): '
nv status --socket "$socket"
like '... for people too' "$out" '^TROUBLE      drop folder: (folder.json|link.jsonl): '
is '... and said once' "$(grep -c "drop folder.*\(folder.json\|link.jsonl\)" "$work/serve.log")" 1
sed -n 111p "$file" | put c.jsonl
gone c.jsonl
rmdir "$drop/folder.json"
rm "$drop/link.jsonl"
until_is '... until it is gone' drop_error None
is 'drop: pending' "$(number spool.pending)" 108
mkdir "$drop/$(printf 'odd\377\033.json')"
sleep 1.5
like 'drop: a name that is no text is said all the same' "$(number drop_error)" '^odd[? ]+\.json: '
rmdir "$drop"/odd*
mv "$drop" "$work/away"
sleep 1.5
like 'drop: the folder is gone' "$(number drop_error)" 'it cannot be opened'
mkdir "$drop"
sed -n 112p "$file" | put d.jsonl
gone d.jsonl
if [ "$(id -u)" -ne 0 ]; then
    sed -n 113p "$file" | put secret.jsonl
    chmod 000 "$drop/secret.jsonl"
    chmod 555 "$drop"
    sleep 1.5
    like 'drop: a folder that cannot be written' "$(number drop_error)" 'cannot be written'
    chmod 755 "$drop"
    sleep 1.5
    like 'drop: a file that cannot be read' "$(number drop_error)" 'secret.jsonl: Permission denied'
    rm -f "$drop/secret.jsonl"
fi
serve_end

# ---- what producers may put in the way: nobody else waits for it ----

serve_new hostile
mkfifo "$drop/pipe.jsonl.refused" "$drop/.long.jsonl.new"
mkdir "$drop/folder.jsonl.refused"
yes 'no journey' | head -n 2000 | put pipe.jsonl
{
    sed -n 1p "$file"
    echo 'no journey'
    sed -n 2p "$file"
} | put folder.jsonl
sed -n 3,302p "$file" | put long.jsonl
for name in a b c d e f g; do : | put "$name.jsonl"; done
gone long.jsonl a.jsonl b.jsonl c.jsonl d.jsonl e.jsonl f.jsonl g.jsonl
is 'hostile: what cannot be finished stays' "$(ls "$drop")" 'folder.jsonl
folder.jsonl.refused
pipe.jsonl
pipe.jsonl.refused'
like 'hostile: and is named' "$(number drop_error)" '(pipe|folder).jsonl: its refused lines cannot be written'
sleep 2.5
is 'hostile: nothing of it is taken twice' "$(number spool.pending)" 301
rm "$drop/pipe.jsonl.refused"
rmdir "$drop/folder.jsonl.refused"
gone pipe.jsonl folder.jsonl
is 'hostile: the rest of it, once that is out of the way' "$(number spool.pending) $(wc -l <"$drop/pipe.jsonl.refused")" '302 2000'
rm -f "$drop"/*
truncate -s 64G "$work/endless" && mv "$work/endless" "$drop/endless.jsonl"
tries=0
until find "/proc/$serve_pid/fd" -lname '*/endless.jsonl' | grep -q . || [ $tries -gt 100 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
sed -n 303p "$file" >"$work/1"
produce send "$socket" <"$work/1"
is 'endless: others are answered meanwhile' \
    "$([ -e "$drop/endless.jsonl" ] && printf '%s\n' "$out" | grep -c '"ok":true')" 1
serve_end
is 'endless: it does not hold up the end' "$([ -e "$drop/endless.jsonl" ] && echo there)" there
rm -f "$drop"/* "$drop"/.*.at

# ---- a newer file takes the name of one that is just being removed ----

under="env LD_PRELOAD=$BUILD/tests/swap.so SWAP_FROM=$work/newer SWAP_TO=$drop/swap.jsonl ASAN_OPTIONS=verify_asan_link_order=0"
sed -n 11,15p "$file" >"$work/newer"
serve_new swap
under=
sed -n 1,3p "$file" | put swap.jsonl
until_is 'swapped: both are taken' spool.pending 8
gone swap.jsonl
is 'swapped: nothing is left' "$(ls -A "$drop")" ''
serve_end

# ---- started with nothing open ----

"$BUILD/navette" serve --base-url https://localhost:1 --ca-file "$work/pki/ca.pem" \
    --token-file "$keys" --no-cache --spool "$work/spool-closed" --spool-size 1 \
    --socket "$socket" <&- >&- 2>&- &
serve_pid=$!
pids="$pids $serve_pid"
tries=0
until [ -S "$socket" ] || [ $tries -gt 200 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
sed -n 1,3p "$file" >"$work/3"
produce send "$socket" <"$work/3"
is 'closed: journeys are taken in' "$(printf '%s\n' "$out" | grep -c '"ok":true')" 3
serve_end
nv spool check "$work/spool-closed"
exits 'closed: nothing that was said stands in the spool' 0
like '... but the journeys do' "$out" '3 entries pending'

# ---- a large file, and a kill in the middle: nothing is lost, next to nothing comes twice ----

"$BUILD/tools/journeys" --count 12000 --seed 3 >"$work/large"
size=16
serve_new large
put large.jsonl <"$work/large"
# Nothing is started in between: on a busy machine the file would be gone before the signal.
until [ -s "$drop/.large.jsonl.at" ] || ! kill -0 "$serve_pid" 2>/dev/null; do :; done
serve_end KILL
is 'large: still there' "$([ -s "$drop/large.jsonl" ] && echo there)" there
taken=$(($(cut -d ' ' -f 5 "$drop/.large.jsonl.at")))
is 'large: how far it is taken stands beside it' "$([ "$taken" -gt 0 ] && echo yes)" yes
serve_new large
gone large.jsonl
pending=$(number spool.pending)
is 'large: all lines, at most one step of them twice' \
    "$([ "$pending" -ge 12000 ] && [ "$pending" -le 12256 ] && echo "$taken and the rest")" \
    "$taken and the rest"
is 'large: nothing else is left' "$(ls -A "$drop")" ''
serve_end

size=1

# ---- a full spool: every line is told, the rest waits in the folder and is delivered once ----

serve_new full
produce send "$socket" <"$file"
kept=$(printf '%s\n' "$out" | grep -c '^{"ok":true,')
full=$(printf '%s\n' "$out" |
    grep -Ec '^\{"ok":false,"error":"NVT_E_SPOOL_FULL","reason":"the spool is full: [0-9]+ of [0-9]+ bytes are taken"\}$')
is 'full: each line is told' "$((kept + full))" 1500
is 'full: some of both' "$([ "$kept" -gt 500 ] && [ "$full" -gt 100 ] && echo both)" both
is 'full: as it says' "$(number spool.pending) $(number intake.full)" "$kept $full"
is 'full: said once' "$(grep -c 'bytes are taken; journeys are turned away until some' "$work/serve.log")" 1
is 'full: the status says what' "$(number spool_full) $(number intake.crowded)" 'bytes 0'
nv status --socket "$socket"
like '... for people' "$out" '^full         [0-9]+ of [0-9]+ bytes: journeys are turned away$'
nv status --socket "$socket" --metrics
like '... for Prometheus' "$out" '^navette_spool_full\{what="bytes"\} 1$'
journeys 400 4
put late.jsonl <"$file"
sleep 1.5
is 'full: the folder waits' "$(number drop_error)" 'late.jsonl: the spool is full'
serve_end
start_standin --keys "$keys" --idle 30
server=$url
serve_new full
gone late.jsonl
until_is 'full: all delivered' spool.pending 0
is 'full: each of them once' "$(state journeys) $(number uplink.duplicates)" "$((kept + 400)) 0"
is 'full: no trouble is left' "$(number drop_error) $(number spool_full)" 'None None'

# ---- the largest legal journeys; more of them than fit at once ----

before=$(state journeys)
journeys 60 7
python3 "$root/tests/e2e/wide.py" <"$file" >"$work/wide"
sed -n 1,4p "$work/wide" >"$work/wide-4"
produce send "$socket" 5000 <"$work/wide-4"
is 'wide: kept' "$(printf '%s\n' "$out" | grep -c '"ok":true')" 4
sed -n '5,$p' "$work/wide" >"$drop/.wide"
mv "$drop/.wide" "$drop/wide.jsonl"
gone wide.jsonl
until_is 'wide: all delivered' spool.pending 0
is 'wide: each is there' $(($(state journeys) - before)) 60

# ---- nested as deeply as a line may be: it can be refused, and written down, all the same ----

fault '{"scope":"journeys","fail_count":1,"fail_status":400}'
journeys 2 5
sed -n '1s/}$/,"incentive_counterparts":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}/p' "$file" >"$work/deep"
produce send "$socket" <"$work/deep"
like 'deep: kept' "$out" '^\{"ok":true,"id":[0-9]+\}$'
until_is 'deep: refused' uplink.refused 1
like 'deep: written down as text' "$(cat "$work/spool-full.refused")" \
    '"state":"refused",.*"http_status":400,.*"text":"\{\\"operator_journey_id'
until_is 'deep: settled' spool.pending 0
serve_end
stop_standin

# ---- a server that says what it was told: the status does not pass it on ----

mkdir "$work/echo"
echo 'token 401 json' >"$work/echo/plan"
python3 "$root/tests/e2e/echo.py" "$work/echo" "$work/pki/server.pem" "$work/pki/server.key" \
    2>"$work/echo.log" &
pids="$pids $!"
wait_for_start $! "$work/echo/port" || fail 'the echo server did not start' "$(cat "$work/echo.log")"
server=https://localhost:$(cat "$work/echo/port")
serve_new echo
journeys 2 6
produce send "$socket" <"$file"
until_is 'echo: blocked' link blocked
nv status --socket "$socket"
like 'echo: why' "$out" '^failure      .*: what is \*\*\*.*\(HTTP 401\)$'
cp "$work/out" "$work/told"
nv status --socket "$socket" --json
cat "$work/out" "$work/serve.log" >>"$work/told"
is 'echo: no secret is told' "$(grep -cFf "$work/echo/seen" "$work/told")" 0
serve_end

# ---- a spool of any size has the places for it ----

size=64
serve_new places
is 'places: four for each KiB' "$(number spool.entries_max)" 262144
serve_end
size=1
rm "$work/spool-places"

# ---- a disk whose syncs fail, and drop what they should have kept (tests/e2e/disk.c) ----

cat >"$work/disk.py" <<'PY'
import mmap, struct, sys
WORDS = {'sync_fails': 3, 'cut': 16}
with open(sys.argv[1], 'r+b') as f:
    memory = mmap.mmap(f.fileno(), 4096)
    struct.pack_into('<I', memory, 16 + 4 * WORDS[sys.argv[2]], int(sys.argv[3]))
PY
disk() { python3 "$work/disk.py" "$work/disk.state" "$@"; }
server=
under="env LD_PRELOAD=$BUILD/tests/disk.so ASAN_OPTIONS=verify_asan_link_order=0 \
    DISK_PATH=$work/spool-syncs DISK_STATE=$work/disk.state"
: >"$work/serve.log"
serve_new syncs
journeys 40 9
sed -n 1,20p "$file" >"$work/first-20"
sed -n 21,25p "$file" >"$work/next-5"
sed -n 26,40p "$file" >"$work/last-15"
produce send "$socket" <"$work/first-20"
is 'syncs: taken in' "$(number intake.kept)" 20
disk sync_fails 65536
produce send "$socket" <"$work/next-5"
is 'syncs: they fail, and each line is told' \
    "$(printf '%s\n' "$out" | grep -c '^{"ok":false,"error":"NVT_E_SPOOL_IO"')" 5
put syncs.jsonl <"$work/last-15"
until_is 'syncs: the folder waits' drop_error "the spool's device failed"
is 'syncs: none of them is counted, nor pending' "$(number intake.kept) $(number spool.pending)" '20 20'
disk sync_fails 0
gone syncs.jsonl
produce send "$socket" <"$work/next-5"
is 'syncs: well again' "$(number intake.kept) $(number spool.pending)" '40 40'
is 'syncs: they are counted' "$([ "$(number spool.failed_syncs)" -gt 0 ] && echo yes)" yes
like 'syncs: the log says so' "$(cat "$work/serve.log")" \
    'spool-syncs: [0-9]+ syncs have failed since the start \(Input/output error\)'
nv status --socket "$socket"
exits 'syncs: nothing is wrong now' 0
like 'syncs: ... but it is noted' "$out" '^note         [0-9]+ syncs of the spool failed since the start'
serve_end KILL
disk cut 1
serve_new syncs
is 'syncs: after a power cut all is there' "$(number spool.pending) $(number spool.lost)" '40 0'
serve_end
under=

# ---- a spool that lost something ----

server=
journeys 300 8
serve_new damaged
produce send "$socket" <"$file"
is 'damaged: taken in' "$(number spool.pending) $(number spool.lost)" '300 0'
serve_end KILL
python3 - "$work/spool-damaged" <<'PY'
import sys
with open(sys.argv[1], 'r+b') as f:
    image = f.read()
    f.seek(image.index(b'"distance":') + 3)
    f.write(b'\0')
PY
: >"$work/serve.log"
serve_new damaged
is 'damaged: one is lost, and it is counted' \
    "$(number spool.pending) $(number spool.damaged) $(number spool.lost)" '299 1 1'
like 'damaged: the log says so' "$(cat "$work/serve.log")" \
    '1 damaged records, 1 journeys of which are lost; navette spool check tells more'
nv status --socket "$socket"
exits 'damaged: status ends with 12' "$E_CHECK" ''
like 'damaged: ... and says why' "$out" '^TROUBLE      1 damaged records in the spool, 1 journeys lost in them'
nv status --socket "$socket" --json
exits 'damaged: ... for machines too' "$E_CHECK" ''
nv status --socket "$socket" --metrics
exits 'damaged: ... but for a collector' 0
like 'damaged: ... which reads it' "$out" '^navette_spool_lost_journeys 1$'
serve_end

# ---- room for bytes, but one journey waits too far in front of all others ----

server=
journeys 3 6
{
    printf 'append - %s\n' "$(sed -n 1p "$file")"
    i=1
    while [ $i -lt 32768 ]; do
        printf 'append 5 %s\nsettle 1 201 \n' "$i"
        i=$((i + 1))
    done
} | "$BUILD/tests/mkspool" "$work/spool-crowded" 65536 16 16
serve_new crowded
sed -n 2,3p "$file" >"$work/two"
produce send "$socket" <"$work/two"
like 'crowded: the line is told' "$out" '^\{"ok":false,"error":"NVT_E_SPOOL_WINDOW","reason":"the spool is full: the newest is 32768 journeys behind the oldest that waits, the most is 32768"\}$'
is 'crowded: counted' "$(number intake.full) $(number intake.crowded) $(number spool_full)" '2 2 journeys'
is 'crowded: said once' "$(grep -c 'the most is 32768; journeys are turned away until some' "$work/serve.log")" 1
nv status --socket "$socket"
like 'crowded: for people' "$out" '^full         the newest is 32768 journeys behind the oldest that waits, the most is 32768'
put crowded.jsonl <"$work/two"
sleep 1.5
is 'crowded: the folder waits' "$(number drop_error)" 'crowded.jsonl: the spool is full'
start_standin --keys "$keys" --idle 30
server=$url
serve_end
serve_new crowded
gone crowded.jsonl
until_is 'crowded: all delivered' spool.pending 0
is 'crowded: they are there' "$(state journeys)" 3

finish
