#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The registry's API v2 against the stand-in, which serves it when told to, and against one that has
# dropped it, as today's registry has.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl python3

start_standin --api-v2
chmod 600 "$work/app-token"
with() {
    nv "$@" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/app-token"
}
ago() { date -u -d "-$1 minutes" +%FT%TZ; }

# journey ID [MINUTES [MORE]]: one in v2's form, which ended so many minutes ago; MORE: further
# members of the driver.
journey() {
    ride=$(printf '"start":{"datetime":"%s","lat":45.85008626,"lon":1.26770629},
        "end":{"datetime":"%s","lat":45.80491919,"lon":1.21498157}' \
        "$(ago $((${2:-60} + 30)))" "$(ago "${2:-60}")")
    printf '{"journey_id":"%s","operator_journey_id":"T-%s","operator_class":"C",
        "driver":{"revenue":200,"incentives":[],"identity":{"phone_trunc":"+336123456",
        "operator_user_id":"d"},%s%s},"passenger":{"contribution":200,"seats":1,"incentives":[],
        "identity":{"phone":"+33665432112"},%s}}' "$1" "$1" "$ride" "${3:-}" "$ride" |
        tr -d '\n' | sed 's/  */ /g'
    echo
}

# ---- check ----

journey J-1 >"$work/one"
with journey check "$work/one" --api v2
exits 'check of a journey in the form of v2' 0
like 'check: it is good' "$out" '^1 good, 0 broken$'
with journey check "$work/one"
exits 'check by v3.3, the default' "$E_PARTLY"
like 'check by v3.3: what it does not know is named' "$out" 'journey_id: the API knows no such'
"$BUILD/tools/journeys" --count 1 --seed 3 >"$work/v3"
with journey check "$work/v3" --api v2
exits 'check of a journey of v3.3 by v2' "$E_PARTLY"
with journey check "$work/v3" --api v3.3
exits 'check by v3.3, named' 0
{
    journey J-2 60 ',"distance":0'
    journey J-3 60 ',"duration":86401'
    journey J-4 60 | sed 's/"lon":1.26770629/"insee":"91377"/'
    journey J-5 60 | sed 's/"lat":45.85008626,"lon":1.26770629/"insee":"2A004"/g'
} >"$work/four"
with journey check "$work/four" --api v2 --json
like 'check: bounds of v2' "$out" '"good": *1, *"broken": *3'
like 'check: distance' "$err" 'line 1: driver.distance: '
like 'check: duration' "$err" 'line 2: driver.duration: '
like 'check: a latitude alone' "$err" 'line 3: driver.start.lon: a required field'
with journey check "$work/one" --api v4
exits 'check by a version that there is not' "$E_USAGE" 'v3.3 or v2'

# ---- send, status, cancel ----

{
    journey J-1
    journey 'J "2"\\é' | sed 's/J "2"/J \\"2\\"/g'
    journey J-old 2000
} >"$work/three"
with journey send "$work/three" --api v2
exits 'send' 0
like 'send: all of them' "$out" 'delivered +3'
is 'send: the registry has them' "$(state v2_journeys)" 3
is 'send: one token, made by hand, and no call for one' "$(state token_calls)" 0
with journey send "$work/three" --api v2
exits 'send again' 0
like 'send again: duplicates' "$out" 'duplicates? +3'
with journey status J-1 --api v2
exits 'status' 0
like 'status: the id' "$out" '^journey_id +J-1$'
like 'status: pending' "$out" '^status +pending$'
with journey status J-1 --api v2 --json
like 'status, for machines' "$out" '"journey":\{"status":"pending","journey_id":"J-1"'
with journey status J-old --api v2
like 'status: sent too late' "$out" '^status +expired$'
like 'status: the words for it' "$out" '^message +Journey was sent too late$'
with journey status 'J "2"\é' --api v2
exits 'status of an id that paths must escape' 0
with journey status none --api v2
exits 'status of an unknown id' "$E_REFUSED" 'Not found.*404'
with journey cancel J-1 --api v2
exits 'cancel' 0
like 'cancel' "$out" '^J-1 cancelled$'
is 'cancel: the registry has it' "$(state v2_canceled)" 1
with journey cancel J-1 --api v2 --json
like 'cancel, for machines' "$out" '"journey_id": *"J-1"'
with journey cancel J-1 --api v2 --code fraud
exits 'cancel takes no reason' "$E_USAGE" 'code'
with journey cancel none --api v2
exits 'cancel of an unknown id' "$E_REFUSED" 'Not found.*404'
fault '{"settle":true}'
with journey status 'J "2"\é' --api v2
like 'status: ok' "$out" '^status +ok$'
fault '{"v2_envelope":true}'
journey J-6 >"$work/six"
with journey send "$work/six" --api v2
exits 'send: the receipt as the page shows it, in an envelope' 0
fault '{"v2_envelope":false}'

# ---- the configuration, and what v2 has not ----

printf 'ca_file = %s\n[rpc]\nbase_url = %s\ntoken_file = %s\napi = v2\n' \
    "$work/pki/ca.pem" "$url" "$work/app-token" >"$work/conf"
