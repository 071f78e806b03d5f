# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Helpers of the end-to-end scripts, sourced by each. A script makes its certificates and starts its
# servers in a folder of its own, says "ok" or "not ok" for each check and ends with finish, which
# prints "N passed, N failed". Every process it started ends with it.
#
#   BUILD    where the programs are; relative to the project's folder
#   WRAP     put before the command, e.g. "valgrind -q --error-exitcode=99"
#   KEEP=1   leaves the work folder behind
set -u
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "$0")/../.." && pwd)
case ${BUILD:=build} in
/*) ;;
*) BUILD=$root/$BUILD ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/navette-e2e.XXXXXX")
passed=0
failed=0
pids=

end_processes() {
    for pid in $pids; do kill "$pid" 2>/dev/null; done
    for pid in $pids; do wait "$pid" 2>/dev/null; done
    pids=
}
leave() {
    end_processes
    [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' HUP INT TERM

# ---- checks ----

pass() {
    passed=$((passed + 1))
    echo "ok - $1"
}

# fail NAME [DETAIL ...]: details are shown indented.
fail() {
    failed=$((failed + 1))
    echo "not ok - $1"
    shift
    for detail in "$@"; do printf '%s\n' "$detail" | sed 's/^/#   /' | head -n 30; done
}

is() { # NAME GOT WANTED
    if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got:    $2" "wanted: $3"; fi
}

like() { # NAME TEXT EXTENDED_REGEX
    if printf '%s\n' "$2" | grep -Eq -- "$3"; then pass "$1"; else fail "$1" "no /$3/ in:" "$2"; fi
}

unlike() { # NAME TEXT EXTENDED_REGEX
    if printf '%s\n' "$2" | grep -Eq -- "$3"; then fail "$1" "/$3/ is in:" "$2"; else pass "$1"; fi
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

need() { # PROGRAM ...
    for program in "$@"; do
        command -v "$program" >/dev/null || {
            echo "$program is missing: sh tests/tools/setup.sh test" >&2
            exit 1
        }
    done
}

# ---- the command ----

# Nothing of the caller's own set-up may leak in: configuration, cache and secrets are the script's.
export HOME="$work/home" XDG_CONFIG_HOME="$work/home/.config" XDG_CACHE_HOME="$work/home/.cache" \
    XDG_STATE_HOME="$work/home/.local/state"
unset XDG_RUNTIME_DIR RUNTIME_DIRECTORY STATE_DIRECTORY CREDENTIALS_DIRECTORY
for variable in $(env | sed -n 's/^\(NAVETTE_[A-Z0-9_]*\)=.*/\1/p'); do unset "$variable"; done
mkdir -p "$HOME"

# The exit codes that `navette help` documents.
# shellcheck disable=SC2034
E_PARTLY=1 E_USAGE=2 E_CONFIG=3 E_NETWORK=4 E_TLS=5 E_AUTH=6 E_REFUSED=7 E_LATER=8 E_UNKNOWN=9 \
    E_INPUT=10 E_ANSWER=11 E_CHECK=12 E_LOGIN=13

# Runs the command: its exit code in $code, what it printed in $out and $err (and the files
# $work/out, $work/err). No run may take longer than a minute.
nv() {
    # shellcheck disable=SC2086 # WRAP is words
    timeout -k 2 "${NV_LIMIT:-60}" ${WRAP:-} "$BUILD/navette" "$@" >"$work/out" 2>"$work/err" </dev/null
    code=$?
    out=$(tr -d '\0' <"$work/out")
    err=$(cat "$work/err")
}

