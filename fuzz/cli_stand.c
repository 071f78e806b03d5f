/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_stand.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

/* In memory where there is such a place: disks are slow. */
#define SHM "/dev/shm"

static char path[64];
static unsigned complaints;
char stand_message[1024];

void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void remove_file(void)
{
    (void)unlink(path);
}

static int open_file(void)
{
    (void)snprintf(path, sizeof path, "%s/navette-fuzz-XXXXXX",
                   access(SHM, W_OK) == 0 ? SHM : "/tmp");
    int fd = mkstemp(path);
    require(fd >= 0 && atexit(remove_file) == 0);
    /* Settings come from the file alone. */
    (void)unsetenv("NAVETTE_BASE_URL");
    (void)unsetenv("NAVETTE_ENVIRONMENT");
    (void)unsetenv("NAVETTE_TOKEN_URL");
    (void)unsetenv("NAVETTE_SCOPE");
    (void)unsetenv("NAVETTE_CA_FILE");
    (void)unsetenv("NAVETTE_TOKEN_FILE");
    (void)unsetenv("NAVETTE_TIMEOUT");
    (void)unsetenv("NAVETTE_PIN");
    /* A token cache needs a place. */
    (void)setenv("RUNTIME_DIRECTORY", "/tmp", 1);
    return fd;
}

const char *stand_file(const uint8_t *data, size_t size)
{
    static int fd = -1;
    fd = fd < 0 ? open_file() : fd;
    require(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    return path;
}

unsigned stand_complaints(void)
{
    unsigned n = complaints;
    complaints = 0;
    return n;
}

void say(const char *format, ...)
{
    (void)format;
}

int fail(bool json, int code, nvt_err err, const char *format, ...)
{
    va_list args;
    (void)json;
    (void)err;
    va_start(args, format);
    (void)vsnprintf(stand_message, sizeof stand_message, format, args);
    va_end(args);
    complaints++;
    return code;
}