nv journey status J-1 --config "$work/conf"
exits 'status by the configuration' 0
nv journey check "$work/one" --config "$work/conf"
exits 'check by the configuration' 0
nv journey list --config "$work/conf"
exits 'list: v2 has none' "$E_CONFIG" 'API v2 has no journey list.*v3\.3'
nv cee find 12345678-1234-1234-1234-123456789012 --config "$work/conf"
exits 'CEE: v2 has none' "$E_CONFIG" 'API v2 has no cee find.*v3\.3'
nv journey update J-1 "$work/one" --config "$work/conf"
exits 'update: v2 has none' "$E_CONFIG" 'API v2 has no journey update.*v3\.3'
nv call rpc GET /v2/journeys/J-1 --config "$work/conf"
exits 'call by the configuration' 0
sed 's/^api.*/api = v1/' "$work/conf" >"$work/conf1"
nv journey status J-1 --config "$work/conf1"
exits 'a version that there is not' "$E_CONFIG" 'api takes v3\.3 or v2, not v1'
printf 'api = v2\n' >"$work/conf2"
nv journey status J-1 --config "$work/conf2"
exits 'the setting belongs to [rpc]' "$E_CONFIG" 'only \[rpc\]'
make_keys
nv journey status J-1 --api v2 --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys"
exits 'v2 takes no key pair' "$E_CONFIG" 'one line with its token'
nv journey status J-1 --api v2 --environment staging --token-file "$work/app-token" --timeout 1 \
    --ca-file "$work/pki/ca.pem" -v
like 'pre-production has a name' "$err" 'rpc at https://api-staging.covoiturage.beta.gouv.fr'
nv journey status J-1 --environment staging --token-file "$keys"
exits 'v3.3 is not there' "$E_CONFIG" 'no environment staging'
printf 'not-the-token\n' >"$work/other"
chmod 600 "$work/other"
nv journey send "$work/one" --api v2 --base-url "$url" --ca-file "$work/pki/ca.pem" \
    --token-file "$work/other"
exits 'send with a wrong token' "$E_AUTH" 'Unauthorized|401'

# ---- the service ----

