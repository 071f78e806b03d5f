/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Put in front of the C library (LD_PRELOAD): a host whose resolver fails and whose time passes
 * faster.
 *
 *   HOST_NAMES   a file; its first word says how look-ups end: none (no such name), again (no
 *                server answers), fail, hang (20 s, then again), slow (well, after 700 ms);
 * anything else, or no file: well HOST_LAPSE   the monotonic clock runs that many times as fast,
 * and waits are as much shorter
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { HANG_S = 20, SLOW_NS = 700000000 };

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static long lapse(void)
{
    const char *text = getenv("HOST_LAPSE");
    const long times = text == NULL ? 1 : atol(text);
    return times < 1 ? 1 : times;
}

/* ---- names ---- */

static void read_word(char *out, size_t cap)
{
    const char *path = getenv("HOST_NAMES");
    FILE *file = path == NULL ? NULL : fopen(path, "r");
    out[0] = '\0';
    if (file != NULL) {
        if (fgets(out, (int)cap, file) != NULL) {
            out[strcspn(out, " \n")] = '\0';
        }
        (void)fclose(file);
    }
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    int (*getaddrinfo_)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    char word[16];
    *(void **)&getaddrinfo_ = real("getaddrinfo");
    read_word(word, sizeof word);
    if (hints != NULL && (hints->ai_flags & AI_NUMERICHOST) != 0) {
        word[0] = '\0'; /* that needs nobody */
    }
    if (strcmp(word, "none") == 0) {
        return EAI_NONAME;
    }
    if (strcmp(word, "fail") == 0) {
        return EAI_FAIL;
    }
    if (strcmp(word, "again") == 0) {
        return EAI_AGAIN;
    }
    if (strcmp(word, "hang") == 0) {
        (void)sleep(HANG_S);
        return EAI_AGAIN;
    }
    if (strcmp(word, "slow") == 0) {
        (void)nanosleep(&(struct timespec){.tv_nsec = SLOW_NS}, NULL);
    }
    return getaddrinfo_(name, service, hints, out);
}

/* ---- time ---- */

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int (*clock_gettime_)(clockid_t, struct timespec *);
    *(void **)&clock_gettime_ = real("clock_gettime");
    const int result = clock_gettime_(clock, out);
    const long times = clock == CLOCK_MONOTONIC ? lapse() : 1;
    if (result == 0 && times > 1) {
        const long long ns = (long long)out->tv_nsec * times;
        out->tv_sec = out->tv_sec * times + (time_t)(ns / 1000000000);
        out->tv_nsec = (long)(ns % 1000000000);
    }
    return result;
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    int (*poll_)(struct pollfd *, nfds_t, int);
    *(void **)&poll_ = real("poll");
    const long times = lapse();
    /* Up, lest the caller finds the time not come yet again and again. */
    const int shorter = timeout_ms <= 0 ? timeout_ms : (int)((timeout_ms + times - 1) / times);
    return poll_(fds, count, shorter);
}
