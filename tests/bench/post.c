/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: PROGRAM PORT CA-FILE 12|13 COUNT
 * Sends COUNT requests after a first one that opened the connection; prints for the COUNT alone
 * "REQUESTS_PER_SECOND CPU_US_PER_REQUEST ALLOCATIONS_PER_REQUEST", then the program's peak memory
 * in KiB.
 */
#include "post.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* The program's own allocators stand before the C library's, for shared libraries too; glibc keeps
 * the real ones under these names. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
static unsigned long allocations;

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}

enum { BODY_LEN = 900, TOKEN_LEN = 300 };

static double seconds(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Known to callgrind by name: it counts inside only. */
bool measure(int count);
__attribute__((noinline)) bool measure(int count)
{
    for (int i = 0; i < count; i++) {
        if (!client_post()) {
            return false;
        }
    }
    return true;
}

/* A JSON object of BODY_LEN bytes; what it says does not matter here. */
static void fill_body(char *body)
{
    int len = sprintf(body, "{\"operator_journey_id\":\"");
    memset(body + len, 'x', BODY_LEN - (size_t)len);
    memcpy(body + BODY_LEN - 2, "\"}", 3);
}

int main(int argc, char **argv)
{
    static char body[BODY_LEN + 1];
    static char token[TOKEN_LEN + 1];
    if (argc != 5) {
        fprintf(stderr, "usage: %s PORT CA-FILE 12|13 COUNT\n", argv[0]);
        return 2;
    }
    fill_body(body);
    memset(token, 'T', TOKEN_LEN);
    struct post_settings s = {atoi(argv[1]), argv[2], strcmp(argv[3], "12") == 0,
                              token,         body,    BODY_LEN};
    int count = atoi(argv[4]);
    if (!client_open(&s) || !client_post()) {
        return 1;
    }
    double wall = seconds(CLOCK_MONOTONIC);
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    unsigned long allocated = allocations;
    if (!measure(count)) {
        return 1;
    }
    allocated = allocations - allocated;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = seconds(CLOCK_MONOTONIC) - wall;
    client_close();
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("%.0f %.2f %.2f %ld\n", count / wall, cpu * 1e6 / count, (double)allocated / count,
           usage.ru_maxrss);
    return 0;
}
