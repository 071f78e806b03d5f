#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# navette journey send over files in which every k-th line fails, for each way to fail and each number
# of connections: all others are delivered once, those end in the refused file, within bounded time.
#   LANES    "1 2 4 8" tries each file over so many connections each (make test-send-long); without,
#            each file has one of these numbers
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl python3

make_keys
lines=40
kinds='post-500 all-500 all-reset all-html'
"$BUILD/tools/journeys" --count 10000 --seed 1 >"$work/all"

fault_of() { # KIND
    case $1 in
    post-500) echo '"fail_status":500,"fail_count":1000000' ;;
    all-500) echo '"match_url":true,"fail_status":500,"fail_count":1000000' ;;
    all-reset) echo '"match_url":true,"drop_before":1000000,"reset":true' ;;
    all-html) echo '"match_url":true,"front_count":1000000,"front_body":"<html>Request Rejected</html>"' ;;
    esac
}

# One run, with the next lines of all journeys.
run() { # NAME K PHASE LANES FROM
    sed -n "$5,$(($5 + lines - 1))p" "$work/all" |
        awk -v k="$2" -v p="$3" 'NR % k == p { sub(/"operator_journey_id":"/, "&poison-") } { print }' \
            >"$work/$1"
    timeout -k 2 50 "$BUILD/navette" journey send "$work/$1" --json --retry-for 5 --connections "$4" \
        --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys" \
        >"$work/$1.out" 2>"$work/$1.err" </dev/null
    echo $? >"$work/$1.exit"
}

cat >"$work/judge.py" <<'PY'
import json, sys
name = sys.argv[1]
lines = open(name).read().splitlines()
bad = [n + 1 for n, line in enumerate(lines) if '"poison-' in line]
report = json.loads(open(name + '.out').read() or '{}')
records = [json.loads(line) for line in open(name + '.refused')]
if open(name + '.exit').read().strip() != '1':
    print('exit', open(name + '.exit').read().strip())
if (report.get('delivered'), report.get('duplicate')) != (len(lines) - len(bad), 0):
    print('delivered', report.get('delivered'), 'duplicate', report.get('duplicate'))
if report.get('failed') != len(bad) or sorted(r['line'] for r in records) != bad:
    print('failed', report.get('failed'), 'refused', sorted(r['line'] for r in records))
for r in records:
    if r['by'] != 'server' or r['journey'] != json.loads(lines[r['line'] - 1]):
        print('record', r)
PY

# A server for each kind, and a token for all that come to it.
from=1
for kind in $kinds; do
    start_standin --keys "$keys" --idle 30 --limit-scale 100
    echo "$url" >"$work/url-$kind"
    sed -n "${from}p" "$work/all" >"$work/first"
    nv journey send "$work/first" --base-url "$url" --ca-file "$work/pki/ca.pem" --token-file "$keys"
    exits "$kind: a token" 0
    fault '{"scope":"journeys","match":"poison-",'"$(fault_of "$kind")"'}'
    from=$((from + 1))
done

# All files of one kind at once, their names in $names.
begin() { # KIND LANES|each
    url=$(cat "$work/url-$1") i=0
    for k in 2 3 4 5; do
        p=0
        while [ $p -lt $k ]; do
            lanes=$2
            [ "$2" != each ] || lanes=$((1 << i % 4))
            run "$1-$k-$p-$lanes" $k $p "$lanes" $from &
            runners="$runners $!" names="$names $1-$k-$p-$lanes"
            from=$((from + lines)) p=$((p + 1)) i=$((i + 1))
        done
    done
}

for lanes in ${LANES:-each}; do
    runners='' names=''
    for kind in $kinds; do begin "$kind" "$lanes"; done
    for runner in $runners; do wait "$runner"; done
    for name in $names; do
        is "way to fail, k, phase, connections: $name" "$(python3 "$work/judge.py" "$work/$name" 2>&1)" ''
    done
done
for kind in $kinds; do
    url=$(cat "$work/url-$kind")
    is "$kind: each is there once" "$(state journeys)" \
        $((1 + $(cat "$work/$kind"-[2-5]-[0-4]-[1-8] | grep -vc '"poison-')))
done
finish
