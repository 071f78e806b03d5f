#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Spools of format 2 become spools of today's: each image of tests/convert/v2.tar.gz by the command,
# the service's by the service when it starts; killed and failed at every step.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need tar gzip python3

tar xzf "$root/tests/convert/v2.tar.gz" -C "$work"
images=$work/v2
steps=$BUILD/tests/steps.so

# The sizes of a spool, as words.
sizes_of() { # FILE
    "$BUILD/navette" spool show "$1" --json |
        sed -n 's/.*"block_size":\([0-9]*\),"block_count":\([0-9]*\),"prog_size":\([0-9]*\).*/\1 \2 \3/p'
}
# Ids go on from the old ones: what comes first has the lowest.
without_ids() {
    sed 's/^entry [0-9]*/entry/'
}
contents() { # FILE: all that it holds, but for ids
    # shellcheck disable=SC2046 # words
    "$BUILD/tests/contents" "$1" $(sizes_of "$1") 2>&1 | tee "$work/contents" | without_ids
}
for list in "$images"/*.list; do
    without_ids <"$list" >"$list.plain"
done
# holds NAME FILE IMAGE: what FILE holds is what IMAGE must, and no id is one of the old ones.
holds() {
    contents "$2" >"$work/got"
    first=$(sed -n 's/^entry \([0-9]*\) .*/\1/p' "$work/contents" | head -n 1)
    last=$(sed -n 's/^entry \([0-9]*\) .*/\1/p' "$images/$3.list" | tail -n 1)
    if cmp -s "$work/got" "$images/$3.list.plain" && [ "${first:-1}" -gt "${last:-0}" ]; then
        pass "$1"
    else
        fail "$1" "$(diff "$work/got" "$images/$3.list.plain" | head -n 20)" "first id ${first:-none}"
    fi
}

# ---- each image ----

# What counts as damage: what follows the name is said of it.
losses() { # NAME
    case $1 in
    *-damaged-entry) echo '1 entries that were pending are lost' ;;
    *-damaged-head | *-damaged-newest) echo '1 blocks had a damaged head' ;;
    small16-wiped-block) ;; # nothing that counts was left in it
    *-wiped-block) echo 'entries that were pending are lost' ;;
    esac
}
while read -r name _; do
    before=$(cksum <"$images/$name.img")
    lost=$(losses "$name")
    rm -f "$work/new"
    nv spool convert "$images/$name.img" "$work/new"
    if [ -n "$lost" ]; then
        exits "$name" "$E_CHECK" "$lost"
    else
        exits "$name" 0
        is '... without a word' "$err" ''
    fi
    holds '... holds what it did' "$work/new" "$name"
    is '... and is not touched' "$(cksum <"$images/$name.img")" "$before"
    nv spool check "$work/new"
    exits '... the new one is good' 0
done <"$images/sizes"
is 'images' "$(wc -l <"$images/sizes")" 66

# ---- inside of a dump ----

for around in '4096 4096' '100000 30000'; do
    # shellcheck disable=SC2086 # words
    set -- $around
    { head -c "$1" /dev/zero && cat "$images/service-half.img" && head -c "$2" /dev/zero; } >"$work/dump"
    rm -f "$work/new"
    nv spool convert "$work/dump" "$work/new" --json
    exits "a dump with $around bytes around" 0
    like '... for machines' "$out" '^\{"ok":true,"exit":0,"file":".*/new","entries":90,"block_size":65536,'
    holds '... holds what it did' "$work/new" service-half
done
rm -f "$work/new"
nv spool convert "$work/dump" "$work/new" --offset 100000
exits 'a place that is told' 0

# ---- what is refused ----

nv spool convert "$images/small1-half.img" "$work/new"
exits 'a file that is there' "$E_INPUT" 'is there already: name a new file'
holds '... is not written over' "$work/new" service-half
nv spool convert "$work/new" "$work/newer"
exits 'a spool that is converted already' "$E_INPUT" 'format 3, today.s: there is nothing to convert'
nv spool convert "$images/small1-half.img" "$work/none/new"
exits 'a folder that is missing' "$E_INPUT" 'No such file or directory'
nv spool convert "$work/none" "$work/newer"
exits 'an image that is missing' "$E_INPUT" 'cannot be opened'
for command in check ls show export; do
    nv spool $command "$images/service-half.img"
    exits "spool $command on format 2" "$E_INPUT" 'holds a spool of format 2: navette spool convert'
done
nv spool check "$images/service-half.img" --json
like '... for machines' "$out" '"error":"NVT_E_SPOOL_VERSION"'
for digit in 1 4 9; do
    sed "s/NVS2/NVS$digit/g" "$images/service-half.img" >"$work/other"
    nv spool convert "$work/other" "$work/newer"
    exits "format $digit is not converted" "$E_INPUT" "holds a spool of format $digit; this navette knows"
    nv spool check "$work/other"
    exits '... nor checked' "$E_INPUT" "holds a spool of format $digit; this navette knows"
