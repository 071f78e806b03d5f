#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The gateway service from its first start to its last: what it does with its spool, its signals, its
# manager, its configuration, and a registry that is away, slow or refuses.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl python3

make_keys
spool=$work/state/spool
sock=$work/sock
log=$work/log
: >"$log"

# Hands the lines of a file in over the socket and prints how many were kept.
cat >"$work/hand.py" <<'PY'
import socket, sys, threading
data = open(sys.argv[2], 'rb').read()
s = socket.socket(socket.AF_UNIX)
s.settimeout(30)
s.connect(sys.argv[1])
threading.Thread(target=s.sendall, args=(data,), daemon=True).start()
answers = s.makefile('rb')
print(sum(answers.readline().startswith(b'{"ok":true') for _ in range(data.count(b'\n'))))
PY
hand() { python3 "$work/hand.py" "$sock" "$1"; }

journeys() { # COUNT SEED [OPTION ...]: a file of its own, its name in $file
    file=$work/journeys-$2
    journey_count=$1 journey_seed=$2
    shift 2
    "$BUILD/tools/journeys" --count "$journey_count" --seed "$journey_seed" "$@" >"$file"
}

# What every run goes by; options come before it. Further lines belong to its section [serve].
configure() { # [LINE]
    printf 'ca_file = %s\n[rpc]\nbase_url = %s\ntoken_file = %s\n' \
        "$work/pki/ca.pem" "$url" "${use_keys:-$keys}"
    printf '[serve]\nspool = %s\nspool_size = 1\nsocket = %s\n%s\n' "$spool" "$sock" "${1:-}"
}

# serve [OPTION ...]: starts it and waits until it answers; serve_fails waits for its end instead.
serve() {
    # shellcheck disable=SC2086 # WRAP is words
    LD_PRELOAD=${preload:-} ASAN_OPTIONS=verify_asan_link_order=0 \
        ${WRAP:-} "$BUILD/navette" serve --config "$work/conf" "$@" \
        2>>"$log" </dev/null &
    serve_pid=$!
    pids="$pids $serve_pid"
    tries=0
    until status >/dev/null; do
        tries=$((tries + 1))
        if [ $tries -gt 200 ] || ! kill -0 "$serve_pid" 2>/dev/null; then
            fail "the service starts ($*)" "$(tail -n 5 "$log")"
            return 1
        fi
        sleep 0.05
    done
}
serve_fails() { # NAME CODE REGEX OPTION ...
    name=$1 wanted=$2 regex=$3
    shift 3
    NV_LIMIT=20 nv serve --config "$work/conf" "$@"
    exits "$name" "$wanted" "$regex"
}
# ended NAME [CODE]: waits for the end and for what it says.
ended() {
    wait "$serve_pid"
    is "$1" "$?" "${2:-0}"
}
stop() {
    kill "$serve_pid"
    ended "$1"
}

