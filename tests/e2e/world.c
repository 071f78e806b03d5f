/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded: moves the wall clock of a program by the seconds that stand in the file $CLOCK_FILE,
 * at each look at it (the monotonic clock stays as it is), and lets its disk fail while the file
 * $DISK_FAILS is there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long offset_s(void)
{
    const char *name = getenv("CLOCK_FILE");
    char text[32] = "";
    FILE *f = name == NULL ? NULL : fopen(name, "r");
    if (f != NULL) {
        if (fgets(text, sizeof text, f) == NULL) {
            text[0] = '\0';
        }
        (void)fclose(f);
    }
    return strtol(text, NULL, 10);
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    int (*real)(clockid_t, struct timespec *) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(id, out);
    if (result == 0 && id == CLOCK_REALTIME) {
        out->tv_sec += offset_s();
    }
    return result;
}

/* Mbed TLS looks here. */
time_t time(time_t *out)
{
    struct timespec ts = {0, 0};
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    if (out != NULL) {
        *out = ts.tv_sec;
    }
    return ts.tv_sec;
}

int fdatasync(int fd)
{
    int (*real)(int) = NULL;
    const char *name = getenv("DISK_FAILS");
    *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    if (name != NULL && access(name, F_OK) == 0) {
        errno = EIO;
        return -1;
    }
    return real(fd);
}
