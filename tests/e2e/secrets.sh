#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No secret is printed: not on success, not on failure, not with --json, however much is asked to be
# told, and not even when the server sends it back. The one exception is navette token --show.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need python3 openssl base64

pki
mkdir "$work/echo" "$work/keys"
: >"$work/echo/seen"
echo 'call 200 success' >"$work/echo/plan"
python3 "$(dirname "$0")/echo.py" "$work/echo" "$work/pki/server.pem" "$work/pki/server.key" \
    2>"$work/echo.log" &
echo_pid=$!
pids="$pids $echo_pid"
wait_for_start "$echo_pid" "$work/echo/port" || { cat "$work/echo.log" >&2; exit 1; }
echo_url=https://localhost:$(cat "$work/echo/port")

keys() { # SYSTEM FORMAT: what it knows its client by, the odder the better
    # shellcheck disable=SC2059 # the format is the file
    printf "$2" >"$work/keys/$1.keys"
    chmod 600 "$work/keys/$1.keys"
}
keys rpc 'access_key = 5f1b8c1e-0d5e-4c43-9a51-3f8a2c7d9e10\nsecret_key = Zr3-kP9_aQ.7mXw2LbT5vYc8NdF1gHj4KsU6eR0oWiBnVqMt\n'
keys coopcycle 'client_id = co-op-1\nclient_secret = c0-%%41:b+c d"e/f\\g&h=\303\251\n'
keys piste 'client_id = p-1\nclient_secret = p0-%%41:b+c d"e/f\\g&h=\303\251\napi_key = key-\303\250-77/5a b\naccount_login = TECH@cpro\naccount_password = Acc:ount/pass+word?\303\240\n'
keys jindexe 'api_key = jx/key+9 81"7\nusername = me@example.org\npassword = j0-%%41:b+c d"e/f\\g&h=\303\251\n'
ds=$(printf '01234567-89ab-cdef-0123-456789abcdef;abcdefghijklmnopqrstuvwx' | base64 -w 0)
keys demarches "$ds\n"

