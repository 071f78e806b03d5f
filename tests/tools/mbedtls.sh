#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fetches and builds the line of Mbed TLS that this Debian does not package, for tests:
#     mbedtls.sh DIR [3.6|2.28]
# Default: 3.6 where libmbedtls-dev is 2.28 (Debian 12), 2.28 elsewhere. The last line printed is
# the folder to pass as MBEDTLS_DIR. Done already: nothing is fetched. Needs dpkg-dev; about 40 s.
set -eu

dir=${1:?usage: mbedtls.sh DIR [3.6|2.28]}
line=${2:-}
if [ -z "$line" ]; then
    case $(dpkg-query -W -f '${Version}' libmbedtls-dev 2>/dev/null) in
        2.28*) line=3.6 ;;
        *) line=2.28 ;;
    esac
fi
case $line in
    3.6) suite=trixie ;;
    2.28) suite=bookworm ;;
    *) echo "mbedtls.sh: knows 3.6 and 2.28" >&2 && exit 2 ;;
esac
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
# One at a time makes it, the others find it.
[ -n "${MBEDTLS_LOCKED:-}" ] ||
    MBEDTLS_LOCKED=1 exec flock "$dir/lock" sh "$0" "$dir" "$line"

if [ -f "$dir/$line.done" ]; then
    cat "$dir/$line.done"
    exit
fi

. "$(dirname "$0")/suite.sh"
suite_open "$dir" "$suite"
(cd "$dir" && suite_apt source mbedtls)
suite_close

set -- "$dir"/mbedtls-"$line"*/
tree=${1%/}
[ -f "$tree/library/ssl_tls.c" ] || { echo "mbedtls.sh: got no Mbed TLS $line" >&2 && exit 1; }
env -u MAKEFLAGS -u MAKELEVEL make -s -j"$(nproc)" -C "$tree/library" CFLAGS='-O2 -g' \
    libmbedcrypto.a libmbedx509.a libmbedtls.a >&2
echo "$tree" | tee "$dir/$line.done"
