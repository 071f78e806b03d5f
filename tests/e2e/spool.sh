#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# navette spool on images as they were made, damaged in every part, cut short, inside of dumps, and
# on files that hold no spool.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need python3

secret=refresh-token-that-nobody-may-see
mkspool() { # FILE BLOCK_SIZE BLOCK_COUNT PROG_SIZE <LINES
    rm -f "$1"
    remake "$@"
}
remake() { # on what FILE holds
    "$BUILD/tests/mkspool" "$@" || fail "mkspool $1" ''
}
# poke FILE OFFSET TEXT: TEXT as printf takes it.
poke() {
    # shellcheck disable=SC2059
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
# ids: those that the last `ls --json` listed.
ids() {
    printf '%s\n' "$out" | sed -n 's/^{"id":\([0-9]*\),.*/\1/p' | tr '\n' ' '
}
# place ID: "block offset" of an entry that the last `ls --json` listed.
place() {
    printf '%s\n' "$out" | sed -n "s/^{\"id\":$1,.*\"block\":\([0-9]*\),\"offset\":\([0-9]*\),.*/\1 \2/p"
}
# byte ID: where the entry's record stands in an image of blocks of 4096.
byte() {
    # shellcheck disable=SC2046
    set -- $(place "$1")
    echo $(($1 * 4096 + $2))
}
fresh() { # a copy to be damaged
    rm -f "$work/img"
    cp "$work/${from:-good}" "$work/img"
    chmod 600 "$work/img"
}
numbers() { # FROM TO
    seq -s ' ' "$1" "$2" | sed 's/$/ /'
}

# Sixty entries of some 300 bytes, the first ten settled, in blocks of 4096; one secret.
text=$(printf '%0240d' 0)
entries() { # FROM TO
    for i in $(seq "$1" "$2"); do
        printf 'append - {"operator_journey_id":"trip-%d","x":"%s"}\n' "$i" "$text"
    done
}
{
    printf 'value 0 an older one of %s\n' "$secret"
    entries 1 20
    for _ in 1 2 3 4 5 6 7; do echo 'settle 1 201 '; done
    echo 'settle 2 422 distance_too_short,expired'
    echo 'settle 2 409 '
    echo 'settle 3 0 expired'
    entries 21 40
    printf 'value 0 %s\n' "$secret"
    entries 41 60
} | mkspool "$work/good" 4096 16 4
chmod 400 "$work/good"
before=$(cksum <"$work/good")

# ---- as it was made ----

nv spool ls "$work/good"
exits 'ls' 0
is '... one line each, and a heading' "$(printf '%s\n' "$out" | wc -l)" 51
like '... with name and state' "$out" '^ +11  pending    -  +280  trip-11$'
nv spool ls "$work/good" --json
exits 'ls --json' 0
is '... the pending ones' "$(ids)" "$(numbers 11 60)"
like '... and their number' "$out" '^\{"ok":true,"count":50\}$'
nv spool ls "$work/good" --state all --json
is '... all' "$(ids)" "$(numbers 1 60)"
nv spool ls "$work/good" --state refused --json
is '... the refused ones' "$(ids)" '8 9 '
like '... with status and reason' "$out" '"http_status":422,"reason":"distance_too_short,expired"'
nv spool ls "$work/good" --state expired
like '... the expired one' "$out" '^ +10  expired'
nv spool ls "$work/good" --state delivered --json
is '... the delivered ones' "$(ids)" "$(numbers 1 7)"
nv spool ls "$work/good" --state settled --json
is '... none of which the end is not known' "$(ids)" ''
nv spool ls "$work/good" --state lost
exits 'a state that is none' "$E_USAGE" 'pending, delivered'
nv spool ls "$work/good" --offset x
exits 'an offset that is none' "$E_USAGE" 'number of bytes'
nv spool show "$work/good"
exits 'show' 0
like '... its sizes' "$out" '16 blocks of 4096 bytes, written in units of 4'
like '... what is pending' "$out" 'pending: 50 entries, the oldest is 11'
like '... what was done' "$out" '7 delivered, 2 refused, 1 expired'
like '... that there is a value' "$out" 'value 0: 33 bytes, not shown'
nv spool show "$work/good" --json
like 'show --json' "$out" '"block_size":4096,"block_count":16,"prog_size":4,.*"pending":50,'
nv spool show "$work/good" 8
like 'show ID' "$out" '^entry 8: refused HTTP 422 distance_too_short,expired$'
like '... its text' "$out" '^\{"operator_journey_id":"trip-8","x":"0+"\}$'
nv spool show "$work/good" 8 --json
like 'show ID --json' "$out" '"entry":\{"operator_journey_id":"trip-8"'
nv spool show "$work/good" 61
exits 'an id that was never given' "$E_INPUT" 'holds no entry 61'
nv spool show "$work/good" eight
exits 'an id that is none' "$E_USAGE" 'eight is no id'
nv spool check "$work/good"
exits 'check' 0
like '... finds nothing' "$out" '^0 problems, 0 notes$'
nv spool check "$work/good" --json
like 'check --json' "$out" '^\{"findings":\[\],.*"lost":0,.*"problems":0,"notes":0,"ok":true,"exit":0\}$'
nv spool export "$work/good"
exits 'export' 0
is '... every pending entry' "$(printf '%s\n' "$out" | wc -l)" 50
like '... as it went in' "$out" '^\{"operator_journey_id":"trip-60","x":"0+"\}$'
nv spool export "$work/good" --json
exits 'export --json to standard output' "$E_USAGE" 'with --output'
nv spool export "$work/good" --state refused --output "$work/lines" --json
like 'export --output' "$out" '^\{"ok":true,"exit":0,"exported":2,"left":0\}$'
is '... the refused ones' "$(sed 's/.*"trip-\([0-9]*\)".*/\1/' "$work/lines" | tr '\n' ' ')" '8 9 '
mkfifo "$work/pipe-out"
timeout 20 cat "$work/pipe-out" >"$work/piped" &
nv spool export "$work/good" --state refused --output "$work/pipe-out"
exits 'export --output into a pipe' 0
wait $!
is '... which stays one, and is written to' \
    "$([ -p "$work/pipe-out" ] && cmp "$work/piped" "$work/lines" && echo same)" same
nv spool export "$work/good" --output "$work/none/lines"
exits 'export to a folder that is missing' "$E_INPUT"
is 'nothing was written to the image' "$(cksum <"$work/good")" "$before"

# ---- damaged ----

# What is in every image below: none of its bytes may show in anything that is printed.
quiet() { # NAME
    for words in "ls $work/img --state all" "ls $work/img --state all --json" "show $work/img" \
        "show $work/img --json" "show $work/img 30 --json" "check $work/img" \
        "check $work/img --json" "export $work/img --state all"; do
        # shellcheck disable=SC2086
        nv spool $words
        case "$out$err" in
        *nobody*) fail "$1: the secret is not told" "spool $words" "$out$err" ;;
        esac
        if [ "$code" -gt 12 ]; then fail "$1: spool $words" "exit $code" "$err"; fi
    done
    pass "$1: the secret is not told"
}
fresh
quiet 'an image as it was made'

