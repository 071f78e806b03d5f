/* SPDX-License-Identifier: Apache-2.0 */
/* The POSIX port's resolver with a system resolver of our own behind it: one that hangs, one that
 * knows many addresses of one family, one that fails in every way. */
#include <navette/posix.h>

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- the system's resolver, replaced ---- */

/* "hang-1": hangs until let_go; "many": 6 IPv6, then 2 IPv4 addresses; "again", "none", "memory".
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool let_go;
static unsigned under_way;
static unsigned look_ups;

static struct addrinfo nodes[8];
static struct sockaddr_in6 v6[6];
static struct sockaddr_in v4[2];

static void sleep_ms(long ms)
{
    struct timespec t = {ms / 1000, (ms % 1000) * 1000000};
    (void)nanosleep(&t, NULL);
}

static bool gone(void)
{
    (void)pthread_mutex_lock(&lock);
    bool go = let_go;
    (void)pthread_mutex_unlock(&lock);
    return go;
}

static unsigned count(int change)
{
    (void)pthread_mutex_lock(&lock);
    under_way = (unsigned)((int)under_way + change);
    look_ups += change > 0 ? 1U : 0U;
    unsigned now = under_way;
    (void)pthread_mutex_unlock(&lock);
    return now;
}

static void fill_nodes(void)
{
    for (size_t i = 0; i < 8U; i++) {
        bool six = i < 6U;
        nodes[i].ai_family = six ? AF_INET6 : AF_INET;
        nodes[i].ai_addrlen = six ? (socklen_t)sizeof v6[0] : (socklen_t)sizeof v4[0];
        nodes[i].ai_addr = six ? (struct sockaddr *)&v6[i] : (struct sockaddr *)&v4[i - 6U];
        nodes[i].ai_next = i < 7U ? &nodes[i + 1U] : NULL;
    }
    for (size_t i = 0; i < 6U; i++) {
        v6[i].sin6_family = AF_INET6;
        v6[i].sin6_addr.s6_addr[15] = (uint8_t)(10U + i);
    }
    for (size_t i = 0; i < 2U; i++) {
        v4[i].sin_family = AF_INET;
        v4[i].sin_addr.s_addr = htonl(0xC0000200U + 20U + (uint32_t)i);
    }
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    (void)service;
    *out = NULL;
    if ((hints->ai_flags & AI_NUMERICHOST) != 0) {
        return EAI_NONAME;
    }
    (void)count(1);
    while (strncmp(name, "hang", 4U) == 0 && !gone()) {
        sleep_ms(5);
    }
    (void)count(-1);
    if (strcmp(name, "again") == 0) {
        return EAI_AGAIN;
    }
    if (strcmp(name, "memory") == 0) {
        return EAI_MEMORY;
    }
    if (strcmp(name, "many") == 0 || strncmp(name, "hang", 4U) == 0) {
        *out = nodes;
        return 0;
    }
    return EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *list)
{
    (void)list;
}

/* ---- checks ---- */

static unsigned passed, failed;

static void check(bool good, const char *what)
{
    passed += good ? 1U : 0U;
    failed += good ? 0U : 1U;
    (void)printf("%s %s\n", good ? "ok  " : "FAIL", what);
}

static struct nvt_addr addrs[NVT_ADDRS_MAX];
static size_t addr_count;

static nvt_err ask(struct nvt_posix *p, const char *host)
{
    return p->port.net.resolve(p, host, 443, addrs, &addr_count);
}

static nvt_err ask_wait(struct nvt_posix *p, const char *host)
{
    nvt_err err = ask(p, host);
    for (unsigned i = 0; i < 200U && err == NVT_AGAIN; i++) {
        struct nvt_wait wait = {.resolver = true};
        wait.until_ms = p->port.clock.mono_ms(p) + 50U;
        (void)nvt_posix_wait(p, &wait, 1U);
        err = ask(p, host);
    }
    return err;
}

static void families(struct nvt_posix *p)
{
    bool good = ask_wait(p, "many") == NVT_OK && addr_count == 4U;
    good = good && addrs[0].ip_len == 16U && addrs[0].ip[15] == 10U;
    good = good && addrs[1].ip_len == 4U && addrs[1].ip[3] == 20U;
    good = good && addrs[2].ip_len == 16U && addrs[2].ip[15] == 11U;
    good = good && addrs[3].ip_len == 4U && addrs[3].ip[3] == 21U && addrs[3].port == 443U;
    check(good, "many addresses of one family leave room for the other");
}

