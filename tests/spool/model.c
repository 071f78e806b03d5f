/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include <stddef.h>

enum { OUT_LIST = NVT_SPOOL_OUT_MAX };

static uint32_t next_random(struct model *m)
{
    m->random ^= m->random << 13U;
    m->random ^= m->random >> 17U;
    m->random ^= m->random << 5U;
    return m->random;
}

static void wire(struct model *m)
{
    m->flash.device.ctx = &m->flash;
    m->flash.mem = m->mem;
    m->flash.synced = m->synced;
    m->flash.bad = m->bad;
    m->config = (struct nvt_spool_config){&m->flash.device, m->buffer, MODEL_BUFFER, m->window,
                                          m->window_len,    m->picks,  MODEL_PICKS,  0U};
    m->spool.config = m->config;
    m->spool.medium.device = m->config.device;
    m->spool.medium.buffer = m->buffer;
    m->spool.medium.map = m->window;
}

void model_copy(struct model *to, const struct model *from)
{
    size_t size = (size_t)from->flash.device.block_size * from->flash.device.block_count;
    (void)memcpy(to, from, offsetof(struct model, mem));
    (void)memcpy(to->mem, from->mem, size);
    (void)memcpy(to->synced, from->synced, size);
    wire(to);
}

/* ---- entries are made of their salt ---- */

static uint32_t len_of(uint32_t salt, uint32_t max)
{
    return salt % (max + 1U);
}

static uint32_t due_of(uint32_t salt)
{
    return (salt >> 8U) % 4U == 0U ? UINT32_MAX : 1000U + (salt >> 10U) % 8U;
}

static struct nvt_span bytes_of(uint32_t salt, uint32_t len, uint8_t *out)
{
    for (uint32_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(salt * 2654435761U >> (i % 24U)) ^ (uint8_t)i;
    }
    return nvt_span_of(out, len);
}

void model_init(struct model *m, const struct model_size *size, uint32_t seed)
{
    (void)memset(m, 0, sizeof *m);
    nvt_sim_flash_init(&m->flash, m->mem, m->synced, size->block_size, size->block_count,
                       size->prog_size);
    m->window_len = size->window_len;
    wire(m);
    m->random = seed * 747796405U + 1U;
    (void)nvt_spool_format(&m->spool, &m->config);
}

/* ---- operations ---- */

/* The place for an entry of that id; what stood there is long forgotten. */
static struct model_entry *entry_of(struct model *m, uint32_t id)
{
    return &m->entries[id % (uint32_t)MODEL_IDS];
}

/* 7: "full" is said only when it is true. */
static void check_full(struct model *m, const struct model_size *size, uint32_t len)
{
    struct nvt_spool_info info;
    uint32_t unit = size->prog_size < 4U ? 4U : size->prog_size;
    uint32_t room = (16U + len + unit - 1U) / unit * unit;
    uint32_t more = room > m->spool.longest ? room - m->spool.longest : 0U;
    nvt_spool_info(&m->spool, &info);
    if (info.used_bytes + room + more * (size->block_count - 2U) <= info.capacity_bytes) {
        m->fault = "7: said to be full, but is not";
    }
}

static void check_window(struct model *m)
{
    struct nvt_spool_info info;
    nvt_spool_info(&m->spool, &info);
    if (info.span < info.entries_max) {
        m->fault = "7: the window is said to be full, but is not";
    }
}

static bool do_append(struct model *m, const struct model_size *size)
{
    uint8_t bytes[MODEL_BUFFER];
    uint32_t salt = next_random(m);
    uint32_t given = 0;
    uint32_t len = len_of(salt, size->bytes_max);
    struct model_entry *e = entry_of(m, m->spool.now.next);
    struct model_entry before = *e;
    *e = (struct model_entry){m->spool.now.next, salt, 0U, MODEL_APPENDING};
    nvt_err err = nvt_spool_append(&m->spool, bytes_of(salt, len, bytes), due_of(salt), &given);
    if (err == NVT_OK && given == e->id) {
        e->state = m->spool.held ? MODEL_APPENDED : MODEL_PENDING;
        m->appended++;
    } else if (err == NVT_E_SPOOL_FULL) {
        *e = before;
        check_full(m, size, len);
    } else if (err == NVT_E_SPOOL_WINDOW) {
        *e = before;
        check_window(m);
    } else {
        /* under way */
    }
    return !m->flash.off;
}

