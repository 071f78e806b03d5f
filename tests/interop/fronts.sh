#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The five systems through the usual front servers: each ends TLS before the stand-in and hands on
# over TLS of its own. One table of cases; what must come out is what comes out without a front.
#     FRONTS="nginx caddy" fronts.sh     only these
# shellcheck source=tests/interop/interop.sh
. "$(dirname "$0")/interop.sh"
need node curl openssl

templates=$root/tests/interop/fronts
FRONTS=${FRONTS:-nginx apache haproxy caddy lighttpd}

# ---- the servers ----

# Programs of servers are not in every user's path.
PATH=$PATH:/usr/sbin:/sbin

program_of() {
    case $1 in
    apache) echo apache2 ;;
    *) echo "$1" ;;
    esac
}

# Apache does not serve as root.
user=$(id -un) group=$(id -gn)
[ "$user" != root ] || user=nobody group=nogroup

fill() { # TEMPLATE FILE
    sed "s|@DIR@|$dir|g; s|@PKI@|$work/pki|g; s|@USER@|$user|g; s|@GROUP@|$group|g
        s|@PORT@|$port|g; s|@PORT2@|$((port + 1))|g; s|@PORT3@|$((port + 2))|g
        s|@PORT4@|$((port + 3))|g; s|@RELAY@|$((port + 4))|g; s|@DEAD@|$((port + 5))|g
        s|@BEHIND@|$standin_port|g; s|@MODULES@|/usr/lib/apache2/modules|g" \
        "$templates/$1.in" >"$dir/$2"
}

# run NAME: starts the program in the foreground of a process of its own.
run_front() {
    case $1 in
    nginx) exec nginx -e "$dir/error.log" -c "$dir/nginx" ;;
    apache) exec apache2 -f "$dir/apache" -DFOREGROUND ;;
    haproxy | relay) exec haproxy -db -f "$dir/$1" ;;
    caddy) exec env XDG_DATA_HOME="$dir" XDG_CONFIG_HOME="$dir" \
        caddy run --adapter caddyfile --config "$dir/caddy" ;;
    lighttpd) exec lighttpd -D -f "$dir/lighttpd" ;;
    esac
}

listens() { # PORT
    curl -s -k -o /dev/null -m 2 "https://localhost:$1/" || [ $? -eq 52 ]
}

# start_front NAME: sets $url and the ports behind it; fails when it does not come up.
start_front() {
    for _ in 1 2 3; do
        dir=$work/$1
        rm -rf "$dir"
        mkdir -p "$dir"
        port=$(free_port)
        cat "$work/pki/server.pem" "$work/pki/server.key" >"$dir/pair.pem"
        fill "$1" "$1"
        front_pids=
        if [ "$1" = lighttpd ]; then
            fill relay relay
            (run_front relay) >>"$work/front.log" 2>&1 &
            front_pids=$!
        fi
        (run_front "$1") >>"$work/front.log" 2>&1 &
        front_pid=$!
        front_pids="$front_pids $front_pid"
        pids="$pids $front_pids"
        tries=0
        while [ $tries -lt 300 ] && kill -0 "$front_pid" 2>/dev/null; do
            if listens "$port" && listens $((port + 3)); then
                url=https://localhost:$port
                return 0
            fi
            tries=$((tries + 1))
            sleep 0.05
        done
        stop_front
    done
    return 1
}

stop_front() {
    for pid in $front_pids; do
        kill "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
        pids=$(printf ' %s ' "$pids" | sed "s/ $pid / /")
    done
}

# ---- the command ----

via() {
    via_system=$2
    case $1 in
    journey | cee) via_system=rpc ;;
    delivery) via_system=coopcycle ;;
    piste | jindexe) via_system=$1 ;;
    query) via_system=demarches ;;
    esac
    nv "$@" --base-url "$url" --ca-file "$work/pki/ca.pem" \
        --token-file "$work/keys/$via_system.keys"
}