done
if [ -e "$work/newer" ] || [ -e "$work/newer.part" ] || [ -e "$work/new.part" ]; then
    fail 'nothing is left behind' "$(ls "$work")"
else
    pass 'nothing is left behind'
fi
rm -f "$work/new"
echo mine >"$work/new.part"
nv spool convert "$images/small1-half.img" "$work/new"
exits 'a file of another in the way' "$E_INPUT" 'new.part is in the way'
is '... is left alone' "$(cat "$work/new.part")" mine
rm -f "$work/new.part"

# ---- killed and failed at every step ----

# at_step N HOW COMMAND ...: with the operation N killed or failed.
at_step() {
    step_at=$1 step_how=$2
    shift 2
    STEP_AT=$step_at STEP_HOW=$step_how STEP_ERRNO=${errno:-5} STEP_LOG=${step_log:-/dev/null} \
        LD_PRELOAD=$steps ASAN_OPTIONS=verify_asan_link_order=0 timeout -k 2 60 "$@" \
        >"$work/out" 2>"$work/err" </dev/null
    code=$?
}
convert_at() { # N HOW
    rm -f "$work/new"
    at_step "$1" "$2" "$BUILD/navette" spool convert "$images/small16-full.img" "$work/new"
}
step_log=$work/steps
convert_at 0 kill
step_log=
count=$(wc -l <"$work/steps")
n=0
bad=
before=$(cksum <"$images/small16-full.img")
while [ $n -lt "$count" ]; do
    n=$((n + 1))
    for how in kill fail from; do
        rm -f "$work/new.part" "$work/new.part.new"
        convert_at $n $how
        if [ "$code" -ne 0 ] && [ "$how" != kill ] && ! grep -q '^navette: ' "$work/err"; then
            bad="$bad $n:$how:silent"
        fi
        if [ -e "$work/new" ] && ! contents "$work/new" | cmp -s - "$images/small16-full.list.plain"; then
            bad="$bad $n:$how:part"
        fi
        if [ "$code" -eq 0 ] && [ ! -e "$work/new" ]; then bad="$bad $n:$how:none"; fi
        rm -f "$work/new"
        convert_at 0 kill # on what that one left
        if [ "$code" -ne 0 ]; then bad="$bad $n:$how:again"; fi
    done
done
is "killed and failed at each of $count steps: whole or not there, and the next run does it" "$bad" ''
is '... the image is not touched' "$(cksum <"$images/small16-full.img")" "$before"
like '... there were enough of them' "$count" '^[0-9]{2,}$'

if [ "$(id -u)" -eq 0 ] && command -v mount >/dev/null && mkdir "$work/small" &&
    mount -t tmpfs -o size=300k tmpfs "$work/small" 2>/dev/null; then
    cp "$images/service-half.img" "$work/small/img" 2>/dev/null || : # 256 KiB
    nv spool convert "$work/small/img" "$work/small/new"
    exits 'a disk that is full' "$E_INPUT" 'takes 1 MiB more beside .*: free some room'
    is '... nothing is left there' "$(ls "$work/small")" img
    umount "$work/small"
fi

# ---- the service ----

make_keys
spool=$work/state/spool
configure() {
    printf '[rpc]\nbase_url = https://127.0.0.1:1\ntoken_file = %s\n[serve]\nspool = %s\nspool_size = 1\nsocket = %s\n' \
        "$keys" "$spool" "$work/sock" >"$work/conf"
}
configure
old_spool() { # IMAGE
    rm -rf "$work/state"
    mkdir "$work/state"
    cp "$images/$1.img" "$spool"
}
# serve: starts it, waits until it listens, and ends it; what it said is in $work/err.
serve() {
    rm -f "$work/sock"
    STEP_AT=${step_at:-0} STEP_HOW=${step_how:-} STEP_ERRNO=${errno:-5} LD_PRELOAD=${preload:-} \
        ASAN_OPTIONS=verify_asan_link_order=0 \
        "$BUILD/navette" serve --config "$work/conf" 2>"$work/err" </dev/null &
    serve_pid=$!
    pids=$serve_pid
    tries=0
    while [ ! -S "$work/sock" ] && kill -0 $serve_pid 2>/dev/null && [ $tries -lt 400 ]; do
        tries=$((tries + 1))
        sleep 0.02
    done
    kill $serve_pid 2>/dev/null
    wait $serve_pid 2>/dev/null
    code=$?
    pids=
    err=$(cat "$work/err")
    out=
}
old_spool service-full
serve
exits 'the service converts its spool' 0
like '... and says so' "$err" "$spool was of format 2 and is of format 3 now, with 338 journeys; the old one is kept as $spool.v2"
like '... all of it' "$err" '338 journeys wait in'
holds '... which holds what it did' "$spool" service-full
is '... the old one is kept' "$(cksum <"$spool.v2")" "$(cksum <"$images/service-full.img")"
is '... nothing else is' "$(ls "$work/state" | tr '\n' ' ')" 'spool spool.refused spool.v2 '
serve
like 'the next start removes it' "$err" "$spool.v2, the spool before it was converted, is removed"
unlike '... and converts nothing' "$err" 'format 2 and'
holds '... the new one is as it was' "$spool" service-full
is '... and is alone' "$(ls "$work/state" | tr '\n' ' ')" 'spool spool.refused '

