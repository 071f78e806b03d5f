#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The command against servers that we did not write: nginx with TLS 1.2 and 1.3, and openssl's
# s_server for what nginx never sends (HTTP/1.0, interim answers, broken ones).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need nginx openssl curl

pki
printf 'static-token-of-the-tests\n' >"$work/token"
chmod 600 "$work/token"

# call METHOD PATH [OPTION ...]: at $url, with the static token.
call() {
    nv call rpc "$@" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/token"
}
gets() { # NAME PATH BODY [OPTION ...]: a GET that succeeds with this body
    name=$1 path=$2 body=$3
    shift 3
    call GET "$path" "$@"
    if [ "$code" -eq 0 ]; then is "$name" "$out" "$body"; else exits "$name" 0; fi
}
same() { # NAME FILE FILE
    is "$1" "$(sha256sum <"$2")" "$(sha256sum <"$3")"
}
tls13() { "$BUILD/navette" version | grep -Eiq 'mbed tls [3-9]'; }

mkdir -p "$work/www" "$work/nginx"
head -c 5000000 /dev/urandom >"$work/www/big"
head -c 200000 /dev/zero | tr '\0' 'a' >"$work/www/even"
: >"$work/www/empty"
echo small >"$work/www/small"
for n in $(seq 1 12); do printf 'add_header X-Large-%d "%0100d";\n' "$n" 0; done >"$work/nginx/large.inc"
for n in $(seq 1 66); do printf 'add_header X-%d "%d";\n' "$n" "$n"; done >"$work/nginx/many.inc"

start_standin --idle 30
standin_url=$url standin_port=$port
start_nginx "$root/tests/e2e/nginx.conf.in"
url=https://localhost:$port

# ---- requests ----

gets 'the request is as it should be' "/what?a=b%20c" \
    "GET|$(tls13 && echo TLSv1.3 || echo TLSv1.2)||||v 1||localhost|a=b%20c" --header 'X-Test: v 1'
gets 'the token goes along' /who 'Bearer static-token-of-the-tests'
call PUT /put/small --data "$work/www/small"
exits 'a small body up' 0
same '... arrives' "$work/www/put/small" "$work/www/small"
call PUT /put/big --data "$work/www/big"
exits 'a body of 5 MB up' 0
same '... arrives' "$work/www/put/big" "$work/www/big"
call PUT /put/empty --data "$work/www/empty"
exits 'an empty body up' 0
same '... arrives' "$work/www/put/empty" "$work/www/empty"
call DELETE /put/small
exits 'DELETE, answered 204' 0
is '... took place' "$(ls "$work/www/put")" "$(printf 'big\nempty')"

# ---- answers ----

gets 'a body by its length' /small small
call GET /big
same 'a body of 5 MB down' "$work/out" "$work/www/big"
gets 'an empty body' /empty ''
gets 'chunked' /chunked/small small
call GET /chunked/big
exits 'chunked, 5 MB' 0
same '... arrives' "$work/out" "$work/www/big"
gets 'trailers are skipped' /trailers/small small
call GET /chunked/even
same 'no compression was asked for' "$work/out" "$work/www/even"
gets 'Connection: close' /close 'closed afterwards'
gets '204 without a body' /204 ''
call GET /304
is '304 ends at its head' "$code/$out" "$code/"
unlike '... and is no broken answer' "$err" 'announces|ended inside'
call HEAD /big
exits 'HEAD has no body whatever the length says' 0
is '... and none is printed' "$(wc -c <"$work/out")" 0
call HEAD /chunked/small
exits 'HEAD of a chunked one' 0
gets 'a head of 1.5 KB' /head-large 'large head'
call GET /head-huge
exits 'a head of 2.8 KB is refused' "$E_ANSWER" 'head is larger'
call GET /fields-many
exits 'more than 64 fields are refused' "$E_ANSWER" 'too many fields'

# ---- statuses ----

call GET /404
exits '404' "$E_REFUSED" '404'
is '... its body goes to standard output' "$out" '{"code":404,"error":"Not found"}'
call GET /500
exits '500' "$E_LATER" '500.*Broken inside|Broken inside.*500'
call GET /301
exits '301 is not followed' "$E_REFUSED" 'https://elsewhere\.example/moved'
call GET /308
exits '308 to a path is not followed' "$E_REFUSED" "https://localhost:$port/elsewhere"
call POST /301 --data "$work/www/small"
exits '301 to a POST is not followed' "$E_REFUSED" 'https://elsewhere\.example/moved'
is 'nothing was asked for twice' "$(grep -c elsewhere "$work/nginx/access.log")" 0

# ---- time ----

NV_LIMIT=20 nv call rpc GET /slow --timeout 2 --base-url "$url" --ca-file "$work/pki/ca.pem" \
    --token-file "$work/token"
case $code in 0 | "$E_NETWORK") pass 'a slow answer ends in time' ;;
*) fail 'a slow answer ends in time' "exit $code" "$err" ;; esac