status() { "$BUILD/navette" status --socket "$sock" --json 2>/dev/null; }
figure() { # GROUP NAME; "top" is no group
    [ "$1" != top ] || {
        top "$2"
        return
    }
    status | sed -n "s/.*\"$1\":{[^}]*\"$2\":\"\{0,1\}\([^,}\"]*\).*/\1/p"
}
top() { # NAME
    status | sed -n "s/.*\"$1\":\"\{0,1\}\([^,}\"]*\).*/\1/p"
}
# until_is NAME GROUP FIGURE WANTED: within ten seconds.
until_is() {
    tries=0
    until [ "$(figure "$2" "$3")" = "$4" ] || [ $tries -ge 200 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
    is "$1" "$(figure "$2" "$3")" "$4"
}
until_said() { # NAME REGEX: in what was logged since the last mark; asking wakes the service
    tries=0
    until said "$2" || [ $tries -ge 200 ]; do
        tries=$((tries + 1))
        status >/dev/null
        sleep 0.05
    done
    like "$1" "$(tail -n "+$marked" "$log")" "$2"
}
mark() { marked=$(($(wc -l <"$log") + 1)); }
said() { tail -n "+$marked" "$log" | grep -Eq -- "$1"; }

start_standin --keys "$keys" --idle 30

# again [OPTION ...]: another one, where the first one was; it does not know the first one's tokens.
again() {
    rm -rf "$XDG_CACHE_HOME"
    try_standin --keys "$keys" --idle 30 --port "$port" "$@" || fail 'the stand-in starts again'
}

# ---- settings ----

conf() { # NAME LINE REGEX
    configure "$2" >"$work/conf"
    serve_fails "$1" "$E_CONFIG" "$3"
}
conf 'a setting that is none' 'colour = red' 'conf line 9: \[serve\] knows no setting colour'
conf 'too many connections' 'connections = 33' 'connections is not a number from 1 to 32'
conf 'no stop' 'stop = 0' 'stop is not a number from 1 to 3600 seconds'
conf 'direct is yes or no' 'direct = maybe' 'direct is neither yes nor no'
conf 'a mode that is none' 'socket_mode = 0980' 'socket_mode is not a mode in octal'
conf 'a mode that shuts us out' 'socket_mode = 0060' 'socket_mode is not a mode'
nv token --config "$work/conf"
unlike 'other commands do not mind' "$err" socket_mode
configure 'colour = red' >"$work/conf"
nv token --config "$work/conf"
exits '... but for typos' "$E_CONFIG" 'knows no setting colour'
configure >"$work/conf"
serve_fails 'a size that is none' "$E_CONFIG" 'spool_size is not a number from 1 to 2048 MiB' --spool-size 0
serve_fails 'no credentials' "$E_CONFIG" 'token file' --token-file "$work/nothing"

# ---- the spool ----

rm -rf "$work/state"
mark
serve --drop "$work"
until_said 'a missing spool is made, and it is said' "there was no spool: $spool of 1 MiB is made"
until_said 'where journeys come in and go' "serves: journeys come in at $sock and $work, go to localhost over 4"
is 'its size' "$(stat -c %s "$spool")" 1048576
is 'only its user reads it' "$(stat -c %a "$spool" "$spool.refused" | sort -u)" 600
is 'only its group comes in' "$(stat -c %a "$sock")" 660
serve_fails 'a second service on that spool' "$E_INPUT" "the spool $spool is in use: another navette serve"
serve_fails 'a second service on that socket' "$E_CONFIG" '' --spool "$work/state/other"
like '... says so' "$err" "$sock"
journeys 40 1
is 'forty journeys are taken in' "$(hand "$file")" 40
until_is 'and delivered' uplink delivered 40
is 'the registry has them' "$(state journeys)" 40
stop 'SIGTERM: exit 0'
is 'the socket is gone' "$([ -e "$sock" ] || echo gone)" gone
until_said 'it says that it stops' 'stopping: 0 journeys wait'

# Removed under the service, folder and all, it is written anew: a kill -9 then loses nothing.
fault '{"scope":"journeys","fail_status":503,"fail_count":9999}'
before=$(state journeys)
serve
journeys 30 30
is 'journeys wait' "$(hand "$file")" 30
mark
rm -r "$work/state"
status >/dev/null
until_said 'a spool that is removed is written anew' "$spool was removed while it was in use: it is written anew"
serve_fails '... and is in use' "$E_INPUT" 'is in use'
kill -9 "$serve_pid"
wait "$serve_pid" 2>/dev/null
fault '{"clear":true}'
serve
until_is 'nothing is lost' spool pending 0
is 'the registry has them' "$(state journeys)" $((before + 30))
mark
cp "$spool" "$work/other"
mv "$work/other" "$spool"
until_said 'a spool that is replaced' 'replaced while it was in use: what it holds is lost .*move the other file away'
mark
rm "$spool"
until_said '... and the other file removed' 'it is written anew'
rm "$spool"
stop 'removed just before the stop'
is '... it is there afterwards' "$(stat -c %s "$spool")" 1048576

head -c 1048576 /dev/urandom >"$work/foreign"
cp "$work/foreign" "$work/foreign.copy"
serve_fails 'a foreign file' "$E_CONFIG" "$work/foreign is no spool, and is left alone: move it away" \
    --spool "$work/foreign"
cmp -s "$work/foreign" "$work/foreign.copy"
is '... is left as it was' $? 0
: >"$work/empty"
serve_fails 'an empty file' "$E_CONFIG" 'is no spool' --spool "$work/empty"
serve_fails 'a folder' "$E_CONFIG" 'is no spool' --spool "$work/state"
head -c 600000 "$spool" >"$work/short"
serve_fails 'half a spool' "$E_CONFIG" 'is no spool' --spool "$work/short"
serve_fails 'a place that is none' "$E_INPUT" 'cannot be made .*: check its folder' --spool /proc/none/spool
# Made, and the power went before anything stood in it.
head -c 1048576 /dev/zero | tr '\000' '\377' >"$work/erased"
mark
serve --spool "$work/erased"
journeys 5 2
is 'an erased file is a new spool' "$(hand "$file")" 5
until_is 'which delivers' uplink delivered 5
kill -9 "$serve_pid"
wait "$serve_pid" 2>/dev/null
# Its first block's head is gone: the others tell the sizes.
printf '\377\377\377\377' | dd of="$work/erased" conv=notrunc 2>/dev/null
serve_fails 'no head left' "$E_CONFIG" 'is no spool' --spool "$work/erased"

# A spool keeps its size; direct is a matter of how it was made.
mark
serve --spool-size 3 --direct
is 'a spool keeps its size' "$(stat -c %s "$spool")" 1048576
until_said 'and its kind' 'was made without direct: it stays so'
stop 'stopped'
mark
serve --spool "$work/direct" --direct
journeys 20 3
is 'with O_DIRECT' "$(hand "$file")" 20
until_is 'delivered too' uplink delivered 20
stop 'stopped'
serve --spool "$work/direct"
is 'its records stand 4 KiB apart, without O_DIRECT as well' "$(figure spool delivered)" 20
stop 'stopped'

# ---- a registry that is away ----

journeys 60 4
stop_standin
mark
serve
is 'without a registry journeys are taken in' "$(hand "$file")" 60
until_said 'it is said once that it is away' 'localhost: no server listens .*6?0? journeys are kept, tried again in [0-9]+ s'
kill -9 "$serve_pid"
wait "$serve_pid" 2>/dev/null
rm -rf "$XDG_CACHE_HOME" # the next stand-in does not know its token
mark
serve
until_said 'a restart tells of them' "60 journeys wait in $spool"
is 'and none is lost' "$(figure spool pending)" 60
is 'said once' "$(tail -n "+$marked" "$log" | grep -c 'no server listens')" 1
again
kill -USR1 "$serve_pid"
until_is 'it is back: all are delivered' spool pending 0
is 'the registry has each once' "$(state journeys)" 60
until_said 'and it is said' 'localhost answers again after [0-9]+ s'

# ---- stopping with journeys on the wire ----

fault '{"scope":"journeys","delay_count":99,"delay_ms":1500}'
journeys 4 5
is 'slow answers: taken in' "$(hand "$file")" 4
until_is 'they are on the wire' top busy 4
stop 'SIGTERM waits for their answers: exit 0'
is 'they arrived' "$(state journeys)" 64
serve --connections 1
is 'and are marked' "$(figure spool pending)" 0
fault '{"scope":"journeys","delay_count":99,"delay_ms":2500}'
journeys 3 6
is 'slower than the stop: taken in' "$(hand "$file")" 3
until_is 'one is on the wire' top busy 1
kill "$serve_pid"
wait "$serve_pid"
fault '{"clear":true}'
serve --stop 1
until_is 'the next start delivers them' spool pending 0
is 'each once' "$(state journeys)" 67
fault '{"scope":"journeys","delay_count":99,"delay_ms":8000}'
journeys 1 7
hand "$file" >"$work/handed"
until_is 'one is on the wire' top busy 1
from=$(date +%s)
stop 'SIGTERM with stop = 1: exit 0'
is 'within two seconds' "$([ $(($(date +%s) - from)) -le 2 ] && echo yes)" yes
fault '{"clear":true}'

# ---- journeys that fail by themselves: more of them than connections, and before all others ----

serve
until_is 'all is delivered' spool pending 0
before=$(state journeys)
seed=41
for kind in '"fail_status":500,"fail_count":9999' '"front_status":403,"front_count":9999' \
    '"front_status":200,"front_count":9999'; do
    seed=$((seed + 1))
    journeys 68 $seed
    sed '1,8s/"distance":[0-9]*/"distance":31313/' "$file" >"$file.new" && mv "$file.new" "$file"
    fault "{\"scope\":\"journeys\",\"match\":\"\\\"distance\\\":31313\",$kind}"
    done_before=$(figure spool delivered)
    hand "$file" >/dev/null
    until_is "sixty go past eight that fail ($kind)" spool delivered $((done_before + 60))
    until_is '... eight wait behind them' spool failing 8 # some may still be asked after
    fault '{"clear":true}'
    kill -USR1 "$serve_pid"
    until_is '... and go when they can' spool pending 0
done
is 'each once' "$(state journeys)" $((before + 204))

# Larger than the server takes: a front says so with a page, the registry in its own form.
for kind in '"front_status":413,"front_count":9999' '"fail_status":413,"fail_count":9999'; do
    seed=$((seed + 1))
    journeys 64 $seed
    head -n 4 "$file" | python3 "$root/tests/e2e/wide.py" >"$file.new"
    tail -n 60 "$file" >>"$file.new"
    fault "{\"scope\":\"journeys\",\"over\":8192,$kind}"
    done_before=$(figure spool delivered) refused_before=$(figure spool refused)
    is "four that are too large are taken in ($kind)" "$(hand "$file.new")" 64
    until_is "sixty go past four that are too large ($kind)" spool delivered $((done_before + 60))
    case $kind in
    *front*) until_is '... four wait behind them' spool failing 4 ;;
    *) until_is '... four are refused' spool refused $((refused_before + 4)) ;;
    esac
    fault '{"clear":true}'
    kill -USR1 "$serve_pid"
    until_is '... and nothing is left when it takes them' spool pending 0