nv spool ls "$work/img" --state all --json
at30=$(byte 30) at60=$(byte 60) at45=$(byte 45)
fresh
poke "$work/img" $((at30 + 100)) X
nv spool check "$work/img"
exits 'a byte of one entry' "$E_CHECK"
like '... is found' "$out" '^FAIL block [0-9]+ \(number [0-9]+\) at [0-9]+, [0-9]+ bytes: damaged'
like '... the entry is counted' "$out" '^FAIL lost: 1 entries'
nv spool ls "$work/img" --json
exits '... the others are there' 0 'navette spool check'
is '... all of them' "$(ids)" "$(numbers 11 29)$(numbers 31 60)"
nv spool check "$work/img" --json
like '... for machines' "$out" '"problem":true,"kind":"record","block":[0-9]+,"number":[0-9]+,"offset":[0-9]+,"bytes":[0-9]+'
like '... with its exit code' "$out" '"lost":1,"damaged":1,.*"problems":2,"notes":0,"ok":false,"exit":12\}$'
quiet '... and'

fresh
poke "$work/img" "$at45" '\000\000'
nv spool ls "$work/img" --json
is 'the head of one entry' "$(ids)" "$(numbers 11 44)$(numbers 46 60)"

# The last record of all has nothing behind it that would tell of it.
fresh
poke "$work/img" $((at60 + 100)) X
nv spool check "$work/img"
exits 'a byte of the last entry' "$E_CHECK"
like '... is found' "$out" 'FAIL .*wrong checksum'
fresh
python3 - "$work/img" $((at60 + 100)) <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    f.write(b"\xff" * 400)
END
nv spool check "$work/img"
exits 'a last entry that a power cut tore' 0
like '... is told' "$out" '^note .*power cut: it was never finished'
nv spool ls "$work/img" --json
is '... and is not there' "$(ids)" "$(numbers 11 59)"

