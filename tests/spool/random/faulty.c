/* SPDX-License-Identifier: Apache-2.0 */
#include "faulty.h"

#include <stddef.h>

/* Of a byte. */
enum {
    UNSYNCED = 1,   /* the next good sync makes it durable */
    FORGOTTEN = 2,  /* a sync that failed dropped it: read until the process ends, never durable */
    PROGRAMMED = 4, /* since the last erase of its block */
};

enum { ERASE_STEPS = 3 };

uint32_t faulty_random(struct faulty *f)
{
    f->random ^= f->random << 13U;
    f->random ^= f->random >> 17U;
    f->random ^= f->random << 5U;
    return f->random;
}

static size_t size_of(const struct faulty *f)
{
    return (size_t)f->device.block_size * f->device.block_count;
}

static size_t place_of(const struct faulty *f, uint32_t block, uint32_t offset)
{
    return (size_t)block * f->device.block_size + offset;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* ---- what is not durable ---- */

static void note_dirty(struct faulty *f, uint32_t block, uint32_t offset, uint32_t len)
{
    bool none = f->dirty[block].from >= f->dirty[block].to;
    uint32_t end = offset + len;
    f->dirty[block].from = none || offset < f->dirty[block].from ? offset : f->dirty[block].from;
    f->dirty[block].to = none || end > f->dirty[block].to ? end : f->dirty[block].to;
}

/* Calls for each byte that is not durable, a program unit together. */
typedef void on_unit(struct faulty *f, size_t at, uint32_t len);

static void each_dirty(struct faulty *f, on_unit *then)
{
    uint32_t unit = f->device.prog_size;
    for (uint32_t b = 0; b < f->device.block_count; b++) {
        for (uint32_t at = f->dirty[b].from; at < f->dirty[b].to; at += unit) {
            then(f, place_of(f, b, at), unit);
        }
    }
}

static void make_durable(struct faulty *f, size_t at, uint32_t len)
{
    for (size_t i = at; i < at + len; i++) {
        if ((f->state[i] & (uint8_t)UNSYNCED) != 0U) {
            f->durable[i] = f->now[i];
            f->state[i] &= (uint8_t) ~(unsigned)UNSYNCED;
        }
    }
}

static void forget(struct faulty *f, size_t at, uint32_t len)
{
    for (size_t i = at; i < at + len; i++) {
        if ((f->state[i] & (uint8_t)UNSYNCED) != 0U) {
            f->state[i] = (uint8_t)((f->state[i] & (uint8_t) ~(unsigned)UNSYNCED) | FORGOTTEN);
        }
    }
}

static void drop_forgotten(struct faulty *f, size_t at, uint32_t len)
{
    for (size_t i = at; i < at + len; i++) {
        if ((f->state[i] & (uint8_t)FORGOTTEN) != 0U) {
            f->now[i] = f->durable[i];
            f->state[i] &= (uint8_t) ~(unsigned)FORGOTTEN;
        }
    }
}

/* A unit is there, is not, or some bytes of it are. */
static void scatter(struct faulty *f, size_t at, uint32_t len)
{
    uint32_t luck = faulty_random(f) >> 8U;
    bool mixed = luck % 8U == 0U;
    for (size_t i = at; i < at + len; i++) {
        luck = mixed ? faulty_random(f) >> 8U : luck;
        if ((f->state[i] & (uint8_t)UNSYNCED) != 0U && luck / 8U % 2U == 0U) {
            f->now[i] = f->durable[i];
        }
    }
}

static void take_back(struct faulty *f, size_t at, uint32_t len)
{
    for (size_t i = at; i < at + len; i++) {
        f->now[i] = (f->state[i] & (uint8_t)UNSYNCED) != 0U ? f->durable[i] : f->now[i];
    }
}

/* What was not synced is not there, but for some of what was under way. */
static void take_all_back(struct faulty *f)
{
    uint8_t torn[32];
    uint32_t kept = least(f->torn_len, sizeof torn);
    (void)memcpy(torn, f->now + f->torn_at, kept);
    each_dirty(f, take_back);
    (void)memcpy(f->now + f->torn_at, torn, kept);
}

void faulty_restart(struct faulty *f, bool cut)
{
    each_dirty(f, drop_forgotten);
    if (cut && f->tear == FAULTY_ANY) {
        each_dirty(f, scatter);
    } else if (cut && f->tear == FAULTY_NONE) {
        take_all_back(f);
    } else {
        /* all is there that was written */
    }
    f->torn_len = 0U;
    for (uint32_t b = 0; b < f->device.block_count; b++) {
        if (cut && f->dirty[b].from < f->dirty[b].to) {
            size_t at = place_of(f, b, f->dirty[b].from);
            (void)memcpy(f->durable + at, f->now + at, f->dirty[b].to - f->dirty[b].from);
        }
        for (size_t i = place_of(f, b, 0U); i < place_of(f, b + 1U, 0U); i++) {
            uint8_t kept = cut ? 0U : (uint8_t)(f->state[i] & (uint8_t)UNSYNCED);
            f->state[i] = (uint8_t)(kept | (f->now[i] == 0xFFU ? 0U : (unsigned)PROGRAMMED));
        }
        if (cut) {
            f->dirty[b].from = f->dirty[b].to = 0U;
        }
    }
    f->cuts += cut ? 1U : 0U;
    f->off = false;
    f->steps_left = UINT64_MAX;
}

/* ---- calls ---- */

static bool plan_fails(struct faulty *f, struct faulty_plan *p)
{
    if (p->after > 0U) {
        p->after--;
        return false;
    }
    p->count -= p->count == UINT32_MAX ? 0U : 1U;
    return p->chance == 0U || faulty_random(f) % 256U < p->chance;
}

static bool fails(struct faulty *f, enum faulty_call call)
{
    bool one = false;
    f->calls++;
    for (unsigned i = 0; i < (unsigned)FAULTY_PLANS; i++) {
        struct faulty_plan *p = &f->plans[i];
        if (p->count > 0U && p->call == call) {
            one = plan_fails(f, p) || one;
        }
    }
    f->failed += one ? 1U : 0U;
    return one;
}

static bool is_inside(struct faulty *f, uint32_t block, uint32_t offset, uint32_t len)
{
    bool inside = block < f->device.block_count && offset <= f->device.block_size &&
                  len <= f->device.block_size - offset;
    if (!inside) {
        f->violation = "outside of the device";
    }
    return inside && !f->off;
}

static nvt_err do_read(void *ctx, uint32_t block, uint32_t offset, uint8_t *out, uint32_t len)
{
    struct faulty *f = (struct faulty *)ctx;
    if (!is_inside(f, block, offset, len) || fails(f, FAULTY_READ)) {
        return NVT_E_SPOOL_IO;
    }
    f->read += len;
    (void)memcpy(out, f->now + place_of(f, block, offset), len);
    return NVT_OK;
}

static void check_units(struct faulty *f, uint32_t block, uint32_t offset, uint32_t len)
{
    size_t at = place_of(f, block, offset);
    if (offset % f->device.prog_size != 0U || len % f->device.prog_size != 0U) {
        f->violation = "not a whole unit";
    }
    for (size_t i = at; i < at + len; i++) {
        if ((f->state[i] & (uint8_t)PROGRAMMED) != 0U) {
            f->violation = "programmed twice between two erases";
        }
        f->state[i] |= (uint8_t)PROGRAMMED;
    }
}

static void put(struct faulty *f, size_t at, const uint8_t *data, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        f->now[at + i] &= data[i];
        f->state[at + i] = PROGRAMMED | UNSYNCED;
    }
}

