#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The command where it needs no server: help, usage, journey check, settings, secrets, token cache.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
need openssl python3

# ---- help and usage ----

nv help
is 'help: exit' "$code" 0
# Each command that help lists, one a line.
printf '%s\n' "$out" | sed -n '/^usage/,/^Systems/s/^  \([a-z].\{16\}\) .*/\1/p' |
    sed 's/ *$//' >"$work/commands"
is 'help names them all' "$(grep -cE '^(token|call|doctor|version|help|serve|status|spool [a-z]+|journey (send|check|status|reconcile|update|cancel|list|route|point)|cee [a-z]+|delivery [a-z]+|piste [a-z]+|jindexe [a-z]+|query [a-z-]+)$' "$work/commands")" \
    "$(wc -l <"$work/commands")"
is 'there are many' "$([ "$(wc -l <"$work/commands")" -gt 40 ] && echo yes)" yes
while read -r command; do
    [ "$command" != help ] || continue
    # shellcheck disable=SC2086 # two words
    nv $command --help
    like "$command --help" "$out" "^usage: navette $command"
    like "$command --help has an example" "$out" '^Examples?:$'
    like "$command --help shows it" "$out" "^  (.* \| )?navette $command( |\$)"
    like "$command --help lists exit codes" "$out" '^   13  a new login is needed'
    text=$out
    # shellcheck disable=SC2086
    nv help $command
    is "help $command is the same" "$out" "$text"
    case $command in *' '*) ;; *) continue ;; esac
    group=${command%% *}
    nv "$group" --help
    like "$group --help lists $command" "$out" "^  $command "
    nv "$group" fly
    exits "$group knows no other" "$E_USAGE" "$group fly is no command of $group: there are .*${command#* }"
done <"$work/commands"
nv version --json
like 'version, for machines' "$out" '^\{"ok":true,"version":"[0-9.]+","tls":"'
nv --version
exits '--version' 0

usage() { # NAME REGEX WORD ...
    name=$1 regex=$2
    shift 2
    nv "$@"
    exits "$name" "$E_USAGE" "$regex"
    is "$name: nothing on standard output" "$out" ''
}
nv
exits 'no command' "$E_USAGE" usage
usage 'unknown command' 'no command fly; see navette --help' fly
usage 'unknown journey command' 'journey fly is no command' journey fly
usage 'journey alone' 'there are send, check, status' journey
nv journey --help
exits 'a group lists its commands' 0
like '... send among them' "$out" '^  journey send +FILE'
unlike '... and no others' "$out" '^  (token|call)'
usage 'help of no command' 'no command fly' help fly
nv help journey
like 'help of a group' "$out" '^usage: navette journey COMMAND'
usage 'options before the command' 'behind the command' --json token
usage 'unknown option' '--fly; see navette token --help' token --fly
usage 'option of another command' 'does not take --data' token --data x
usage 'option without its value' 'missing behind --timeout' token --timeout
usage 'option given twice' 'more often' journey check x --refused a --refused b
usage 'missing argument' 'it takes ID' journey status
usage 'too many arguments' 'too many arguments, starting with b' journey status a b
usage 'unknown system' 'no system moon: there are rpc' token moon
usage 'list: a time that is none' '2026-01-31T00:00:00Z' journey list --start yesterday
usage 'list: a number that is none' 'number' journey list --limit many
usage 'send: retry-for' 'from 1 to' journey send x --retry-for 0
nv call rpc GET / --json
exits 'call: --json without --output' "$E_USAGE" 'name a file'
like '... for machines' "$out" '^\{"ok":false,"exit":2,'
usage 'call: a header that is none' 'Name: value' call rpc GET / --header novalue

# ---- journey check ----