done
is 'each once, but for those refused' "$(state journeys)" $((before + 204 + 64 + 60))
stop 'stopped'

# ---- what is refused ----

# A line cut short by a power cut, in front of it a whole one.
printf '{"id":1,"state":"refused"}\n{"id":2,"state":"ref' >"$spool.refused"
mark
serve
until_said 'a torn line is taken out' 'its last line was cut short'
until_is 'the one under way then' spool pending 0
"$BUILD/tools/journeys" --count 1 --seed 8 | sed 's/"distance": *[0-9]*/"distance":1/' >"$work/near"
is 'a journey against the terms is taken in' "$(hand "$work/near")" 1
until_is 'and refused by the registry' uplink refused 1
is 'the refused file' "$(python3 - "$spool.refused" "$work/near" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
last = lines[-1]
print(len(lines), last['state'], last['http_status'], last['code'], last['reason'],
      last['journey'] == json.load(open(sys.argv[2])), last['at'][:2])
PY
)" '2 refused 422 -32422 distance_too_short True 20'
# It cannot be written for a while: nothing is forgotten.
rm "$spool.refused"
mkdir "$spool.refused"
mark
"$BUILD/tools/journeys" --count 1 --seed 9 | sed 's/"distance": *[0-9]*/"distance":1/' >"$work/near"
is 'another one' "$(hand "$work/near")" 1
until_said 'the refused file cannot be written' "$spool.refused cannot be written .*: what is refused waits"
is 'the journey waits' "$(figure spool pending)" 1
rmdir "$spool.refused"
until_is 'until it can be written' spool pending 0
like 'there it is' "$(cat "$spool.refused")" '"reason":"distance_too_short"'
mv "$spool.refused" "$work/rotated"
"$BUILD/tools/journeys" --count 1 --seed 10 | sed 's/"distance": *[0-9]*/"distance":1/' >"$work/near"
hand "$work/near" >"$work/handed"
until_is 'taken away whole' uplink refused 3
is 'the next line goes into a new file' "$(wc -l <"$spool.refused")" 1
stop 'stopped'

