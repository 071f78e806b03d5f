#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Jindexe: what goes along with which path, login, refresh tokens that rotate, and a power cut at
# every operation on the file that keeps them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl
export XDG_STATE_HOME="$work/state"
unset STATE_DIRECTORY
: "${E_LOGIN:=13}"

mkdir -p "$work/secrets"
start_standin --secrets-dir "$work/secrets"
keys=$work/secrets/jindexe.keys
user=$work/user.keys
api_key=$(sed -n 's/^api_key = //p' "$keys")
password=$(sed -n 's/^password = //p' "$keys")
grep -v '^password' "$keys" >"$user"
chmod 600 "$user"

# jin KEYS COMMAND ...
jin() {
    file=$1
    shift
    nv jindexe "$@" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$file"
}
me() { # KEYS [OPTION ...]
    file=$1
    shift
    jin "$file" call GET /user/me "$@"
}
forget_access() { # what is left is the refresh token alone
    rm -rf "$XDG_CACHE_HOME"
    fault '{"system":"jindexe","expire_tokens":true}'
    fault '{"clear":true}'
}
n_logins=0 n_refreshes=0 n_refused_refreshes=0 n_jindexe_requests=0
look() { # the counters at once, in $now
    now=$(cget "$url/standin/state" | tr ',{}' '\n' |
        sed -n 's/^"\(logins\|refreshes\|refused_refreshes\|jindexe_requests\)":\([0-9]*\)$/n_\1=\2/p')
    eval "$now"
}
mark() {
    look
    logins=$n_logins
    refreshes=$n_refreshes
    refused=$n_refused_refreshes
    requests=$n_jindexe_requests
}
since() { # NAME LOGINS REFRESHES REFUSED
    look
    is "$1: logins, refreshes, refused ones" \
        "$((n_logins - logins)) $((n_refreshes - refreshes)) $((n_refused_refreshes - refused))" \
        "$2 $3 $4"
}
store() { find "$XDG_STATE_HOME" -name 'refresh-*' ! -name '*.*'; }

# ---- classes of routes ----

jin "$keys" call GET /ext/ping
exits 'ext: nothing goes along' 0
mark
jin "$keys" call GET /public/categories
exits 'public: the key' 0
since 'public: no token is asked for' 0 0 0
is 'neither makes a place for refresh tokens' "$([ -e "$XDG_STATE_HOME" ] && echo yes)" ''
printf '# no key\nusername = a@b\npassword = c\n' >"$work/nokey"
chmod 600 "$work/nokey"
jin "$work/nokey" call GET /public/categories
exits 'public without a key: named before anything is sent' "$E_CONFIG" 'api_key'
for path in /users/me //user/me /ext/../user/me /ext/%2e%2e/user/me /USER/me /user; do
    jin "$keys" call GET "$path"
    exits "a path of no class: $path" "$E_USAGE" 'starts with /ext/'
done
printf '{"name":"Librairie du Quai"}' >"$work/listing"
jin "$keys" call PUT /pro/listings/77 --data "$work/listing"
exits 'pro: key and token' 0
like 'pro: the answer' "$out" 'Librairie du Quai'
jin "$keys" call GET /pro/listings/77 --output "$work/got" --json
exits 'pro: into a file' 0
like 'pro: the file' "$(cat "$work/got")" 'Librairie du Quai'
like 'pro: the result' "$out" '"ok":true'
is 'the file is private' "$(stat -c %a "$work/got")" 600
jin "$keys" call GET /pro/listings/77 --json
exits 'json needs a file for the answer' "$E_USAGE" '--output'
printf '{"name":""}' >"$work/listing"
jin "$keys" call PUT /pro/listings/77 --data "$work/listing"
exits 'pro: refused by the API' "$E_REFUSED" 'Validation Failed'
jin "$keys" call GET /pro/listings/78 --output "$work/none"
exits 'pro: an unknown id' "$E_REFUSED" '404'
is 'no file is left of it' "$(find "$work" -name 'none*' | wc -l)" 0

# ---- login and rotation ----

