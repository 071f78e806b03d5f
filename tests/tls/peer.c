/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <mbedtls/pk.h>
#if HAS_TLS13
#include <psa/crypto.h>
#endif
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- the port ---- */

static bool held_back(struct net *n)
{
    n->turn = !n->turn;
    return n->bend.stutter && n->turn;
}

static size_t clip(const struct net *n, size_t len)
{
    return ((n->bend.chunk > 0U) && (len > n->bend.chunk)) ? n->bend.chunk : len;
}

static nvt_err errno_err(void)
{
    return ((errno == EAGAIN) || (errno == EWOULDBLOCK)) ? NVT_AGAIN : NVT_E_NET_RESET;
}

static void keep_tail(struct net *n, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        memmove(n->tail, n->tail + 1, sizeof n->tail - 1U);
        n->tail[sizeof n->tail - 1U] = data[i];
    }
}

static nvt_err net_send(void *ctx, nvt_sock sock, const uint8_t *data, size_t len, size_t *out_n)
{
    struct net *n = ctx;
    bool full = n->bend.send_cap > 0U && n->sent >= n->bend.send_cap;
    if (full || n->bend.block_sends || held_back(n)) {
        return NVT_AGAIN;
    }
    if (n->bend.reset_sends) {
        return NVT_E_NET_RESET;
    }
    ssize_t got = send((int)sock, data, clip(n, len), MSG_NOSIGNAL);
    if (got < 0) {
        return errno_err();
    }
    *out_n = (size_t)got;
    n->sent += (size_t)got;
    keep_tail(n, data, (size_t)got);
    return NVT_OK;
}

static nvt_err net_recv(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    struct net *n = ctx;
    if (held_back(n)) {
        return NVT_AGAIN;
    }
    cap = clip(n, cap);
    if (n->bend.cut_at > 0U) {
        if (n->received >= n->bend.cut_at) {
            return n->bend.cut_err;
        }
        if (cap > n->bend.cut_at - n->received) {
            cap = n->bend.cut_at - n->received;
        }
    }
    ssize_t got = recv((int)sock, data, cap, 0);
    if (got < 0) {
        return errno_err();
    }
    if (got == 0) {
        return NVT_E_NET_CLOSED;
    }
    size_t from = n->received;
    n->received += (size_t)got;
    if ((n->bend.flip_at > from) && (n->bend.flip_at <= n->received)) {
        data[n->bend.flip_at - from - 1U] ^= 0x40U;
    }
    *out_n = (size_t)got;
    return NVT_OK;
}

static bool net_wall(void *ctx, int64_t *out_s)
{
    struct net *n = ctx;
    *out_s = n->now_s;
    return n->clock_known;
}

static nvt_err net_entropy(void *ctx, uint8_t *out, size_t len)
{
    struct net *n = ctx;
    bool good = !n->entropy_fails && (getrandom(out, len, 0) == (ssize_t)len);
    return good ? NVT_OK : NVT_E_TLS_ENTROPY;
}

void net_init(struct net *n)
{
    memset(n, 0, sizeof *n);
    n->port.net.ctx = n;
    n->port.net.send = net_send;
    n->port.net.recv = net_recv;
    n->port.clock.ctx = n;
    n->port.clock.wall_s = net_wall;
    n->port.entropy.ctx = n;
    n->port.entropy.fill = net_entropy;
    n->clock_known = true;
    n->now_s = (int64_t)time(NULL);
}

static struct sockaddr_in loopback(uint16_t tcp_port)
{
    struct sockaddr_in a;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons(tcp_port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

nvt_sock net_connect(struct net *n, uint16_t tcp_port)
{
    struct sockaddr_in a = loopback(tcp_port);
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), 0);
    n->received = 0;
    n->sent = 0;
    return fd;
}

void net_close(nvt_sock sock)
{
    if (sock != NVT_SOCK_NONE) {
        close((int)sock);
    }
}

/* ---- the server ---- */

enum { SERVERS_MAX = 8, ARGS_MAX = 40 };
static pid_t running[SERVERS_MAX];

const char *pki(void)
{
    const char *dir = getenv("NVT_TEST_PKI");
    return (dir != NULL) ? dir : "build/tls/pki";
}

