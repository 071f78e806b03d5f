#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How v2.tar.gz was made: images as the last library that wrote format 2 left them (NAME.img), what
# each must hold (NAME.list), and its blocks (sizes).
#     make_v2.sh TREE
# TREE is a checkout of commit aad0ee8 in which `make lib` was run.
set -eu

tree=${1:?usage: make_v2.sh TREE}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for program in make_v2 contents; do
    cc -std=c99 -O1 -D_POSIX_C_SOURCE=200809L -I"$tree/include" -o "$work/$program" \
        "$here/$program.c" "$tree/build/libnavette.a"
done
mkdir "$work/v2"
"$work/make_v2" "$work/v2"
while read -r name size count unit; do
    image=$work/v2/$name
    [ -f "$image.whole" ] || cp "$image.img" "$image.whole"
    [ -f "$image.list" ] ||
        "$work/contents" "$image.whole" "$size" "$count" "$unit" >"$image.list"
    rm -f "$image.whole"
done <"$work/v2/sizes"
tar --sort=name --owner=0 --group=0 --mtime=@0 -C "$work" -cf - v2 | gzip -9n >"$here/v2.tar.gz"
