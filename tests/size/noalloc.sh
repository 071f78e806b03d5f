#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Proves on the built library that no object of it refers to an allocator, and that the rooms keep
# no static memory that can be written (the port, the host's side, may keep some):
#     noalloc.sh LIBRARY CC
set -eu
lib=$1
cc=$2
nm=${NM:-nm}
size=${SIZE:-size}
ALLOCATORS='malloc|calloc|realloc|reallocarray|free|aligned_alloc|posix_memalign|memalign|valloc|pvalloc'
ALLOCATORS="$ALLOCATORS|strdup|strndup|asprintf|vasprintf|getline|getdelim|alloca|mmap|brk|sbrk"
ALLOCATORS="$ALLOCATORS|mbedtls_calloc|mbedtls_free|_Znwm|_ZdlPv"

# Prints "object symbol" for each reference to an allocator.
references() {
    "$nm" -A --undefined-only "$1" | awk -v names="^(__)?($ALLOCATORS)(@.*)?$" '$NF ~ names { print }'
}
# Prints "object section bytes" for each writable section; constant data that only needs relocation
# is not writable once loaded.
writable() {
    "$size" -A "$1" | awk '
        / +: *$|\(ex / { object = $1 }
        $1 ~ /^\.(data|bss|tdata|tbss)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 { print object, $1, $2 }'
}

# The check must be able to fail: it has to find these.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/bad.c" <<'C'
#include <stdlib.h>
static int counter;
char *f(void);
char *f(void) { counter++; return counter > 1 ? malloc(8) : NULL; }
C
# shellcheck disable=SC2086
$cc -O0 -c -o "$dir/bad.o" "$dir/bad.c"
${AR:-ar} rcs "$dir/bad.a" "$dir/bad.o"
if [ -z "$(references "$dir/bad.a")" ] || [ -z "$(writable "$dir/bad.a")" ]; then
    echo "noalloc.sh: the check finds nothing, not even what was put there for it" >&2
    exit 1
fi

objects=$("$nm" -A "$lib" 2>/dev/null | cut -d: -f2 | sort -u | wc -l)
found=$(references "$lib")
static=$(writable "$lib" | grep -v '^posix' || true)
if [ -n "$found" ]; then
    echo "refers to an allocator:"
    echo "$found"
fi
if [ -n "$static" ]; then
    echo "writable static memory:"
    echo "$static"
fi
if [ -n "$found$static" ] || [ "$objects" -eq 0 ]; then
    exit 1
fi
echo "$lib: $objects objects, none refers to an allocator, no room keeps static memory"
