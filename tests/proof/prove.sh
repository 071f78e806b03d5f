#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every proof of the table below through CBMC: memory safety, arithmetic and the assertions of
# its harness, for all inputs up to the length it names, with proof that no loop runs longer.
#     prove.sh DIR [NAME ...]
# DIR holds CBMC where the system has none, and the logs. Each proof has 8 GB and ten minutes.
set -u
cd "$(dirname "$0")/../.." || exit 1
dir=${1:?usage: prove.sh DIR [NAME ...]}
shift
mkdir -p "$dir"
cbmc=$(sh tests/proof/cbmc.sh "$dir") || exit 1

# file:harness:turns of a loop:turns of named loops:further sources
scan=text_run.0:2,text_run.1:12,token_run.0:2,token_run.1:12
chunk=text_run.0:1,text_run.1:5,token_run.0:1,token_run.1:5,feed_trailer.0:4,feed_chunked.0:5
table="
http|prove_text_run|12|$scan|src/http/scan.c src/base/span.c
http|prove_token_run|12|$scan|src/http/scan.c src/base/span.c
http|prove_line_step|7|text_run.0:1,text_run.1:7,token_run.0:1,token_run.1:7|src/http/scan.c src/base/span.c
http|prove_feed_chunked|5|$chunk|src/http/scan.c src/base/span.c src/base/escape.c
http|prove_close|5||src/http/scan.c src/base/span.c src/base/escape.c
json|prove_plain|20||
json|prove_step|7||src/base/escape.c
piste|prove_watch_start|3||src/base/span.c
piste|prove_watch_step|3|cut.0:26|src/base/span.c
base|prove_utf8|7||src/base/utf8.c src/base/buf.c src/base/span.c
base|prove_base64|10||src/base/base64.c src/base/buf.c src/base/span.c
base|prove_rfc3339|28||src/base/time.c src/base/number.c src/base/span.c
"
passed=0
failed=0
# shellcheck disable=SC3045 # dash and bash both have it
ulimit -v 8000000

prove() { # file harness turns named sources
    log=$dir/$2.log
    begun=$(date +%s)
    # shellcheck disable=SC2086 # the sources are a list
    timeout 600 "$cbmc" --c99 -Iinclude --function "$2" --bounds-check --pointer-check \
        --pointer-overflow-check --signed-overflow-check --undefined-shift-check \
        --unwinding-assertions --object-bits 12 --slice-formula --unwind "$3" \
        ${4:+--unwindset "$4"} "tests/proof/prove_$1.c" $5 >"$log" 2>&1
    code=$?
    took=$(($(date +%s) - begun))
    if [ $code -eq 0 ] && grep -q '^VERIFICATION SUCCESSFUL' "$log"; then
        passed=$((passed + 1))
        printf 'ok     %-20s %4d s\n' "$2" "$took"
        return
    fi
    failed=$((failed + 1))
    printf 'not ok %-20s %4d s, see %s\n' "$2" "$took" "$log"
    grep -a ': FAILURE' "$log" || tail -n 2 "$log"
}

while IFS='|' read -r file harness turns named sources; do
    [ -n "$file" ] || continue
    case " $* " in
        "  " | *" $harness "*) prove "$file" "$harness" "$turns" "$named" "$sources" ;;
    esac
done <<EOT
$table
EOT
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