# Too late by the registry's own clock: told, not sent.
stop_standin
again --clock-offset 300000
journeys 12 11
serve
is 'old journeys' "$(hand "$file")" 12
until_is 'are none of them pending' spool pending 0
is 'each is told' "$(grep -Ec '"state":"expired"|"reason":"expired' "$spool.refused")" 12
stop 'stopped'
stop_standin
again

# ---- a clock that is wrong ----

# A board without a battery starts in 1970. The journeys of today are taken in all the same.
export CLOCK_FILE="$work/clock" DISK_FAILS="$work/disk-fails"
echo "-$(date +%s)" >"$CLOCK_FILE"
journeys 15 20
before=$(state journeys)
mark
preload=$BUILD/tests/world.so
serve
preload=
is 'in 1970 journeys are taken in' "$(hand "$file")" 15
until_said 'and nothing is sent without a clock' 'the wall clock is not known yet: TLS is refused; .*15 journeys are kept'
sleep 1
is 'nor given up' "$(figure spool pending) $(state journeys)" "15 $before"
echo 0 >"$CLOCK_FILE"
until_said 'the clock is set' 'this clock was set: trying localhost again'
until_is 'and they are delivered' spool pending 0
is 'each once' "$(state journeys)" $((before + 15))
# Two days ahead, then two days back: only the registry's own clock makes a journey late.
echo 172800 >"$CLOCK_FILE"
journeys 15 21
is 'two days ahead' "$(hand "$file")" 15
echo -172800 >"$CLOCK_FILE"
journeys 15 22
is 'two days back' "$(hand "$file")" 15
until_is 'nothing is given up for it' spool pending 0
is 'nor refused' "$(figure uplink expired) $(figure uplink refused)" '0 0'