static bool do_settle(struct model *m, enum nvt_spool_state state)
{
    uint8_t bytes[MODEL_BUFFER];
    struct nvt_buf out;
    struct nvt_spool_entry e;
    nvt_buf_init(&out, bytes, sizeof bytes);
    uint32_t salt = next_random(m);
    if (nvt_spool_pick_by(&m->spool, (enum nvt_spool_order)(salt / 64U % 3U), &out, &e) != NVT_OK) {
        return !m->flash.off;
    }
    if (salt % 8U == 0U) {
        (void)nvt_spool_put_back(&m->spool, e.id);
        return true;
    }
    if (salt % 8U == 1U) {
        (void)nvt_spool_defer(&m->spool, e.id, salt / 8U % 2U == 0U, salt / 16U % 2U == 0U);
        return true;
    }
    entry_of(m, e.id)->state = MODEL_SETTLING;
    nvt_err err = nvt_spool_settle(&m->spool, e.id, state, 422U, NVT_LIT("too far"));
    entry_of(m, e.id)->mark_block = m->spool.ring.newest.block;
    if (err == NVT_OK) {
        entry_of(m, e.id)->state = m->spool.held ? MODEL_SETTLED : MODEL_DONE;
    } else if (!m->flash.off) {
        m->fault = "7: cannot be settled";
    } else {
        /* under way */
    }
    return !m->flash.off;
}

/* Of those it may be, the value is the last one now. */
static void value_is_durable(struct model *m)
{
    if (m->next_count > 0U) { /* no longer in doubt, if it was */
        m->value = m->next_values[m->next_count - 1U];
        m->next_count = 0U;
    }
}

static bool do_put_value(struct model *m)
{
    uint8_t bytes[24];
    uint32_t salt = next_random(m) | 1U;
    if (m->next_count == (uint32_t)MODEL_VALUES) {
        return true;
    }
    m->next_values[m->next_count] = salt;
    m->next_count++;
    nvt_err err = nvt_spool_put_value(&m->spool, 0U, bytes_of(salt, sizeof bytes, bytes));
    if (err == NVT_E_SPOOL_FULL) {
        m->next_count--;
    } else if (err == NVT_OK && !m->spool.held) {
        value_is_durable(m);
    } else {
        /* held, or under way */
    }
    return !m->flash.off;
}

/* What was held is durable now. */
static bool do_commit(struct model *m)
{
    if (nvt_spool_commit(&m->spool) != NVT_OK) {
        m->fault = m->flash.off ? m->fault : "1: commit failed";
        return !m->flash.off;
    }
    for (uint32_t i = 0; i < (uint32_t)MODEL_IDS; i++) {
        struct model_entry *e = &m->entries[i];
        e->state = e->state == MODEL_APPENDED ? MODEL_PENDING : e->state;
        e->state = e->state == MODEL_SETTLED ? MODEL_DONE : e->state;
    }
    value_is_durable(m);
    return !m->flash.off;
}

static bool hold_or_commit(struct model *m)
{
    if (m->spool.held) {
        return do_commit(m);
    }
    nvt_spool_hold(&m->spool);
    return true;
}

/* The process ends and starts again, and the power stays: what was held is there, but may go yet.
 */
static bool do_restart(struct model *m)
{
    if (nvt_spool_mount(&m->spool, &m->config) != NVT_OK) {
        m->fault = "cannot be mounted after a restart";
    } else if (m->spool.lost + m->spool.damaged != 0U && !m->flipped) {
        m->fault = "1: lost by a restart, and it says so";
    } else {
        /* all is there */
    }
    return true;
}

/* Times of filling and of draining take turns, so that the ring is full now and then. */
bool model_step(struct model *m, const struct model_size *size)
{
    uint32_t what = next_random(m) % 16U;
    uint32_t rare = next_random(m) % 32U;
    if (rare == 0U) {
        return do_restart(m);
    }
    if (rare < 5U) {
        return hold_or_commit(m);
    }
    bool filling = m->appended / 24U % 2U == 0U;
    if (what == 0U) {
        return do_put_value(m);
    }
    if (what < (filling ? 12U : 5U)) {
        return do_append(m, size);
    }
    return do_settle(m, what % 5U == 0U ? NVT_SPOOL_REFUSED : NVT_SPOOL_DELIVERED);
}

/* ---- invariants ---- */

