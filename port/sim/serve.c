/* SPDX-License-Identifier: Apache-2.0 */
/* A server of the caller's own behind the scripted network, and what befalls its bytes. */
#include "parts.h"

struct nvt_sim_line *nvt_sim_line_of(struct nvt_sim *s, const struct nvt_sim_sock *k)
{
    return &s->server.lines[k - s->socks];
}

void nvt_sim_line_init(struct nvt_sim *s, struct nvt_sim_sock *k)
{
    struct nvt_sim_line *l = nvt_sim_line_of(s, k);
    l->in_len = 0;
    l->number = SIZE_MAX;
    l->came = 0;
    l->went = 0;
    l->held_ms = 0;
    l->close_ms = UINT64_MAX;
    l->answering = false;
    l->late = false;
    l->cut = false;
    l->ordered = false;
}

static bool is_hit(const struct nvt_sim *s, const struct nvt_sim_line *l, bool answers)
{
    const struct nvt_sim_fault *f = &s->fault;
    return f->armed && f->answers == answers &&
           (f->connection == SIZE_MAX || f->connection == l->number);
}

/* ---- to the server ---- */

/* What has come is the server's to read. */
static void pump(struct nvt_sim *s, struct nvt_sim_line *l)
{
    size_t len = l->in_len;
    while (!l->answering && l->in_len > 0U && len > 0U) {
        l->late = s->mono_ms != l->sent_ms;
        len = s->server.take(s->server.ctx, l);
        (void)memmove(l->in, l->in + len, l->in_len - len);
        l->in_len -= len;
        l->answering = len > 0U;
        l->at = 0;
        l->ready_ms = s->mono_ms + 2U * (uint64_t)s->latency_ms + l->answer.delay_ms;
    }
}

/* How many of n bytes pass as they are; what befalls the next one is done. */
static size_t befall(struct nvt_sim *s, struct nvt_sim_line *l, uint8_t *data, size_t n)
{
    struct nvt_sim_fault *f = &s->fault;
    if (!is_hit(s, l, false) || f->at < l->came || f->at - l->came >= n) {
        return n;
    }
    f->met++;
    if (f->mask != 0U) {
        data[f->at - l->came] ^= f->mask;
        return n;
    }
    if (f->hold_ms != 0U) {
        l->held_ms = s->mono_ms + f->hold_ms;
        s->arrival_ms = l->held_ms < s->arrival_ms ? l->held_ms : s->arrival_ms;
        return n;
    }
    l->cut = true;
    return f->at - l->came;
}

static void begin(struct nvt_sim *s, struct nvt_sim_line *l)
{
    if (l->number == SIZE_MAX) {
        l->number = s->connections;
        s->connections++;
    }
    if (l->in_len == 0U) {
        l->begun_ms = s->mono_ms;
    }
    l->sent_ms = s->mono_ms;
}

nvt_err nvt_sim_line_in(struct nvt_sim *s, struct nvt_sim_sock *k, const uint8_t *data, size_t n)
{
    struct nvt_sim_line *l = nvt_sim_line_of(s, k);
    begin(s, l);
    bool shut = !l->answering && s->mono_ms + s->latency_ms >= l->close_ms;
    if (l->cut || shut || n > sizeof l->in - l->in_len) {
        bool reset = l->cut && s->fault.how == NVT_SIM_RESET;
        l->cut = true;
        return reset ? NVT_E_NET_RESET : NVT_OK;
    }
    (void)memcpy(l->in + l->in_len, data, n);
    size_t came = befall(s, l, l->in + l->in_len, n);
    l->in_len += came;
    l->came += came;
    if (s->mono_ms >= l->held_ms && !s->blackout) {
        pump(s, l);
    }
    return NVT_OK;
}

void nvt_sim_arrive(struct nvt_sim *s)
{
    if (s->server.take == NULL || s->blackout || s->mono_ms < s->arrival_ms) {
        return;
    }
    s->arrival_ms = UINT64_MAX;
    for (size_t i = 0; i < (size_t)NVT_SIM_SOCKS; i++) {
        struct nvt_sim_line *l = &s->server.lines[i];
        if (l->held_ms > s->mono_ms) {
            s->arrival_ms = l->held_ms < s->arrival_ms ? l->held_ms : s->arrival_ms;
        } else if (l->number != SIZE_MAX && l->in_len > 0U && !l->answering) {
            pump(s, l);
        }
    }
}

