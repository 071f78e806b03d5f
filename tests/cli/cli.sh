#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The command where it needs no server: help, usage, journey check, settings, secrets, token cache.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
need openssl python3

# ---- help and usage ----

nv help
is 'help: exit' "$code" 0
for command in token 'journey send' 'journey check' 'journey status' 'journey update' \
    'journey cancel' 'journey list' call doctor version; do
    like "help names $command" "$out" "^  $command "
    # shellcheck disable=SC2086 # two words
    nv $command --help
    like "$command --help" "$out" "^usage: navette $command"
    like "$command --help has an example" "$out" '^Examples?:$'
    like "$command --help shows it" "$out" "^  (producer . )?navette $command"
    like "$command --help lists exit codes" "$out" '^  130  stopped by a signal$'
    # shellcheck disable=SC2086
    nv help $command
    like "help $command" "$out" "^usage: navette $command"
    nv help
done
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
usage 'options before the command' 'behind the command' --json token
usage 'unknown option' '--fly; see navette token --help' token --fly
usage 'option of another command' 'does not take --data' token --data x
usage 'option without its value' 'missing behind --timeout' token --timeout
usage 'option given twice' 'more often' journey check x --refused a --refused b
usage 'missing argument' 'it takes ID' journey status
usage 'too many arguments' 'too many arguments, starting with b' journey status a b
usage 'unknown system' 'no system moon' token moon
usage 'list: a time that is none' '2026-01-31T00:00:00Z' journey list --start yesterday
usage 'list: a number that is none' 'number' journey list --limit many
usage 'send: retry-for' 'from 1 to' journey send x --retry-for 0
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
    f.write(line(16384) + '\n' + line(16385) + '\n' + line(5000000) + '\n' + line(900) + '\n')
PY
nv journey check "$work/lines" --refused "$work/refused"
is 'check: lines too long' "$(printf '%s\n' "$out" | tail -n 1)" '2 good, 2 broken'
like 'check: lines too long: reason' "$out" '^line 3: the line is longer than 16384 bytes$'

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
exits 'check: no such file' "$E_INPUT" 'none can not be opened'
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
wrong_config 'words' 'line 1: it is not "name = value"' 'hello there'
wrong_config 'a time-out of words' 'timeout' 'timeout = soon'
wrong_config 'no yes and no no' 'token_cache' 'token_cache = maybe'
wrong_config 'a pin' 'pin' 'pin = abc'
nv token --config "$work/none.conf"
exits 'configuration: a named file must be there' "$E_CONFIG" 'none.conf can not be read'
nv token --base-url http://127.0.0.1
exits 'a plain URL' "$E_CONFIG" 'in the clear'
nv token --pin 00
exits 'a pin too short' "$E_CONFIG" '64 hex digits'

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
secret 'empty' 'the token is no good: the credential is empty' ''
secret 'comment only' 'empty' '# a comment\n\n'
secret 'two lines' 'line end' 'TOPSECRET\nTOPSECRET\n'
secret 'a space' 'space' 'TOP TOPSECRET\n'
secret 'quotes' 'quote' '"TOPSECRET"\n'
secret 'Bearer' 'Bearer' 'Bearer TOPSECRET\n'
secret 'the secret_key alone' 'exactly the two lines' 'secret_key = TOPSECRET\n'
secret 'keys and more' 'exactly the two lines' 'access_key = a\nsecret_key = TOPSECRET\nTOPSECRET\n'
secret 'a key twice' 'exactly the two lines' \
    'access_key = a\nsecret_key = TOPSECRET\nsecret_key = TOPSECRET2\n'
secret 'an empty secret_key' 'the secret_key is no good' 'access_key = a\nsecret_key =\n'
secret 'a quoted access_key' 'the access_key is no good' 'access_key = "a"\nsecret_key = TOPSECRET\n'
ln -s "$work/none" "$work/dangling"
nv token --token-file "$work/dangling"
exits 'secret: a dangling link' "$E_CONFIG" 'can not be opened'
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

key=$(printf 'rpc https://127.0.0.1:1 key-1 secret-1' | sha256sum | cut -d ' ' -f 1)
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