# same NAME VALUE: what the first run, without a front, gave for this name.
same() {
    same_file=$work/direct/$(printf '%s' "$1" | tr -c 'a-zA-Z0-9\n' _)
    if [ "$front" = direct ]; then
        printf '%s\n' "$2" >"$same_file"
    elif [ "$2" = "$(cat "$same_file")" ]; then
        pass "$front: $1"
    else
        fail "$front: $1" "$2" 'and without a front:' "$(cat "$same_file")"
    fi
}
# gives NAME CODE [REGEX]: the exit code wanted, the same output as without a front
gives() {
    exits "$front: $1" "$2" "${3:-.*}"
    same "$1: output" "$(printf '%s' "$out" | sed 's/"created_at":"[^"]*"//')"
}
of_state() { # NAME: a counter of the stand-in, asked without a front
    front_url=$url url=$standin_url
    state "$1"
    url=$front_url
}
set_fault() {
    front_url=$url url=$standin_url
    fault "$1"
    url=$front_url
}
bytes() { # of the last output
    wc -c <"$work/out" | tr -d ' '
}

registry() {
    "$BUILD/tools/journeys" --count 60 --seed "$seed" --bad >"$work/journeys"
    before=$(of_state journeys)
    via journey send "$work/journeys" --json --refused "$work/refused"
    exits "$front: journeys" "$E_PARTLY"
    same 'journeys: delivered' "$(member delivered) $(member refused) $(member duplicate)"
    same 'journeys: stored' $(($(of_state journeys) - before))
    via journey send "$work/journeys" --json
    same 'journeys again: nothing new' $(($(of_state journeys) - before))
    id=$(sed -n '1s/.*"operator_journey_id":"\([^"]*\)".*/\1/p' "$work/journeys")
    via journey status "$id" --json
    same 'a journey: state' "$(member status)"
    via journey cancel "$id" --code no_show
    exits "$front: a cancellation" 0
    via journey status "$id" --json
    same 'a cancelled journey: state' "$(member status)"
    via journey status "odd/id?é%2F#x"
    gives 'an id with a slash, percent-encoded' "$E_REFUSED" '404|not found'
}

# Requests of every kind by navette call, with the registry's token.
requests() {
    via call rpc HEAD /v3.3/journeys
    same 'HEAD' "$code/$(bytes)"
    via call rpc DELETE "/v3.3/policies/cee/0b9e2d5c-6a5f-4f0e-9c53-000000000000"
    same 'DELETE' "$code/$out"
    printf '{"code":"x"}' >"$work/small"
    via call rpc PATCH /v3.3/journeys/nobody --data "$work/small"
    same 'PATCH' "$code/$out"
    via call rpc PUT /v3.3/nothing --data "$work/small"
    same 'PUT where there is nothing' "$code/$out"
    via call rpc OPTIONS /v3.3/journeys
    same 'OPTIONS' "$code"
    via call rpc GET "/v3.3/journeys?status=ok&start=2026-01-01T00:00:00Z&limit=1"
    same 'a query' "$code"
    # Larger than what the registry takes, and than most buffers on the way.
    via call rpc POST /v3.3/journeys --data "$work/large"
    same 'a body of 3 MB' "$code/$out"
}

# Statuses as they come, with their bodies, from a POST that is never repeated.
statuses() {
    for status in 400 401 403 404 405 409 410 413 415 422 423 429 500 501 502 503 504; do
        set_fault "{\"fail_status\":$status,\"fail_count\":9,\"scope\":\"calls\"}"
        via call rpc POST /v3.3/journeys --data "$work/small" --retry-for 0
        same "$status: exit code and body" "$code/$out"
        set_fault '{"clear":true}'
    done
    set_fault '{"fail_status":429,"fail_count":1,"retry_after":"7","scope":"calls"}'
    via call rpc GET '/v3.3/journeys?status=ok'
    exits "$front: Retry-After" "$E_LATER" 'again in [1-9] s'
    set_fault '{"clear":true}'
}

# What the fronts say themselves.
own_answers() {
    url=https://localhost:$((port + 2))
    via call rpc POST /v3.3/journeys --data "$work/large"
    exits "$front: its own limit of bodies" "$E_REFUSED" 413
    via call rpc GET '/v3.3/journeys?status=ok'
    exits "$front: ... leaves the next call alone" 0
    set_fault '{"delay_ms":4000,"delay_count":1,"scope":"calls"}'
    via call rpc POST /v3.3/journeys --data "$work/small"
    case $code in "$E_LATER" | "$E_UNKNOWN") pass "$front: its own time-out, exit $code" ;;
    *) fail "$front: its own time-out" "exit $code" "$err" "$out" ;; esac
    like '... as 504 or so' "$err" '50[0234]'
    set_fault '{"clear":true}'
    url=https://localhost:$((port + 3))
    via call rpc POST /v3.3/journeys --data "$work/small" --timeout 10
    case $code in "$E_LATER" | "$E_UNKNOWN") pass "$front: nobody behind it, exit $code" ;;
    *) fail "$front: nobody behind it" "exit $code" "$err" "$out" ;; esac
    like '... as 502 or 503' "$err" '50[23]'
    url=https://localhost:$port
}

cases() {
    rm -rf "$work/home/.cache"
    registry
    requests
    statuses
}

# ---- all of them ----

mkdir -p "$work/keys" "$work/direct"
chmod 700 "$work/keys"
start_standin --secrets-dir "$work/keys" --limit-scale 1000 --idle 30
standin_url=$url standin_port=$port
head -c 3000000 /dev/zero | tr '\0' '1' >"$work/large"

front=direct seed=100
cases

for front in $FRONTS; do
    command -v "$(program_of "$front")" >/dev/null || {
        fail "$front: not installed" 'sh tests/tools/setup.sh interop'
        continue
    }
    start_front "$front" || {
        fail "$front: did not start" "$(tail -n 20 "$work/front.log" "$dir"/error.log 2>/dev/null)"
        continue
    }
    seed=$((seed + 1))
    cases
    own_answers
    url=https://localhost:$((port + 1))
    seed=$((seed + 100))
    cases
    stop_front
done

finish