check() { # NAME CODE LAST_LINE
    nv journey check "$work/lines"
    is "check: $1: exit" "$code" "$2"
    is "check: $1" "$(printf '%s\n' "$out" | tail -n 1)" "$3"
}
"$BUILD/tools/journeys" --count 30 --seed 5 >"$work/good"
journey=$(sed -n 1p "$work/good")
cp "$work/good" "$work/lines"
check 'good journeys' 0 '30 good, 0 broken'
printf '%s' "$journey" >"$work/lines"
check 'no line end at the end' 0 '1 good, 0 broken'
sed 's/$/\r/' "$work/good" >"$work/lines"
check 'line ends of another system' 0 '30 good, 0 broken'
{ printf '\n  \n\357\273\277'; cat "$work/good"; } >"$work/lines"
check 'blank lines; a byte-order mark not at the start' "$E_PARTLY" '29 good, 1 broken'
{ printf '\357\273\277'; cat "$work/good"; } >"$work/lines"
check 'a byte-order mark at the start' 0 '30 good, 0 broken'
: >"$work/lines"
check 'an empty file' 0 '0 good, 0 broken'

# broken NAME REGEX SED_SCRIPT: the journey changed like that is refused like this; the rest goes on.
broken() {
    { printf '%s\n' "$journey"; printf '%s\n' "$journey" | sed "$3"; printf '%s\n' "$journey"; } >"$work/lines"
    nv journey check "$work/lines"
    like "check: $1" "$code $out" '^1 '
    like "check: $1: line, field, reason" "$out" "^(1 )?line 2: $2"
    is "check: $1: the rest is good" "$(printf '%s\n' "$out" | tail -n 1)" '2 good, 1 broken'
}
broken 'a field of another type' 'distance: the field is of another type' 's/"distance": *[0-9]*/"distance":"far"/'
broken 'a field out of bounds' 'distance: the number is outside' 's/"distance": *[0-9]*/"distance":0/'
broken 'a field too many' 'colour: the API knows no such field' 's/^{/{"colour":"red",/'
broken 'a field missing' 'operator_class: a required field is missing' 's/"operator_class": *"[ABC]",//'
broken 'a field twice' 'distance: ' 's/^{/{"distance":5000,/'
broken 'a class of its own' 'operator_class: ' 's/"operator_class": *"[ABC]"/"operator_class":"D"/'
plate() { head -c "$1" /dev/zero | tr '\0' p; }
broken 'a plate too long' 'licence_plate: the text is shorter or longer than the API accepts \(1 to 32 characters\)$' \
    "s/^{/{\"licence_plate\":\"$(plate 33)\",/"
broken 'two incentives with one index' 'incentives\[1\]\.index: two items of the list have the same number$' \
    's/"incentives": *\[[^]]*\]/"incentives":[{"index":0,"amount":1,"siret":"11000101300017"},{"index":0,"amount":1,"siret":"11000101300017"}]/'
broken 'too many incentives' 'incentives: the list has fewer or more items than the API accepts \(0 to 20 items\)$' \
    "s/\"incentives\": *\[[^]]*\]/\"incentives\":[$(seq -s , 21)]/"
broken 'U+0000' 'operator_trip_id: a text holds the character U\+0000, which the API cannot keep$' \
    's/"operator_trip_id": *"/&\\u0000/'
broken 'an address that is none' 'driver\.identity\.email: the text does not have the form that the API demands$' \
    's/"driver":{"identity":{/&"email":"a b@c.fr",/'
broken 'a leap second' 'end\.datetime: the text does not have the form' \
    's/"end":{"datetime":"\([^T]*\)T[^"]*"/"end":{"datetime":"\1T23:59:60Z"/'
phone() { # NAME REGEX MEMBER NUMBER
    broken "$1" "driver\.identity\.$3: $2" \
        "s|\"driver\":{\"identity\":{\"phone[_trunc]*\":\"[^\"]*\"|\"driver\":{\"identity\":{\"$3\":\"$4\"|"
}
leak='a whole phone number where one less its last two digits belongs: it tells who the person is'
form='no international phone number: write 06 12 34 56 78 as \+33612345678, cut as \+336123456'
phone 'a whole number, cut' "$leak; here: \\+336123456$" phone_trunc +33612345678
phone 'a national one, cut' "$leak; here: \\+336123456, in mainland France$" phone_trunc '06 12 34 56 78'
phone 'one cut and spaced' "$form; here: \\+336123456, in mainland France$" phone_trunc '06 12 34 56'
phone 'a national number' "$form; here: \\+33612345678, in mainland France$" phone '06.12.34.56.78'
phone 'a number with 00' "$form; here: \\+262692123456$" phone '00 262 692 12 34 56'
phone 'too few digits' "$form$" phone +3361234567
phone 'a 0 behind the code' "$form; here: \\+33612345678$" phone +330612345678
broken 'half a line' 'byte [0-9]*: the JSON text ends too early' 's/.\{20\}$//'
broken 'text behind it' 'byte [0-9]*: bytes follow the JSON value' 's/$/ x/'
broken 'an array' 'the field is of another type' 's/^.*$/[1,2]/'
broken 'words' 'byte 1: ' 's/^.*$/hello/'
{ printf '%s\n' "$journey"; printf '{"a":"\377"}\n'; } >"$work/lines"
check 'bytes that are no UTF-8' "$E_PARTLY" '1 good, 1 broken'
{ printf '{"a":\000}\n'; printf '%s\n' "$journey"; } >"$work/lines"
check 'a NUL byte' "$E_PARTLY" '1 good, 1 broken'

