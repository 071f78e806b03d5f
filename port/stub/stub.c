/* SPDX-License-Identifier: Apache-2.0 */
/* The four tables with nothing behind them: copy, rename, fill in one after the other. What each
 * function promises stands in navette/port.h, and nvt_selftest_port() tells what is still wrong. */
#include <navette/stub.h>

/* ---- network ---- */

/* Later: start the look-up, say NVT_AGAIN, and answer when called again with the same host. A
 * numeric host is answered at once. */
static nvt_err resolve(void *ctx, const char *host, uint16_t port, struct nvt_addr *out_addrs,
                       size_t *out_count)
{
    (void)ctx;
    (void)host;
    (void)port;
    (void)out_addrs;
    *out_count = 0;
    return NVT_E_NET_RESOLVER;
}

static void resolve_cancel(void *ctx)
{
    (void)ctx;
}

static nvt_err open_socket(void *ctx, const struct nvt_addr *addr, nvt_sock *out_sock)
{
    (void)ctx;
    (void)addr;
    *out_sock = NVT_SOCK_NONE;
    return NVT_E_NET_UNREACHABLE;
}

static nvt_err connected(void *ctx, nvt_sock sock)
{
    (void)ctx;
    (void)sock;
    return NVT_E_NET_UNREACHABLE;
}

/* Later: as much as fits now, at least one byte; NVT_AGAIN when nothing does. */
static nvt_err send_some(void *ctx, nvt_sock sock, const uint8_t *data, size_t len, size_t *out_n)
{
    (void)ctx;
    (void)sock;
    (void)data;
    (void)len;
    *out_n = 0;
    return NVT_E_NET_UNREACHABLE;
}

/* Later: NVT_E_NET_CLOSED for the peer's orderly end and for nothing else. */
// NOLINTNEXTLINE(readability-non-const-parameter): the table's type
static nvt_err recv_some(void *ctx, nvt_sock sock, uint8_t *data, size_t cap, size_t *out_n)
{
    (void)ctx;
    (void)sock;
    (void)data;
    (void)cap;
    *out_n = 0;
    return NVT_E_NET_UNREACHABLE;
}

static void close_socket(void *ctx, nvt_sock sock)
{
    (void)ctx;
    (void)sock;
}

/* ---- clocks ---- */

/* Later: a tick counter that is carried on into 64 bits before it wraps. */
static uint64_t mono_ms(void *ctx)
{
    (void)ctx;
    return 0U;
}

/* Later: false until SNTP, GNSS or a battery-backed clock told the time. */
static bool wall_s(void *ctx, int64_t *out_s)
{
    (void)ctx;
    *out_s = 0;
    return false;
}

/* ---- entropy ---- */

/* Later: the chip's random generator, with its own checks on. Where there is none this stays as it
 * is: TLS without entropy is no TLS. */
static nvt_err fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    (void)memset(out, 0, len);
    return NVT_E_TLS_ENTROPY;
}

const struct nvt_port nvt_stub_port = {
    .net = {.resolve = resolve,
            .resolve_cancel = resolve_cancel,
            .open = open_socket,
            .connected = connected,
            .send = send_some,
            .recv = recv_some,
            .close = close_socket},
    .clock = {.mono_ms = mono_ms, .wall_s = wall_s},
    .entropy = {.fill = fill},
};

/* ---- block device ---- */

static nvt_err read_block(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    (void)ctx;
    (void)block;
    (void)offset;
    (void)memset(out, 0, len);
    return NVT_E_SPOOL_IO;
}

static nvt_err prog(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data, uint32_t len)
{
    (void)ctx;
    (void)block;
    (void)offset;
    (void)data;
    (void)len;
    return NVT_E_SPOOL_IO;
}

static nvt_err erase(void *ctx, uint32_t block)
{
    (void)ctx;
    (void)block;
    return NVT_E_SPOOL_IO;
}

/* Later: return when what was written would survive the power going now. */
static nvt_err sync(void *ctx)
{
    (void)ctx;
    return NVT_E_SPOOL_IO;
}

const struct nvt_port_block nvt_stub_block = {
    .block_size = 4096,
    .block_count = 8,
    .prog_size = 1,
    .read = read_block,
    .prog = prog,
    .erase = erase,
    .sync = sync,
};
