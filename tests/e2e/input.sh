#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad input at the command: each fault gets one sentence that says what to do, and the documented
# exit code.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl

start_standin --idle 30
valid_token=$(cat "$work/app-token")
"$BUILD/tools/journeys" --count 3 --seed 3 >"$work/journeys"

# try [OPTION ...]: a harmless call with everything right but what the options change.
try() {
    nv call rpc GET '/v3.3/journeys?status=pending' "$@"
}
# secret TEXT: a token file that holds exactly this.
secret() {
    printf '%s' "$1" >"$work/secret"
    chmod 600 "$work/secret"
}
# one NAME CODE REGEX: of the last nv: the code, the words, and a single line on standard error.
one() {
    exits "$@"
    is "$1: in one sentence" "$(printf '%s\n' "$err" | wc -l)" 1
}
# hidden NAME TEXT: it is in none of what was printed.
hidden() {
    case "$out$err" in
    *"$2"*) fail "$1: the secret is not told" "$err" "$out" ;;
    *) pass "$1: the secret is not told" ;;
    esac
}

ca="$work/pki/ca.pem"
secret "$valid_token"
try --base-url "$url" --ca-file "$ca" --token-file "$work/secret"
exits 'all is well to begin with' 0

# ---- the server ----

try --base-url https://no-such-host.invalid --ca-file "$ca" --token-file "$work/secret"
one 'an unknown host name' "$E_NETWORK" 'host name does not exist|resolver did not answer'
try --base-url https://localhost:1 --ca-file "$ca" --token-file "$work/secret"
one 'a port where nobody listens' "$E_NETWORK" 'no server listens'
begun=$(date +%s)
try --base-url https://192.0.2.1 --ca-file "$ca" --token-file "$work/secret" --timeout 2
one 'an unreachable host' "$E_NETWORK" 'in time|cannot be reached|no server listens'
is '... is given up in time' "$([ $(($(date +%s) - begun)) -le 5 ] && echo yes)" yes
try --base-url "http://localhost:$port" --ca-file "$ca" --token-file "$work/secret"
one 'a plain http URL' "$E_CONFIG" 'in the clear'
try --base-url "localhost:$port" --ca-file "$ca" --token-file "$work/secret"
one 'a URL without a scheme' "$E_CONFIG" 'https://host'
try --base-url "https://localhost:99999" --ca-file "$ca" --token-file "$work/secret"
one 'a port beyond 65535' "$E_CONFIG" 'https://host'

