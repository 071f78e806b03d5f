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
other=$user other_group=$group
[ "$user" != root ] || other=nobody other_group=nogroup

fill() { # TEMPLATE FILE
    sed "s|@DIR@|$dir|g; s|@PKI@|$work/pki|g; s|@USER@|$user|g; s|@GROUP@|$group|g
        s|@OTHER@|$other|g; s|@OTHER_GROUP@|$other_group|g
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
relay_listens() { # if there is one: it ends what is no TLS for it without an answer
    [ "$1" != lighttpd ] || curl -s -o /dev/null -m 2 "http://localhost:$((port + 4))/"
    [ $? -ne 7 ]
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
            if relay_listens "$1" && listens "$port" && listens $((port + 3)); then
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
    same "$1: output" "$(printf '%s' "$out" | sed 's/created_at  *[^ ]*//; s/([0-9]* ms)//
        s/operator_journey_id  *[^ ]*//')"
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
    via journey status "$id"
    gives 'a journey' 0
    via journey cancel "$id" --code no_show
    exits "$front: a cancellation" 0
    via journey status "$id"
    gives 'a cancelled journey' 0
    via journey list --status canceled --limit 1
    is "$front: the newest of the cancelled" "$out" "$id"
    via journey status "odd/id?é%2F#x"
    gives 'an id with a slash, percent-encoded' "$E_REFUSED" '404|not found'
}

# JSON files of requests, once.
pickup='"address":"24, Rue de la Paix","before":"2031-06-02T12:00:00Z"'
dropoff='"address":{"streetAddress":"48, Rue de l\u2019Été","latLng":[48.857,2.354]}'
dropoff="$dropoff"',"before":"2031-06-02T13:00:00Z"'
printf '{"pickup":{%s},"dropoff":{%s}}' "$pickup" "$dropoff" >"$work/delivery"
printf '{"dropoff":{"comments":"sonner « deux » fois"}}' >"$work/comment"
printf '{"bytes":6000000}' >"$work/answer"
printf '{"bytes":6000000,"chunked":true}' >"$work/answer-chunked"
printf '{"name":"Boulangerie « de l\342\200\231Étoile »","unknown":1}' >"$work/listing"
printf '{"code":"x"}' >"$work/small"
printf '{"parametresRecherche":{"nbResultatsParPage":1}}' >"$work/structures"
head -c 3000000 /dev/zero | tr '\0' '1' >"$work/large"
head -c 5000000 /dev/urandom >"$work/file.pdf"
instructeur=SW5zdHJ1Y3RldXItNw==

# What the command finds on its way: TLS 1.3 where it and the front both can.
way() {
    via doctor coopcycle
    exits "$front: the way to it" 0
    like "$front: ... over $version" "$out" "$version"
}

coopcycle() {
    via token coopcycle --json
    is "$front: CoopCycle: a token" "$code $(member kind)" '0 new'
    via delivery ping
    gives 'CoopCycle: ping' 0
    via delivery create "$work/delivery" --key "front-$seed" --json
    exits "$front: CoopCycle: a delivery" 0
    same 'CoopCycle: a delivery' "$(member tasks)"
    id=$(member id)
    via delivery read "$id" --json
    is "$front: CoopCycle: read" "$code $(member id)" "0 $id"
    via delivery update "$id" "$work/comment"
    exits "$front: CoopCycle: updated" 0
    via delivery resolve "front-$seed" --json
    is "$front: CoopCycle: found by its key" "$code $(member id)" "0 $id"
    via delivery cancel "$id"
    exits "$front: CoopCycle: cancelled, 204" 0
    via delivery read 999999
    gives 'CoopCycle: not there' "$E_REFUSED" 404
    via delivery quote "$work/delivery" --json
    is "$front: CoopCycle: a quote" "$code $(member currency)" '0 EUR'
}

piste() {
    via token piste --json
    is "$front: PISTE: a token" "$code $(member kind)" '0 new'
    via piste health
    gives 'PISTE: health, XML' 0
    via piste ping
    gives 'PISTE: ping, plain text' 0
    for how in answer answer-chunked; do
        via piste call POST /dila/legifrance/lf-engine-app/consult/getArticle --data "$work/$how"
        is "$front: PISTE: 6 MB, $how" "$code $(bytes)" '0 6000000'
        same "PISTE: 6 MB, $how" "$(sha256sum <"$work/out")"
    done
    via piste chorus /cpro/structures/v1/rechercher --data "$work/structures"
    gives 'PISTE: Chorus Pro' 0
    via piste call GET /cassation/judilibre/v1.0/healthcheck
    gives 'PISTE: Judilibre' 0
    via piste call GET /no/such/api
    same 'PISTE: 401 for a wrong path' "$code/$out"
    like "$front: PISTE: ... and the realm tells" "$err" 'path'
    set_fault '{"unsubscribed":"/dila"}'
    via piste call GET /dila/legifrance/lf-engine-app/consult/ping
    gives 'PISTE: 403, HTML' "$E_REFUSED" 403
    set_fault '{"clear":true,"unsubscribed":""}'
}

jindexe() {
    rm -rf "$work/home/.local"
    via jindexe login --json
    exits "$front: Jindexe: login" 0
    via jindexe call PUT /pro/listings/77 --data "$work/listing"
    gives 'Jindexe: PUT' 0
    for path in /ext/ping /public/categories /user/me /pro/listings/77 /pro/listings/78; do
        via jindexe call GET $path
        same "Jindexe: $path" "$code/$out"
    done
    via jindexe call PATCH /pro/listings/77 --data "$work/listing"
    gives 'Jindexe: PATCH' 0
}

demarches() {
    via query demarche 62515
    gives 'Démarches: a demarche' 0
    via query dossiers 62515 --first 40 --include champs
    is "$front: Démarches: all dossiers" "$code $(wc -l <"$work/out")" '0 250'
    # One of them was written to meanwhile; addresses end at a time, and a PDF is made for each who asks.
    same 'Démarches: all dossiers' "$(grep -v '"number": *1003' "$work/out" | sed 's/expires=[0-9]*//g
        s/"createdAt": *"[^"]*"//g; s/https:[^"]*\/pdf\/[^"]*//g' | sha256sum)"
    via query dossier 4
    gives 'Démarches: not there' "$E_REFUSED" not_found
    via query upload 1003 "$work/file.pdf"
    exits "$front: Démarches: a file of 5 MB to another host" 0
    via query message 1003 --instructeur $instructeur --body "L’avis « $front »"
    exits "$front: Démarches: a message" 0
    via query dossiers x62515
    gives 'Démarches: a wrong number' "$E_USAGE"
}

