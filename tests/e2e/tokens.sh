#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs that share a token: however many start at once, one asks for it; whoever holds the turn may be
# killed. And what lies in the places of tokens but is not understood stays as it is.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl
: "${E_TLS:=5}" "${E_INPUT:=10}" "${E_LOGIN:=13}"

mkdir -p "$work/secrets" "$work/run"
start_standin --secrets-dir "$work/secrets" --limit-scale 1
all='rpc coopcycle piste jindexe'
many=16

options() { # SYSTEM
    echo --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$work/secrets/$1.keys"
}
at() { # SYSTEM COMMAND ...
    system=$1
    shift
    # shellcheck disable=SC2046,SC2086 # words
    nv "$@" $(options "$system")
}
call_of() { # SYSTEM: a harmless call that needs the token
    case "$1" in
    rpc) echo call rpc GET '/v3.3/journeys?status=ok' ;;
    coopcycle) echo call coopcycle GET /api/me ;;
    piste) echo call piste GET /dila/legifrance/lf-engine-app/consult/ping ;;
    jindexe) echo jindexe call GET /user/me ;;
    esac
}
forget() { # what runs share on this side
    rm -rf "$XDG_CACHE_HOME" "$XDG_STATE_HOME" "$work/run"
    mkdir "$work/run"
}
# together SYSTEM COMMAND ...: starts $many of it at once; together_end waits, and says how many
# failed.
together() {
    system=$1
    shift
    jobs=
    i=0
    while [ $i -lt $many ]; do
        i=$((i + 1))
        # shellcheck disable=SC2046,SC2086 # words
        timeout -k 2 60 ${WRAP:-} "$BUILD/navette" "$@" $(options "$system") \
            >"$work/run/$i.out" 2>"$work/run/$i.err" </dev/null &
        jobs="$jobs $!"
    done
}
together_end() {
    failures=0
    for job in $jobs; do wait "$job" || failures=$((failures + 1)); done
}
run_together() {
    together "$@"
    together_end
}
asked_since() { echo $(($(state token_calls) - before)); }
cached() { find "$XDG_CACHE_HOME" -name 'token-*' ! -name '*.lock'; }

# ---- sixteen at once ----

for system in $all; do
    fault '{"reset_limits":true}'
    forget
    before=$(state token_calls)
    fault '{"scope":"token","delay_ms":300,"delay_count":1}'
    # shellcheck disable=SC2046,SC2086 # words
    run_together "$system" $(call_of $system)
    fault '{"clear":true}'
    is "$system: $many at once with an empty cache: all are served" "$failures" 0
    is "$system: ... by one token request" "$(asked_since)" 1

    # The server knows the cached token no more: whoever is told so first fetches another.
    fault "{\"system\":\"$system\",\"expire_tokens\":true}"
    fault '{"clear":true,"reset_limits":true}'
    before=$(state token_calls)
    # shellcheck disable=SC2046,SC2086 # words
    run_together "$system" $(call_of $system)
    is "$system: $many at once with a dead token: all are served" "$failures" 0
    is "$system: ... by one renewal" "$(asked_since)" 1

    before=$(state token_calls)
    run_together "$system" token "$system"
    is "$system: $many at once with a good token: none is asked for" "$failures $(asked_since)" '0 0'
done

# The uplink's lanes take the same turns.
forget
"$BUILD/tools/journeys" --count 9 --seed 7 >"$work/journeys"
fault '{"reset_limits":true}'
before=$(state token_calls)
run_together rpc journey send "$work/journeys"
is "$many runs of journey send: all are served" "$failures" 0
is '... by one token request' "$(asked_since)" 1

# A token near its end is not used on; one renewal is enough.
for system in coopcycle jindexe; do
    forget
    fault "{\"${system}_life\":70,\"reset_limits\":true}"
    at $system token $system
    kept=$(cached)
    sed "3s/.*/$(($(date +%s) - 1))/" "$kept" >"$work/old" && cat "$work/old" >"$kept"
    before=$(state token_calls)
    # shellcheck disable=SC2046,SC2086 # words
    run_together $system $(call_of $system)
    is "$system: $many at once with a token at its end: one renewal" "$failures $(asked_since)" '0 1'
    fault "{\"${system}_life\":3600}"
done

# ---- the one whose turn it is ends ----

# The one of the runs under way that has a connection to the server, in $holder.
find_holder() {
    for job in $jobs; do
        child=$(ps -o pid= --ppid "$job" | tr -d ' ')
        # shellcheck disable=SC2010,SC2012 # of /proc
        if [ -n "$child" ] && ls -l "/proc/$child/fd" 2>/dev/null | grep -q socket; then
            holder=$child
        fi
    done
}

for system in coopcycle jindexe; do
    forget
    fault '{"scope":"token","delay_ms":2000,"delay_count":1}'
    before=$(state token_calls)
    # shellcheck disable=SC2046,SC2086 # words
    together $system $(call_of $system)
    holder=
    tries=0
    until [ -n "$holder" ] || [ $tries -gt 100 ]; do
        tries=$((tries + 1))
        find_holder
    done
    sleep 0.7 # its request is on its way
    kill -9 "$holder" 2>/dev/null
    together_end
    fault '{"clear":true}'
    is "$system: the holder is killed: the others are served" "$failures" 1
    like "$system: ... by one more request" "$(asked_since)" '^[12]$' # its own may not be counted
