/* SPDX-License-Identifier: Apache-2.0 */
/* What the spool answers, beside what is known. */
#include "know.h"

#include <string.h>

/* ---- what is listed ---- */

/* An append that was not acknowledged, and is there, be it too late. */
static struct note *ghost_of(uint32_t id, struct nvt_span bytes)
{
    for (uint32_t i = 0; i < world.note_count; i++) {
        struct note *n = &world.notes[i];
        if (n->id == 0U && id > n->min_id && is_made_of(bytes, n->salt)) {
            n->id = id;
            world.given_id = id > world.given_id ? id : world.given_id;
            return n;
        }
    }
    return NULL;
}

static void check_listed(const struct nvt_spool_entry *e, struct nvt_span bytes, bool mounting)
{
    struct note *n = note_of(e->id);
    n = n == NULL ? ghost_of(e->id, bytes) : n;
    if (n == NULL) {
        fail("4: pending, and never appended, or settled before the last mount");
    } else if (!is_made_of(bytes, n->salt) || e->due_s != due_of(n->salt)) {
        fail("3: not what was appended");
    } else if (n->seen) {
        fail("listed twice");
    } else if (mounting && !n->may_pend) {
        fail(n->told == TOLD_GONE ? "2: pending, and was settled"
                                  : "back: what had failed, after a later operation was durable");
    } else if (!mounting && n->live == TOLD_GONE) {
        fail("2: listed, and was settled");
    } else {
        n->seen = true;
    }
}

/* Whether the end was reached: a call may fail. */
bool list_all(bool mounting)
{
    uint8_t mem[BYTES_MAX];
    struct nvt_spool_cursor cursor;
    struct nvt_spool_entry e;
    nvt_err err = NVT_OK;
    (void)memset(&cursor, 0, sizeof cursor);
    for (uint32_t n = 0; err == NVT_OK && world.fault == NULL; n++) {
        struct nvt_buf out;
        nvt_buf_init(&out, mem, sizeof mem);
        err = nvt_spool_list(&world.spool, &cursor, &out, &e);
        if (err == NVT_OK) {
            check_listed(&e, nvt_buf_span(&out), mounting);
        }
        if (n > (uint32_t)NOTES) {
            fail("the listing does not end");
        }
    }
    if (err != NVT_E_SPOOL_EMPTY && !world.chip.is_hit) {
        fail("an entry cannot be listed");
    }
    return err == NVT_E_SPOOL_EMPTY;
}

void check_info(void)
{
    struct nvt_spool_info info;
    uint32_t oldest = 0;
    nvt_spool_info(&world.spool, &info);
    for (uint32_t i = 0; i < world.note_count; i++) {
        const struct note *n = &world.notes[i];
        bool older = n->live == TOLD_PENDING && (oldest == 0U || n->id < oldest);
        oldest = older ? n->id : oldest;
    }
    if (info.pending != count_live()) {
        fail("info.pending is wrong");
    }
    if (info.oldest_id != oldest) {
        fail("info.oldest_id is wrong");
    }
    if (info.lost != 0U || info.damaged != 0U) {
        fail("info.lost or info.damaged, and nothing was damaged");
    }
}

/* ---- values ---- */

/* Which of those that it may be a value is; UINT32_MAX: none of them, UINT32_MAX - 1: no answer. */
static uint32_t read_value(uint8_t key)
{
    uint8_t mem[BYTES_MAX];
    struct nvt_buf out;
    const struct value *v = &world.values[key];
    nvt_buf_init(&out, mem, sizeof mem);
    nvt_err err = nvt_spool_get_value(&world.spool, key, &out);
    for (uint32_t i = 0; i < v->count; i++) {
        uint32_t salt = v->may[i];
        bool is_none = salt == 0U && err == NVT_E_SPOOL_EMPTY;
        if (is_none || (err == NVT_OK && salt != 0U && is_made_of(nvt_buf_span(&out), salt))) {
            return salt;
        }
    }
    return err == NVT_OK || err == NVT_E_SPOOL_EMPTY ? UINT32_MAX : UINT32_MAX - 1U;
}

void check_value(uint8_t key, bool mounting)
{
    struct value *v = &world.values[key];
    uint32_t salt = read_value(key);
    if (salt == UINT32_MAX - 1U && world.chip.is_hit) {
        v->asked = false;
    } else if (salt >= UINT32_MAX - 1U) {
        fail(salt == UINT32_MAX ? "6: a value is gone, or another" : "6: a value cannot be read");
    } else if (!mounting && v->asked && v->live != salt) {
        fail("6: a value is not what it was said to be");
    } else {
        v->live = salt;
        v->asked = true;
    }
    if (mounting) {
        v->told = v->live;
        value_is_durable(v);
    }
}

/* ---- asking the spool in memory ---- */

static void ask_note(struct note *n)
{
    if (n->live == TOLD_PENDING && !n->seen) {
        fail("1: pending, and not listed");
    }
    n->live = n->seen ? TOLD_PENDING : TOLD_GONE;
    n->out = n->out && n->seen;
    n->deferred = n->deferred && n->seen;
}

/* What it holds now, where that is in doubt too. */
void ask_all(void)
{
    bool all = list_all(false);
    for (uint32_t i = 0; i < world.note_count && world.fault == NULL; i++) {
        if (all) {
            ask_note(&world.notes[i]);
        }
        world.notes[i].seen = false;
    }
    for (uint32_t i = 0; i < (uint32_t)KEYS && world.fault == NULL; i++) {
        check_value((uint8_t)i, false);
    }
}

/* Something failed: what was held since may be undone. */
void doubt_all(void)
{
    for (uint32_t i = 0; i < world.note_count; i++) {
        struct note *n = &world.notes[i];
        n->live = n->may_pend && n->may_go ? TOLD_NOTHING : n->live;
    }
    for (uint32_t i = 0; i < (uint32_t)KEYS; i++) {
        world.values[i].asked = world.values[i].count == 1U;
    }
}