# exits NAME CODE [REGEX]: of the last nv, with what it said on standard error.
exits() {
    if [ "$code" -ne "$2" ]; then
        fail "$1" "exit $code, wanted $2" "$err" "$out"
    elif [ $# -gt 2 ] && ! printf '%s\n' "$err" | grep -Eiq -- "$3"; then
        fail "$1" "exit $code as wanted, but no /$3/ in:" "$err"
    else
        pass "$1"
    fi
}

# The registry's key pair of the tests in $access and $secret, and in the secrets file $keys.
# shellcheck disable=SC2034
make_keys() {
    access=5f1b8c1e-0d5e-4c43-9a51-3f8a2c7d9e10
    secret=Zr3-kP9_aQ.7mXw2LbT5vYc8NdF1gHj4KsU6eR0oWiBnVqMtCxZpAyEuGfDhJl.S
    keys=$work/keys
    printf 'access_key = %s\nsecret_key = %s\n' "$access" "$secret" >"$keys"
    chmod 600 "$keys"
}

# ---- servers ----

# wait_for_start PID FILE: waits until the file is there and not empty; fails when the
# process is gone or ten seconds are.
wait_for_start() {
    tries=0
    until [ -s "$2" ]; do
        tries=$((tries + 1))
        if [ $tries -gt 200 ] || ! kill -0 "$1" 2>/dev/null; then return 1; fi
        sleep 0.05
    done
}

pki() {
    [ -d "$work/pki" ] || sh "$root/tests/pki/make-pki.sh" "$work/pki" >/dev/null || exit 1
}

# start_standin [OPTION ...]: sets $port, $url and $standin_pid. --cert and --key may be given to
# take another certificate: the last counts. try_standin fails where start_standin ends the script.
start_standin() {
    try_standin "$@" || {
        echo "the stand-in did not start: $(tail -n 3 "$work/standin.log")" >&2
        exit 1
    }
}
try_standin() {
    pki
    rm -f "$work/port"
    "$BUILD/standin" --cert "$work/pki/server.pem" --key "$work/pki/server.key" \
        --port-file "$work/port" --app-token-file "$work/app-token" --max-life 900 "$@" \
        2>>"$work/standin.log" &
    standin_pid=$!
    pids="$pids $standin_pid"
    wait_for_start "$standin_pid" "$work/port" || return 1
    port=$(cat "$work/port")
    url=https://localhost:$port
}

stop_standin() {
    kill "$standin_pid" 2>/dev/null
    wait "$standin_pid" 2>/dev/null
    pids=$(echo "$pids" | sed "s/ $standin_pid\$//; s/ $standin_pid / /")
}

cget() { # curl as the second pair of eyes
    curl -s -S -m 20 --cacert "$work/pki/ca.pem" "$@"
}

fault() { # JSON
    answer=$(cget -H 'Content-Type: application/json' -d "$1" "$url/standin/fault")
    [ "$answer" = '{"done":true}' ] || fail "fault $1 could not be set" "$answer"
}

# state NAME: one number of the stand-in's counters, 0 when it is not there.
state() {
    cget "$url/standin/state" | tr ',{}' '\n' | sed -n "s/^\"$1\":\([0-9]*\)\$/\1/p" |
        head -n 1 | grep . || echo 0
}

# free_port: a port that nothing listened at a moment ago; the caller tries again if it is taken.
free_port() {
    echo $((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
}

has_ipv6() { # on the loopback interface
    grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6 2>/dev/null
}

# start_nginx TEMPLATE: starts nginx with the template's @DIR@, @PORT@ and @PORT2@ ... @PORT4@
# filled in, as the current user; sets $port, $port2 ... and $nginx_pid.
start_nginx() {
    pki
    mkdir -p "$work/nginx"
    for _ in 1 2 3 4 5; do
        port=$(free_port)
        port2=$((port + 1)) port3=$((port + 2)) port4=$((port + 3))
        sed "s|@DIR@|$work|g; s|@PORT@|$port|g; s|@PORT2@|$port2|g; s|@PORT3@|$port3|g
            s|@PORT4@|$port4|g; s|@STANDIN@|${standin_port:-1}|g; s|@USER@|$(id -un) $(id -gn)|" \
            "$1" >"$work/nginx/nginx.conf"
        has_ipv6 || sed -i '/\[::1\]/d' "$work/nginx/nginx.conf"
        rm -f "$work/nginx/pid"
        nginx -e "$work/nginx/error.log" -c "$work/nginx/nginx.conf" 2>>"$work/nginx/start.log" &
        nginx_pid=$!
        if wait_for_start "$nginx_pid" "$work/nginx/pid"; then
            pids="$pids $nginx_pid"
            return
        fi
    done
    echo "nginx did not start: $(tail -n 5 "$work/nginx/start.log" "$work/nginx/error.log")" >&2
    exit 1
}