static const char *check_listed(struct model *m, uint8_t *listed)
{
    uint8_t mem[MODEL_BUFFER];
    uint8_t wanted[MODEL_BUFFER];
    struct nvt_spool_cursor cursor = {{0U, 0U, 0U}};
    for (;;) {
        struct nvt_buf out;
        struct nvt_spool_entry e;
        nvt_buf_init(&out, mem, sizeof mem);
        nvt_err err = nvt_spool_list(&m->spool, &cursor, &out, &e);
        if (err == NVT_E_SPOOL_EMPTY) {
            return NULL;
        }
        if (err != NVT_OK) {
            return "an entry cannot be read";
        }
        const struct model_entry *known = entry_of(m, e.id);
        if (known->id != e.id || known->state == MODEL_NONE) {
            return "4: pending without having been appended";
        }
        if (known->state == MODEL_DONE) {
            return "2: pending after having been settled";
        }
        if (!nvt_span_eq(nvt_buf_span(&out), bytes_of(known->salt, e.len, wanted)) ||
            e.due_s != due_of(known->salt)) {
            return "3: not the bytes that were appended";
        }
        listed[e.id % (uint32_t)MODEL_IDS] = 1U;
    }
}

static const char *check_kept(struct model *m, const uint8_t *listed)
{
    uint32_t pending = 0;
    for (uint32_t i = 0; i < (uint32_t)MODEL_IDS; i++) {
        struct model_entry *e = &m->entries[i];
        if (e->state == MODEL_PENDING && listed[i] == 0U) {
            return "1: lost";
        }
        bool unsure = e->state == MODEL_APPENDING || e->state == MODEL_APPENDED;
        if (unsure && listed[i] == 0U) {
            e->state = MODEL_NONE;
        } else if (e->state != MODEL_NONE) {
            e->state = listed[i] != 0U ? MODEL_PENDING : MODEL_DONE;
        } else {
            /* nothing to decide */
        }
        pending += listed[i];
    }
    return pending == m->spool.now.pending ? NULL : "the count of pending entries is wrong";
}

/* As many as can be out at once, in their order; then back again. */
static const char *check_order(struct model *m)
{
    uint8_t mem[MODEL_BUFFER];
    uint32_t ids[OUT_LIST];
    struct nvt_spool_entry last = {0U, 0U, 0U, {0U, 0U, 0U}};
    const char *fault = NULL;
    size_t n = 0;
    while (n < (size_t)OUT_LIST && fault == NULL) {
        struct nvt_buf out;
        struct nvt_spool_entry e;
        nvt_buf_init(&out, mem, sizeof mem);
        if (nvt_spool_pick(&m->spool, &out, &e) != NVT_OK) {
            break;
        }
        ids[n++] = e.id;
        bool late = e.due_s < last.due_s || (e.due_s == last.due_s && e.id <= last.id);
        if (late) {
            fault = "5: out of order";
        }
        last = e;
    }
    if (fault == NULL && n < (size_t)OUT_LIST && n != m->spool.now.pending) {
        fault = "1: listed, but not picked";
    }
    for (size_t i = 0; i < n; i++) {
        (void)nvt_spool_put_back(&m->spool, ids[i]);
    }
    return fault;
}

static const char *check_value(struct model *m)
{
    uint8_t mem[64] = {0};
    uint8_t wanted[24];
    struct nvt_buf out;
    nvt_buf_init(&out, mem, sizeof mem);
    nvt_err err = nvt_spool_get_value(&m->spool, 0U, &out);
    uint32_t count = m->next_count;
    m->next_count = 0U;
    if (m->value == UINT32_MAX) { /* damaged */
        return NULL;
    }
    if (err == NVT_E_SPOOL_EMPTY) {
        return m->value == 0U ? NULL : "6: the value is gone";
    }
    for (uint32_t i = 0; err == NVT_OK && i <= count; i++) {
        uint32_t salt = i == count ? m->value : m->next_values[i];
        if (salt != 0U && nvt_span_eq(nvt_buf_span(&out), bytes_of(salt, sizeof wanted, wanted))) {
            m->value = salt;
            return NULL;
        }
    }
    return "6: not the value that was put";
}

