#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tokens from oidc-provider over TLS, for the forms of CoopCycle (HTTP Basic) and PISTE (credentials
# in the form), and what becomes of them: awkward secrets, refusals, expiry, revocation.
# shellcheck source=tests/interop/interop.sh
. "$(dirname "$0")/interop.sh"

# ---- who may have tokens ----

# One line a client: NAME, id, secret; both as they are, no quoting of any kind.
cat >"$work/odd" <<'ODD'
colon|store:7|pa:ss:word
plus|store+7|pa+ss+word
percent|store%7|100%
escape|%41%2B|%3A%25%2b
space|store 7 b|pass word  here
form|a&b=c|x&client_id=y&=z
path|a/b?c#d|/?#[]@!$'()*,;
quote|a"b|pa"ss\wo'rd
unreserved|A-Za.z_0~9|-._~
ascii|id|!"#$%&'()*+,-./0123456789:;<=>?@ABCXYZ[\]^_`abcxyz{|}~
ODD
utf8_secret="clé de l’été + 100 % 😀"
long_id=$(printf 'i%0126d' 0)
long_secret=$(printf 's:%0125d' 0)

node -e '
    const [odd, utf8, longId, longSecret] = process.argv.slice(1);
    const list = [];
    const both = (id, secret, more = {}) => {
        list.push({ system: "coopcycle", id, secret, scope: "tasks deliveries", ...more });
        list.push({ system: "piste", id, secret, scope: "openid", ...more });
    };
    for (const line of require("fs").readFileSync(odd, "utf8").trim().split("\n")) {
        const [, id, ...secret] = line.split("|");
        both(id, secret.join("|"));
    }
    both("plain", "secret-of-the-plain-one");
    both("short", "secret-of-the-short-one", { life_s: 6 });
    both(longId, longSecret);
    both("narrow", "secret-of-the-narrow-one", { scope: "deliveries" });
    list.push({ system: "piste", id: "utf8", secret: utf8, scope: "openid" });
    console.log(JSON.stringify(list));
' "$work/odd" "$utf8_secret" "$long_id" "$long_secret" >"$work/clients.json"

start_node oidc.mjs --clients "$work/clients.json"

# client ID SECRET: whose credentials come next. The tests of one do not see tokens of another.
client() {
    keys client "client_id = $1" "client_secret = $2"
}
with() {
    nv "$@" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/client.keys"
}
count() { # NAME: of the server's counters
    cget "$url/state" | tr ',{}' '\n' | sed -n "s/^\"$1\":\([0-9]*\)\$/\1/p" | head -n 1
}
mark() {
    issued=$(count issued) refused=$(count refused) denied=$(count denied) closed=$(count closed)
}
since() { # NAME ISSUED REFUSED [DENIED]: token requests, and calls denied, since the mark
    made="$(($(count issued) - issued)) $(($(count refused) - refused))"
    is "$1" "$made $(($(count denied) - denied))" "$2 $3 ${4:-0}"
}
forget() { rm -rf "$work/home/.cache"; }
deny() { cget "$url/deny?n=$1" >/dev/null; }
opens() { # NAME ID: the last call was answered for this client
    if [ "$code" -ne 0 ]; then exits "$1" 0; else is "$1" "$(member client)" "$2"; fi
}

# ---- both forms ----

for system in coopcycle piste; do
    case $system in
    coopcycle) path=/api/me scope='tasks deliveries' ;;
    piste) path=/piste/healthcheck scope=openid ;;
    esac
    client plain secret-of-the-plain-one
    mark
    with token "$system" --json
    exits "$system: a token" 0
    is '... is new' "$(member kind)" new
    with call "$system" GET $path
    opens '... opens what it guards' plain
    is '... has the scope of the documentation' "$(member scope)" "$scope"
    since '... was asked for once' 1 0
    with token "$system" --json
    is '... is kept' "$(member kind)" cached
    with call "$system" GET $path --no-cache
    exits '... and asked for again where no cache is wanted' 0
    since '... both counted' 2 0

    while IFS='|' read -r name id secret; do
        # CoopCycle takes them as they are, where this server undoes a form's escapes.
        case $system:$id$secret in coopcycle:*[:+%]*) continue ;; esac
        client "$id" "$secret"
        with call "$system" GET $path
        opens "$system: $name in id and secret" "$id"
    done <"$work/odd"
    client "$long_id" "$long_secret"
    with call "$system" GET $path
    opens "$system: as long as they may be" "$long_id"
done
client plain secret-of-the-plain-one
with call coopcycle GET /api/me
is 'a JWT of an RSA key of 4096 bits' "$([ "$(member token_bytes)" -gt 1000 ] && echo large)" large
is 'credentials went the documented way: Basic' \
    "$(cget "$url/state" | grep -c '"path":"/oauth2/token","basic":false')" 0
is '... and in the form' \
    "$(cget "$url/state" | grep -c '"path":"/api/oauth/token","basic":true')" 0

client utf8 "$utf8_secret"
with call piste GET /piste/utf8
opens 'piste: UTF-8 in the secret' utf8

# ---- refusals ----

