/* SPDX-License-Identifier: Apache-2.0 */
/* One way of a connection: bytes come in, wait for their time and go out. */
#include "relay.h"

#include <errno.h>
#include <sys/socket.h>

static bool has_room(const struct flow *f)
{
    return f->len < FLOW_CAP && f->chunk_count < CHUNKS_MAX;
}

bool flow_wants_in(const struct relay *r, const struct pair *p, enum way way, uint64_t now)
{
    const struct flow *f = &p->flow[way];
    return !r->frozen && !f->ended && !p->connecting && now >= p->ready_us &&
           (f->swallow || has_room(f));
}

/* One link for all: what arrives while it is busy waits its turn. */
static uint64_t due_of(struct relay *r, enum way way, uint64_t now, size_t len)
{
    uint64_t start = now;
    if (r->rate[way] != 0U) {
        start = r->link_free_us[way] > now ? r->link_free_us[way] : now;
        start += (uint64_t)len * 1000000U / r->rate[way];
        r->link_free_us[way] = start;
    }
    const uint64_t jitter_us = r->jitter_ms == 0U ? 0U : draw(r, r->jitter_ms * 1000U);
    return start + (uint64_t)r->delay_ms[way] * 1000U + jitter_us;
}

/* Within a connection nothing overtakes. */
static uint64_t in_order(const struct flow *f, uint64_t due_us)
{
    const struct chunk *last = &f->chunks[(f->first + f->chunk_count - 1U) % CHUNKS_MAX];
    return f->chunk_count != 0U && last->due_us > due_us ? last->due_us : due_us;
}

static void note_end(struct relay *r, struct flow *f, enum way way, uint64_t now, bool broken)
{
    f->ended = true;
    f->broken = broken;
    f->end_us = in_order(f, due_of(r, way, now, 0));
}

void flow_take(struct relay *r, struct pair *p, enum way way, uint64_t now)
{
    struct flow *f = &p->flow[way];
    const uint32_t tail = (f->head + f->len) % FLOW_CAP;
    uint32_t room = tail < f->head ? f->head - tail : FLOW_CAP - tail;
    if (r->rate[way] != 0U && room > 1460U) {
        room = 1460U; /* shares a slow link evenly */
    }
    const ssize_t n = recv(p->fd[way], f->swallow ? f->bytes : &f->bytes[tail], room, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        note_end(r, f, way, now, n < 0);
    } else if (n > 0 && !f->swallow) {
        const uint64_t due_us = in_order(f, due_of(r, way, now, (size_t)n));
        f->chunks[(f->first + f->chunk_count) % CHUNKS_MAX] =
            (struct chunk){.len = (uint32_t)n, .due_us = due_us};
        f->chunk_count++;
        f->len += (uint32_t)n;
    } else {
        /* nothing there, or thrown away */
    }
}

static void drop_bytes(struct flow *f, uint32_t len)
{
    struct chunk *c = &f->chunks[f->first];
    f->head = (f->head + len) % FLOW_CAP;
    f->len -= len;
    c->len -= len;
    f->passed += len;
    if (c->len == 0U) {
        f->first = (f->first + 1U) % CHUNKS_MAX;
        f->chunk_count--;
    }
}

/* What may go out now and lies in one piece. */
static size_t due_len(const struct flow *f, uint64_t now)
{
    if (f->chunk_count == 0U || f->chunks[f->first].due_us > now) {
        return 0;
    }
    const uint32_t piece = FLOW_CAP - f->head;
    return f->chunks[f->first].len < piece ? f->chunks[f->first].len : piece;
}

/* False: nothing more can go out now. */
static bool send_piece(struct relay *r, struct pair *p, enum way way, size_t len)
{
    struct flow *f = &p->flow[way];
    const ssize_t n = send(p->fd[1 - (int)way], &f->bytes[f->head], len, MSG_NOSIGNAL);
    if (n > 0) {
        drop_bytes(f, (uint32_t)n);
        r->total[way] += (uint64_t)n;
    } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
        /* The target is gone; what it sent before still has its way. */
        f->swallow = f->told = true;
        f->len = f->chunk_count = 0;
    } else {
        f->blocked = true;
    }
    return n == (ssize_t)len;
}

/* False: the pair is closed. */
static bool tell_end(struct relay *r, struct pair *p, enum way way)
{
    struct flow *f = &p->flow[way];
    f->told = true;
    if (f->broken) {
        relay_close(r, p, true);
        return false;
    }
    (void)shutdown(p->fd[1 - (int)way], SHUT_WR);
    return true;
}

/* False: the pair is closed. */
static bool give_bytes(struct relay *r, struct pair *p, enum way way, uint64_t now)
{
    struct flow *f = &p->flow[way];
    bool more = true;
    f->blocked = false;
    while (more) {
        size_t len = due_len(f, now);
        if (!fault_meet(r, p, way, now, &len)) {
            return false;
        }
        more = len != 0U && !f->swallow && send_piece(r, p, way, len) && f->stall_us <= now;
    }
    return true;
}

bool flow_give(struct relay *r, struct pair *p, enum way way, uint64_t now)
{
    const struct flow *f = &p->flow[way];
    if (f->stall_us > now || f->swallow) {
        return true;
    }
    if (!give_bytes(r, p, way, now)) {
        return false;
    }
    if (f->ended && !f->told && f->len == 0U && f->stall_us <= now && f->end_us <= now) {
        return tell_end(r, p, way);
    }
    return true;
}

uint64_t flow_due_us(const struct pair *p, enum way way)
{
    const struct flow *f = &p->flow[way];
    uint64_t due_us = UINT64_MAX;
    if (f->swallow || f->blocked) {
        return due_us;
    }
    if (f->chunk_count != 0U) {
        due_us = f->chunks[f->first].due_us;
    } else if (f->ended && !f->told) {
        due_us = f->end_us;
    } else {
        /* nothing to do */
    }
    return due_us < f->stall_us ? f->stall_us : due_us;
}