static void take_steps(struct faulty *f, uint32_t n)
{
    f->steps_left -= f->steps_left == UINT64_MAX ? 0U : n;
}

/* The power goes with n of len bytes programmed. */
static void cut_prog(struct faulty *f, size_t at, uint32_t n, uint32_t len)
{
    f->off = true;
    f->torn_at = at;
    f->torn_len = n;
    for (uint32_t i = n; f->tear == FAULTY_NOISE && i < len; i++) {
        f->now[at + i] &= (uint8_t)(faulty_random(f) >> 9U);
    }
}

static bool is_dropped(struct faulty *f, uint32_t block, uint32_t offset)
{
    if (f->drop == 0U) {
        return false;
    }
    f->drop--;
    if (f->drop == 0U) {
        f->dropped.block = block;
        f->dropped.offset = offset;
        f->dropped.done = true;
    }
    return f->drop == 0U;
}

static nvt_err do_prog(void *ctx, uint32_t block, uint32_t offset, const uint8_t *data,
                       uint32_t len)
{
    struct faulty *f = (struct faulty *)ctx;
    if (!is_inside(f, block, offset, len)) {
        return NVT_E_SPOOL_IO;
    }
    size_t at = place_of(f, block, offset);
    bool fail = fails(f, FAULTY_PROG);
    check_units(f, block, offset, len);
    note_dirty(f, block, offset, len);
    if (is_dropped(f, block, offset)) {
        return NVT_OK;
    }
    uint32_t n = fail ? faulty_random(f) % (len + 1U) : len;
    bool cut = f->steps_left <= n;
    n = cut ? (uint32_t)f->steps_left : n;
    put(f, at, data, n);
    take_steps(f, n);
    if (cut) {
        cut_prog(f, at, n, len);
    }
    return cut || fail ? NVT_E_SPOOL_IO : NVT_OK;
}