rm -rf "$XDG_STATE_HOME" "$XDG_CACHE_HOME"
me "$user"
exits 'a user name alone, before any login' "$E_LOGIN" 'jindexe login'
jin "$user" login
exits 'a login without a password' "$E_LOGIN" 'password'
mark
jin "$keys" login
exits 'login' 0
like 'login: until when' "$out" 'until 20[0-9][0-9]-[0-9-]*T'
since 'login' 1 0 0
is 'the store is private' "$(stat -c '%a %s' "$(store)")" '600 256'
is 'its folder too' "$(stat -c %a "$XDG_STATE_HOME/navette")" 700
me "$user"
exits 'the token of the login, without the password' 0
forget_access
mark
me "$user"
exits 'the refresh token alone' 0
since 'the refresh token alone' 0 1 0
before=$(cat "$(store)")
forget_access
me "$user"
exits 'the next one alone' 0
unlike 'they rotate' "$(cat "$(store)")" "$(printf '%s' "$before" | sed -n 4p | cut -c1-40)"
fault '{"system":"jindexe","expire_tokens":true}'
fault '{"clear":true}'
mark
me "$user"
exits 'a token that died in the cache is renewed' 0
since 'a token that died in the cache is renewed' 0 1 0
mark
jin "$keys" login --json
exits 'login again' 0
like 'login for machines' "$out" '"store":"/.*","refresh_until":"20'
since 'login again' 1 0 0

# ---- refused refresh tokens ----

spoil() { # puts a refresh token into the store that the server does not know
    seed=$1
    jin "$keys" login >/dev/null
    cp "$(store)" "$work/old-store"
    forget_access
    me "$seed"
    forget_access
    cp "$work/old-store" "$(store)"
    rm -f "$XDG_STATE_HOME"/navette/*.spare
}
spoil "$user"
mark
me "$keys"
exits 'an old refresh token: the password gets in' 0
since 'an old refresh token: the password gets in' 1 0 1
spoil "$user"
mark
me "$user"
exits 'an old refresh token and no password' "$E_LOGIN" 'new login is needed'
like '... and what to do' "$err" 'jindexe login'
since 'an old refresh token and no password' 0 0 1
me "$user" --json --output "$work/never"
like '... for machines' "$out" '"exit":13,"error":"NVT_E_GRANT_LOGIN"'
jin "$keys" login
exits 'login mends it' 0
sed "s/^password = .*/password = wrong/" "$keys" >"$work/wrong"
chmod 600 "$work/wrong"
rm -rf "$XDG_STATE_HOME" "$XDG_CACHE_HOME"
jin "$work/wrong" login
exits 'a wrong password' "$E_AUTH" 'Invalid username and password'
unlike '... is not told' "$out$err" 'wrong$'

# ---- a store that others touched ----

jin "$keys" login
forget_access
chmod 644 "$(store)"
me "$user"
exits 'a store that others can read is not used' "$E_LOGIN" 'not of the form or mode'
jin "$keys" login
forget_access
printf 'x' | dd of="$(store)" bs=1 seek=160 conv=notrunc 2>/dev/null
me "$user"
exits 'a store with one byte changed is not used' "$E_LOGIN" 'not of the form'
jin "$keys" login
forget_access
link=$(store)
mv "$link" "$work/elsewhere" && ln -s "$work/elsewhere" "$link"
me "$user"
exits 'a link is not followed' "$E_LOGIN"
rm -rf "$XDG_STATE_HOME"
sed "s/^username = .*/username = other@shop.example/" "$user" >"$work/other"
chmod 600 "$work/other"
jin "$keys" login
me "$work/other"
exits 'a user has a store of his own' "$E_LOGIN" 'no refresh token of other@shop'

# ---- no place, no room: nothing is asked for ----

forget_access
mark
STATE_DIRECTORY=/proc/nowhere me "$keys"
exits 'no place for the store' "$E_INPUT" 'could not be kept, so none is asked for'
STATE_DIRECTORY=$keys me "$keys"
exits 'a file where the folder should be' "$E_INPUT" 'could not be kept'
since 'no place' 0 0 0
is 'no place: the server was not asked at all' "$n_jindexe_requests" "$requests"

# ---- four at once ----

rm -rf "$XDG_STATE_HOME" "$XDG_CACHE_HOME"
jin "$keys" login
forget_access
mark
runs=
for n in 1 2 3 4; do
    "$BUILD/navette" jindexe call GET /user/me --no-cache --base-url "$url" \
        --ca-file "$work/pki/ca.pem" --token-file "$user" >"$work/out-$n" 2>&1 &
    runs="$runs $!"
done
for run in $runs; do
    wait "$run"
    is 'one of four at once' $? 0
done
since 'four at once: each with a refresh token of its own' 0 4 0

# ---- the end comes at every operation on the store ----

# cut HOW N: a login; then, with its refresh token alone, a run that ends at operation N.
cut() {
    rm -rf "$XDG_STATE_HOME" "$XDG_CACHE_HOME" "$work/cut.log"
    jin "$keys" login
    rm -rf "$XDG_CACHE_HOME"
    mark
    ASAN_OPTIONS=verify_asan_link_order=0 CUT_HOW=$1 CUT_AT=$2 CUT_LOG=$work/cut.log \
        CUT_ERRNO=${3:-28} LD_PRELOAD=$BUILD/tests/cut.so me "$user"
    cut_code=$code
    cut_err=$err
    look
    asked=$((n_jindexe_requests - requests))
    answered=$((n_refreshes - refreshes))
    touch "$work/cut.log"
}
# What the log says of the new token: is it safe from this end?
is_safe() { # HOW
    case $1 in
    kill) [ "$(grep -c '^write$' "$work/cut.log")" -ge 2 ] ;;
    *) [ "$(grep -c '^sync$' "$work/cut.log")" -ge 2 ] ;;
    esac
}
if [ -n "${WRAP:-}" ]; then
    echo '# the cuts are left out: the wrapper is no navette to preload into'
    finish