# One block after the other, whole: what stood in it is lost, and nothing else.
nv spool ls "$work/good" --json
printf '%s\n' "$out" | sed -n 's/^{"id":\([0-9]*\),.*"block":\([0-9]*\),.*/\1 \2/p' >"$work/where"
blocks=$(cut -d' ' -f2 "$work/where" | sort -nu)
for block in $blocks; do
    fresh
    python3 - "$work/img" "$block" <<'END'
import random, sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]) * 4096)
    f.write(random.Random(7).randbytes(4096))
END
    nv spool check "$work/img"
    exits "block $block destroyed" "$E_CHECK"
    nv spool ls "$work/img" --json
    wanted=$(awk -v b="$block" '$2 != b { print $1 }' "$work/where" | tr '\n' ' ')
    is '... costs its own entries' "$(ids)" "$wanted"
    quiet '... and'
done
is '... several blocks were tried' "$([ "$(echo "$blocks" | wc -l)" -ge 4 ] && echo yes)" yes

fresh
poke "$work/img" 0 '\000\000\000\000'
nv spool show "$work/img" --json
like 'without the head of the first block it is found by another' "$out" '"offset":0,"block_size":4096'
fresh
python3 - "$work/img" <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    for block in range(16):
        for copy in range(2):
            f.seek(block * 4096 + copy * 76 + 8)
            f.write(b"\0\0\0\0")
END
nv spool check "$work/img"
exits 'the head of every block' "$E_CHECK" 'head of each block is damaged'
nv spool ls "$work/img" --json
exits '... ls' "$E_CHECK" 'head of each block is damaged'

# ---- each kind of damage by its name ----

# edit COMMAND ...: what a flash may do to the image, blocks of 4096.
edit() {
    python3 - "$work/img" "$@" <<'END'
import sys
path, what, *args = sys.argv[1:]
SIZE = 4096
data = bytearray(open(path, "rb").read())
a, *rest = (int(x) for x in args[:2]) if what != "restore" else (int(args[0]),)
if what == "flip":
    data[a] ^= rest[0]
elif what == "wipe":
    data[a * SIZE:(a + 1) * SIZE] = b"\xff" * SIZE
elif what == "swap":
    b = rest[0]
    one, two = data[a * SIZE:(a + 1) * SIZE], data[b * SIZE:(b + 1) * SIZE]
    data[a * SIZE:(a + 1) * SIZE], data[b * SIZE:(b + 1) * SIZE] = two, one
else:
    old = open(args[1], "rb").read()
    data[a * SIZE:(a + 1) * SIZE] = old[a * SIZE:(a + 1) * SIZE]
open(path, "wb").write(data)
END
}
# kinds: those of the last check --json, sorted.
kinds() {
    printf '%s\n' "$out" | grep -o '"kind":"[a-z_]*"' | cut -d'"' -f4 | sort -u | tr '\n' ' '
}
found() { # NAME CODE KINDS
    nv spool check "$work/img" --json
    exits "$1" "$2"
    is '... by name' "$(kinds)" "$3"
}
for copy in 0 76; do
    for byte in 4 8 20 40 60 68; do
        fresh
        edit flip $((4096 + copy + byte)) 16
        found "byte $byte of the copy at $copy of a head" "$E_CHECK" 'head_copy '
        nv spool ls "$work/img" --json
        is '... costs nothing' "$(ids)" "$(numbers 11 60)"
    done
done
for block in $blocks; do
    fresh
    edit flip $((block * 4096 + 8)) 1
    edit flip $((block * 4096 + 76 + 40)) 64
    found "both copies of the head of block $block" "$E_CHECK" 'head '
    nv spool ls "$work/img" --json
    is '... what stands in it is read' "$(ids)" "$(numbers 11 60)"
done
fresh
for block in 2 3; do
    edit flip $((block * 4096 + 8)) 1
    edit flip $((block * 4096 + 76 + 8)) 1
done
nv spool check "$work/img" --json
exits 'both copies of two heads, one behind the other' "$E_CHECK"
like '... are found' "$(kinds)" 'block .*lost'
fresh
edit wipe 2
found 'a block that was erased' "$E_CHECK" 'lost wiped '
fresh
edit swap 1 3
found 'two blocks in each other.s place' "$E_CHECK" 'lost swapped '
fresh
edit flip $((at60 + 100)) 1
found 'the last record' "$E_CHECK" 'last '
fresh
edit flip $((at30 + 2)) 1
found 'a record.s head' "$E_CHECK" 'lost record '
nv spool check "$work/img" --json
like '... with the numbers of the mount' "$out" '"lost":1,"damaged":1,"torn":0,"repaired":0,'

