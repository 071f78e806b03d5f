#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the build promises: the usual variables mean the usual, the same sources give the same bytes
# in any folder, no folder's name gets out, the shared library offers what the headers declare, and
# what was installed serves a program of somebody else's.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
need pkg-config readelf nm
cc=${CC:-cc}
unset MAKEFLAGS MAKELEVEL CC AR CFLAGS CPPFLAGS LDFLAGS DESTDIR PREFIX

# build FOLDER ARGUMENT ...: make in a copy of the sources.
build() {
    folder=$1
    shift
    make --no-print-directory -C "$work/$folder" BUILD=out "$@" >"$work/log" 2>&1
}
copy() { # FOLDER
    mkdir -p "$work/$1"
    tar -c -C "$root" Makefile include src port tests fuzz | tar -x -C "$work/$1"
}
# would ARGUMENT ...: what make would run, from nothing.
would() {
    make --no-print-directory -n V=1 BUILD="$work/none" "$@" all shared 2>&1
}

# ---- variables ----

cd "$root" || exit
out=$(would CROSS_COMPILE=other-)
like 'CROSS_COMPILE names the archiver' "$out" '(^|[^a-z-])other-ar rcs'
like 'CROSS_COMPILE names the compiler' "$out" '(^|[^a-z-])other-gcc .* -c '
unlike 'and no compiler of the host is run' "$out" '(^|[ ;])(gcc|cc|ar) '
out=$(CC=mycc AR=myar would)
like 'CC of the environment counts' "$out" '(^|[ ;])mycc .* -c '
like 'AR of the environment counts' "$out" '(^|[ ;])myar rcs'
out=$(would CPPFLAGS=-Dmine CFLAGS='-O1 -mine' LDFLAGS=-Wl,mine)
is 'CFLAGS and CPPFLAGS come to each object' \
    "$(echo "$out" | grep -c ' -c -o ')" "$(echo "$out" | grep -c -- '-Dmine .*-O1 -mine .*-c -o ')"
is 'LDFLAGS come to each link' "$(echo "$out" | grep -c -- '-Wl,mine')" 2
out=$(would SYSROOT=/some/root CC=mycc)
is 'SYSROOT comes to each call of the compiler' \
    "$(echo "$out" | grep 'mycc .* -o ' | grep -cv 'mycc --sysroot=/some/root ')" 0
mkdir "$work/bin"
for name in pkg-config mine; do
    printf '#!/bin/sh\necho -Dfrom-%s\n' $name >"$work/bin/$name"
    chmod 755 "$work/bin/$name"
done
out=$(PATH=$work/bin:$PATH would PKG_CONFIG=mine)
like 'PKG_CONFIG is asked' "$out" '-Dfrom-mine .* -c '
out=$(PATH=$work/bin:$PATH would CROSS_COMPILE=other-)
unlike "the host's pkg-config is not asked about another machine" "$out" 'from-pkg-config'

# ---- the same bytes, and no names of folders ----

for folder in here "there/it-is/deeper"; do
    copy "$folder"
    build "$folder" -j2 CFLAGS='-O1 -g' all shared || fail "build in $folder" "$(tail "$work/log")"
done
unlike 'without V=1 no command is shown' "$(cat "$work/log")" ' -c -o '
version=$(sed -n 's/.*NVT_VERSION "\(.*\)"/\1/p' "$root/include/navette/navette.h")
for file in libnavette.a "libnavette.so.$version" navette; do
    is "two builds of $file are equal" "$(cd "$work/here/out" && sha256sum "$file")" \
        "$(cd "$work/there/it-is/deeper/out" && sha256sum "$file")"
    is "$file names no folder" "$(strings -a "$work/here/out/$file" | grep -c "$work")" 0
done

# ---- the shared library ----

out=$work/here/out
so=$out/libnavette.so
soname=$(readelf -d "$so" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
is 'soname' "$soname" "libnavette.so.${version%.*}"
nm -D --defined-only "$so" | awk '{ print $3 }' | sort >"$work/exported"
nm "$out/libnavette.a" 2>/dev/null | awk '$2 ~ /[A-Z]/ && NF == 3 { print $3 }' | sort -u >"$work/all"
grep -oh 'nvt_[a-z0-9_]*' "$root"/include/navette/*.h | sort -u >"$work/words"
is 'it exports what the headers declare' "$(comm -12 "$work/all" "$work/words" |
    comm -3 - "$work/exported")" ''
like 'inner functions stay inside' "$(comm -23 "$work/all" "$work/exported" | wc -l)" '^[0-9]{2,}$'
is 'no name of the library is without its prefix' "$(grep -cv '^nvt_' "$work/all")" 0

# ---- installed ----

mkdir "$work/user"
inst=$work/inst
build here -j2 CFLAGS='-O1 -g' DESTDIR="$inst" PREFIX=/opt/nv install ||
    fail 'make install' "$(tail "$work/log")"
for file in bin/navette lib/libnavette.a lib/libnavette.so "lib/$soname" lib/pkgconfig/navette.pc \
    lib/systemd/system/navette.service include/navette/navette.h include/navette/posix.h; do
    is "installed: $file" "$(cd "$inst/opt/nv" && ls -L "$file" 2>&1)" "$file"
done
is 'nothing beside the prefix' "$(find "$inst" -type f ! -path "$inst/opt/nv/*")" ''
is 'installed files name no folder' "$(grep -rl "$work" "$inst" | head -n 3)" ''
cat >"$work/user/use.c" <<'C'
#include <navette/navette.h>
#include <navette/posix.h>
#include <stdio.h>
int main(void)
{
    struct nvt_span name = nvt_span_str("rpc");
    struct nvt_posix host;
    nvt_posix_init(&host);
    nvt_posix_free(&host);
    return nvt_profile_find(name) == NULL || puts(NVT_VERSION) < 0;
}
C
pc() {
    PKG_CONFIG_SYSROOT_DIR=$inst PKG_CONFIG_LIBDIR=$inst/opt/nv/lib/pkgconfig pkg-config "$@" navette
}
is 'pkg-config knows the version' "$(pc --modversion)" "$version"
# shellcheck disable=SC2046 # words
(cd "$work/user" && $cc -o shared use.c $(pc --cflags --libs) &&
    $cc -o static use.c $(pc --cflags) "$inst/opt/nv/lib/libnavette.a" \
        $(pc --static --libs-only-l | sed 's/-lnavette//')) >"$work/log" 2>&1 ||
    fail 'a program of somebody else is built' "$(cat "$work/log")"
is 'a program runs with the shared library' \
    "$(LD_LIBRARY_PATH=$inst/opt/nv/lib "$work/user/shared" 2>&1)" "$version"
like 'and asks for it by its soname' "$(readelf -d "$work/user/shared")" "NEEDED.*\\[$soname\\]"
is 'a program runs with the static library' "$("$work/user/static" 2>&1)" "$version"

build here CFLAGS='-O1 -g' LDFLAGS=-static DESTDIR="$work/inst2" PREFIX=/usr LIBDIR=/usr/lib64 \
    -n V=1 install
unlike 'with -static no shared library is made' "$(cat "$work/log")" '-shared'
like 'LIBDIR counts' "$(cat "$work/log")" '/inst2/usr/lib64'
finish
