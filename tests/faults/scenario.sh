#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One scenario of a network that fails, with a relay, a stand-in, a spool and a service of its own:
#     scenario.sh NAME
# What holds in each: every journey that was taken in is in the registry, none was refused or
# expired, and none was sent again that the registry had already. faults.sh runs them all.
#
#   FAULTS=all     every byte of an exchange is harmed, not each STRIDE-th
#   STRIDE=N       (48)
#   PKI=FOLDER     certificates that are there already
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
need curl openssl
PATH=$PATH:/usr/sbin:/sbin # of ip and nft

make_keys
[ -z "${PKI:-}" ] || ln -s "$PKI" "$work/pki"

# ---- what a scenario is made of ----

# relay COMMAND ...: tells the relay; its counters in $told.
relay() {
    told=$("$BUILD/relay" --tell "$work/ctl" "$@") || fail "relay $*" "$told"
}

counted() { # NAME: one of the relay's counters
    relay state
    echo "$told" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# start_relay [COMMAND ...]: in front of the stand-in.
start_relay() {
    rm -f "$work/relay-port"
    "$BUILD/relay" --to "$port" --port-file "$work/relay-port" --control "$work/ctl" \
        --max-life "${life:-600}" "$@" 2>"$work/relay.log" &
    relay_pid=$!
    pids="$pids $relay_pid"
    wait_for_start "$relay_pid" "$work/relay-port" || {
        fail 'the relay starts' "$(cat "$work/relay.log")"
        exit 1
    }
    relay_port=$(cat "$work/relay-port")
}

# start_service [OPTION ...]: its environment may be set before it; it takes journeys from $work/drop.
start_service() {
    mkdir -p "$work/drop"
    printf '%s\n' "base_url = https://${host:-localhost}:$relay_port" \
        "ca_file = $work/pki/ca.pem" "token_file = $keys" '[serve]' "spool = $work/spool" \
        'spool_size = 4' "socket = $work/socket" "drop = $work/drop" 'scan = 1' >"$work/conf"
    # shellcheck disable=SC2086 # settings of one environment each
    env ${preload:-} "$BUILD/navette" serve --config "$work/conf" "$@" 2>>"$work/service.log" &
    service_pid=$!
    pids="$pids $service_pid"
}

# feed COUNT: so many more journeys, by rename; $fed counts them.
fed=0
feed() {
    "$BUILD/tools/journeys" --count "$1" --seed "$((fed + 1))" >"$work/drop/.new"
    sed -n 's/.*"operator_journey_id":"\([^"]*\)".*/\1/p' "$work/drop/.new" >>"$work/ids"
    mv "$work/drop/.new" "$work/drop/$fed.jsonl"
    fed=$((fed + $1))
}

# await NAME COUNT SECONDS: until so many journeys are in the registry.
await() {
    await_end=$(($(date +%s) + $3))
    while [ "$(state journeys)" -lt "$2" ]; do
        if [ "$(date +%s)" -ge "$await_end" ]; then
            fail "$1: $2 journeys within $3 s" "$(state journeys) are there" \
                "$(tail -n 5 "$work/service.log")"
            return
        fi
        sleep 0.5
    done
    pass "$1: $2 journeys arrive"
}

# await_word NAME REGEX SECONDS: until the service says so.
await_word() {
    await_end=$(($(date +%s) + $3))
    until grep -Eq "$2" "$work/service.log"; do
        if [ "$(date +%s)" -ge "$await_end" ]; then
            fail "$1: the service says /$2/ within $3 s" "$(cat "$work/service.log")"
            return
        fi
        sleep 0.5
    done
    pass "$1: the service says why"
}

# asked NAME: one number of the service's own counters.
asked() {
    nv status --config "$work/conf" --json
    printf '%s' "$out" | tr ',{}' '\n' | sed -n "s/^ *\"$1\": *\([0-9]*\)\$/\1/p" | head -n 1
}

# pause SECONDS: a signal does not wait for its end.
pause() {
    pause_left=$1
    while [ "$pause_left" -gt 0 ]; do
        sleep 1
        pause_left=$((pause_left - 1))
    done
}

# retry: the service is told that the network is back.
retry() { kill -USR1 "$service_pid"; }

# settle NAME: the sums, and an orderly end.
settle() {
    settle_end=$(($(date +%s) + 20))
    while [ "$(asked pending)" != 0 ] && [ "$(date +%s)" -lt "$settle_end" ]; do sleep 0.5; done
    is "$1: nothing is pending" "$(asked pending)" 0
    is "$1: all that was taken in was delivered" "$(asked delivered)" "$fed"
    is "$1: nothing was refused" "$(asked refused)" 0
    is "$1: nothing expired" "$(asked expired)" 0
    is "$1: the registry has each once" "$(state journeys)" "$fed"
    is "$1: ${repeats:-nothing} was sent that the registry had" "$(state 409)" "${repeats:-0}"
    kill -TERM "$service_pid"
    wait "$service_pid"
    is "$1: the service ends in order" $? 0
    is "$1: no file of refused journeys, or an empty one" \
        "$(cat "$work/spool.refused" 2>/dev/null)" ''
    unlike "$1: no secret in the messages" "$(cat "$work/service.log")" 'Zr3-kP9|eyJ'
}

begin() { # [RELAY COMMAND ...]
    start_standin --keys "$keys" --limit-scale 1000
    start_relay "$@"
}
begin_with() { # OPTION ... of the stand-in
    start_standin --keys "$keys" --limit-scale 1000 "$@"
    start_relay
}

# list_ids FILE: what the registry has. With a token of its own: a cached one may be of a registry
# that is gone.
list_ids() {
    nv journey list --status pending --all --base-url "$url" --ca-file "$work/pki/ca.pem" \
        --token-file "$keys" --no-cache
    cp "$work/out" "$work/$1"
}

# ---- scenarios ----

# Far away, and connections overtake each other.
scenario_far() {
    begin 'delay 100 100' 'jitter 150'
    start_service --connections 16
    feed 300
    await far 300 60
    is 'far: the link was never lost' "$(asked link_losses)" 0
    settle far
}

# 16 000 bytes a second for all connections together.
scenario_narrow() {
    begin 'rate 16000 16000' 'delay 150 150'
    start_service --connections 4
    feed 40
    await narrow 40 90
    settle narrow
}

# Nothing passes for a while, and then all that was under way does: no reason to send it again.
scenario_tunnel() {
    begin 'delay 20 20'
    start_service --connections 8
    feed 100
    await tunnel 20 30
    relay freeze
    feed 20
    sleep 6
    relay thaw
    await tunnel 120 40
    is 'tunnel: the link was never lost' "$(asked link_losses)" 0
    settle tunnel
}

# The request's body goes nowhere in the middle, and so does the answer to the next ones.
scenario_hole() {
    begin
    start_service --connections 4 --timeout 5
    relay fault hole up 2300 0 6
    feed 60
    await hole 60 120
    relay fault hole down 3300 0 3
    relay now reset
    feed 40
    await hole 100 120
    like 'hole: what may have arrived was looked up' "$(asked lookups)" '^[1-9]'
    like 'hole: connections were swallowed' "$(counted hits)" '^([7-9]|[1-9][0-9])$'
    settle hole
}

# The server in front is restarted twice: connections die, new ones are refused for a while.
scenario_restart() {
    begin 'delay 10 10'
    start_service --connections 8
    for _ in 1 2; do
        feed 100
        await restart $((fed - 70)) 60
        relay refuse
        relay now reset
        sleep 3
        relay accept
    done
    await restart "$fed" 60
    settle restart
}

# The registry's process is killed and comes back empty, with another key that its tokens are signed
# by: what it had acknowledged is its own loss, all the rest is sent to the new one.
scenario_killed() {
    begin_with --token-life 30
    relay delay 10 10
    start_service --connections 8
    feed 200
    await killed 60 60
    relay freeze
    sleep 0.5
    list_ids first
    kill -KILL "$standin_pid"
    wait "$standin_pid" 2>/dev/null
    start_standin --keys "$keys" --limit-scale 1000 --token-life 30 --port "$port"
    relay thaw
    killed_end=$(($(date +%s) + 90))
    # A token that the new one does not know is answered with 500, until it has expired.
    while [ "$(asked delivered)" != 200 ] && [ "$(date +%s)" -lt "$killed_end" ]; do
        sleep 2
        retry
    done
    list_ids second
    sort -u "$work/first" "$work/second" >"$work/both"
    sort "$work/ids" >"$work/sent"
    is 'killed: each journey is with the old one or the new one' \
        "$(cmp "$work/sent" "$work/both" 2>&1)" ''
    is 'killed: all are delivered' "$(asked delivered)" 200
    is 'killed: nothing is pending' "$(asked pending)" 0
    is 'killed: nothing was sent that the registry had' "$(state 409)" 0
}

# Look-ups fail in each way before there is any connection, and once more later.
scenario_names() {
    begin
    echo none >"$work/names"
    preload="LD_PRELOAD=$BUILD/tests/host.so HOST_NAMES=$work/names"
    start_service --connections 4
    feed 30
    await_word names 'host name does not exist' 30
    is 'names: nothing leaves' "$(state requests)" 0
    is 'names: all is kept' "$(asked pending)" 30
    for how in again fail hang; do
        echo $how >"$work/names"
        sleep 2
    done
    echo ok >"$work/names"
    await names 30 60
    echo again >"$work/names"
    relay now reset
    feed 30
    sleep 3
    echo ok >"$work/names"
    retry
    await names 60 60
    settle names
}

# Each look-up takes 0.7 s: sixteen connections must not queue for sixteen of them.
scenario_resolver() {
    begin 'delay 50 50'
    echo slow >"$work/names"
    preload="LD_PRELOAD=$BUILD/tests/host.so HOST_NAMES=$work/names"
    start_service --connections 16
    feed 300
    await resolver 300 60
    is 'resolver: the link was never lost' "$(asked link_losses)" 0
    settle resolver
}

# Half of all connections are harmed, each at another byte and in another way.
scenario_chaos() {
    begin 'delay 5 5' 'jitter 10'
    start_service --connections 8 --timeout 5
    feed 20
    await chaos 20 30
    relay chaos 50 9000
    for _ in 1 2 3 4 5 6; do
        feed 40
        relay now reset
        sleep 2
        retry
    done
    relay clear
    retry
    await chaos 260 90
    like 'chaos: connections were harmed' "$(counted hits)" '[0-9]'
    settle chaos
}

# On and off, faster than an exchange takes.
scenario_flicker() {
    begin 'delay 60 60'
    start_service --connections 8
    feed 150
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
        relay now reset
        sleep 0.4
        relay refuse
        sleep 0.3
        relay accept
        retry
    done
    await flicker 150 90
    settle flicker
}

# Somebody else answers for the registry: nothing is told to him.
scenario_portal() {
    begin
    real_port=$port
    portal_port=$(free_port)
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=portal \
        -keyout "$work/portal.key" -out "$work/portal.pem" 2>/dev/null
    # It prints what it is told, as long as its own input stays open.
    mkfifo "$work/silence"
    exec 9<>"$work/silence"
    openssl s_server -accept "127.0.0.1:$portal_port" -cert "$work/portal.pem" \
        -key "$work/portal.key" >"$work/portal.log" 2>&1 <&9 &
    pids="$pids $!"
    start_service --connections 4
    feed 20
    await portal 20 30
    relay to "$portal_port"
    relay now reset
    feed 20
    await_word portal 'certificate|signed' 30
    is 'portal: all is kept' "$(asked pending)" 20
    unlike 'portal: it is told nothing' "$(cat "$work/portal.log")" 'POST|HTTP|journey'
    relay to "$real_port"
    retry
    await portal 40 30
    settle portal
}

# Ten minutes without a server, by a clock that runs ten times as fast: tried seldom, not given up.
scenario_outage() {
    begin
    preload="LD_PRELOAD=$BUILD/tests/host.so HOST_LAPSE=10"
    start_service --connections 4
    feed 40
    await outage 40 60
    relay to 9 # nobody listens there
    relay now reset
    before=$(counted connections)
    feed 60
    pause 60
    tries=$(($(counted connections) - before))
    is 'outage: all is kept' "$(asked pending)" 60
    if [ $tries -ge 3 ] && [ $tries -le 60 ]; then
        pass 'outage: tried seldom'
    else
        fail 'outage: tried seldom' "$tries connections in ten minutes"
    fi
    relay to "$port"
    await outage 100 90
    settle outage
}

# The registry acts on requests and ends before it has answered; then it is under maintenance.
scenario_mute() {
    begin 'delay 10 10'
    start_service --connections 8
    feed 20
    await mute 20 30
    fault '{"scope":"journeys","drop_after":5}'
    feed 80
    await mute 100 60
    like 'mute: what may have arrived was looked up' "$(asked lookups)" '^[1-9]'
    fault '{"clear":true,"scope":"any","maintenance":true,"retry_after":"2"}'
    feed 30
    sleep 3
    fault '{"clear":true}'
    await mute 130 60
    settle mute
}

# Requests that the network holds back reach the registry long after the service has given them up,
# asked after them and sent them again: the one case in which a journey rightly goes out twice.
scenario_late() {
    begin
    start_service --connections 4 --timeout 5
    feed 20
    await late 20 30
    relay fault stall up 1000 14000 4
    relay now reset
    feed 60
    await late 80 60
    like 'late: they were asked after' "$(asked lookups)" '^[1-9]'
    late_end=$(($(date +%s) + 30))
    while [ "$(state 409)" = 0 ] && [ "$(date +%s)" -lt "$late_end" ]; do sleep 0.5; done
    sleep 2
    repeats=$(state 409)
    like 'late: the registry says that it has them' "$repeats" '^[1-4]$'
    settle late
}

# The service itself ends in the middle of it all, by force, and starts again.
scenario_reborn() {
    begin 'delay 40 40'
    start_service --connections 8
    feed 200
    for _ in 1 2 3 4; do
        sleep 1.5
        relay fault cut down 3600 0 8
        kill -KILL "$service_pid"
        wait "$service_pid" 2>/dev/null
        start_service --connections 8
    done
    relay clear
    await reborn 200 60
    # What was answered just before the end goes out once more: the registry says that it has it.
    repeats=$(state 409)
    if [ "$repeats" -le 32 ]; then
        pass 'reborn: no more is sent twice than was on the wire'
    else
        fail 'reborn: no more is sent twice than was on the wire' "$repeats"
    fi
    settle reborn
}

# Packets are lost between service and relay; faults.sh gave us a network of our own for that.
scenario_loss() {
    ip link set lo up
    begin 'delay 10 10'
    printf '%s\n' 'table inet faults {' 'chain lossy {' \
        'type filter hook input priority 0; policy accept;' \
        "tcp dport $relay_port numgen random mod 100 < 15 counter drop" \
        "tcp sport $relay_port numgen random mod 100 < 15 counter drop" '}' '}' >"$work/rules"
    nft -f "$work/rules"
    is 'loss: the rules are there' $? 0
    start_service --connections 8
    feed 150
    await loss 150 120
    like 'loss: packets were dropped' "$(nft list table inet faults)" 'packets [1-9]'
    settle loss
}

# Hundreds of exchanges, each harmed at another byte.
scenario_bytes() {
    stride=${STRIDE:-48}
    [ "${FAULTS:-}" != all ] || stride=1
    life=14400 # for every byte; what is left behind by kill -9 ends some time
    begin_with --max-life "$life"
    # The shortest first, by which the places are counted: all others reach as far.
    "$BUILD/tools/journeys" --count $((40000 / stride + 100)) --seed 9 |
        awk '{ print length($0) "\t" $0 }' | sort -n | cut -f 2- >"$work/journeys"
    "$BUILD/tests/every_byte" --port "$relay_port" --control "$work/ctl" --ca "$work/pki/ca.pem" \
        --keys "$keys" --journeys "$work/journeys" --stride "$stride" >"$work/sweep" 2>&1 &
    pids="$pids $!"
    wait $!
    swept=$?
    cat "$work/sweep"
    is 'bytes: all went well' "$swept" 0
    places=$(sed -n 's/^places: \([0-9]*\),.*/\1/p' "$work/sweep")
    is 'bytes: the registry has each journey once' "$(state journeys)" "$places"
    is 'bytes: nothing was sent that the registry had' "$(state 409)" 0
}

# The relay itself, with curl.
try() { # CODE NAME COMMAND ...: curl's exit code behind that fault
    try_code=$1 try_name=$2
    shift 2
    [ $# -eq 0 ] || relay "$@"
    cget -m 3 -o "$work/got" -w '%{time_total}' "https://localhost:$relay_port/standin/state" \
        >"$work/time" 2>/dev/null
    is "relay: $try_name" $? "$try_code"
}
took_at_least() { # NAME SECONDS
    if awk -v least="$2" '{ exit !($1 >= least) }' "$work/time"; then
        pass "relay: $1 takes its time"
    else
        fail "relay: $1 takes its time" "$(cat "$work/time") s, not $2"
    fi
}

scenario_relay() {
    begin
    try 0 'nothing is harmed'
    try 0 'delay' delay 50 50
    took_at_least 'delay: connection, handshake and answer' 0.25
    relay delay 0 0
    try 35 'cut while shaking hands' fault cut up 100
    try 35 'reset while shaking hands' fault reset down 50
    try 35 'a garbled byte of the handshake' fault garble up 70
    try 56 'a garbled byte of the answer' fault garble down 2900
    try 28 'a hole' fault hole down 1000
    try 28 'a stall for good' fault stall up 300
    try 0 'a stall' fault stall up 300 700
    took_at_least 'stall' 0.7
    try 0 'a fault beyond the end' fault garble up 100000
    try 0 'a slow link' rate 8000 8000
    took_at_least 'rate' 0.3
    relay rate 0 0
    try 7 'refused' refuse
    try 0 'accepted again' accept
    try 28 'frozen' freeze
    try 0 'thawed' thaw
    relay fault cut up 0 0 2
    try 35 'the first of two'
    try 35 'the second of two'
    try 0 'the third of two'
    relay sweep cut up 10 1 5 0 3
    cget -o "$work/got" --connect-to "localhost:$relay_port:127.3.0.4:$relay_port" \
        "https://localhost:$relay_port/standin/state" 2>/dev/null
    is 'relay: a fault by address' $? 35
    cget -o "$work/got" --connect-to "localhost:$relay_port:127.3.0.4:$relay_port" \
        "https://localhost:$relay_port/standin/state"
    is 'relay: only once' $? 0
    relay hits 3
    like 'relay: it is counted' "$told" ' hits=1 '
    told=$("$BUILD/relay" --tell "$work/ctl" fault nonsense up 1 2>&1)
    like 'relay: a wrong command' "$told" 'not understood'
}

case ${1:-} in
relay) scenario_relay ;;
late) scenario_late ;;
far) scenario_far ;;
narrow) scenario_narrow ;;
tunnel) scenario_tunnel ;;
hole) scenario_hole ;;
restart) scenario_restart ;;
killed) scenario_killed ;;
names) scenario_names ;;
resolver) scenario_resolver ;;
chaos) scenario_chaos ;;
flicker) scenario_flicker ;;
portal) scenario_portal ;;
outage) scenario_outage ;;
mute) scenario_mute ;;
reborn) scenario_reborn ;;
loss) scenario_loss ;;
bytes) scenario_bytes ;;
*)
    echo "usage: scenario.sh NAME" >&2
    exit 2
    ;;
esac
finish
