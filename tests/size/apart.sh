#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The registry's API v2 is one object that nothing else of the library needs, so that an image
# without it does not carry it.
# usage: apart.sh LIBRARY
set -u
nm=${NM:-nm}
users=$("$nm" -A --undefined-only "$1" | grep ' nvt_rpc_v2' | grep -v ':rpc_v2\.o:')
objects=$("$nm" -A --defined-only "$1" | grep ' nvt_rpc_v2' | sed 's/.*:\([^:]*\.o\):.*/\1/' | sort -u)
if [ -n "$users" ] || [ "$objects" != rpc_v2.o ]; then
    printf '%s\n' "API v2 is not apart: $objects" "$users" >&2
    exit 1
fi
echo 'API v2 is one object, which no other needs'
echo '1 passed, 0 failed'
