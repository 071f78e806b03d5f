# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # set, or used, by the script that sources it
# Asking the stand-in with curl; sourced behind tests/e2e/lib.sh.

# ask PATH [CURL_OPTION ...]: the status in $status, the head in $head, the body in $body.
ask() {
    path=$1
    shift
    status=$(cget -o "$work/body" -D "$work/head" -w '%{http_code}' "$@" "$url$path" 2>"$work/said")
    head=$(tr -d '\r' <"$work/head")
    body=$(cat "$work/body")
}
answers() { # NAME STATUS REGEX
    if [ "$status" != "$2" ]; then
        fail "$1" "status $status, wanted $2" "$body"
    else
        like "$1" "$body" "$3"
    fi
}