const char *pki_path(const char *name, const char *suffix)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4U];
    (void)snprintf(path, sizeof paths[0], "%s/%s%s", pki(), name, suffix);
    return path;
}

struct nvt_span pki_read(const char *name, const char *suffix, uint8_t *mem, size_t cap)
{
    FILE *f = fopen(pki_path(name, suffix), "rb");
    assert_non_null(f);
    size_t len = fread(mem, 1, cap, f);
    assert_true(feof(f) != 0);
    (void)fclose(f);
    return nvt_span_of(mem, len);
}

void pki_pin(const char *name, uint8_t out_pin[32])
{
    char spki[64];
    uint8_t hex[80];
    (void)snprintf(spki, sizeof spki, "spki-%s", name);
    assert_true(pki_read(spki, ".hex", hex, sizeof hex).len >= 64U);
    for (size_t i = 0; i < 32U; i++) {
        char byte[3] = {(char)hex[2U * i], (char)hex[2U * i + 1U], '\0'};
        out_pin[i] = (uint8_t)strtoul(byte, NULL, 16);
    }
}

static void remember(pid_t pid)
{
    for (size_t i = 0; i < SERVERS_MAX; i++) {
        if (running[i] == 0) {
            running[i] = pid;
            return;
        }
    }
    fail_msg("too many servers at once");
}

/* s_server takes only the first certificate of -cert: what follows it goes to a file of its own,
 * which is whole at any time: programs beside this one read it too. */
static const char *rest_of_chain(const char *name)
{
    uint8_t mem[16384];
    struct nvt_span pem = pki_read(name, ".pem", mem, sizeof mem - 1U);
    mem[pem.len] = 0;
    char *rest = strstr(strstr((char *)mem, "-----END"), "-----BEGIN");
    if (rest == NULL) {
        return NULL;
    }
    char own[32];
    (void)snprintf(own, sizeof own, ".rest.%ld", (long)getpid());
    const char *fresh = pki_path(name, own);
    FILE *f = fopen(fresh, "wb");
    assert_non_null(f);
    assert_true(fputs(rest, f) >= 0);
    assert_int_equal(fclose(f), 0);
    const char *path = pki_path(name, ".rest");
    assert_int_equal(rename(fresh, path), 0);
    return path;
}

static void fill_args(char **args, const char *name, char *options)
{
    size_t n = 0;
    const char *rest = rest_of_chain(name);
    const char *fixed[] = {"openssl", "s_server", "-accept", "127.0.0.1:0", "-rev",
                           "-cert",   NULL,       "-key",    NULL,          "-verify_return_error"};
    for (; n < sizeof fixed / sizeof fixed[0]; n++) {
        args[n] = (char *)(uintptr_t)fixed[n];
    }
    args[6] = (char *)(uintptr_t)pki_path(name, ".pem");
    args[8] = (char *)(uintptr_t)pki_path(name, ".key");
    if (rest != NULL) {
        args[n++] = (char *)(uintptr_t) "-cert_chain";
        args[n++] = (char *)(uintptr_t)rest;
    }
    for (char *word = strtok(options, " "); word != NULL; word = strtok(NULL, " ")) {
        assert_true(n < ARGS_MAX - 1);
        args[n++] = word;
    }
    args[n] = NULL;
}

/* Reads the server's output up to the line "ACCEPT address:port". */
static uint16_t await_port(int fd)
{
    char text[1024];
    size_t len = 0;
    while (len < sizeof text - 1U) {
        struct pollfd p = {fd, POLLIN, 0};
        assert_int_equal(poll(&p, 1, 10000), 1);
        ssize_t got = read(fd, &text[len], sizeof text - 1U - len);
        if (got <= 0) {
            break;
        }
        len += (size_t)got;
        text[len] = '\0';
        char *accept_line = strstr(text, "ACCEPT ");
        if ((accept_line != NULL) && (strchr(accept_line, '\n') != NULL)) {
            return (uint16_t)strtoul(strrchr(accept_line, ':') + 1, NULL, 10);
        }
    }
    text[len] = '\0';
    fail_msg("s_server did not start: %s", text);
    return 0;
}

