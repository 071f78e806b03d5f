#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every literal example of the documents of the five systems, each against a server that does exactly
# what the document says and refuses everything else (tests/standin/documents.c). Prints one line an
# example, "list - DOCUMENT: EXAMPLE: ok", which `make test` shows.
#
# What the files of tests/e2e/documents say to the test:
#     %= NAME           of the document          % LINE            of the secrets file
#     %% SYSTEM LINE    of the configuration     ### ID TITLE      an example begins
#     $ ARGUMENTS       of the command; "$body" is a file with the request's body, "$line" the same
#                       in one line. An example without is there for others
#     = CODE REGEX      what it ends with, and what it prints; =! when nothing may be sent at all
#     + ID ...          further examples that the server answers
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need curl openssl

# split FILE: a folder for each example, with a file for each thing that is said of it.
split() {
    rm -rf "$work/ex"
    mkdir -p "$work/ex"
    : >"$work/order"
    awk -v to="$work/ex" -v order="$work/order" '
        /^%= / { print substr($0, 4) >(to "/name"); next }
        /^%% / { print substr($0, 4) >(to "/config"); next }
        /^% / { print substr($0, 3) >(to "/secrets"); next }
        /^### / {
            dir = to "/" $2
            system("mkdir -p " dir)
            print $2 >order
            print substr($0, length($2) + 6) >(dir "/title")
            part = "head"
            next
        }
        /^\$ / { print substr($0, 3) >(dir "/args"); next }
        /^=/ { print >(dir "/wanted"); next }
        /^\+ / { print substr($0, 3) >(dir "/also"); next }
        /^#/ { next }
        /^--> / { part = "answer"; next }
        part == "head" && $0 == "" { part = "body"; next }
        part == "body" { print >(dir "/body") }' "$1"
}

configure() {
    printf 'ca_file = %s\nbase_url = %s\n' "$work/pki/ca.pem" "$url"
    while read -r system rest; do printf '[%s]\n%s\n' "$system" "$rest"; done \
        <"$work/ex/config"
}

# The example that the "@ID" of a body names.
body_of() { # ID
    text=$(cat "$work/ex/$1/body" 2>/dev/null)
    case $text in
    @*) cat "$work/ex/${text#@}/body" ;;
    *) printf '%s\n' "$text" ;;
    esac
}

# told NAME: a text of the stand-in's state.
told() {
    cget "$url/standin/state" | sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"
}

example() { # ID
    dir=$work/ex/$1
    name="$(cat "$work/ex/name"): $(cat "$dir/title")"
    also=$(cat "$dir/also" 2>/dev/null)
    ids=$(for id in $1 $also; do printf ',"%s"' "$id"; done)
    body=$work/body.json line=$work/line.jsonl
    body_of "$1" >"$body"
    tr -d '\n' <"$body" >"$line"
    echo >>"$line"
    rm -rf "$XDG_CACHE_HOME" "$XDG_STATE_HOME"
    fault "{\"examples\":[${ids#,}]}"
    wanted=$(cat "$dir/wanted")
    rest=${wanted#* }
    eval "nv $(cat "$dir/args") --config \"\$work/conf\" --timeout 20"
    asked=$(state "example_$1")
    [ "$asked" -eq 0 ] || asked=some
    sent=some
    case $wanted in '=! '*) sent=0 ;; esac
    if [ "$code" = "${rest%% *}" ] && [ "$asked" = "$sent" ] &&
        printf '%s\n' "$out" "$err" | grep -Eq -- "${rest#* }" && [ "$(state documents_refused)" = 0 ]; then
        pass "$name"
        echo "list - $name: ok"
    else
        fail "$name" "exit $code, wanted ${rest%% *}, /${rest#* }/; asked: $asked, wanted $sent" \
            "refused: $(told documents_why)" "$err" "$out"
        echo "list - $name: NOT OK"
    fi
}

for file in "${DOCUMENTS:-$root/tests/e2e/documents}"/*.txt; do
    split "$file"
    touch "$work/ex/config"
    start_standin --documents "$file"
    configure >"$work/conf"
    cp "$work/ex/secrets" "$work/keys"
    chmod 600 "$work/keys"
    sed -i "2a token_file = $work/keys" "$work/conf"
    while read -r id; do
        [ ! -f "$work/ex/$id/args" ] || example "$id"
    done <"$work/order"
    # Anything else is refused.
    status=$(cget -o "$work/odd" -w '%{http_code}' "$url/nowhere")
    is "$(cat "$work/ex/name"): the server refuses everything else" "$status" 418
    stop_standin
done
finish