const char *model_recover(struct model *m)
{
    uint8_t listed[MODEL_IDS] = {0};
    nvt_sim_flash_on(&m->flash);
    if (m->fault != NULL || m->flash.violation != NULL) {
        return m->fault != NULL ? m->fault : m->flash.violation;
    }
    if (nvt_spool_mount(&m->spool, &m->config) != NVT_OK) {
        return "cannot be mounted";
    }
    if (m->spool.lost != 0U && !m->flipped) {
        return "1: lost, and it says so";
    }
    if (m->spool.damaged != 0U && !m->flipped) {
        return "8: a cut is told as damage";
    }
    const char *fault = check_listed(m, listed);
    if (fault == NULL) {
        fault = check_kept(m, listed);
    }
    if (fault == NULL) {
        fault = check_order(m);
    }
    return fault == NULL ? check_value(m) : fault;
}

/* ---- damage ---- */

/* In which block each pending entry stands, plus 1. */
static void note_blocks(struct model *m, uint8_t *blocks)
{
    uint8_t mem[MODEL_BUFFER];
    struct nvt_spool_cursor cursor = {{0U, 0U, 0U}};
    struct nvt_spool_entry e;
    struct nvt_buf out;
    nvt_buf_init(&out, mem, sizeof mem);
    while (nvt_spool_list(&m->spool, &cursor, &out, &e) == NVT_OK) {
        blocks[e.id % (uint32_t)MODEL_IDS] = (uint8_t)(e.place.block + 1U);
        nvt_buf_init(&out, mem, sizeof mem);
    }
}

/* One bit is part of one record at most: of all entries one is lost, or one is back. */
static const char *check_flipped(struct model *m, uint32_t block, const uint8_t *before,
                                 const uint8_t *listed, uint32_t *out_changed)
{
    uint32_t lost = 0;
    uint32_t back = 0;
    for (uint32_t i = 0; i < (uint32_t)MODEL_IDS; i++) {
        struct model_entry *e = &m->entries[i];
        bool was_here = before[i] == block + 1U;
        if (before[i] != 0U && listed[i] == 0U && !was_here) {
            return "1: lost to damage elsewhere";
        }
        if (before[i] == 0U && listed[i] != 0U && e->mark_block != block) {
            return "2: back by damage elsewhere";
        }
        if (before[i] != 0U || listed[i] != 0U) {
            e->state = listed[i] != 0U ? MODEL_PENDING : MODEL_DONE;
        }
        lost += before[i] != 0U && listed[i] == 0U ? 1U : 0U;
        back += before[i] == 0U && listed[i] != 0U ? 1U : 0U;
    }
    *out_changed = lost + back;
    if (lost > 0U && m->spool.lost + m->spool.torn == 0U) {
        return "8: lost, and nothing says so";
    }
    return lost + back > 1U ? "8: lost more than was hit" : NULL;
}

const char *model_flip(struct model *m)
{
    uint8_t before[MODEL_IDS] = {0};
    uint8_t listed[MODEL_IDS] = {0};
    uint32_t size = m->flash.device.block_size * m->flash.device.block_count;
    uint32_t at = next_random(m) % size;
    uint32_t block = at / m->flash.device.block_size;
    uint32_t changed = 0;
    uint32_t value_block = m->spool.values[0].seq == 0U ? UINT32_MAX : m->spool.values[0].block;
    note_blocks(m, before);
    m->mem[at] ^= (uint8_t)(1U << (next_random(m) % 8U));
    m->synced[at] = m->mem[at];
    m->flipped = true;
    if (nvt_spool_mount(&m->spool, &m->config) != NVT_OK) {
        return "cannot be mounted for one bit";
    }
    for (uint32_t i = 0; i < (uint32_t)MODEL_IDS; i++) { /* those whose mark is gone are back */
        struct model_entry *e = &m->entries[i];
        e->state = e->state == MODEL_DONE && e->mark_block == block ? MODEL_SETTLED : e->state;
    }
    const char *fault = check_listed(m, listed);
    if (fault == NULL) {
        fault = check_flipped(m, block, before, listed, &changed);
    }
    for (uint32_t i = 0; i < (uint32_t)MODEL_IDS; i++) {
        struct model_entry *e = &m->entries[i];
        e->state = e->state == MODEL_SETTLED ? MODEL_DONE : e->state;
    }
    if (fault == NULL) {
        fault = check_order(m);
    }
    if (fault == NULL && check_value(m) != NULL) { /* the one before may be back, or none */
        fault = value_block == block && changed == 0U ? NULL : "6: damaged elsewhere";
        m->value = UINT32_MAX;
    }
    return fault;
}