# A line of exactly the longest length is read, one byte more is set aside without its text.
python3 - "$work" <<'PY'
import json, sys
work = sys.argv[1]
journey = json.loads(open(work + '/good').readline())
def line(length):
    text = json.dumps(journey, separators=(',', ':'))
    return text[:-1] + ' ' * (length - len(text)) + '}'
with open(work + '/lines', 'w') as f:
    f.write(line(40960) + '\n' + line(40961) + '\n' + line(5000000) + '\n' + line(900) + '\n')
PY
nv journey check "$work/lines" --refused "$work/refused"
is 'check: lines too long' "$(printf '%s\n' "$out" | tail -n 1)" '2 good, 2 broken'
like 'check: lines too long: reason' "$out" '^line 3: the line is longer than 40960 bytes$'

# What is set aside can be read again, and holds the journey unchanged.
{
    printf '%s\n' "$journey" | sed 's/"distance": *[0-9]*/"distance":0/'
    printf '%s\n' 'no "JSON" \ at all'
    printf '\377\n'
} >"$work/lines"
nv journey check "$work/lines" --refused "$work/refused" --json
is 'check: for machines' "$out" '{"ok":false,"exit":1,"good":0,"broken":3,"complete":true}'
is 'check: the refused file' "$(python3 - "$work" <<'PY'
import json, sys
work = sys.argv[1]
records = [json.loads(l) for l in open(work + '/refused')]
first = json.loads(open(work + '/lines', 'rb').readline())
print(len(records), [r['line'] for r in records], records[0]['journey'] == first,
      records[0]['field'], records[0]['by'], records[1]['text'], 'text' in records[2])
PY
)" '3 [1, 2, 3] True distance check no "JSON" \ at all False'
is 'check: the refused file is private' "$(stat -c %a "$work/refused")" 600
cp "$work/good" "$work/lines"
rm "$work/refused"
nv journey check "$work/lines" --refused "$work/refused"
is 'check: no refused file without refusals' "$(ls "$work/refused" 2>/dev/null)" ''
nv journey check "$work/lines" --refused "$work/lines"
exits 'check: the refused file may not be the input' "$E_INPUT" 'input itself'
is '... which stays as it was' "$(cmp "$work/good" "$work/lines" && echo same)" same
out=$("$BUILD/navette" journey check - <"$work/good" 2>&1)
is 'check: standard input' "$out" '30 good, 0 broken'
nv journey check "$work/none"
exits 'check: no such file' "$E_INPUT" 'none cannot be opened'
nv journey check "$work"
exits 'check: a folder' "$E_INPUT" 'is a folder'
for _ in 1 2 3 4 5 6 7 8 9 10; do cat "$work/good" "$work/good" "$work/good"; done >"$work/more"
for _ in 1 2 3 4 5 6 7 8 9 10; do cat "$work/more"; done >"$work/lines"
check 'nine thousand lines' 0 '9000 good, 0 broken'
if [ -w /dev/full ]; then
    timeout 10 "$BUILD/navette" journey check "$work/lines" >/dev/full 2>"$work/err"
    is 'a full disk behind standard output' "$?" "$E_INPUT"
fi

# ---- settings: the first place that has one ----

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test -days 2 \
    -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