/* What stood there is kept for FAULTY_OLD. */
static void keep_life(struct faulty *f, uint32_t block)
{
    size_t at = place_of(f, block, 0U);
    if (f->now[at] == 0xFFU) {
        return;
    }
    (void)memcpy(f->lives[1] + at, f->lives[0] + at, f->device.block_size);
    (void)memcpy(f->lives[0] + at, f->now + at, f->device.block_size);
    f->lived[1][block] = f->lived[0][block];
    f->lived[0][block] = true;
}

static void clear(struct faulty *f, uint32_t block, uint32_t from, uint32_t to, uint8_t state)
{
    (void)memset(f->now + place_of(f, block, from), 0xFF, to - from);
    (void)memset(f->state + place_of(f, block, from), state, to - from);
    note_dirty(f, block, from, to - from);
}

/* Not done, done to a part, or wholly: it must be done again in any case. */
static void fail_erase(struct faulty *f, uint32_t block)
{
    uint32_t size = f->device.block_size;
    uint32_t luck = faulty_random(f) >> 8U;
    uint32_t from = luck % 4U == 1U ? size / 2U : 0U;
    uint32_t to = luck % 4U == 0U ? 0U : luck % 4U == 2U ? size / 2U : size;
    if (from < to) {
        clear(f, block, from, to, (uint8_t)(PROGRAMMED | UNSYNCED));
    }
    for (uint32_t i = 0; luck % 4U == 3U && i < size; i += 7U) {
        f->now[place_of(f, block, i)] &= (uint8_t)(faulty_random(f) >> 9U);
    }
}

static nvt_err do_erase(void *ctx, uint32_t block)
{
    struct faulty *f = (struct faulty *)ctx;
    if (!is_inside(f, block, 0U, 0U)) {
        return NVT_E_SPOOL_IO;
    }
    bool fail = fails(f, FAULTY_ERASE);
    bool cut = f->steps_left <= (uint64_t)ERASE_STEPS;
    keep_life(f, block);
    f->off = f->off || cut;
    take_steps(f, cut ? 0U : (uint32_t)ERASE_STEPS);
    if (fail || cut) {
        fail_erase(f, block);
        return NVT_E_SPOOL_IO;
    }
    clear(f, block, 0U, f->device.block_size, (uint8_t)UNSYNCED);
    return NVT_OK;
}

static void end_sync(struct faulty *f)
{
    for (uint32_t b = 0; b < f->device.block_count; b++) {
        f->dirty[b].from = f->dirty[b].to = 0U;
    }
}

static nvt_err do_sync(void *ctx)
{
    struct faulty *f = (struct faulty *)ctx;
    if (f->off) {
        return NVT_E_SPOOL_IO;
    }
    take_steps(f, 1U);
    if (f->steps_left == 0U) {
        f->off = true;
        return NVT_E_SPOOL_IO;
    }
    if (!fails(f, FAULTY_SYNC)) {
        each_dirty(f, make_durable);
        if (!f->forgets) { /* else some of it may be forgotten, and is looked through again */
            end_sync(f);
        }
        return NVT_OK;
    }
    if (f->forgets) {
        each_dirty(f, forget);
        if (faulty_random(f) / 256U % 2U == 0U) {
            each_dirty(f, drop_forgotten);
        }
    } else if (faulty_random(f) / 256U % 2U == 0U) {
        each_dirty(f, make_durable); /* it is there, and was not reported */
    }
    return NVT_E_SPOOL_IO;
}

