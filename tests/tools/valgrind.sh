#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The end-to-end scripts with the command under valgrind: a bad access or a lost block ends it with
# code 99, which no script takes for right. BUILD is the folder of the programs.
set -u
build=${BUILD:-build}
runs=
export NV_LIMIT=180 TEST_TIMEOUT=1500
for script in tests/e2e/*.sh; do
    case $script in
    */lib.sh) continue ;;
    esac
    name=$(basename "$script" .sh)
    runs="$runs valgrind/$name"
done
wrap="valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,possible"
wrap="$wrap --errors-for-leak-kinds=definite,possible"
set --
for run in $runs; do
    set -- "$@" "$run=WRAP='$wrap' BUILD='$build' sh tests/e2e/${run#*/}.sh"
done
sh tests/tools/run-tests.sh "$@"
