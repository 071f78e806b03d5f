/* SPDX-License-Identifier: Apache-2.0 */
/* The self-test's server: see server.h. */
#include "server.h"

#include "../../port/selftest/wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void sleep_ms(long ms)
{
    struct timespec t = {ms / 1000, (ms % 1000) * 1000000};
    (void)nanosleep(&t, NULL);
}

static bool put(int fd, const uint8_t *data, size_t len)
{
    while (len > 0U) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        data += n;
        len -= (size_t)n;
    }
    return true;
}

static void echo(int fd)
{
    uint8_t mem[4096];
    ssize_t n = recv(fd, mem, sizeof mem, 0);
    while (n > 0 && put(fd, mem, (size_t)n)) {
        n = recv(fd, mem, sizeof mem, 0);
    }
}

static void reset(int fd)
{
    struct linger now = {1, 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void delay(int fd)
{
    sleep_ms(300);
    (void)put(fd, (const uint8_t *)"x", 1U);
}

/* With little room, so that it is felt before a small or an emulated sender has sent for a second.
 */
static void hold(int fd)
{
    uint8_t mem[65536];
    const int room = 4096;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    sleep_ms(1000);
    while (recv(fd, mem, sizeof mem, 0) > 0) {
    }
}

static void drip(int fd)
{
    const int on = 1;
    char pieces = '0';
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)recv(fd, &pieces, 1U, 0);
    for (; pieces > '0' && put(fd, (const uint8_t *)"x", 1U); pieces--) {
        sleep_ms(5);
    }
}

static void send_512k(int fd)
{
    uint8_t mem[1024];
    for (size_t at = 0; at < (size_t)512 * 1024; at += sizeof mem) {
        for (size_t i = 0; i < sizeof mem; i++) {
            mem[i] = nvt_selftest_byte(at + i);
        }
        if (!put(fd, mem, sizeof mem)) {
            return;
        }
    }
}

/* Byte by byte, so that nothing behind the line is taken. */
static bool read_line(int fd, char *line, size_t cap)
{
    for (size_t i = 0; i + 1U < cap; i++) {
        if (recv(fd, &line[i], 1U, 0) != 1) {
            return false;
        }
        if (line[i] == '\n') {
            line[i + 1U] = '\0';
            return true;
        }
    }
    return false;
}

static void serve_one(int fd)
{
    static const struct {
        const char *line;
        void (*act)(int fd);
    } table[] = {
        {NVT_SELFTEST_ECHO, echo}, {NVT_SELFTEST_RESET, reset},         {NVT_SELFTEST_DELAY, delay},
        {NVT_SELFTEST_HOLD, hold}, {NVT_SELFTEST_SEND_512K, send_512k}, {NVT_SELFTEST_DRIP, drip},
    };
    char line[32];
    if (!read_line(fd, line, sizeof line)) {
        return;
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(line, table[i].line) == 0) {
            table[i].act(fd);
        }
    }
}

/* Loopback's own segments of 64 KiB would have the sender's system keep megabytes. */
static void make_narrow(int fd)
{
    const int segment = 1400;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
}

int conformance_listen(const char *ip, uint16_t port, uint16_t *out_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t len = (socklen_t)sizeof at;
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || inet_pton(AF_INET, ip, &at.sin_addr) != 1) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    make_narrow(fd);
    if (bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
        (void)close(fd);
        return -1;
    }
    *out_port = ntohs(at.sin_port);
    return fd;
}

void conformance_serve(int listener)
{
    (void)signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            continue;
        }
        if (fork() == 0) {
            (void)close(listener);
            (void)alarm(60);
            serve_one(fd);
            (void)close(fd);
            _exit(0);
        }
        (void)close(fd);
    }
}