for variant in 'expired|expired|date -u' 'oldca|expired|date -u' 'notyet|not valid yet|clock' \
    'wronghost|another host name|host name' 'selfsigned|self-signed|--ca-file' \
    'unknownroot|no path|--ca-file' 'nointermediate|issuer|intermediate' 'notca|.|.' \
    'clientauth|may not be used|.' 'sha1|weak|.' 'rsa1024|weak|.'; do
    name=${variant%%|*}
    rest=${variant#*|}
    # GnuTLS as the server does not sign a TLS 1.3 handshake with so short a key.
    only=
    [ "$name" != rsa1024 ] || only='--tls NORMAL:-VERS-ALL:+VERS-TLS1.2'
    stop_standin
    # shellcheck disable=SC2086 # words
    if ! try_standin --cert "$work/pki/$name.pem" --key "$work/pki/$name.key" $only; then
        fail "certificate $name: the server starts"
        continue
    fi
    try --base-url "$url" --ca-file "$ca" --token-file "$work/secret"
    one "certificate: $name" "$E_TLS" "${rest%%|*}"
    like "certificate: $name: what to do" "$err" "${rest#*|}"
done
stop_standin
start_standin --idle 30
valid_token=$(cat "$work/app-token")
secret "$valid_token"
try --base-url "$url" --ca-file "$ca" --token-file "$work/app-token" \
    --pin "$(cat "$work/pki/spki-server.hex")"
exits 'the right pin' 0
try --base-url "$url" --ca-file "$ca" --token-file "$work/app-token" \
    --pin "$(cat "$work/pki/spki-rsa.hex")"
one 'a wrong pin' "$E_TLS" 'pinned'

# ---- CA file ----

try --base-url "$url" --ca-file "$work/none.pem" --token-file "$work/app-token"
one 'no CA file' "$E_CONFIG" 'none\.pem'
try --base-url "$url" --ca-file "$work/journeys" --token-file "$work/app-token"
one 'a CA file that is none' "$E_CONFIG" 'CA'
: >"$work/empty"
try --base-url "$url" --ca-file "$work/empty" --token-file "$work/app-token"
one 'an empty CA file' "$E_CONFIG" 'CA'

# ---- secrets ----

secret "$valid_token"
chmod 644 "$work/secret"
try --base-url "$url" --ca-file "$ca" --token-file "$work/secret"
one 'a world-readable token file' "$E_CONFIG" 'chmod 600'
chmod 640 "$work/secret"
try --base-url "$url" --ca-file "$ca" --token-file "$work/secret"
one 'a group-readable token file' "$E_CONFIG" 'chmod 600'
try --base-url "$url" --ca-file "$ca" --token-file "$work/nowhere"
one 'no token file' "$E_CONFIG" 'nowhere.*--token-file'
try --base-url "$url" --ca-file "$ca" --token-file "$work"
one 'a folder for a token file' "$E_CONFIG" 'no regular file'
try --base-url "$url" --ca-file "$ca"
one 'no token file named' "$E_CONFIG" '--token-file'
if [ "$(id -u)" -ne 0 ]; then
    chmod 000 "$work/secret"
    try --base-url "$url" --ca-file "$ca" --token-file "$work/secret"
    one 'an unreadable token file' "$E_CONFIG" 'ermission'
    chmod 600 "$work/secret"
fi
before=$(state requests)
bad_token() { # NAME REGEX TEXT
    secret "$3"
    try --base-url "$url" --ca-file "$ca" --token-file "$work/secret"
    one "$1" "$E_CONFIG" "$2"
    hidden "$1" "$valid_token"
}
bad_token 'a token with a space' 'space' "$valid_token x"
bad_token 'a token in quotes' 'quote' "\"$valid_token\""
bad_token 'a token in single quotes' 'quote' "'$valid_token'"
bad_token 'a token over two lines' 'line end' "$(printf '%s\n%s' "$valid_token" abc)"
bad_token 'a token with its Bearer' 'Bearer' "Bearer $valid_token"
bad_token 'an empty token file' 'empty' ''
bad_token 'a token with an accent' 'byte' "${valid_token}é"
bad_token 'a token far too long' 'long' "$(head -c 3000 /dev/zero | tr '\0' a)"
bad_token 'one key alone' 'secret_key' 'access_key = abc'
bad_token 'a key in quotes' 'quote' "$(printf 'access_key = "abc"\nsecret_key = def\n')"
bad_token 'a secret with a space' 'space' "$(printf 'access_key = abc\nsecret_key = d e\n')"
is 'none of them was sent' "$(state requests)" "$before"
secret "$(printf '\n  %s \r\n\n' "$valid_token")"
try --base-url "$url" --ca-file "$ca" --token-file "$work/secret"
exits 'blanks around a token do not matter' 0
CREDENTIALS_DIRECTORY="$work/credentials"
mkdir "$CREDENTIALS_DIRECTORY"
cp "$work/app-token" "$CREDENTIALS_DIRECTORY/navette-rpc"
chmod 440 "$CREDENTIALS_DIRECTORY/navette-rpc"
export CREDENTIALS_DIRECTORY
try --base-url "$url" --ca-file "$ca"
exits 'a systemd credential' 0
unset CREDENTIALS_DIRECTORY

# ---- configuration ----

mkdir -p "$XDG_CONFIG_HOME/navette"
config="$XDG_CONFIG_HOME/navette/navette.conf"
printf 'ca_file = %s\n[rpc]\nbase_url = %s\ntoken_file = %s\n' "$ca" "$url" "$work/app-token" >"$config"
try
exits 'everything from the configuration file' 0
NAVETTE_BASE_URL=https://localhost:1 try
exits 'the environment goes before it' "$E_NETWORK"
NAVETTE_BASE_URL=https://localhost:1 try --base-url "$url"
exits 'an option goes before the environment' 0
printf 'nonsense = 1\n' >>"$config"
try
one 'an unknown setting' "$E_CONFIG" 'line 5.*nonsense'
printf 'just words\n' >"$config"
try
one 'a line that is no setting' "$E_CONFIG" 'line 1'
rm "$config"
try --config "$work/none.conf"
one 'no configuration file where one was named' "$E_CONFIG" 'none\.conf'

# ---- command line ----

nv
exits 'no command' "$E_USAGE"
nv frobnicate
exits 'an unknown command' "$E_USAGE" 'frobnicate'
nv journey send
one 'a missing argument' "$E_USAGE" 'FILE'
nv journey send a b
one 'one argument too many' "$E_USAGE" 'too many'
nv call rpc GET /x --no-such-option
one 'an unknown option' "$E_USAGE" 'no-such-option'
nv journey status x --show
one 'an option of another command' "$E_USAGE" '--show'
nv call nothing GET /x --base-url "$url" --ca-file "$ca" --token-file "$work/app-token"
one 'an unknown system' "$E_USAGE" 'nothing'
try --base-url "$url" --timeout soon --ca-file "$ca" --token-file "$work/app-token"
one 'a time-out that is no number' "$E_CONFIG" 'timeout|time-out'
nv call rpc 'GE T' /x --base-url "$url" --ca-file "$ca" --token-file "$work/app-token"
one 'a method with a space' "$E_USAGE" 'method'
nv call rpc GET '/a b' --base-url "$url" --ca-file "$ca" --token-file "$work/app-token"
one 'a path with a space' "$E_USAGE" 'path'
nv call rpc GET x --base-url "$url" --ca-file "$ca" --token-file "$work/app-token"
one 'a path without its slash' "$E_USAGE" 'path|/'
nv call rpc GET /x --header "$(printf 'X: a\r\nY: b')" --base-url "$url" --ca-file "$ca" \
    --token-file "$work/app-token"
one 'a header with a line end' "$E_USAGE" 'header|field'
nv call rpc GET /x --header 'Authorization: mine' --base-url "$url" --ca-file "$ca" \
    --token-file "$work/app-token"
one 'a header of its own' "$E_USAGE" 'header|field'
for command in token 'journey send' 'journey check' 'journey status' 'journey update' \
    'journey cancel' 'journey list' call doctor version; do
    # shellcheck disable=SC2086 # two words
    nv $command --help
    like "help of $command" "$code $out" '^0 usage: navette'
done
nv --help
like 'help lists the exit codes' "$out" '^ +8  not done: try again later'
nv version
like 'version' "$out" '^navette [0-9]+\.[0-9]+\.[0-9]+'

# ---- files ----

journey_file() { nv journey send "$@" --base-url "$url" --ca-file "$ca" --token-file "$work/app-token"; }
journey_file "$work/none.jsonl"
one 'no journeys file' "$E_INPUT" 'none\.jsonl'
journey_file "$work"
one 'a folder for a journeys file' "$E_INPUT" .
journey_file "$work/journeys" --refused "$work/none/refused"
one 'no place for the refused file' "$E_INPUT" 'none/refused'
nv call rpc POST /v3.3/journeys --data "$work/none.json" --base-url "$url" --ca-file "$ca" \
    --token-file "$work/app-token"
one 'no data file' "$E_INPUT" 'none\.json'

# ---- doctor ----

nv doctor --base-url "$url" --ca-file "$ca" --token-file "$work/app-token"
exits 'doctor finds all well' 0
unlike '... on every line' "$out" 'FAIL'
nv doctor --base-url https://localhost:1 --ca-file "$ca" --token-file "$work/app-token"
is 'doctor finds no server' "$code" "$E_CHECK"
like '... and says so' "$out$err" 'FAIL'
finish