sock=$work/sock
log=$work/log
: >"$log"
# Starts it and waits until it answers.
serve() {
    printf '%s\n[serve]\nspool = %s\nspool_size = 1\nsocket = %s\n' "$(cat "$work/conf")" \
        "$work/spool" "$sock" >"$work/serve.conf"
    "$BUILD/navette" serve --config "$work/serve.conf" 2>>"$log" </dev/null &
    serve_pid=$!
    pids="$pids $serve_pid"
    until_figure 'the service starts' '"pending":[0-9]'
}
told() { "$BUILD/navette" status --socket "$sock" --json 2>/dev/null; }
until_figure() { # NAME REGEX
    tries=0
    until told | grep -Eq -- "$2" || [ $tries -ge 200 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
    like "$1" "$(told)" "$2"
}
hand() { # LINES: prints what the service answered to each
    python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(30)
s.connect(sys.argv[1])
data = sys.stdin.buffer.read()
s.sendall(data)
answers = s.makefile("rb")
print(sum(answers.readline().startswith(b"{\"ok\":true") for _ in range(data.count(b"\n"))))' "$sock"
}
stop() {
    kill "$serve_pid"
    wait "$serve_pid"
    is "$1" $? 0
}

serve
{
    journey S-1
    journey S-2
} >"$work/two"
is 'serve: takes journeys in the form of v2' "$(hand <"$work/two")" 2
is 'serve: and no others' "$(hand <"$work/v3")" 0
until_figure 'serve: delivers them' '"delivered":2'
is 'serve: the registry has them' "$(state v2_journeys)" 6

# An answer that is lost: the journey is asked after, not sent again blindly.
fault '{"scope":"journeys","drop_after":1}'
journey S-3 >"$work/lost"
hand <"$work/lost" >"$work/kept"
until_figure 'serve: a lost answer is settled by a look-up' '"delivered":3'
like 'serve: there was one' "$(told)" '"lookups":[1-9]'
is 'serve: it was sent once' "$(state v2_journeys)" 7
stop 'serve: stops'

# ---- rows: an answer that is not the document's delivers nothing ----

# A server of one answer: what stands in front of the registry may say anything.
cat >"$work/says.py" <<'PY'
import http.server, ssl, sys
status, body = int(sys.argv[3]), sys.argv[4].encode()
class Says(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def say(self):
        self.rfile.read(int(self.headers.get('Content-Length') or 0))
        self.send_response(status)
        self.send_header('Content-Type', sys.argv[5])
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST = do_DELETE = say
    def log_message(self, *a): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Says)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
PY
says() { # STATUS BODY [TYPE]
    rm -f "$work/says.port"
    python3 "$work/says.py" "$work/pki/server.pem" "$work/pki/server.key" "$1" "$2" \
        "${3:-application/json}" >"$work/says.port" 2>>"$work/says.log" &
    says_pid=$!
    pids="$pids $says_pid"
    wait_for_start "$says_pid" "$work/says.port" || fail 'the server of one answer starts'
}
at_says() { nv "$@" --base-url "https://localhost:$(cat "$work/says.port")" \
    --ca-file "$work/pki/ca.pem" --token-file "$work/app-token" --api v2; }
row() { # NAME STATUS BODY TYPE WANTED COMMAND ...: what became of it
    name=$1 said_status=$2 said_body=$3 said_type=$4 wanted=$5
    shift 5
    says "$said_status" "$said_body" "$said_type"
    at_says "$@"
    exits "$name" "$wanted"
    kill "$says_pid"
}
json=application/json html='text/html'
page='<html><body>Request Rejected</body></html>'
cancel='journey cancel J-9' status='journey status J-9'
for of in "200|{}|$json" "201|$page|$html" "200|$page|$html" "202||$json" \
    "200|{\"error\":\"x\"}|$json"; do
    said=${of%|*}
    # shellcheck disable=SC2086 # words
    row "cancel: $of" "${of%%|*}" "${said#*|}" "${of##*|}" \
        "$([ "$of" = "200|{}|$json" ] && echo 0 || echo "$E_ANSWER")" $cancel
done
for of in "200|{}|$json" "200|$page|$html" "200||$json" \
    "200|{\"status\":\"ok\",\"journey_id\":\"J-8\",\"created_at\":\"t\"}|$json" \
    "201|{\"status\":\"ok\",\"journey_id\":\"J-9\",\"created_at\":\"t\"}|$json"; do
    said=${of%|*}
    # shellcheck disable=SC2086 # words
    row "status: $of" "${of%%|*}" "${said#*|}" "${of##*|}" "$E_ANSWER" $status
done
row 'status: the document' 200 '{"status":"ok","journey_id":"J-9","created_at":"t"}' "$json" 0 \
    journey status J-9
row 'status: 404 of something in front' 404 "$page" "$html" "$E_LATER" journey status J-9

# ---- today's registry ----

stop_standin
start_standin
sed -i "s|^base_url.*|base_url = $url|" "$work/conf"
rm -rf "$work/spool" "$work/spool.refused"
with journey send "$work/one" --api v2
exits 'send to a registry without v2: a fault of the configuration' "$E_CONFIG" 'v3\.3'
is 'send to a registry without v2: refused nothing' "$(cat "$work/one.refused" 2>/dev/null)" ''
with journey status J-1 --api v2
exits 'status at a registry without v2' "$E_CONFIG" 'v3\.3'
with journey cancel J-1 --api v2
exits 'cancel at a registry without v2' "$E_CONFIG" 'v3\.3'
nv doctor rpc --config "$work/conf"
exits 'doctor at a registry without v2' "$E_CHECK"
like 'doctor at a registry without v2: says so' "$out" 'v3\.3'
serve
is 'serve without v2: takes journeys in' "$(hand <"$work/two")" 2
until_figure 'serve without v2: the link is held' '"link":"blocked"'
like 'serve without v2: the journeys stay' "$(told)" '"pending":2'
like 'serve without v2: none is refused' "$(told)" '"refused":0,"expired"'
like 'serve without v2: the sentence names v3.3' "$(cat "$log")" 'v3\.3'
is 'serve without v2: nothing in the refused file' "$(cat "$work/spool.refused" 2>/dev/null)" ''
stop 'serve without v2: stops'

# With v3.3, as the sentence says: what was written for v2 lands in the refused file with the reason.
cp "$work/spool" "$work/spool.v2"
sed 's/^api = v2/api = v3.3/' "$work/conf" >"$work/conf.v3"
mv "$work/conf" "$work/conf.v2"
mv "$work/conf.v3" "$work/conf"
serve
until_figure 'serve by v3.3: journeys of v2 are refused' '"refused":2,"expired"'
like 'serve by v3.3: with the reason' "$(cat "$work/spool.refused")" '"http_status":400.*"journey_id":"S-1"'
is 'serve by v3.3: takes its own' "$(hand <"$work/v3")" 1
until_figure 'serve by v3.3: and delivers them' '"delivered":1'
stop 'serve by v3.3: stops'
mv "$work/conf.v2" "$work/conf"
mv "$work/spool.v2" "$work/spool"

# They are there still when the registry is.
stop_standin
start_standin --api-v2
sed -i "s|^base_url.*|base_url = $url|" "$work/conf"
serve
until_figure 'serve: what stayed is delivered' '"delivered":2'
sed 's/^api = v2/api = v3.3/' "$work/serve.conf" >"$work/other.conf"
mv "$work/other.conf" "$work/serve.conf"
kill -HUP "$serve_pid"
tries=0
until grep -q 'version of the API takes a restart' "$log" || [ $tries -ge 100 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
like 'serve: another version takes a restart' "$(cat "$log")" 'version of the API takes a restart'
journey S-4 >"$work/four"
is 'serve: goes on with the one it has' "$(hand <"$work/four")" 1
until_figure 'serve: and delivers by it' '"delivered":3'
stop 'serve: stops at last'
nv doctor rpc --config "$work/conf"
exits 'doctor at a registry with v2' 0
finish
