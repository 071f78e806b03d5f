# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the interop scripts share beside tests/e2e/lib.sh, which this brings along:
#
#     # shellcheck source=tests/interop/interop.sh
#     . "$(dirname "$0")/interop.sh"
#
# start_node SCRIPT [OPTION ...]   a server of this folder over TLS: sets $port, $url, $node_pid
# start_plain NAME PORT COMMAND... one that speaks plain HTTP on PORT; waits until it answers
# tls_front PORT [OPTION ...]      puts TLS before such a one: sets $port and $url
#
# The npm packages are in $packages (run theirs as "node $packages/.bin/NAME"); `make interop`
# installs them. Certificates are those of pki in $work/pki.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

interop=$BUILD/interop
packages=$interop/node_modules
need node curl openssl

[ -e "$interop/installed" ] || {
    echo "the npm packages are missing: make interop" >&2
    exit 1
}
# Modules are looked up from where a script is, so ours go beside the packages.
cp "$root"/tests/interop/*.mjs "$interop/"

# started PID FILE: wait_for_start with the patience that a busy machine asks for.
started() {
    wait_for_start "$1" "$2" || wait_for_start "$1" "$2" || wait_for_start "$1" "$2"
}

start_node() {
    pki
    node_log=$work/${1%.mjs}.log
    rm -f "$work/node-port"
    node_script=$1
    shift
    node "$interop/$node_script" --pki "$work/pki" --port-file "$work/node-port" "$@" \
        >>"$node_log" 2>&1 &
    node_pid=$!
    pids="$pids $node_pid"
    started "$node_pid" "$work/node-port" || {
        echo "$node_script did not start: $(tail -n 5 "$node_log")" >&2
        exit 1
    }
    port=$(cat "$work/node-port")
    url=https://localhost:$port
}

start_plain() {
    plain_name=$1 plain_port=$2
    shift 2
    "$@" >>"$work/$plain_name.log" 2>&1 &
    plain_pid=$!
    pids="$pids $plain_pid"
    tries=0
    until curl -s -o /dev/null -m 5 "http://127.0.0.1:$plain_port/"; do
        tries=$((tries + 1))
        if [ $tries -gt 600 ] || ! kill -0 "$plain_pid" 2>/dev/null; then
            echo "$plain_name did not start: $(tail -n 5 "$work/$plain_name.log")" >&2
            exit 1
        fi
        sleep 0.05
    done
}

tls_front() {
    to=$1
    shift
    start_node front.mjs --to "$to" "$@"
}

# keys NAME LINE ...: a file of secrets, $work/NAME.keys.
keys() {
    keys_file=$work/$1.keys
    shift
    (umask 077 && printf '%s\n' "$@" >"$keys_file")
}

# member NAME.NAME: a value of the JSON in $out; nothing when that is no JSON.
member() {
    printf '%s' "$out" | node -e '
        try {
            const json = JSON.parse(require("fs").readFileSync(0));
            const value = process.argv[1].split(".").reduce((v, k) => v?.[k], json);
            console.log(typeof value === "object" ? JSON.stringify(value) : String(value));
        } catch {}' "$1"
}