# A value of which there is one copy.
{
    printf 'value 3 %s\n' "$secret"
    entries 1 30
} | mkspool "$work/img" 4096 16 4
edit flip 222 1
nv spool check "$work/img" --json
exits 'a value' "$E_CHECK"
is '... is missed' "$(kinds)" 'record value '
like '... by its key' "$out" '"text":"value 3 is gone"'

# A ring that has gone round: blocks of two lives.
{
    entries 1 60
    for i in $(seq 61 250); do
        entries "$i" "$i"
        echo 'settle 1 201 '
    done
} | mkspool "$work/round" 4096 16 4
cp "$work/round" "$work/before"
from=round
for i in $(seq 251 300); do
    entries "$i" "$i"
    echo 'settle 1 201 '
done | remake "$work/round" 4096 16 4 go-on
fresh
found 'a ring that has gone round' 0 ''
nv spool ls "$work/round" --json
ring=$(printf '%s\n' "$out" | sed -n 's/^{"id":.*"block":\([0-9]*\),.*/\1/p' | sort -u)
newest=$(printf '%s\n' "$out" | sed -n 's/^{"id":300,.*"block":\([0-9]*\),.*/\1/p')
older=
for block in $ring; do
    fresh
    edit restore "$block" "$work/before"
    if cmp -s "$work/img" "$work/round"; then continue; fi
    nv spool check "$work/img" --json
    case $(kinds) in
    *life*) older="$older $block" ;;
    esac
    if [ "$block" -eq "$newest" ]; then
        exits 'the newest block as if it had never been written is what nothing tells of' 0
    else
        exits "block $block as it was before" "$E_CHECK"
    fi
done
like '... is told to be of another life' "$older" '[0-9]'
# What stands in blocks that wait to be erased costs nothing.
fresh
nv spool show "$work/img" --json
left=
for block in $(seq 0 15); do
    fresh
    edit flip $((block * 4096 + 400)) 1
    nv spool check "$work/img" --json
    case $code:$(kinds) in
    0:'history ') left="$left $block" ;;
    esac
done
like 'damage where it costs nothing is a note' "$left" '[0-9]'
from=good

# ---- cut short ----

for size in 4096 20000 61440 65535; do
    head -c $size "$work/good" >"$work/img"
    nv spool check "$work/img"
    exits "the first $size bytes" "$E_CHECK"
    like '... how much is missing' "$out" "^FAIL the file ends $((65536 - size)) bytes too early"
    nv spool ls "$work/img" --state all --json
    exits '... what is there is listed' 0
done
head -c 40 "$work/good" >"$work/img"
nv spool ls "$work/img"
exits 'less than a head' "$E_INPUT" 'holds no spool'

# ---- inside of something else ----

# dump BEFORE AFTER FILL: the image between so many bytes.
dump() {
    python3 - "$work/good" "$work/img" "$@" <<'END'
import random, sys
good, img, before, after, fill = sys.argv[1:]
r = random.Random(3)
make = (lambda n: b"\xff" * n) if fill == "erased" else r.randbytes
with open(good, "rb") as f, open(img, "wb") as out:
    out.write(make(int(before)) + f.read() + make(int(after)))
END
}
for where in '256 0' '4096 4096' '65536 131072' '100000 30000' '0 999'; do
    for fill in erased noise; do
        # shellcheck disable=SC2086
        dump $where $fill
        nv spool show "$work/img" --json
        like "a dump with '$where' bytes of $fill around" "$out" "\"offset\":${where% *},.*\"pending\":50,"
        nv spool check "$work/img"
        exits '... check' 0
    done
done
dump 65536 65536 erased
poke "$work/img" 65536 '\000\000\000\000'
poke "$work/img" $((65536 + 76)) '\000\000\000\000'
nv spool ls "$work/img" --json
is 'both copies of the first head: the others tell where it begins' "$(ids | wc -w)" 50
like '... and nothing is lost' "$out" '"count":50'
nv spool ls "$work/img" --offset 65536 --json
is 'a place that is told' "$(ids | wc -w)" 50
nv spool ls "$work/img" --offset 65540
exits 'a place where there is none' "$E_INPUT" 'holds no spool'
nv spool ls "$work/img" --offset 99999999
exits 'a place behind the end' "$E_INPUT" 'holds no spool'
# An entry that holds the head of another spool must not be taken for one.
head -c 76 "$work/good" | od -An -v -tx1 | tr -d '\n' | sed 's/ /\\x/g; s/\\x0a/\\x0b/g' >"$work/head"
{
    printf 'append - %s%s\n' "$(printf '%0140d' 0)" "$(cat "$work/head")"
    entries 2 9
} | mkspool "$work/img" 8192 8 4
nv spool show "$work/img" --json
like 'a head inside of an entry' "$out" '"block_size":8192,"block_count":8'