printf 'access_key = key-1\nsecret_key = secret-1\n' >"$work/keys"
chmod 600 "$work/keys"
# Nobody listens at port 1: the message names the host that was tried.
at() { # NAME HOST: of the last nv
    exits "$1" "$E_NETWORK" "\\($2\\): no server listens"
}
mkdir -p "$XDG_CONFIG_HOME/navette"
config="$XDG_CONFIG_HOME/navette/navette.conf"
cat >"$config" <<CONF
# general
ca_file = $work/ca.pem
token_file = $work/keys
base_url = https://127.0.0.4:1
timeout = 5
[rpc]
base_url = https://127.0.0.3:1 ; of this system
CONF
nv token
at 'the section of the system' 127.0.0.3
NAVETTE_BASE_URL=https://127.0.0.2:1 nv token
at 'the environment goes before the file' 127.0.0.2
NAVETTE_BASE_URL=https://127.0.0.2:1 nv token --base-url https://127.0.0.1:1
at 'an option goes before the environment' 127.0.0.1
sed -i '/^\[rpc\]/,$d' "$config"
nv token
at 'the general lines' 127.0.0.4
cp "$config" "$work/other.conf"
sed -i 's/127.0.0.4/127.0.0.5/' "$work/other.conf"
nv token --config "$work/other.conf"
at 'another configuration file' 127.0.0.5
NAVETTE_CONFIG="$work/other.conf" nv token
at 'another one by the environment' 127.0.0.5
HOME=$work/elsewhere XDG_CONFIG_HOME='' nv token --base-url https://127.0.0.1:1
exits 'no configuration file at all' "$E_CONFIG" 'no credentials for rpc'
mkdir -p "$work/elsewhere/.config/navette"
cp "$work/other.conf" "$work/elsewhere/.config/navette/navette.conf"
HOME=$work/elsewhere XDG_CONFIG_HOME='' nv token
at 'the one below HOME' 127.0.0.5

# ---- environments: a base URL by name ----

# Nothing is sent anywhere: there are no credentials.
nv token --environment demo --config "$work/other.conf" --token-file "$work/none" -v
exits 'an environment goes before the base URL of a file' "$E_CONFIG" \
    'rpc at https://api\.demo\.covoiturage\.beta\.gouv\.fr$'
nv token piste --environment sandbox --token-file "$work/none" -v
exits 'an environment brings its place of tokens along' "$E_CONFIG" \
    'piste at https://sandbox-api\.piste\.gouv\.fr, tokens from https://sandbox-oauth\.piste\.gouv\.fr/api/oauth/token$'
nv token coopcycle --base-url https://here.example --token-url https://there.example:8443/t --token-file "$work/none" -v
exits 'a place of tokens of its own' "$E_CONFIG" \
    'coopcycle at https://here\.example, tokens from https://there\.example:8443/t$'
NAVETTE_ENVIRONMENT=production nv token --config "$work/other.conf" --base-url https://127.0.0.1:1
at 'a base URL by option goes before an environment by the environment' 127.0.0.1
nv token --environment demo --base-url https://127.0.0.1:1 --json
exits 'both at once' "$E_CONFIG" '--environment and --base-url exclude each other'
like '... for machines' "$out" '^\{"ok":false,"exit":3,'
NAVETTE_ENVIRONMENT=demo NAVETTE_BASE_URL=https://127.0.0.1:1 nv token
exits 'both in the environment' "$E_CONFIG" 'NAVETTE_ENVIRONMENT and NAVETTE_BASE_URL exclude'
printf 'ca_file = %s\n[rpc]\nenvironment = demo\nbase_url = https://127.0.0.1:1\n' "$work/ca.pem" >"$work/both.conf"
nv token --config "$work/both.conf"
exits 'both in one section' "$E_CONFIG" 'environment and base_url exclude'
printf 'base_url = https://127.0.0.1:1\n[rpc]\nenvironment = demo\n' >"$work/both.conf"
nv token --config "$work/both.conf" --token-file "$work/none" -v
exits 'the section goes before the general lines' "$E_CONFIG" 'rpc at https://api\.demo\.'
nv token --environment moon
exits 'an unknown environment: the known ones' "$E_CONFIG" 'rpc has no environment moon: there are production, demo'
nv token piste --environment moon
exits '... of piste' "$E_CONFIG" 'production, sandbox, state, state-sandbox'
nv token jindexe --environment production
exits '... of a system without any' "$E_CONFIG" 'jindexe has no environments.*--base-url'
nv token coopcycle --base-url https://127.0.0.1:1 --token-url http://127.0.0.1/x --token-file "$work/keys"
exits 'a plain token URL' "$E_CONFIG" 'in the clear; mend the token URL'
nv token coopcycle --base-url https://127.0.0.1:1 --token-url moon --token-file "$work/keys"
exits 'a token URL that is none' "$E_CONFIG" 'mend the token URL'
nv token --pin "$(printf '%064d' 0)" --pin "$(printf '%064d' 0)" --pin "$(printf '%064d' 0)"
exits 'three pins' "$E_USAGE" '2 times at most'