fi
cut kill 0
operations=$(wc -l <"$work/cut.log")
is 'a renewal without a cut' "$cut_code" 0
is 'its operations' "$(tr '\n' ' ' <"$work/cut.log")" \
    'open spare write truncate sync open spare write truncate sync rename open folder sync folder '
alone=0 lost=0 early=0
for how in kill power; do
    n=1
    while [ "$n" -le "$operations" ]; do
        name="$how at operation $n"
        cut $how $n
        is "$name: the run ended there" "$cut_code" 137
        # The token answer is one request; the access token in it was not used.
        is "$name: no access token was used before its refresh token was durable" "$asked" "$answered"
        is "$name: the store is whole" "$(stat -c %s "$(store)")" 256
        rm -rf "$XDG_CACHE_HOME"
        mark
        me "$user"
        if [ "$answered" -eq 0 ]; then
            exits "$name: nothing was asked, the old token is still good" 0
            early=$((early + 1))
        elif is_safe $how; then
            exits "$name: the new refresh token alone gets in" 0
            since "$name: at the first attempt" 0 1 0
            alone=$((alone + 1))
        else
            # The server dropped the old one and its answer died with us: nobody can know it.
            exits "$name: between the answer and the disk" "$E_LOGIN" 'new login is needed'
            me "$keys"
            exits "$name: the password gets in" 0
            lost=$((lost + 1))
        fi
        n=$((n + 1))
    done
done
echo "# cut before the request: $early, with the new token safe: $alone, in between: $lost"
is 'every cut was one of the three' $((early + alone + lost)) $((2 * operations))

# ---- each operation fails ----

for errno in 28 5; do # no room, no disk
    n=1
    while [ "$n" -le "$operations" ]; do
        name="errno $errno at operation $n"
        cut fail $n $errno
        is "$name: a file error" "$cut_code" "$E_INPUT"
        is "$name: the access token is not used" "$asked" "$answered"
        like "$name: it is said" "$cut_err" 'refresh token could not be kept|No space|error'
        if [ "$n" -le 4 ]; then
            is "$name: seen before the old token was spent" "$answered" 0
            me "$user"
            exits "$name: the next run gets in" 0
        fi
        n=$((n + 1))
    done
done

# ---- nothing tells a secret ----

rm -rf "$XDG_STATE_HOME" "$XDG_CACHE_HOME"
{
    for command in login 'call GET /user/me' 'call GET /public/categories'; do
        # shellcheck disable=SC2086 # words
        jin "$keys" $command -v -v
        printf '%s\n%s\n' "$out" "$err"
        # shellcheck disable=SC2086
        jin "$keys" $command -v --json --output "$work/body"
        printf '%s\n%s\n' "$out" "$err"
    done
    fault '{"scope":"jindexe","fail_status":500,"fail_count":9}'
    me "$keys" -v -v --no-cache
    printf '%s\n%s\n' "$out" "$err"
    fault '{"clear":true}'
} >"$work/said"
token=$(sed -n 4p "$(store)" | tr -d ' ')
is 'the store holds a token' ${#token} 86
for secret in "$token" "$api_key" "$password"; do
    is 'no secret was said' "$(grep -cF -- "$secret" "$work/said")" 0
done

finish
