#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the command that runs CBMC: the system's where Debian packages it (13 and later), else the
# one of Debian 13 unpacked under DIR and run by its own loader.
#     cbmc.sh DIR
set -eu
dir=${1:?usage: cbmc.sh DIR}
if command -v cbmc >/dev/null 2>&1; then
    echo cbmc
    exit
fi
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
if [ ! -x "$dir/cbmc" ]; then
    . "$(dirname "$0")/../tools/suite.sh"
    suite_open "$dir" trixie
    (
        cd "$dir"
        suite_apt download cbmc minisat libc6 libstdc++6 libgcc-s1
        for deb in *.deb; do dpkg-deb -x "$deb" files; done
        rm -f ./*.deb
    )
    suite_close
    lib=$(dirname "$(find "$dir/files/usr/lib" -name libc.so.6 | head -n 1)")
    loader=$(find "$lib" -name 'ld-linux*.so.*' | head -n 1)
    printf '#!/bin/sh\nexec %s --library-path %s:%s %s "$@"\n' "$loader" "$lib" \
        "$dir/files/usr/lib" "$dir/files/usr/bin/cbmc" >"$dir/cbmc"
    chmod +x "$dir/cbmc"
fi
echo "$dir/cbmc"