done

# One that hangs holds the others up for a part of their time only.
forget
at coopcycle token coopcycle
kept=$(cached)
rm "$kept"
flock "$kept.lock" sleep 30 &
sleeper=$!
pids="$pids $sleeper"
sleep 0.2
# shellcheck disable=SC2046,SC2086 # words
at coopcycle $(call_of coopcycle) --timeout 4
exits 'a run that hangs: the others go on without it' 0
kill $sleeper

# ---- "not read" is not "empty" ----

export CLOCK_FILE="$work/clock"
preload=$BUILD/tests/world.so
forget
fault '{"reset_limits":true}'
at rpc token
kept=$(cached)
cp "$kept" "$work/kept"
echo $((-$(date +%s))) >"$work/clock"
LD_PRELOAD=$preload ASAN_OPTIONS=verify_asan_link_order=0
export LD_PRELOAD ASAN_OPTIONS
# shellcheck disable=SC2046,SC2086 # words
at rpc $(call_of rpc)
unset LD_PRELOAD ASAN_OPTIONS
exits 'the wall clock is not known' "$E_TLS" 'clock'
is '... the cached token is still there' "$(cmp "$kept" "$work/kept" 2>&1)" ''
before=$(state token_calls)
at rpc token
like '... and used, once the clock is known' "$out" 'cached'
is '... without asking' "$(asked_since)" 0

untouched() { # NAME PATH: $work/odd is what was put there
    is "$1: it stays as it was" "$(cmp "$2" "$work/odd" 2>&1)" ''
}
for content in 'navette-token 2\nabc\n' 'something else\n'; do
    # shellcheck disable=SC2059 # a format
    printf "$content" >"$work/odd"
    cat "$work/odd" >"$kept"
    # shellcheck disable=SC2046,SC2086 # words
    at rpc $(call_of rpc)
    exits "a cache of another form, $(head -n 1 "$work/odd")" 0 'stays as it is'
    untouched "a cache of another form" "$kept"
done
rm "$kept"
mkdir "$kept"
# shellcheck disable=SC2046,SC2086 # words
at rpc $(call_of rpc)
exits 'a folder in its place' 0 'stays as it is'
is '... it is still there' "$([ -d "$kept" ] && echo yes)" yes
is '... and nothing was left beside it' "$(find "$XDG_CACHE_HOME" -name 'token-*.[0-9]*')" ''
rmdir "$kept"
if [ "$(id -u)" != 0 ]; then
    cp "$work/kept" "$kept"
    chmod 000 "$kept"
    # shellcheck disable=SC2046,SC2086 # words
    at rpc $(call_of rpc)
    exits 'a cache that cannot be read' 0 'stays as it is'
    is '... it is still there' "$(stat -c %s "$kept")" "$(stat -c %s "$work/kept")"
    chmod 600 "$kept"
fi
# Damaged, but ours: one more token request, then all is well again.
fault '{"reset_limits":true}'
head -c 60 "$work/kept" >"$kept"
at rpc token
like 'a cache of ours that was cut: a new token' "$out" 'new'
at rpc token
like '... which is kept' "$out" 'cached'

# A full disk: no more than so many blocks to a file. The token serves all the same.
rm -f "$kept"
(
    trap '' XFSZ
    ulimit -f 0
    # shellcheck disable=SC2046,SC2086 # words
    ${WRAP:-} "$BUILD/navette" $(call_of rpc) $(options rpc) 2>&1 | cat >/dev/null
)
is 'no room on the disk: nothing half is left behind' "$(find "$XDG_CACHE_HOME" -name 'token-*' ! -name '*.lock')" ''

# A clock that goes back: the token claims to live longer than any does; it is not used.
fault '{"reset_limits":true}'
at rpc token
kept=$(cached)
sed "3s/.*/$(($(date +%s) + 200000))/" "$kept" >"$work/odd" && cat "$work/odd" >"$kept"
at rpc token
like 'a clock that went back: a new token' "$out" 'new'

# ---- the same for refresh tokens ----

forget
at jindexe jindexe login
store=$(find "$XDG_STATE_HOME" -name 'refresh-*' ! -name '*.*')
cp "$store" "$work/good"
sed '1s/1$/2/' "$work/good" >"$work/odd"
for place in "$store" "$store.spare"; do
    rm -rf "$XDG_CACHE_HOME"
    cp "$work/good" "$store"
    cat "$work/odd" >"$place"
    before=$(state token_calls)
    # shellcheck disable=SC2046,SC2086 # words
    at jindexe $(call_of jindexe)
    exits 'a store of a later version, or its spare' "$E_INPUT" 'not of this version.*move it away'
    untouched 'a store of a later version, or its spare' "$place"
    is '... and nothing was asked for' "$(asked_since)" 0
    rm -f "$store.spare"
done
rm "$store"
mkdir "$store"
# shellcheck disable=SC2046,SC2086 # words
at jindexe $(call_of jindexe)
exits 'a folder in place of the store' "$E_INPUT" 'not of this version'
is '... it is still there' "$([ -d "$store" ] && echo yes)" yes
rmdir "$store"
finish
