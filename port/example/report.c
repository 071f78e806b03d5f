/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's lines on the console and its memory table. */
#include "gateway.h"
#include "mps2.h"

#include <lwip/memp.h>
#include <lwip/stats.h>
#include <mbedtls/memory_buffer_alloc.h>

/* ---- lines ---- */

void gateway_line(struct gateway_line *l, const char *start)
{
    nvt_buf_init(&l->buf, l->mem, sizeof l->mem);
    gateway_word(l, start);
}

void gateway_word(struct gateway_line *l, const char *word)
{
    nvt_buf_put(&l->buf, nvt_span_str(word));
}

void gateway_number(struct gateway_line *l, uint64_t number)
{
    nvt_buf_put_u64(&l->buf, number);
}

/* In one call, so that lines of two tasks do not mix. */
void gateway_end(struct gateway_line *l)
{
    if (l->buf.len == l->buf.cap) {
        l->buf.len--;
    }
    l->buf.ptr[l->buf.len] = (uint8_t)'\n';
    l->buf.len++;
    mps2_put(nvt_buf_span(&l->buf));
}

void gateway_say_err(const char *what, nvt_err err)
{
    struct gateway_line l;
    gateway_line(&l, "navette: ");
    gateway_word(&l, what);
    gateway_word(&l, " ");
    gateway_word(&l, nvt_err_name(err));
    gateway_end(&l);
}

void gateway_say_mem(const char *name, uint64_t used, uint64_t size)
{
    struct gateway_line l;
    gateway_line(&l, "mem: ");
    gateway_word(&l, name);
    gateway_word(&l, " ");
    gateway_number(&l, used);
    gateway_word(&l, " of ");
    gateway_number(&l, size);
    gateway_end(&l);
}

void gateway_say_network(const char *address, uint64_t in_ms)
{
    struct gateway_line l;
    gateway_line(&l, "navette: network ");
    gateway_word(&l, address);
    gateway_word(&l, " in ");
    gateway_number(&l, in_ms);
    gateway_word(&l, " ms");
    gateway_end(&l);
}

void gateway_say_clock(int64_t utc_s)
{
    struct gateway_line l;
    gateway_line(&l, "navette: clock ");
    nvt_time_put_rfc3339(&l.buf, utc_s);
    gateway_end(&l);
}

/* ---- the table ---- */

static void say_time(const char *name, uint64_t us)
{
    struct gateway_line l;
    gateway_line(&l, "time: ");
    gateway_word(&l, name);
    gateway_word(&l, " ");
    gateway_number(&l, us);
    gateway_word(&l, " us");
    gateway_end(&l);
}

static void say_counts(const struct nvt_uplink_counters *c)
{
    struct gateway_line l;
    gateway_line(&l, "navette: delivered ");
    gateway_number(&l, c->delivered);
    gateway_word(&l, " duplicates ");
    gateway_number(&l, c->duplicates);
    gateway_word(&l, " refused ");
    gateway_number(&l, c->refused);
    gateway_word(&l, " expired ");
    gateway_number(&l, c->expired);
    gateway_end(&l);
}

static void say_lwip(void)
{
    static const struct {
        memp_t pool;
        const char *name;
    } pools[] = {{MEMP_PBUF_POOL, "lwip frames"},
                 {MEMP_TCP_SEG, "lwip segments"},
                 {MEMP_TCP_PCB, "lwip connections"},
                 {MEMP_UDP_PCB, "lwip udp"}};
    gateway_say_mem("lwip heap", lwip_stats.mem.max, MEM_SIZE);
    for (size_t i = 0; i < sizeof pools / sizeof pools[0]; i++) {
        uint64_t each = memp_pools[pools[i].pool]->size;
        const struct stats_mem *stats = lwip_stats.memp[pools[i].pool];
        gateway_say_mem(pools[i].name, each * stats->max, each * memp_pools[pools[i].pool]->num);
    }
}

void gateway_report(const struct gateway *g)
{
    size_t used = 0;
    size_t blocks = 0;
    uint32_t delivered = g->uplink.state.count.delivered;
    mbedtls_memory_buffer_alloc_max_get(&used, &blocks);
    say_counts(&g->uplink.state.count);
    say_time("handshake", g->times.handshake_us);
    say_time("resumed", g->times.resumed_us);
    say_time("journey", delivered > 0U ? g->times.deliver_us / delivered : 0U);
    gateway_say_mem("arena", used, GATEWAY_ARENA_LEN);
    gateway_say_mem("client", sizeof g->client + sizeof g->lane, sizeof g->client + sizeof g->lane);
    gateway_say_mem("tls settings", sizeof g->tls, sizeof g->tls);
    gateway_say_mem(
        "spool",
        sizeof g->spool + sizeof g->picks + sizeof g->window + sizeof g->buffer + sizeof g->body,
        sizeof g->spool + sizeof g->picks + sizeof g->window + sizeof g->buffer + sizeof g->body);
    gateway_say_mem("gateway", sizeof *g, sizeof *g);
    say_lwip();
}