wrong_config() { # NAME REGEX LINE ...
    name=$1 regex=$2
    shift 2
    printf '%s\n' "$@" >"$work/wrong.conf"
    nv token --config "$work/wrong.conf" --json
    exits "configuration: $name" "$E_CONFIG" "$regex"
    like "configuration: $name: for machines" "$out" '^\{"ok":false,"exit":3,'
}
wrong_config 'unknown setting' 'wrong.conf line 2: it knows no setting tokenfile' 'timeout = 3' 'tokenfile = x'
wrong_config 'unknown system' 'line 2: it knows no system moon' '[moon]' 'timeout = 3'
wrong_config 'words' 'line 1: it is neither "name = value" nor' 'hello there'
wrong_config 'half a section: that line, and not the next' 'line 1: it is neither' '[rpc' 'moon = 3'
wrong_config 'a line that would be cut' 'line 2: it is longer than [0-9]* bytes' 'timeout = 3' \
    "scope = $(head -c 300 /dev/zero | tr '\0' a) timeout = 4"
wrong_config 'an indented line is one of its own' 'line 3: it knows no setting moon' \
    '[rpc]' 'timeout = 3' '  moon = full'
wrong_config 'controls do not reach the terminal' 'it knows no setting a \[31mb;' "$(printf 'a\033[31mb = 1')"
wrong_config 'nor does what is no text' 'it knows no setting a.b;' "$(printf 'a\377b = 1')"
like '... but its message, for machines' "$out" '"message":".*no setting a.b;'
nv token --config "$work"
exits 'configuration: a folder' "$E_CONFIG" 'cannot be read \(Is a directory\)'
wrong_config 'a time-out of words' 'timeout' 'timeout = soon'
wrong_config 'no yes and no no' 'token_cache' 'token_cache = maybe'
wrong_config 'a pin' 'pin' 'pin = abc'
wrong_config 'a header form that is none' 'neither plain nor token' 'bearer = basic'
nv token --config "$work/none.conf"
exits 'configuration: a named file must be there' "$E_CONFIG" 'none.conf cannot be read'
nv token --base-url http://127.0.0.1
exits 'a plain URL' "$E_CONFIG" 'in the clear'
nv token --pin 00
exits 'a pin too short' "$E_CONFIG" '64 hex digits'

# ---- signals ----

mkfifo "$work/lines-fifo"
(trap '' HUP && exec "$BUILD/navette" journey check - <"$work/lines-fifo" >"$work/out") &
pid=$!
exec 3>"$work/lines-fifo"
tries=0
until grep -q '^SigCgt:.*[2367abef]$' "/proc/$pid/status" || [ $tries -gt 200 ]; do # SIGINT is caught
    tries=$((tries + 1))
    sleep 0.05
done
like 'nohup: what is ignored stays so' "$(grep SigIgn "/proc/$pid/status")" '[13579bdf]$'
exec 3>&-
wait "$pid"

