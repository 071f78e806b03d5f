#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs what target.sh built: unit tests, simulated runs, and the command against the stand-in that
# runs on this machine.
#     run.sh TARGET DIR HOST      HOST: the build folder with the stand-in
# E2E names the end-to-end scripts to run. Closes with the count of tests.
set -eu
cd "$(dirname "$0")/../.."
target=${1:?usage: run.sh TARGET DIR HOST}
dir=$(cd "$2/$target" && pwd)
host=$(cd "$3" && pwd)
emulator=$(cat "$dir/emulator")

for name in standin tools tests; do ln -sfn "$host/$name" "$dir/e2e/$name"; done
# What takes a minute under qemu runs on one 32-bit and one big-endian machine.
case $target in
armhf | s390x) ;;
*) export TEST_SKIP="sim/test_every_byte sim/test_power_cut sim/test_outage" ;;
esac

set --
for source in tests/unit/test_*.c tests/sim/test_*.c; do
    name=${source#tests/} name=${name%.c}
    set -- "$@" "$name=$emulator $dir/build/$name"
done
for name in ${E2E:-rpc}; do
    set -- "$@" "e2e/$name=BUILD=$dir/e2e sh tests/e2e/$name.sh"
done
sh tests/tools/run-tests.sh "$@"
