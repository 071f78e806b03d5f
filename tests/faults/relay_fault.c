/* SPDX-License-Identifier: Apache-2.0 */
/* Which connection is harmed, where, and how. */
#include "relay.h"

#include <sys/socket.h>

enum { CUT_PATIENCE_US = 1000000 };

/* ---- choosing ---- */

static struct fault of_sweep(struct sweep *sweep, uint32_t i)
{
    struct fault fault = sweep->fault;
    if (i >= sweep->count || sweep->used[i] != 0U) {
        fault.kind = PASS;
        return fault;
    }
    sweep->used[i] = 1;
    fault.at += (uint64_t)i * sweep->step;
    return fault;
}

static struct fault of_chaos(struct relay *r)
{
    struct fault fault = {.kind = PASS};
    if (draw(r, 100) < r->chaos_percent) {
        fault.kind = (enum kind)((uint32_t)CUT + draw(r, (uint32_t)HOLE));
        fault.way = (enum way)draw(r, 2);
        fault.at = draw(r, r->chaos_span + 1U);
        fault.arg = fault.kind == STALL ? 1U + draw(r, 3000) : 1U << draw(r, 8);
    }
    return fault;
}

struct fault fault_choose(struct relay *r, uint32_t address)
{
    struct fault fault = {.kind = PASS};
    const uint32_t sweep = (address >> 16U) & 0xFFU;
    if (sweep != 0U && sweep < (uint32_t)SWEEPS_MAX) {
        return of_sweep(&r->sweeps[sweep], address & 0xFFFFU);
    }
    if (r->next.kind != PASS) {
        fault = r->next;
        if (r->next_left != 0U) {
            r->next_left--;
            r->next.kind = r->next_left == 0U ? PASS : r->next.kind;
        }
    } else if (r->chaos_percent != 0U) {
        fault = of_chaos(r);
    } else {
        /* unharmed */
    }
    return fault;
}

/* ---- harming ---- */

static void swallow(struct flow *f)
{
    f->swallow = true;
    f->len = f->chunk_count = 0;
}

/* Both ends hear of it in order; what they still send goes nowhere. */
static void cut(struct pair *p, uint64_t now)
{
    for (int i = 0; i < 2; i++) {
        swallow(&p->flow[i]);
        p->flow[i].told = true;
        (void)shutdown(p->fd[i], SHUT_WR);
    }
    p->close_us = now + CUT_PATIENCE_US;
}

static void garble(struct flow *f, uint32_t arg)
{
    const uint8_t mask = (uint8_t)(arg & 0xFFU);
    f->bytes[f->head] = (uint8_t)(f->bytes[f->head] ^ (mask == 0U ? 0xFFU : mask));
}

static void stall(struct flow *f, uint32_t arg, uint64_t now)
{
    f->stall_us = arg == 0U ? UINT64_MAX : now + (uint64_t)arg * 1000U;
}

static bool carry_out(struct relay *r, struct pair *p, enum way way, uint64_t now)
{
    const struct fault fault = p->fault;
    p->fault.kind = PASS;
    r->hits++;
    r->sweeps[fault.sweep].hits++;
    switch (fault.kind) {
    case RESET:
        relay_close(r, p, true);
        return false;
    case CUT:
        cut(p, now);
        return true;
    case STALL:
        stall(&p->flow[way], fault.arg, now);
        return true;
    case GARBLE:
        garble(&p->flow[way], fault.arg);
        return true;
    case HOLE:
        swallow(&p->flow[UP]);
        swallow(&p->flow[DOWN]);
        return true;
    case PASS:
    default:
        return true;
    }
}

bool fault_meet(struct relay *r, struct pair *p, enum way way, uint64_t now, size_t *len)
{
    const struct flow *f = &p->flow[way];
    const struct fault *fault = &p->fault;
    if (fault->kind == PASS || fault->way != way) {
        return true;
    }
    const uint64_t left = fault->at - f->passed;
    if (left != 0U) {
        *len = *len < left ? *len : (size_t)left;
        return true;
    }
    const bool garbles = fault->kind == GARBLE;
    if (garbles && *len == 0U) {
        return true; /* the byte is not there yet */
    }
    const bool open = carry_out(r, p, way, now);
    if (!garbles) {
        *len = 0;
    }
    return open;
}

void fault_now(struct relay *r, enum kind kind)
{
    const uint64_t now = now_us();
    for (size_t i = 0; i < r->high; i++) {
        if (r->pairs[i].used) {
            r->pairs[i].fault = (struct fault){.kind = kind};
            (void)carry_out(r, &r->pairs[i], UP, now);
        }
    }
}