void nvt_sim_light(struct nvt_sim *s)
{
    s->blackout = false;
    s->arrival_ms = s->mono_ms;
    nvt_sim_arrive(s);
}

/* ---- from the server ---- */

static nvt_err end(struct nvt_sim *s, struct nvt_sim_sock *k, enum nvt_sim_end how)
{
    struct nvt_sim_line *l = nvt_sim_line_of(s, k);
    l->cut = true;
    if (how == NVT_SIM_RESET) {
        k->killed = true;
        return s->fault.armed && s->fault.err != NVT_OK ? s->fault.err : NVT_E_NET_RESET;
    }
    if (how == NVT_SIM_CLOSE || how == NVT_SIM_CUT) {
        k->ended = true;
        l->ordered = how == NVT_SIM_CLOSE;
        return NVT_E_NET_CLOSED;
    }
    return NVT_AGAIN;
}

/* What the end of a cut line looks like: the fault's way, or a server that had closed. */
static enum nvt_sim_end way_of(const struct nvt_sim *s, const struct nvt_sim_line *l)
{
    return is_hit(s, l, false) ? s->fault.how : NVT_SIM_RESET;
}

/* Bytes up to the fault; at the fault itself what befalls them. */
static nvt_err befall_answer(struct nvt_sim *s, struct nvt_sim_sock *k, uint8_t *data, size_t *n)
{
    struct nvt_sim_line *l = nvt_sim_line_of(s, k);
    struct nvt_sim_fault *f = &s->fault;
    if (!is_hit(s, l, true) || f->at < l->went || f->at - l->went >= *n) {
        return NVT_OK;
    }
    size_t before = f->at - l->went;
    if (f->mask != 0U) {
        f->met++;
        data[before] ^= f->mask;
        return NVT_OK;
    }
    *n = before;
    if (before > 0U) {
        return NVT_OK;
    }
    f->met++;
    if (f->hold_ms != 0U) {
        l->ready_ms = s->mono_ms + f->hold_ms;
        f->armed = false;
        return NVT_AGAIN;
    }
    return end(s, k, f->how);
}

static void move_on(struct nvt_sim *s, struct nvt_sim_line *l, size_t n)
{
    l->at += n;
    l->went += n;
    if (l->at < l->answer.len) {
        return;
    }
    if (s->server.taken != NULL) {
        s->server.taken(s->server.ctx, l);
    }
    if (l->answer.end == NVT_SIM_STAY) {
        l->answering = false;
        pump(s, l);
    }
}

static bool is_silent(enum nvt_sim_end how)
{
    return how == NVT_SIM_STAY || how == NVT_SIM_SILENCE;
}

/* When a server that is asked nothing closes, as the client sees it. */
static uint64_t close_at(const struct nvt_sim *s, const struct nvt_sim_line *l)
{
    bool never = l->in_len > 0U || l->close_ms == UINT64_MAX;
    return never ? UINT64_MAX : l->close_ms + s->latency_ms;
}

uint64_t nvt_sim_line_at(struct nvt_sim *s, const struct nvt_sim_sock *k)
{
    const struct nvt_sim_line *l = nvt_sim_line_of(s, k);
    if (s->blackout) {
        return UINT64_MAX;
    }
    if (l->cut) {
        return is_silent(way_of(s, l)) ? UINT64_MAX : s->mono_ms;
    }
    if (!l->answering) {
        return close_at(s, l);
    }
    return l->at == l->answer.len && is_silent(l->answer.end) ? UINT64_MAX : l->ready_ms;
}

nvt_err nvt_sim_line_out(struct nvt_sim *s, struct nvt_sim_sock *k, uint8_t *data, size_t cap,
                         size_t *out_n)
{
    struct nvt_sim_line *l = nvt_sim_line_of(s, k);
    if (nvt_sim_line_at(s, k) > s->mono_ms) {
        return NVT_AGAIN;
    }
    if (l->cut || !l->answering) {
        return end(s, k, l->cut ? way_of(s, l) : NVT_SIM_CLOSE);
    }
    size_t left = l->answer.len - l->at;
    size_t n = left < cap ? left : cap;
    if (n == 0U) {
        return end(s, k, l->answer.end);
    }
    n = s->recv_max != 0U && n > s->recv_max ? s->recv_max : n;
    (void)memcpy(data, (const uint8_t *)l->answer.ptr + l->at, n);
    nvt_err err = befall_answer(s, k, data, &n);
    if (err == NVT_OK) {
        *out_n = n;
        move_on(s, l, n);
    }
    return err;
}