# Through links: the file takes the place of the file, not of a link to it.
old_spool service-full
mkdir "$work/state/data"
mv "$spool" "$work/state/data/real"
ln -s real "$work/state/data/link"
ln -s "$work/state/data/link" "$spool"
serve
exits 'a spool behind links' 0
holds '... is converted where it stands' "$work/state/data/real" service-full
is '... and kept there' "$(ls "$work/state/data" | tr '\n' ' ')" 'link real real.v2 '
is '... the links stay' "$([ -L "$spool" ] && [ -L "$work/state/data/link" ] && echo links)" links
serve
is '... until the next start' "$(ls "$work/state/data" | tr '\n' ' ')" 'link real '

# A manager that waits for its start.
old_spool service-full
python3 - "$work/notify" >"$work/told" <<'END' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(30)
text = ""
while "READY=1" not in text:
    text = s.recv(4096).decode()
    print(text)
END
listener=$!
until [ -S "$work/notify" ]; do sleep 0.02; done
NOTIFY_SOCKET=$work/notify
export NOTIFY_SOCKET
serve
unset NOTIFY_SOCKET
wait $listener
like 'a manager is asked for time' "$(head -n 1 "$work/told")" '^EXTEND_TIMEOUT_USEC=[0-9]{8,}$'
like '... and told when it is done' "$(cat "$work/told")" 'READY=1'

old_spool service-damaged-entry
serve
exits 'a damaged one' 0
like '... is said to be' "$err" 'was damaged before it was converted: 1 entries that were pending are lost, 1 places'
holds '... the rest is there' "$spool" service-damaged-entry
serve
is '... it is kept for good' "$(cksum <"$spool.v2-damaged")" "$(cksum <"$images/service-damaged-entry.img")"

old_spool direct-move-failed
serve
exits 'one of large units, after a move that failed' 0
holds '... is whole' "$spool" direct-move-failed

old_spool service-half
echo mine >"$spool.v2"
serve
exits 'a file of another where the old one should go' "$E_INPUT" 'the old spool cannot be kept as .*spool.v2'
is '... is left alone' "$(cat "$spool.v2")" mine
is '... and the spool too' "$(cksum <"$spool")" "$(cksum <"$images/service-half.img")"
is '... and nothing is left' "$(ls "$work/state" | tr '\n' ' ')" 'spool spool.v2 '

for digit in 1 4; do
    old_spool service-half
    sed "s/NVS2/NVS$digit/g" "$images/service-half.img" >"$spool"
    before=$(cksum <"$spool")
    serve
    exits "format $digit" "$E_CONFIG" "is a spool of format $digit, and is left alone"
    is '... is not touched' "$(cksum <"$spool")" "$before"
done

# Killed at each step, then started again; and failed at each.
old_spool service-half
preload=$steps step_at=0
STEP_LOG=$work/serve-steps
export STEP_LOG
serve
unset STEP_LOG
# Up to where the new one has its name, and a few more.
count=$(awk -v to="$spool" '$2 == "rename" && $3 == to { print $1 }' "$work/serve-steps")
like 'what is renamed was made durable' \
    "$(awk -v n="$count" '$1 == n - 1 || ($1 < n && $2 == "link")' "$work/serve-steps" | tr '\n' ' ')" \
    "link $spool.v2 [0-9]+ sync"
is '... the content last' \
    "$(awk -v to="$spool.v2" '$2 == "link" { exit } $2 == "write" || $2 == "sync" { last = $2 } END { print last }' \
        "$work/serve-steps")" sync
whole() { # the spool is there: the old one, or the new one with all
    cmp -s "$spool" "$images/service-half.img" ||
        contents "$spool" | cmp -s - "$images/service-half.list.plain"
}
step_at=0
bad=
while [ $step_at -lt $((count + 3)) ]; do
    step_at=$((step_at + 1))
    for step_how in kill fail from; do
        old_spool service-half
        serve
        whole || bad="$bad $step_at:$step_how:part"
        kept=$step_at
        step_at=0
        serve
        contents "$spool" | cmp -s - "$images/service-half.list.plain" || bad="$bad $kept:$step_how:again:$code"
        step_at=$kept
    done
done
is "killed and failed at each of $((count + 3)) steps: the old or the new one, whole" "$bad" ''
finish