# Interrupted while it waits for its input: that is no fault of the disk's.
interrupted() { # NAME WORD ...
    name=$1
    shift
    "$BUILD/navette" "$@" <"$work/lines-fifo" >"$work/out" 2>"$work/err" &
    pid=$!
    exec 3>"$work/lines-fifo"
    tries=0
    until grep -q '^SigCgt:.*[2367abef]$' "/proc/$pid/status" || [ $tries -gt 200 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
    kill -TERM "$pid"
    tries=0
    while grep -qs '^State:.[RSD]' "/proc/$pid/status" && [ $tries -lt 40 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
    exec 3>&- # it came before the reading did
    wait "$pid"
    is "interrupted: $name" $? 130
    unlike "interrupted: $name: no word of the disk" "$(cat "$work/err")" disk
}
interrupted 'lines' journey check -
interrupted 'a body' call rpc POST /x --data -

# ---- secrets ----

chmod 640 "$work/keys"
nv token
exits 'keys that the group may read' "$E_CONFIG" "chmod 600 $work/keys"
chmod 604 "$work/keys"
nv token
exits 'keys that the world may read' "$E_CONFIG" "chmod 600 $work/keys"
chmod 600 "$work/keys"
secret() { # NAME REGEX TEXT
    printf '%b' "$3" >"$work/secret"
    chmod 600 "$work/secret"
    nv token --token-file "$work/secret"
    exits "secret: $1" "$E_CONFIG" "$2"
    case $out$err in *TOPSECRET*) fail "secret: $1: it is not told" "$err" ;; *) pass "secret: $1: it is not told" ;; esac
}
secret 'empty' 'the credential is empty: rpc takes access_key and secret_key' ''
secret 'comment only' 'empty' '# a comment\n\n'
secret 'two lines' 'line end' 'TOPSECRET\nTOPSECRET\n'
secret 'a space' 'space' 'TOP TOPSECRET\n'
secret 'quotes' 'quote' '"TOPSECRET"\n'
secret 'Bearer' 'Bearer' 'Bearer TOPSECRET\n'
secret 'the secret_key alone' 'the access_key is missing: it goes with the secret_key' 'secret_key = TOPSECRET\n'
secret 'keys and more' 'line 3: that is no setting; rpc takes access_key' 'access_key = a\nsecret_key = TOPSECRET\nTOPSECRET\n'
secret 'a key twice' 'secret_key is there twice' \
    'access_key = a\nsecret_key = TOPSECRET\nsecret_key = TOPSECRET2\n'
secret 'an empty secret_key' 'the secret_key is no good' 'access_key = a\nsecret_key =\n'
secret 'a quoted access_key' 'the access_key is no good' 'access_key = "a"\nsecret_key = TOPSECRET\n'
secret 'a token and keys' 'keep one of them' 'token = TOPSECRET\naccess_key = a\nsecret_key = TOPSECRET\n'
secret 'lines of another system' 'rpc has no client_id; it takes access_key and secret_key' \
    'client_id = a\nclient_secret = TOPSECRET\n'
secret 'a secret_key that is longer than any' 'the secret_key is no good' \
    "access_key = a\\nsecret_key = $(printf '%0128d' 0)\\n"

# What each system asks for: of SYSTEM, like secret.
of() { # SYSTEM NAME REGEX TEXT
    printf '%b' "$4" >"$work/secret"
    chmod 600 "$work/secret"
    nv token "$1" --token-file "$work/secret" --base-url https://127.0.0.1:1
    exits "secret of $1: $2" "$E_CONFIG" "$3"
    case $out$err in *TOPSECRET*) fail "secret of $1: $2: it is not told" "$err" ;; *) pass "secret of $1: $2: it is not told" ;; esac
}
# good SYSTEM NAME TEXT: taken, so that the next thing is the server, where nobody listens.
good() {
    printf '%b' "$3" >"$work/secret"
    chmod 600 "$work/secret"
    nv token "$1" --token-file "$work/secret" --base-url https://127.0.0.1:1
    exits "secret of $1: $2" "$E_NETWORK" 'no server listens'
}
for system in coopcycle piste; do
    good $system 'id and secret' 'client_id = a\nclient_secret = TOPSECRET\n'
    good $system 'id and secret, odd characters in them' 'client_id = a b;c\nclient_secret = é:+% "x" =&\n'
    of $system 'no secret' 'the client_secret is missing: it goes with the client_id' 'client_id = a\n'
    of $system 'no id' 'the client_id is missing' 'client_secret = TOPSECRET\n'
    of $system 'a quoted secret' 'the client_secret is no good: .*quote' 'client_id = a\nclient_secret = "TOPSECRET"\n'
    of $system 'a quoted id' 'the client_id is no good: .*quote' 'client_id = "a"\nclient_secret = TOPSECRET\n'
    of $system 'keys of the registry' "$system has no access_key; it takes client_id" 'access_key = a\nsecret_key = TOPSECRET\n'
    of $system 'empty' "$system takes client_id and client_secret" ''
    of $system 'a control in the secret' 'the client_secret is no good' 'client_id = a\nclient_secret = TOP\001SECRET\n'