void faulty_init(struct faulty *f, uint32_t block_size, uint32_t block_count, uint32_t prog_size,
                 uint32_t seed)
{
    (void)memset(f, 0, sizeof *f);
    f->device = (struct nvt_port_block){f,       block_size, block_count, prog_size,
                                        do_read, do_prog,    do_erase,    do_sync};
    f->random = seed * 747796405U + 1U;
    f->steps_left = UINT64_MAX;
    (void)memset(f->now, 0xFF, size_of(f));
    (void)memset(f->durable, 0xFF, size_of(f));
}

void faulty_copy(struct faulty *to, const struct faulty *from)
{
    size_t size = size_of(from);
    (void)memcpy(to, from, offsetof(struct faulty, now));
    (void)memcpy(to->now, from->now, size);
    (void)memcpy(to->durable, from->durable, size);
    (void)memcpy(to->state, from->state, size);
    (void)memcpy(to->lives[0], from->lives[0], size);
    (void)memcpy(to->lives[1], from->lives[1], size);
    to->device.ctx = to;
}

void faulty_heal(struct faulty *f)
{
    (void)memset(f->plans, 0, sizeof f->plans);
    f->drop = 0U;
    f->steps_left = UINT64_MAX;
}

/* ---- damage ---- */

bool faulty_is_blank(const struct faulty *f, uint32_t block)
{
    const uint8_t *bytes = f->now + place_of(f, block, 0U);
    uint32_t i = 0;
    while (i < f->device.block_size && bytes[i] == 0xFFU) {
        i++;
    }
    return i == f->device.block_size;
}

static void flip(struct faulty *f, uint32_t block, uint32_t offset, unsigned bits)
{
    for (unsigned i = 0; i < bits; i++) {
        f->now[place_of(f, block, offset)] ^= (uint8_t)(1U << (faulty_random(f) / 256U % 8U));
        offset = (offset + 1U + faulty_random(f) / 256U % 12U) % f->device.block_size;
    }
}

static void swap(struct faulty *f, uint32_t block)
{
    uint32_t step = 1U + faulty_random(f) / 256U % (f->device.block_count - 1U);
    size_t a = place_of(f, block, 0U);
    size_t b = place_of(f, (block + step) % f->device.block_count, 0U);
    for (uint32_t i = 0; i < f->device.block_size; i++) {
        uint8_t byte = f->now[a + i];
        f->now[a + i] = f->now[b + i];
        f->now[b + i] = byte;
    }
}

static void put_back_old(struct faulty *f, uint32_t block)
{
    unsigned life = f->lived[1][block] ? faulty_random(f) / 256U % 2U : 0U;
    if (f->lived[life][block]) {
        size_t at = place_of(f, block, 0U);
        (void)memcpy(f->now + at, f->lives[life] + at, f->device.block_size);
    }
}

static void damage_block(struct faulty *f, enum faulty_damage how, uint32_t block)
{
    uint8_t *b = f->now + place_of(f, block, 0U);
    uint32_t half = f->device.block_size / 2U;
    switch (how) {
    case FAULTY_WIPED:
        (void)memset(b, 0xFF, f->device.block_size);
        break;
    case FAULTY_ZEROED:
        (void)memset(b, 0, f->device.block_size);
        break;
    case FAULTY_SWAPPED:
        swap(f, block);
        break;
    case FAULTY_OLD:
        put_back_old(f, block);
        break;
    case FAULTY_HALF_1:
        (void)memset(b, 0xFF, half);
        break;
    case FAULTY_HALF_2:
    default:
        (void)memset(b + half, 0xFF, half);
        break;
    }
}

bool faulty_damage(struct faulty *f, enum faulty_damage how, uint32_t block, uint32_t offset)
{
    (void)memcpy(f->durable, f->now, size_of(f));
    if (how <= FAULTY_FLIP_3) {
        flip(f, block, offset, 1U + (unsigned)how);
    } else {
        damage_block(f, how, block);
    }
    bool differs = memcmp(f->durable, f->now, size_of(f)) != 0;
    (void)memcpy(f->durable, f->now, size_of(f));
    return differs;
}