# Requests of every kind by navette call, with the registry's token.
requests() {
    via call rpc HEAD /v3.3/journeys
    same 'HEAD' "$code/$(bytes)"
    via call rpc DELETE "/v3.3/policies/cee/0b9e2d5c-6a5f-4f0e-9c53-000000000000"
    same 'DELETE' "$code/$out"
    via call rpc PATCH /v3.3/journeys/nobody --data "$work/small"
    same 'PATCH' "$code/$out"
    via call rpc PUT /v3.3/nothing --data "$work/small"
    same 'PUT where there is nothing' "$code/$out"
    via call rpc OPTIONS /v3.3/journeys
    same 'OPTIONS' "$code"
    via call rpc GET "/v3.3/journeys?status=terms_violation_error&limit=1&offset=%31"
    same 'a query' "$code"
    # Larger than what the registry takes, and than most buffers on the way.
    via call rpc POST /v3.3/journeys --data "$work/large"
    same 'a body of 3 MB' "$code/$out"
}

# Statuses as they come, with their bodies, from a POST that is never repeated.
statuses() {
    for status in 400 401 403 404 405 409 410 413 415 422 423 429 500 501 502 503 504; do
        set_fault "{\"fail_status\":$status,\"fail_count\":9,\"scope\":\"calls\"}"
        via call rpc POST /v3.3/journeys --data "$work/small"
        same "$status: exit code and body" "$code/$out"
    done
    set_fault '{"clear":true}'
    set_fault '{"fail_status":429,"fail_count":1,"retry_after":"7","scope":"calls"}'
    via call rpc GET '/v3.3/journeys?status=ok'
    exits "$front: Retry-After" "$E_LATER" 'again in [1-9] s'
    set_fault '{"clear":true}'
}

# What the fronts say themselves.
own_answers() {
    url=https://localhost:$((port + 2))
    via call rpc POST /v3.3/journeys --data "$work/large"
    exits "$front: its own limit of bodies" "$E_LATER" 413
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
    coopcycle
    piste
    jindexe
    demarches
    requests
    way
}

# ---- all of them ----

mkdir -p "$work/keys" "$work/direct"
chmod 700 "$work/keys"
start_standin --secrets-dir "$work/keys" --limit-scale 1000 --idle 30
standin_url=$url standin_port=$port

version=TLSv1.2
! "$BUILD/navette" version | grep -Eiq 'mbed tls [3-9]' || version=TLSv1.3
newest=$version
front=direct seed=100
cases
statuses

for front in $FRONTS; do
    command -v "$(program_of "$front")" >/dev/null || {
        fail "$front: not installed" 'sh tests/tools/setup.sh interop'
        continue
    }
    start_front "$front" || {
        fail "$front: did not start" "$(tail -n 20 "$work/front.log" "$dir"/error.log 2>/dev/null)"
        continue
    }
    seed=$((seed + 1)) version=$newest
    cases
    statuses
    own_answers
    # The other way to set it up: TLS 1.2, bodies passed on unbuffered where that can be set.
    url=https://localhost:$((port + 1)) front="$front, TLS 1.2" version=TLSv1.2
    seed=$((seed + 1))
    cases
    stop_front
done

finish
