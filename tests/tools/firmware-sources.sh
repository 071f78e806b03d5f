#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fetches the sources that the example firmware is built from, once:
#     firmware-sources.sh DIR
# makes DIR/lwip, DIR/mbedtls (3.6) and DIR/freertos (kernel V9, from a package that carries it) from
# Debian's source packages; about 15 s. None of them becomes part of this project.
set -eu

dir=${1:?usage: firmware-sources.sh DIR}
[ ! -f "$dir/done" ] || exit 0
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

. "$(dirname "$0")/suite.sh"

# keep NAME TREE FILE: TREE becomes DIR/NAME when FILE is in it.
keep() {
    [ -f "$2/$3" ] || { echo "firmware-sources.sh: no $3 in $2" >&2 && exit 1; }
    rm -rf "${dir:?}/$1"
    mv "$2" "$dir/$1"
}

rm -rf "$dir/new"
mkdir "$dir/new"
suite_open "$dir/new" trixie
(cd "$dir/new" && suite_apt source lwip mbedtls micropython)
suite_close
keep lwip "$(echo "$dir"/new/lwip-2.*/)" src/core/tcp.c
keep mbedtls "$(echo "$dir"/new/mbedtls-3.6.*/)" library/ssl_tls.c
keep freertos "$(echo "$dir"/new/micropython-*/)"/ports/cc3200/FreeRTOS/Source tasks.c
rm -rf "$dir/new"
: >"$dir/done"