done
good piste 'a colon in the id, which a form carries' 'client_id = a:b\nclient_secret = c\n'
of coopcycle 'a colon in the id' 'the client_id holds a colon' 'client_id = a:b\nclient_secret = TOPSECRET\n'
good piste 'with all that may stand beside them' \
    'client_id = a\nclient_secret = 2b-2b-2b\napi_key = 3c-3c-3c\naccount_login = 4d-4d-4d\naccount_password = 5e-5e-5e\n'
of piste 'half an account' 'the account_password is missing' 'client_id = a\nclient_secret = b\naccount_login = TOPSECRET\n'
of piste 'a quoted account' 'the account_login is no good' \
    'client_id = a\nclient_secret = b\naccount_login = "TOPSECRET"\naccount_password = c\n'
of coopcycle 'an account' 'coopcycle has no account_login' \
    'client_id = a\nclient_secret = b\naccount_login = TOPSECRET\naccount_password = c\n'
good jindexe 'user and password' 'api_key = k\nusername = me@example.org\npassword = TOPSECRET\n'
good jindexe 'a refresh token' 'api_key = k\nrefresh_token = TOPSECRET\n'
good jindexe 'both' 'api_key = 1k-1k-1k\nusername = a\npassword = 2b-2b-2b\nrefresh_token = TOPSECRET\n'
printf 'api_key = k\nusername = me\n' >"$work/secret"
nv token jindexe --token-file "$work/secret" --base-url https://127.0.0.1:1
exits 'secret of jindexe: no password, and no login was kept' "$E_LOGIN" 'refresh token of me: put the password'
of jindexe 'no username' 'the username is missing: it goes with the password' 'api_key = k\npassword = TOPSECRET\n'
of jindexe 'an empty password' 'the password is no good: .*empty' 'api_key = k\nusername = TOPSECRET\npassword =\n'
of jindexe 'an empty username' 'the username is no good: .*empty' 'api_key = TOPSECRET\nusername =\n'
of jindexe 'a client' 'jindexe has no client_id; it takes api_key' 'client_id = a\nclient_secret = TOPSECRET\n'
of jindexe 'a quoted key' 'the api_key is no good' 'api_key = "TOPSECRET"\nusername = a\npassword = b\n'
of jindexe 'a refresh token with a space behind its quote' 'the refresh_token is no good' \
    "api_key = k\\nrefresh_token = 'TOPSECRET'\\n"
ds=$(printf '01234567-89ab-cdef-0123-456789abcdef;abcdefghijklmnopqrstuvwx' | base64 -w 0)
printf '%s\n' "$ds" >"$work/secret"
nv token demarches --token-file "$work/secret"
exits 'secret of demarches: a token' 0
is '... without a word about it' "$err" ''
printf 'token=%s\n' "$ds" >"$work/secret"
nv token demarches --token-file "$work/secret"
exits 'secret of demarches: a token as its documentation writes it' 0
of demarches 'a number' 'the token is no good: that is a number' '123456\n'
of demarches 'an address' 'the token is no good: that is an address' 'https://www.demarches-simplifiees.fr/x\n'
of demarches 'cut short' 'the token is no good: .*cut short' "$(echo "$ds" | cut -c 1-82)\\n"
of demarches 'keys' 'demarches has no client_id; it takes one line with its token' 'client_id = a\nclient_secret = TOPSECRET\n'
printf 'of-some-other-form\n' >"$work/secret"
nv token demarches --token-file "$work/secret"
exits 'secret of demarches: of a form not known today: a warning' 0 'does not have the form'
nv token coopcycle --base-url https://127.0.0.1:1 --config /dev/null
exits 'no credentials: what the system takes' "$E_CONFIG" 'no credentials for coopcycle.*client_id and client_secret'
nv token jindexe --token-file "$work/secret" --config /dev/null
exits 'a system without a host of its own' "$E_CONFIG" 'no base URL is set'
ln -s "$work/none" "$work/dangling"
nv token --token-file "$work/dangling"
exits 'secret: a dangling link' "$E_CONFIG" 'cannot be opened'
mkfifo "$work/fifo"
chmod 600 "$work/fifo"
nv token --token-file "$work/fifo"
exits 'secret: a pipe does not hang' "$E_CONFIG" 'no regular file'
printf 'a-static-token\n' >"$work/secret"
nv token --token-file "$work/secret" --json
is 'secret: a static token' "$out" '{"ok":true,"system":"rpc","kind":"static","renew_in_s":null,"cache":""}'
mkdir "$work/credentials"
cp "$work/secret" "$work/credentials/navette-rpc"
chmod 440 "$work/credentials/navette-rpc"
sed -i '/token_file/d' "$config"
CREDENTIALS_DIRECTORY="$work/credentials" nv token
exits 'secret: by systemd' 0
chmod 444 "$work/credentials/navette-rpc"
CREDENTIALS_DIRECTORY="$work/credentials" nv token
exits 'secret: by systemd, but for the whole world' "$E_CONFIG" 'chmod 600'
printf 'token_file = %s\n' "$work/keys" >>"$config"