# ---- the stand-in behind nginx: many requests over TLS 1.2 ----

"$BUILD/tools/journeys" --count 120 --seed 7 >"$work/journeys"
nv journey send "$work/journeys" --base-url "https://localhost:$port2" \
    --ca-file "$work/pki/ca.pem" --token-file "$work/app-token"
exits '120 journeys through a proxy' 0
url=$standin_url
is '... all are there' "$(state journeys)" 120
is '... over three connections, as nginx ends one after 50 requests' \
    "$(awk -v p="$port2" '$1 == p { print $2 }' "$work/nginx/access.log" | sort -u | wc -l)" 3
is '... later ones resumed the session' \
    "$(awk -v p="$port2" '$1 == p && $3 == 1 { print $8 }' "$work/nginx/access.log" | tr '\n' ' ')" \
    '. r r '

# ---- other set-ups ----

url=https://localhost:$port3
if tls13; then
    gets 'TLS 1.3 alone' / TLSv1.3
else
    call GET /
    exits 'TLS 1.3 alone is beyond this Mbed TLS' "$E_TLS" 'alert|version'
fi
url=https://localhost:$port4
call GET /
exits 'an RSA certificate' 0
url=https://127.0.0.1:$port4
call GET /
exits 'an address instead of a name' 0

if has_ipv6; then
    url="https://[::1]:$port4"
    call GET /
    exits 'an IPv6 address' 0
fi

# ---- what nginx never sends: whole answers from files, by s_server ----

# serve PROTOCOL: starts s_server in $work/raw; it takes one connection after the other.
serve() {
    for _ in 1 2 3 4 5; do
        port=$(free_port)
        (cd "$work/raw" && exec openssl s_server -accept "127.0.0.1:$port" "$1" -HTTP -quiet \
            -cert ../pki/server.pem -cert_chain ../pki/server.pem -key ../pki/server.key) \
            >"$work/s_server.log" 2>&1 &
        server=$!
        tries=0
        until cget -o /dev/null "https://localhost:$port/200" 2>/dev/null; do
            tries=$((tries + 1))
            if [ $tries -gt 100 ] || ! kill -0 $server 2>/dev/null; then break; fi
            sleep 0.05
        done
        if kill -0 $server 2>/dev/null; then
            pids="$pids $server"
            url=https://localhost:$port
            return
        fi
    done
    echo "openssl s_server did not start: $(cat "$work/s_server.log")" >&2
    exit 1
}
raw() { # FILE FORMAT: one answer, byte for byte
    # shellcheck disable=SC2059 # the format is the answer
    printf "$2" >"$work/raw/$1"
}
refuses() { # NAME FILE REGEX
    call GET "/$2"
    exits "$1" "$E_ANSWER" "$3"
}

mkdir -p "$work/raw"
raw 200 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain'
raw 10-length 'HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nten'
raw 10-close 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end'
raw 11-close 'HTTP/1.1 200 OK\r\n\r\nuntil the end too'
raw 103 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'
raw 100s 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'
raw extensions 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b;c="d"\r\nab\r\n1\r\nc\r\n000\r\nX: y\r\n\r\n'
raw short 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes.'
raw short-chunk 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\nten bytes.'
raw no-last-chunk 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'
raw two-lengths 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'
raw both 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
raw folded 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n'
raw bare-lf 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'
raw gzip 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'
raw nothing ''
raw noise 'SSH-2.0-OpenSSH_9.2\r\n'

for protocol in -tls1_2 $(tls13 && echo -tls1_3); do
    serve "$protocol"
    tag=$(echo "$protocol" | sed 's/-tls1_/TLS 1./')
    gets "$tag: HTTP/1.0 with a length" /10-length ten
    gets "$tag: HTTP/1.0 until the connection ends" /10-close 'until the end'
    gets "$tag: HTTP/1.1 until the connection ends" /11-close 'until the end too'
    gets "$tag: 103 before the answer" /103 late
    gets "$tag: 100 unasked, twice" /100s late
    gets "$tag: chunk extensions and trailers" /extensions abc
    refuses "$tag: a body cut short" short 'ended inside'
    refuses "$tag: a chunk cut short" short-chunk 'ended inside'
    refuses "$tag: no last chunk" no-last-chunk 'ended inside'
    refuses "$tag: two lengths" two-lengths 'more than once'
    refuses "$tag: a length and chunks" both 'contradict'
    refuses "$tag: a folded field" folded 'folded'
    refuses "$tag: bare line feeds" bare-lf 'LF'
    refuses "$tag: another transfer coding" gzip 'transfer coding'
    refuses "$tag: no HTTP at all" noise 'status line'
    call GET /nothing
    if [ "$code" -ne 0 ]; then pass "$tag: no answer at all"; else fail "$tag: no answer at all"; fi
done
finish