# ---- a disk that fails for a while ----

ticks() { awk '{ print $14 + $15 }' "/proc/$serve_pid/stat"; }
before=$(state journeys)
journeys 5 23
: >"$DISK_FAILS"
mark
is 'a disk that fails: no journey is said to be kept' "$(hand "$file")" 0
until_said 'it is said' "$spool.*(Input/output error)"
from=$(ticks)
sleep 2
is 'and waited for at rest' "$([ $(($(ticks) - from)) -le 10 ] && echo yes)" yes
rm "$DISK_FAILS"
is 'well again' "$(hand "$file")" 5
until_is 'they are delivered' spool pending 0
is 'each once' "$(state journeys)" $((before + 5))
stop 'stopped'

# ---- the configuration is read again ----

cat >"$work/wrong" <<'KEYS'
access_key = 5f1b8c1e-0d5e-4c43-9a51-3f8a2c7d9e11
secret_key = Zr3-kP9_aQ.7mXw2LbT5vYc8NdF1gHj4KsU6eR0oWiBnVqMtCxZpAyEuGfDhJl.T
KEYS
chmod 600 "$work/wrong"
cp -p "$work/wrong" "$work/used"
use_keys=$work/used
configure 'connections = 2' >"$work/conf"
mark
serve
journeys 10 12
is 'wrong keys: taken in' "$(hand "$file")" 10
until_said 'the registry refuses the keys' 'the token server refused the credentials.*10 journeys are kept.*or at once after a reload'
is 'the link says so' "$(figure top link)" blocked
unlike 'the keys themselves are not said' "$(cat "$log")" "9d5e-|Zr3-kP9|5f1b8c1e"
configure 'connections = 40' >"$work/conf"
mark
kill -HUP "$serve_pid"
until_said 'a configuration that is no good' 'connections is not a number from 1 to 32'
until_said 'is not used' 'what was read is not used: the service goes on as before'
is 'nothing has changed' "$(figure top connections)" 2
configure "connections = 3
socket = $work/elsewhere" >"$work/conf"
cp -p "$keys" "$work/used"
mark
kill -HUP "$serve_pid"
until_said 'a good one with the right keys' 'the configuration was read again'
until_said 'another socket takes a restart' 'another spool or socket takes a restart'
until_is 'all are delivered' spool pending 0
is 'over as many connections as it says' "$(figure top connections)" 3
is 'the same process' "$(kill -0 "$serve_pid" && echo yes)" yes
kill -HUP "$serve_pid"
journeys 100 13
is 'journeys come in while it reads' "$(hand "$file")" 100
until_is 'and go out' spool pending 0
stop 'stopped'