# ---- formatted anew ----

fresh
for i in 1 2 3 4; do echo "append - anew $i"; done | remake "$work/img" 4096 16 4
nv spool ls "$work/img" --json
is 'formatted anew' "$(ids)" '1 2 3 4 '
nv spool show "$work/img" 2
like '... ids of before do not stand in the way' "$out" '^anew 2$'
nv spool ls "$work/img" --state all --json
like '... what is left of it is told apart' "$out" '^\{"id":60,"state":"settled",.*"in_use":false,'
nv spool show "$work/img" 60
like '... and can be read' "$out" 'which only waits to be erased'
nv spool check "$work/img"
exits '... it is no damage' 0
fresh
entries 1 40 | remake "$work/img" 2048 32 4
nv spool show "$work/img" --json
like 'formatted anew in other sizes' "$out" '"block_size":2048,.*"pending":40,'
poke "$work/img" 0 '\000\000\000\000'
nv spool show "$work/img" --json
like '... more heads count for more' "$out" '"offset":0,"block_size":2048,'

# ---- other devices ----

for sizes in '512 64 1' '4096 16 1' '4096 16 16' '16384 8 256' '65536 8 4096' '1000 40 8'; do
    # shellcheck disable=SC2086
    for i in 1 2 3 4 5 6; do printf 'append - trip %d\n' $i; done | mkspool "$work/img" $sizes
    nv spool ls "$work/img" --json
    is "blocks, their number, unit: $sizes" "$(ids)" '1 2 3 4 5 6 '
    nv spool check "$work/img"
    exits '... check' 0
done

# ---- entries that are no lines of JSON ----

{
    printf 'append - \\x1b]0;title\\x07 \\x9b31m\n'
    printf 'append - \\xff\\xfe\\x00\\x80\n'
    printf 'append - two\\x0alines\n'
    printf 'append - {"operator_journey_id":"a\\x5cu001bb"}\n'
    printf 'append 1800000000 soon\n'
} | mkspool "$work/img" 4096 8 4
for words in "ls $work/img" "show $work/img 1" "show $work/img 1 --json" "show $work/img 2" \
    "show $work/img 3" "show $work/img 4"; do
    # shellcheck disable=SC2086
    nv spool $words
    exits "control bytes: spool ${words%% *}" 0
    unlike '... none reaches the terminal' "$(tr -d '\n' <"$work/out" | tr '\000-\037\177' '!')" '!'
done
nv spool show "$work/img" 2 --json
like 'bytes that are no text' "$out" '"base64":"//4AgA=="'
nv spool show "$work/img" 3 --json
like 'text of two lines' "$out" '"text":"two\\nlines"'
nv spool ls "$work/img" --json
like 'a due time' "$out" '"id":5,"state":"pending","due":"2027-01-15T08:00:00Z"'
nv spool export "$work/img"
exits 'export leaves what is no line' "$E_PARTLY" 'entry 3 is not one line'

# ---- no spool at all ----

: >"$work/empty"
nv spool check "$work/empty"
exits 'an empty file' "$E_INPUT" 'is empty'
head -c 65536 /dev/zero | tr '\0' '\377' >"$work/erased"
nv spool check "$work/erased" --json
exits 'an erased device' "$E_INPUT" 'is erased: no spool was made'
like '... for machines' "$out" '"ok":false,"exit":10,"error":"NVT_E_SPOOL_BLANK"'
nv spool check "$BUILD/navette"
exits 'another file' "$E_INPUT" 'holds no spool'
nv spool ls "$work"
exits 'a folder' "$E_INPUT" 'is a folder'
nv spool ls "$work/missing"
exits 'a file that is missing' "$E_INPUT" 'cannot be opened .No such file'
mkfifo "$work/pipe"
nv spool ls "$work/pipe"
exits 'a pipe' "$E_INPUT" 'into a file first'
nv spool ls
exits 'no file named' "$E_USAGE" 'it takes FILE'
if [ "$(id -u)" -ne 0 ]; then
    chmod 0 "$work/erased"
    nv spool ls "$work/erased"
    exits 'a file that may not be read' "$E_INPUT" 'Permission denied'
fi
finish