# What must not be printed, from the secrets files; the server adds what else it sees and issues.
sed -n 's/^\(secret_key\|client_secret\|password\|refresh_token\|api_key\|account_password\) = //p' \
    "$work/keys"/*.keys >"$work/secret"
echo "$ds" >>"$work/secret"

# leaks FILE ...: the secrets of which 8 characters in a row stand in them in any coat, each with the
# run it stands in.
leaks() {
    cat "$work/secret" "$work/echo/seen" >"$work/secrets"
    python3 "$(dirname "$0")/leaks.py" "$work/secrets" "$@"
}
runs=0
# quiet NAME: keeps what the last nv printed, to be searched at the end of a part. said: the same,
# but for standard output, where a call leaves the answer's body as it came.
quiet() {
    runs=$((runs + 1))
    { echo "## $1"; cat "$work/out"; echo; cat "$work/err"; } >>"$work/printed"
}
said() {
    : >"$work/out"
    quiet "$1"
}
none() { # NAME
    found=$(leaks "$work/printed")
    if [ -z "$found" ] && [ $runs -gt 0 ] && [ -s "$work/printed" ]; then
        pass "$1 ($runs runs)"
    else
        fail "$1 ($runs runs)" "$found"
    fi
    runs=0
    : >"$work/printed"
}

at() { # SYSTEM COMMAND ...: at the echo server
    system=$1
    shift
    nv "$@" --base-url "$echo_url" --ca-file "$work/pki/ca.pem" --token-file "$work/keys/$system.keys"
}
plan() { echo "$1 $2 $3" >"$work/echo/plan"; }

# The test finds what it looks for: --show prints the token, and nothing else does.
at coopcycle token coopcycle --show
is 'token --show prints the token' "$(leaks "$work/out" | sort -u)" " $out"
at coopcycle token coopcycle --show --json
is 'token --show --json does' "$(leaks "$work/out" | wc -l)" 1
at coopcycle token coopcycle -v -v -v
is 'token does not' "$(leaks "$work/out" "$work/err")" ''

# ---- the routes that give tokens, refusing what they then repeat ----

for system in rpc coopcycle piste jindexe; do
    for status in 200 400 401 429; do
        for kind in json oauth slashes plain; do
            plan token $status $kind
            at "$system" token "$system" -v -v -v --json
            quiet "token $system, $status $kind"
        done
        at "$system" doctor "$system" -v -v -v
        quiet "doctor $system, $status"
    done
    none "tokens of $system refused: no secret is told"
done

# ---- calls: every kind of answer, at the loudest ----

path_of() {
    case $1 in
    rpc) echo /v3.3/journeys/1 ;;
    coopcycle) echo /api/deliveries/1 ;;
    piste) echo /cassation/judilibre/v1.0/search ;;
    jindexe) echo /user/me ;;
    demarches) echo /api/v2/graphql ;;
    esac
}
for system in rpc coopcycle piste jindexe demarches; do
    path=$(path_of $system)
    for status in 200 400 401 403; do
        for kind in json slashes plain; do
            plan call $status $kind
            at "$system" call "$system" GET "$path" -v -v -v
            said "call $system, $status $kind"
        done
        at "$system" call "$system" GET "$path" -v --json --output "$work/answer"
        quiet "call $system --json, $status"
    done
    none "calls to $system: no secret is told"
done
for kind in json plain; do
    for status in 200 403; do
        plan call $status $kind
        at rpc call rpc GET /x --no-auth --header 'Authorization: Bearer tok-en/of+mine' -v -v -v
        said "call with a token of its own, $status $kind"
        at piste call piste GET /x --header 'KeyId: key-of-mine-12' --header 'cpro-account: VDpwYXNzcGhyYXNlLTk=' -v
        said "call with keys of its own, $status $kind"
    done
done
none 'calls with secrets in fields of their own'

# ---- what is sent in --header is as secret in each command that takes it ----

# What a command says of an error, and with -v of the answer's head; standard output is the body.
for command in 'call piste' 'piste call'; do
    turns=0
    while [ $turns -lt 12 ]; do
        turns=$((turns + 1))
        plan call 403 coats
        # shellcheck disable=SC2086 # words
        at piste $command GET /x --header 'KeyId: key-of-mine-12' -v --output "$work/answer" \
            --header 'cpro-account: VEVDSF8xOlBhc3MgcGhyYXNlLzk5w6k=' --header 'Cookie: sid=5ess10n-1d'
        quiet "$command, fields $turns"
    done
    like "$command: the server did quote them" "$out$err" '\*\*\*'
    none "$command --header: no part of a secret is told in any coat"
done
# Where a message is cut no part of a password shows that is too short to be known by a part.
short=$(printf 'TECH_1:Zq9!Kw' | base64)
turns=0
: >"$work/edge"
while [ $turns -lt 17 ]; do
    turns=$((turns + 1))
    plan call 403 edge
    at piste call piste GET /x --header "cpro-account: $short" -v --output "$work/answer"
    echo "$err" >>"$work/edge"
    at piste piste call GET /x --header "Authorization: Basic $short" --no-auth --json \
        --output "$work/answer"
    echo "$out$err" >>"$work/edge"
    quiet "a message cut at a password, $turns"
done
is 'a message that is cut at a short password: the server did quote it' \
    "$([ "$(grep -c 'xx\*\*\*' "$work/edge")" -ge 24 ] && echo yes)" yes
is 'a message that is cut at a short password: nothing of it is told' \
    "$(grep -n 'xZ' "$work/edge" | head -n 3)" ''
for system in rpc coopcycle piste jindexe demarches; do
    turns=0
    while [ $turns -lt 12 ]; do
        turns=$((turns + 1))
        plan call 403 coats
        at "$system" call "$system" GET "$(path_of "$system")" -v --output "$work/answer" --json
        quiet "call $system, coats $turns"
    done
    none "call $system -v: no part of a secret is told in any coat"
done

# ---- typed commands ----

cat >"$work/delivery" <<'JSON'
{"pickup":{"address":"1 rue A","before":"2026-11-23T12:00:00+01:00"},
"dropoff":{"address":"2 rue B","before":"2026-11-23T13:00:00+01:00"}}
JSON
"$BUILD/tools/journeys" --count 1 --seed 5 >"$work/journey"
printf '{"idFacture":1}' >"$work/invoice"

# typed SYSTEM COMMAND ...: with every kind of answer; keep=said: standard output is the body.
typed() {
    system=$1
    shift
    for how in '200 success -v' '200 success --json' '200 json --json' '400 json -v' \
        '401 json --json' '403 plain -v'; do
        # shellcheck disable=SC2086 # words
        plan call ${how% *}
        at "$system" "$@" "${how##* }"
        "${keep:-quiet}" "$*, $how"
    done
    none "$1 $2: no secret is told"
}
typed rpc journey status 1
typed rpc journey list
typed rpc journey send "$work/journey" --retry-for 1
typed coopcycle delivery create "$work/delivery"
typed coopcycle delivery read 7
typed coopcycle delivery quote "$work/delivery"
typed coopcycle delivery ping
typed piste piste call GET /dila/legifrance/lf-engine-app/consult/ping --output "$work/answer"
keep=said typed piste piste call GET /cassation/judilibre/v1.0/search
typed piste piste chorus /cpro/factures/v1/soumettre --data "$work/invoice" --output "$work/answer"
typed piste piste ping judilibre
keep=said typed jindexe jindexe call GET /user/me
typed jindexe jindexe call GET /public/x --output "$work/answer"
typed jindexe jindexe login
typed demarches query demarche 62515
typed demarches query dossier 77
typed demarches query message RG9zc2llci03Nw== --instructeur SW5zdHJ1Y3RldXItMQ== --body hello

# ---- the other form of a header ----

plan call 200 success
printf '[demarches]\nbearer = token\n' >"$work/bearer.conf"
is 'the token went out as it is' "$(grep -c '^token=' "$work/echo/seen")" 0
at demarches query demarche 62515 --config "$work/bearer.conf"
is 'bearer = token: it went out by its name' "$(grep -cF "token=$ds" "$work/echo/seen")" 1
quiet 'bearer = token'
none 'bearer = token: no secret is told'

# The host and the fields that carry secrets stay readable, whatever a secret is.
printf 'client_id = x\nclient_secret = localhost-client_secret\n' >"$work/keys/piste2.keys"
chmod 600 "$work/keys/piste2.keys"
plan token 400 oauth
at piste2 token piste
like 'the host stays readable' "$err" '\(localhost\)'

# ---- what is kept on disk is for its owner alone ----

is 'no file that others can read' \
    "$(find "$XDG_CACHE_HOME" "$XDG_STATE_HOME" -type f -perm /077 | head -n 3)" ''
is 'refresh tokens lie on disk, for the test to mean something' \
    "$([ -n "$(find "$XDG_STATE_HOME" -type f)" ] && echo yes)" yes
is 'the server saw secrets' "$([ "$(sort -u "$work/echo/seen" | wc -l)" -gt 50 ] && echo yes)" yes
finish
