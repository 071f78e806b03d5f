/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded: just before a program removes or renames a file whose name is that of $SWAP_TO, a
 * producer puts $SWAP_FROM there by rename; once. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void swap(const char *path)
{
    static int done;
    const char *from = getenv("SWAP_FROM");
    const char *to = getenv("SWAP_TO");
    const char *name = to == NULL ? NULL : strrchr(to, '/');
    if (from != NULL && name != NULL && !done && strcmp(path, name + 1) == 0) {
        done = rename(from, to) == 0;
    }
}

int unlinkat(int dir, const char *path, int flags)
{
    int (*real)(int, const char *, int);
    *(void **)&real = dlsym(RTLD_NEXT, "unlinkat");
    swap(path);
    return real(dir, path, flags);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    int (*real)(int, const char *, int, const char *);
    *(void **)&real = dlsym(RTLD_NEXT, "renameat");
    swap(from);
    return real(from_dir, from, to_dir, to);
}