void server_start(struct server *s, const char *name, const char *options)
{
    char *args[ARGS_MAX] = {NULL};
    char words[256];
    int out[2];
    (void)snprintf(words, sizeof words, "%s", (options != NULL) ? options : "");
    fill_args(args, name, words);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null_fd = open("/dev/null", O_RDWR);
        (void)dup2(null_fd, 0);
        (void)dup2(out[1], 1);
        (void)dup2(getenv("NVT_TEST_TLS_VERBOSE") != NULL ? 2 : null_fd, 2);
        (void)execvp("openssl", args);
        _exit(127);
    }
    remember(s->pid);
    close(out[1]);
    s->tcp_port = await_port(out[0]);
    /* Kept open in the child of nobody: s_server goes on printing, into a pipe that is not read
     * but large enough; closing it would kill the server with SIGPIPE. */
    (void)fcntl(out[0], F_SETFD, FD_CLOEXEC);
}

static int listen_on(uint16_t *out_tcp_port)
{
    struct sockaddr_in a = loopback(0);
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    *out_tcp_port = ntohs(a.sin_port);
    return fd;
}

static void serve_raw(int listener, struct nvt_span bytes, bool reset)
{
    for (;;) {
        uint8_t hello[2048];
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            _exit(1);
        }
        if (!reset) {
            (void)recv(fd, hello, sizeof hello, 0);
        }
        (void)send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        struct linger hard = {reset ? 1 : 0, 0};
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close(fd);
    }
}

void server_raw(struct server *s, struct nvt_span bytes, bool reset)
{
    int fd = listen_on(&s->tcp_port);
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve_raw(fd, bytes, reset);
    }
    remember(s->pid);
    close(fd);
}

/* ---- a server of Mbed TLS, which does not mind a key that is not the certificate's ---- */

static int fd_send(void *arg, const unsigned char *data, size_t len)
{
    ssize_t n = send(*(const int *)arg, data, len, MSG_NOSIGNAL);
    return (n < 0) ? MBEDTLS_ERR_SSL_CONN_EOF : (int)n;
}

static int fd_recv(void *arg, unsigned char *data, size_t cap)
{
    ssize_t n = recv(*(const int *)arg, data, cap, 0);
    return (n < 0) ? MBEDTLS_ERR_SSL_CONN_EOF : (int)n;
}

static int fd_random(void *arg, unsigned char *out, size_t len)
{
    (void)arg;
    return (getrandom(out, len, 0) == (ssize_t)len) ? 0 : -1;
}

static int read_key(mbedtls_pk_context *key, const char *name)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    return mbedtls_pk_parse_keyfile(key, pki_path(name, ".key"), NULL, fd_random, NULL);
#else
    return mbedtls_pk_parse_keyfile(key, pki_path(name, ".key"), NULL);
#endif
}

static void serve_impostor(int listener, const char *name, const char *key_name)
{
    static mbedtls_ssl_config conf;
    static mbedtls_x509_crt chain;
    static mbedtls_pk_context key;
    mbedtls_ssl_config_init(&conf);
    mbedtls_x509_crt_init(&chain);
    mbedtls_pk_init(&key);
#if HAS_TLS13
    (void)psa_crypto_init();
#endif
    if ((mbedtls_ssl_config_defaults(&conf, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT) != 0) ||
        (mbedtls_x509_crt_parse_file(&chain, pki_path(name, ".pem")) != 0) ||
        (read_key(&key, key_name) != 0) || (mbedtls_ssl_conf_own_cert(&conf, &chain, &key) != 0)) {
        _exit(1);
    }
    mbedtls_ssl_conf_rng(&conf, fd_random, NULL);
    for (;;) {
        mbedtls_ssl_context ssl;
        int fd = accept(listener, NULL, NULL);
        mbedtls_ssl_init(&ssl);
        if ((fd < 0) || (mbedtls_ssl_setup(&ssl, &conf) != 0)) {
            _exit(1);
        }
        mbedtls_ssl_set_bio(&ssl, &fd, fd_send, fd_recv, NULL);
        (void)mbedtls_ssl_handshake(&ssl);
        mbedtls_ssl_free(&ssl);
        close(fd);
    }
}

void server_impostor(struct server *s, const char *name, const char *key_name)
{
    int fd = listen_on(&s->tcp_port);
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve_impostor(fd, name, key_name);
    }
    remember(s->pid);
    close(fd);
}