# refuses NAME SYSTEM CODE REGEX [OPTION ...]: no token, one request, no secret shown
refuses() {
    name=$1 system=$2 wanted=$3 words=$4
    shift 4
    mark
    with token "$system" -vvv "$@"
    exits "$name" "$wanted" "$words"
    since '... asked once' 0 1
    unlike '... shows no secret' "$out $err" "$secret|$(printf '%s' "$id:$secret" | base64)"
}
for system in coopcycle piste; do
    id=plain secret=not-the-secret
    client $id $secret
    refuses "$system: a wrong secret" $system "$E_AUTH" 'invalid_client'
    id=nobody secret=not-known-at-all
    client $id $secret
    refuses "$system: an unknown client" $system "$E_AUTH" 'invalid_client'
    id=narrow secret=secret-of-the-narrow-one
    client $id $secret
    refuses "$system: a scope that it does not have" $system "$E_AUTH" 'invalid_scope' \
        --scope 'deliveries orders'
    mark
    with token $system --scope deliveries
    exits "$system: the scope that it has" 0
    since '... is granted' 1 0
done
# RFC 6749 appendix A.2 allows printable ASCII only, and Basic is where this provider insists.
id=utf8 secret=$utf8_secret
client $id "$secret"
refuses 'coopcycle: UTF-8 in the secret, which this provider does not take' coopcycle "$E_AUTH" \
    'invalid_request'

# ---- other token hosts ----

client plain secret-of-the-plain-one
forget
with token coopcycle --token-url "https://127.0.0.1:$port/oauth2/token"
exits 'the token host goes by another name' 0
forget
with token coopcycle --token-url "$url/oauth2/token?realm=x"
case $code in 0 | "$E_USAGE" | "$E_CONFIG") pass 'a token URL with a query is taken or named' ;;
*) fail 'a token URL with a query is taken or named' "exit $code" "$err" ;; esac
forget
with token coopcycle --token-url "$url/nothing/here"
unlike 'a token URL that is not there is no success' "$code" '^0$'
like '... and says so' "$err" '404'
forget
with token coopcycle --token-url "http://localhost:$port/oauth2/token"
exits 'a token URL without TLS is refused' "$E_CONFIG"

# ---- expiry, in real time: tokens live six seconds and are renewed after three; the
# cache counts whole seconds ----

for system in coopcycle piste; do
    case $system in
    coopcycle) path=/api/me ;;
    piste) path=/piste/healthcheck ;;
    esac
    client short secret-of-the-short-one
    forget
    mark
    begun=$(date +%s)
    calls=0 good=0
    while [ $(($(date +%s) - begun)) -lt 8 ]; do
        with call $system GET $path
        calls=$((calls + 1))
        [ "$code" -ne 0 ] || good=$((good + 1))
        sleep 0.3
    done
    is "$system: every one of $calls calls in eight seconds" "$good" "$calls"
    renewals=$(($(count issued) - issued))
    is "... with a new token every two or three seconds" \
        "$([ $renewals -ge 2 ] && [ $renewals -le 5 ] && echo well || echo $renewals)" well
    is '... none of which had expired' $(($(count closed) - closed)) 0
    # A token that expires while nobody looks.
    sleep 6.5
    mark
    with call $system GET $path
    exits "$system: after a pause" 0
    since '... the old token is not even tried' 1 0
    is '... ' $(($(count closed) - closed)) 0
done

# ---- tokens that die early ----

client plain secret-of-the-plain-one
head -c 300000 /dev/zero | tr '\0' '7' >"$work/body"
for system in coopcycle piste; do
    case $system in
    coopcycle) path=/api/deliveries ;;
    piste) path=/piste/post ;;
    esac
    with call $system GET $path
    mark
    deny 1
    with call $system GET $path
    opens "$system: 401 for a token that seemed good" plain
    since '... one renewal' 1 0 1
    mark
    deny 1
    with call $system POST $path --data "$work/body"
    opens "$system: 401 for a POST" plain
    is '... the body went again, whole' "$(member bytes)" 300000
    since '... one renewal' 1 0 1
    mark
    deny 5
    with call $system GET $path -v
    exits "$system: 401 for the new token too" "$E_AUTH" '401'
    since '... ends after one renewal' 1 0 2
    deny 0
    with call $system GET $path
    opens '... and is over when the server has come to its senses' plain
done

with token piste --show
first=$out
mark
cget -d client_id=plain -d client_secret=secret-of-the-plain-one --data-urlencode "token=$first" \
    "$url/api/oauth/token/revocation"
with call piste GET /piste/after
opens 'piste: a revoked token' plain
since '... one renewal' 1 0
is '... as it was refused once' $(($(count closed) - closed)) 1
with token piste --show
unlike '... and is gone' "$out" "^$first\$"

# ---- many at once ----

forget
mark
many=
for n in 1 2 3 4 5 6; do
    "$BUILD/navette" call coopcycle GET "/api/many/$n" --base-url "$url" --ca-file \
        "$work/pki/ca.pem" --token-file "$work/client.keys" >"$work/many-$n" 2>&1 </dev/null &
    many="$many $!"
done
good=0
for pid in $many; do
    if wait "$pid"; then good=$((good + 1)); fi
done
is 'six at once' "$good" 6
with call coopcycle GET /api/me
exits '... leave a sound cache behind' 0

finish