static void errors(struct nvt_posix *p)
{
    char host[NVT_HOST_CAP + 8U];
    (void)memset(host, 'a', sizeof host);
    host[sizeof host - 1U] = '\0';
    check(ask_wait(p, "nobody") == NVT_E_NET_NAME && addr_count == 0U, "no such name");
    check(ask_wait(p, "again") == NVT_E_NET_RESOLVER, "the resolver does not answer");
    check(ask_wait(p, "memory") == NVT_E_NET_RESOURCE, "no memory left");
    check(ask(p, host) == NVT_E_NET_NAME, "a name too long");
}

/* Several connections that start together: one look-up between them, and none of them sleeps when
 * another one took its answer. */
static void together(struct nvt_posix *p)
{
    const struct nvt_wait wait = {.resolver = true, .until_ms = UINT64_MAX};
    check(ask_wait(p, "many") == NVT_OK, "a first one asks");
    const unsigned before = look_ups;
    check(ask(p, "many") == NVT_OK && addr_count == 4U && addrs[3].port == 443U &&
              look_ups == before,
          "the next one is answered at once");
    check(nvt_posix_wait(p, &wait, 1U) == NVT_OK, "who waits for what was collected wakes");
    check(p->port.net.resolve(p, "many", 80, addrs, &addr_count) == NVT_AGAIN,
          "another port is another question");
    (void)ask_wait(p, "many");
    sleep_ms(NVT_POSIX_KEEP_MS + 50);
    check(ask(p, "many") == NVT_AGAIN, "an answer is not kept for long");
    check(ask_wait(p, "nobody") == NVT_E_NET_NAME && ask(p, "nobody") == NVT_AGAIN,
          "a failure is not kept at all");
    (void)ask_wait(p, "nobody");
}

/* Two hosts asked for in turn: each gets its own answer, neither starves. */
static void in_turn(struct nvt_posix *p)
{
    nvt_err one = NVT_AGAIN;
    nvt_err two = NVT_AGAIN;
    bool right = true;
    for (unsigned i = 0; i < 400U && (one == NVT_AGAIN || two == NVT_AGAIN); i++) {
        if (one == NVT_AGAIN) {
            one = ask(p, "many");
            right = right && (one != NVT_OK || addr_count == 4U);
        }
        if (two == NVT_AGAIN) {
            two = ask(p, "nobody");
        }
        sleep_ms(1);
    }
    check(right && one == NVT_OK && two == NVT_E_NET_NAME, "two hosts asked for in turn");
}

static void hanging(struct nvt_posix *p)
{
    uint64_t start = p->port.clock.mono_ms(p);
    nvt_err err = NVT_AGAIN;
    for (unsigned i = 0; i < NVT_POSIX_STUCK_MAX && err == NVT_AGAIN; i++) {
        err = ask(p, "hang-1");
        p->port.net.resolve_cancel(p);
    }
    check(err == NVT_AGAIN, "a resolver that hangs is given up, again and again");
    err = ask(p, "many");
    check(err == NVT_E_NET_RESOLVER, "... but not without end");
    check(p->port.clock.mono_ms(p) - start < 1000U, "... and nobody waited for it");
    (void)pthread_mutex_lock(&lock);
    let_go = true;
    (void)pthread_mutex_unlock(&lock);
    for (unsigned i = 0; i < 400U && ask(p, "many") == NVT_E_NET_RESOLVER; i++) {
        sleep_ms(5);
    }
    check(ask_wait(p, "many") == NVT_OK && addr_count == 4U,
          "once it has ended, all is well again");
}

/* The port goes while look-ups hang; their answers must then hurt nobody. */
static void freed_while_hanging(void)
{
    struct nvt_posix p;
    nvt_posix_init(&p);
    (void)pthread_mutex_lock(&lock);
    let_go = false;
    (void)pthread_mutex_unlock(&lock);
    (void)ask(&p, "hang-2");
    while (count(0) == 0U) {
        sleep_ms(1);
    }
    nvt_posix_free(&p);
    (void)memset(&p, 0xA5, sizeof p);
    (void)pthread_mutex_lock(&lock);
    let_go = true;
    (void)pthread_mutex_unlock(&lock);
    while (count(0) != 0U) {
        sleep_ms(1);
    }
    sleep_ms(50);
    check(true, "the port is freed while a look-up hangs");
}

int main(void)
{
    struct nvt_posix p;
    (void)alarm(60);
    fill_nodes();
    nvt_posix_init(&p);
    families(&p);
    errors(&p);
    together(&p);
    in_turn(&p);
    hanging(&p);
    nvt_posix_free(&p);
    freed_while_hanging();
    /* And one that hangs at the very end: it must not hold the program up. */
    let_go = false;
    nvt_posix_init(&p);
    (void)ask(&p, "hang-3");
    (void)printf("%u passed, %u failed\n", passed, failed);
    return failed == 0U ? 0 : 1;
}