static void kill_slot(size_t i)
{
    if (running[i] != 0) {
        (void)kill(running[i], SIGKILL);
        (void)waitpid(running[i], NULL, 0);
        running[i] = 0;
    }
}

void server_kill(struct server *s)
{
    for (size_t i = 0; i < SERVERS_MAX; i++) {
        if (running[i] == s->pid) {
            kill_slot(i);
        }
    }
    s->pid = 0;
}

int server_kill_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < SERVERS_MAX; i++) {
        kill_slot(i);
    }
    return 0;
}

/* ---- driving ---- */

void client_init(struct client *c, bool no_tls13, const uint8_t (*pins)[32], size_t pin_count)
{
    uint8_t mem[4096];
    struct nvt_tls_settings settings;
    memset(&settings, 0, sizeof settings);
    settings.ca = pki_read("ca", ".pem", mem, sizeof mem);
    settings.no_tls13 = no_tls13;
    settings.pins = pins;
    settings.pin_count = pin_count;
    settings.forget_chains = getenv("NVT_TEST_FORGET") != NULL;
    client_init_as(c, &settings);
}

void client_init_as(struct client *c, const struct nvt_tls_settings *settings)
{
    int32_t detail = 0;
    memset(c, 0, sizeof *c);
    net_init(&c->net);
    c->sock = NVT_SOCK_NONE;
    c->patience_ms = PATIENCE_MS;
    assert_int_equal(nvt_tls_config_init(&c->config, &c->net.port, settings, &detail), NVT_OK);
}

void client_free(struct client *c)
{
    client_hang_up(c);
    nvt_tls_config_free(&c->config);
}

void client_hang_up(struct client *c)
{
    nvt_tls_close(&c->tls);
    net_close(c->sock);
    c->sock = NVT_SOCK_NONE;
}

nvt_err client_wait(const struct client *c, uint8_t events)
{
    struct pollfd p = {(int)c->sock, 0, 0};
    assert_true((events == NVT_WAIT_READ) || (events == NVT_WAIT_WRITE));
    p.events = (short)(events == NVT_WAIT_READ ? POLLIN : POLLOUT);
    if (c->net.bend.stutter) {
        (void)poll(&p, 1, 1);
        return NVT_OK;
    }
    if (poll(&p, 1, c->patience_ms) == 1) {
        return NVT_OK;
    }
    assert_true(c->patience_ms < PATIENCE_MS);
    return NVT_E_TIMEOUT_CALL;
}

nvt_err client_connect(struct client *c, const struct server *s, const char *host,
                       struct nvt_tls_ticket *ticket)
{
    c->sock = net_connect(&c->net, s->tcp_port);
    nvt_err err = nvt_tls_open(&c->tls, &c->config, host, c->sock, ticket);
    uint8_t events = 0;
    while (err == NVT_OK) {
        err = nvt_tls_handshake(&c->tls, &events);
        if (err == NVT_OK) {
            return NVT_OK;
        }
        if (err == NVT_AGAIN) {
            err = client_wait(c, events);
        }
    }
    client_hang_up(c);
    return err;
}

nvt_err client_send(struct client *c, const char *text)
{
    struct nvt_span rest = nvt_span_str(text);
    uint8_t events = 0;
    while (rest.len > 0U) {
        size_t n = 0;
        nvt_err err = nvt_tls_send(&c->tls, rest, &n, &events);
        if (err == NVT_OK) {
            rest = nvt_span_drop(rest, n);
        } else if (err == NVT_AGAIN) {
            (void)client_wait(c, events);
        } else {
            return err;
        }
    }
    return NVT_OK;
}

nvt_err client_recv(struct client *c, char *out, size_t len)
{
    size_t have = 0;
    uint8_t events = 0;
    while (have < len) {
        size_t n = 0;
        nvt_err err = nvt_tls_recv(&c->tls, &out[have], len - have, &n, &events);
        if (err == NVT_OK) {
            have += n;
        } else if (err == NVT_AGAIN) {
            (void)client_wait(c, events);
        } else {
            return err;
        }
    }
    return NVT_OK;
}

void client_echo(struct client *c)
{
    char back[5] = "";
    assert_int_equal(client_send(c, "abc\n"), NVT_OK);
    assert_int_equal(client_recv(c, back, 4), NVT_OK);
    assert_string_equal(back, "cba\n");
}
