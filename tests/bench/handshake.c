/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: handshake PORT CA-FILE 12|13 full|known|resumed COUNT
 * COUNT handshakes with localhost after a first one that fills the memory of chains and the ticket:
 * "full" uses neither, "known" the memory, "resumed" the ticket. Each must be what it is called.
 * Prints the suite; tests/bench/handshake.sh counts instructions.
 */
#include <navette/tls.h>

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct nvt_tls_config config;
static struct nvt_tls_ticket ticket;
static uint16_t tcp_port;
static bool with_ticket;
static char suite[96];

static nvt_err sock_send(void *ctx, nvt_sock sock, const uint8_t *data, size_t len, size_t *out_n)
{
    (void)ctx;
    ssize_t n = send((int)sock, data, len, MSG_NOSIGNAL);
    *out_n = n < 0 ? 0U : (size_t)n;
    return n < 0 ? NVT_E_NET_RESET : NVT_OK;
}

static nvt_err sock_recv(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    (void)ctx;
    ssize_t n = recv((int)sock, data, cap, 0);
    *out_n = n < 0 ? 0U : (size_t)n;
    return n > 0 ? NVT_OK : NVT_E_NET_CLOSED;
}

static bool wall(void *ctx, int64_t *out_s)
{
    (void)ctx;
    *out_s = (int64_t)time(NULL);
    return true;
}

static nvt_err fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    return getrandom(out, len, 0) == (ssize_t)len ? NVT_OK : NVT_E_TLS_ENTROPY;
}

static nvt_err talk(struct nvt_tls *t)
{
    static const char ask[] = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    uint8_t events = 0;
    uint8_t back[2048];
    size_t n = 0;
    nvt_err err = nvt_tls_send(t, nvt_span_of(ask, sizeof ask - 1U), &n, &events);
    while (err == NVT_OK) {
        err = nvt_tls_recv(t, back, sizeof back, &n, &events); /* tickets of TLS 1.3 come here */
    }
    return err == NVT_E_NET_CLOSED ? NVT_OK : err;
}

static int dial(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(tcp_port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if ((fd < 0) || (connect(fd, (struct sockaddr *)&a, sizeof a) != 0)) {
        perror("handshake");
        exit(1);
    }
    return fd;
}

/* The socket blocks: no step waits for another. */
static nvt_err shake(struct nvt_tls *t, int fd)
{
    uint8_t events = 0;
    nvt_err err = nvt_tls_open(t, &config, "localhost", fd, with_ticket ? &ticket : NULL);
    if (err == NVT_OK) {
        do {
            err = nvt_tls_handshake(t, &events);
        } while (err == NVT_AGAIN);
    }
    return err;
}

/* Known to callgrind by name: it counts inside only. */
nvt_err measure(struct nvt_tls *t, int fd);
__attribute__((noinline)) nvt_err measure(struct nvt_tls *t, int fd)
{
    return shake(t, fd);
}

static bool once(bool first, bool known)
{
    static struct nvt_tls t;
    int fd = dial();
    nvt_err err = first ? shake(&t, fd) : measure(&t, fd);
    bool as_wanted = first || (with_ticket ? t.resumed : (!t.resumed && (t.chain.known == known)));
    (void)snprintf(suite, sizeof suite, "%s %s", nvt_tls_version(&t), nvt_tls_suite(&t));
    if (err == NVT_OK) {
        err = talk(&t);
    }
    nvt_tls_close(&t);
    close(fd);
    if ((err != NVT_OK) || !as_wanted) {
        fprintf(stderr, "handshake: %s\n", err != NVT_OK ? nvt_err_text(err) : "of another kind");
    }
    return (err == NVT_OK) && as_wanted;
}

int main(int argc, char **argv)
{
    static uint8_t ca[16384];
    struct nvt_port port = {0};
    struct nvt_tls_settings settings = {0};
    if (argc != 6) {
        fprintf(stderr, "usage: %s PORT CA-FILE 12|13 full|known|resumed COUNT\n", argv[0]);
        return 2;
    }
    FILE *f = fopen(argv[2], "rb");
    settings.ca = nvt_span_of(ca, f == NULL ? 0U : fread(ca, 1U, sizeof ca, f));
    settings.no_tls13 = strcmp(argv[3], "12") == 0;
    settings.forget_chains = strcmp(argv[4], "full") == 0;
    tcp_port = (uint16_t)atoi(argv[1]);
    with_ticket = strcmp(argv[4], "resumed") == 0;
    port.net.send = sock_send;
    port.net.recv = sock_recv;
    port.clock.wall_s = wall;
    port.entropy.fill = fill;
    if (nvt_tls_config_init(&config, &port, &settings, NULL) != NVT_OK) {
        fprintf(stderr, "handshake: no trust\n");
        return 1;
    }
    for (int i = 0; i <= atoi(argv[5]); i++) {
        if (!once(i == 0, strcmp(argv[4], "known") == 0)) {
            return 1;
        }
    }
    printf("%s\n", suite);
    return 0;
}
