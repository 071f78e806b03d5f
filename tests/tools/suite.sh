# SPDX-License-Identifier: Apache-2.0
# Sourced: packages of another Debian release than this one's, through an apt state of their own, so
# that the system's package lists stay as they are. apt checks what it fetches against the signed
# index.
#     suite_open DIR SUITE    state under DIR/apt, lists fetched
#     suite_apt ARGS...       apt-get on that state
#     suite_close             the state is removed

suite_mirror() {
    sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1 | grep . ||
        awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^[a-z]+:\//) { print $i; exit } }' \
            /etc/apt/sources.list 2>/dev/null
}

suite_open() {
    suite_state=$1/apt
    suite_from=$(suite_mirror)
    [ -n "$suite_from" ] || { echo "no Debian mirror in apt's sources" >&2 && return 1; }
    mkdir -p "$suite_state/lists/partial" "$suite_state/cache/archives/partial"
    : >"$suite_state/status"
    for kind in deb deb-src; do
        echo "$kind [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $suite_from $2 main"
    done >"$suite_state/sources.list"
    suite_apt update
}

suite_apt() {
    apt-get -qq -o Dir::Etc::sourcelist="$suite_state/sources.list" \
        -o Dir::Etc::sourceparts=/dev/null -o Dir::State::Lists="$suite_state/lists" \
        -o Dir::Cache="$suite_state/cache" -o Dir::State::status="$suite_state/status" \
        -o APT::Sandbox::User=root -o Acquire::Languages=none "$@" >&2
}

suite_close() {
    rm -rf "$suite_state"
}
