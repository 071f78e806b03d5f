#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The service behind networks that fail: the scenarios of scenario.sh, several at the same time since
# they mostly wait.
#
#   ONLY="far bytes"   these alone
#   TOGETHER=N         at the same time (5)
# What else may be set stands there.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
need curl openssl
PATH=$PATH:/usr/sbin:/sbin # of ip and nft

scenarios="bytes outage killed chaos loss reborn hole names flicker restart portal tunnel narrow mute
    late resolver far relay"
unshare='unshare -n'
[ "$(id -u)" -eq 0 ] || unshare='unshare -rn'

# Where packets may be dropped: in a network of our own, as root or in a name space for users.
may_lose() {
    command -v nft >/dev/null && command -v ip >/dev/null && command -v unshare >/dev/null &&
        $unshare sh -c 'ip link set lo up && nft add table inet probe' 2>/dev/null
}

pki
export BUILD PKI="$work/pki"
running=
for name in ${ONLY:-$scenarios}; do
    within=
    if [ "$name" = loss ]; then
        may_lose || {
            echo 'skipped: loss of packets needs nft, iproute2 and a network name space'
            continue
        }
        within=$unshare
    fi
    # shellcheck disable=SC2086 # the oldest ends first, as a rule
    set -- $pids
    [ $# -lt "${TOGETHER:-5}" ] || {
        wait "$1"
        shift
        pids=$*
    }
    $within sh "$root/tests/faults/scenario.sh" "$name" >"$work/$name" 2>&1 &
    pids="$pids $!"
    running="$running $name"
done
for pid in $pids; do wait "$pid"; done
pids=
for name in $running; do
    grep -v '^[0-9]* passed, [0-9]* failed$' "$work/$name"
    sums=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$work/$name" | tail -n 1)
    [ -n "$sums" ] || {
        echo "not ok - $name comes to its end"
        sums='0 1'
    }
    passed=$((passed + ${sums% *}))
    failed=$((failed + ${sums#* }))
done
finish