# ---- the token cache ----

# System, origin, origin of tokens, scope, credentials; each with a NUL behind it.
key=$(printf '%s\0' rpc 127.0.0.1 1 '' '' 0 '' '' key-1 secret-1 '' '' | sha256sum | cut -d ' ' -f 1)
cache="$XDG_CACHE_HOME/navette/token-$(echo "$key" | cut -c 1-32)"
mkdir -p "$XDG_CACHE_HOME/navette"
cached() { # NAME used|ignored FORMAT [ARG ...]
    name=$1 wanted=$2 format=$3
    shift 3
    rm -f "$cache"
    # shellcheck disable=SC2059 # the format is the file
    (umask 077 && printf "$format" "$@" >"$cache")
    [ -z "${mode:-}" ] || chmod "$mode" "$cache"
    nv token --base-url https://127.0.0.1:1
    if [ "$wanted" = used ]; then exits "cache: $name" 0; else exits "cache: $name" "$E_NETWORK"; fi
}
now=$(date +%s)
whole='navette-token 1\n%s\n%s\nabc.def.ghi\n'
cached 'a token kept by an earlier run' used "$whole" "$key" $((now + 100))
like 'cache: its life' "$out" 'cached, used for another (9[0-9]|100) s'
nv token --base-url https://127.0.0.1:1 --show
is 'cache: the token for scripts' "$out" abc.def.ghi
nv token --base-url https://127.0.0.1:1 --no-cache
exits 'cache: not used when not wanted' "$E_NETWORK"
nv token --base-url https://127.0.0.2:1
exits 'cache: not for another origin' "$E_NETWORK"
RUNTIME_DIRECTORY=${cache%/*} HOME=/nonexistent XDG_CACHE_HOME='' nv token \
    --base-url https://127.0.0.1:1
exits 'cache: in the runtime directory of a service' 0
cached 'expired' ignored "$whole" "$key" $((now - 1))
cached 'kept by a clock far ahead' ignored "$whole" "$key" $((now + 100000))
cached 'of another key' ignored "$whole" "$(echo "$key" | tr 0-9 1-90)" $((now + 100))
cached 'cut short' ignored 'navette-token 1\n%s\n%s\nabc.def' "$key" $((now + 100))
cached 'with more behind it' ignored "$whole"'more\n' "$key" $((now + 100))
cached 'of another version' ignored 'navette-token 2\n%s\n%s\nabc\n' "$key" $((now + 100))
cached 'with a broken time' ignored "$whole" "$key" 12x
cached 'with a broken token' ignored 'navette-token 1\n%s\n%s\na b\n' "$key" $((now + 100))
cached 'empty' ignored ''
cached 'noise' ignored '\001\002\003\377\n\n\n\n\n'
mode=644
cached 'that others may read' ignored "$whole" "$key" $((now + 100))
mode=
(umask 077 && printf "$whole" "$key" $((now + 100)) >"$work/target")
ln -sf "$work/target" "$cache"
nv token --base-url https://127.0.0.1:1
exits 'cache: a link is not followed' "$E_NETWORK"

finish