# ---- its manager ----

configure >"$work/conf"

cat >"$work/manager.py" <<'PY'
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(60)
with open(sys.argv[2], 'w', buffering=1) as out:
    while True:
        print(s.recv(4096).decode().replace('\n', ' '), file=out)
PY
python3 "$work/manager.py" "$work/notify" "$work/told" &
manager=$!
pids="$pids $manager"
tries=0
until [ -S "$work/notify" ] || [ $tries -ge 100 ]; do tries=$((tries + 1)); sleep 0.05; done
journal=$work/journal
: >"$journal"
log=$journal
export NOTIFY_SOCKET="$work/notify" WATCHDOG_USEC=400000
JOURNAL_STREAM=$(stat -c %d:%i "$journal")
export JOURNAL_STREAM
serve
unset JOURNAL_STREAM NOTIFY_SOCKET WATCHDOG_USEC
journeys 10 14
hand "$file" >"$work/handed"
until_is 'delivered under a manager' spool pending 0
kill -HUP "$serve_pid"
sleep 1
stop 'stopped'
tries=0 # the manager reads at its own pace
until grep -q '^STOPPING=1$' "$work/told" || [ $tries -ge 100 ]; do tries=$((tries + 1)); sleep 0.05; done
kill "$manager"
told=$(cat "$work/told")
is 'it says when it is ready' "$(printf '%s\n' "$told" | grep -c '^READY=1$')" 2
like 'it reloads' "$told" '^RELOADING=1 MONOTONIC_USEC=[0-9]+$'
is 'it feeds the watchdog' "$([ "$(printf '%s\n' "$told" | grep -c '^WATCHDOG=1$')" -ge 4 ] && echo yes)" yes
like 'it says how things stand' "$told" '^STATUS=[0-9]+ journeys wait; delivered [0-9]+'
is 'it says last that it stops' "$(printf '%s\n' "$told" | grep -v WATCHDOG | tail -n 1)" 'STOPPING=1'
like 'lines to the journal have their level' "$(cat "$journal")" '^<5>navette [0-9.]+ serves'
unlike 'and no name of their own' "$(cat "$journal")" '^navette: navette'

if command -v systemd-analyze >/dev/null; then
    mkdir "$work/unit"
    sed "s|@BINDIR@|$BUILD|" "$root/port/systemd/navette.service" >"$work/unit/navette.service"
    is 'systemd finds nothing wrong with the unit' \
        "$(systemd-analyze verify --man=no "$work/unit/navette.service" 2>&1 | grep navette)" ''
else
    echo '# no systemd-analyze here: the unit is not verified'
fi

# ---- disks that are full or read-only; needs a file system of our own ----

if unshare -rm true 2>/dev/null; then
    mkdir "$work/disk"
    cat >"$work/disk.sh" <<'SH'
disk=$1/disk
shift
mount -t tmpfs -o size=3m none "$disk" || exit 99
"$@" --spool "$disk/spool" --spool-size 4
echo "full: $?"
ls "$disk"
timeout -s TERM 2 "$@" --spool "$disk/spool"
mount -o remount,bind,ro "$disk" || exit 98
"$@" --spool "$disk/spool"
echo "read-only: $?"
"$@" --spool "$disk/new"
echo "read-only, new: $?"
SH
    timeout 60 unshare -rm sh "$work/disk.sh" "$work" "$BUILD/navette" serve \
        --config "$work/conf" >"$work/out" 2>&1
    text=$(cat "$work/out")
    like 'a full disk' "$text" 'disk/spool cannot be made \(No space left on device\): free some room, or make it smaller'
    like '... exit code' "$text" '^full: 10$'
    unlike '... leaves nothing behind' "$text" '^spool'
    like 'a read-only disk' "$text" 'disk/spool cannot be opened \(Read-only file system\): name a place that can be written'
    like '... exit code' "$text" '^read-only: 10$'
    like '... for a new spool' "$text" 'disk/new cannot be made \(Read-only file system\)'
    like '... exit code' "$text" '^read-only, new: 10$'
else
    echo '# no mount namespaces here: full and read-only disks are not tried'
fi

finish
