/* SPDX-License-Identifier: Apache-2.0 */
/* What is known: entries and values, what a mount may find of them, and when that is sure. */
#include "know.h"

#include <string.h>

void fail(const char *fault)
{
    world.fault = world.fault == NULL ? fault : world.fault;
}

/* ---- entries and values are made of their salts ---- */

static uint32_t mix(uint32_t salt)
{
    salt = (salt ^ salt >> 16U) * 2146121005U;
    return salt ^ salt >> 15U;
}

uint32_t new_salt(bool is_long)
{
    world.salts++;
    return world.salts << 1U | (is_long ? 1U : 0U);
}

uint32_t due_of(uint32_t salt)
{
    return mix(salt) % 4U == 0U ? UINT32_MAX : 1000U + mix(salt) / 4U % 5U;
}

struct nvt_span bytes_of(uint32_t salt, uint8_t *out)
{
    uint32_t len = (salt & 1U) != 0U ? world.size.long_len - mix(salt) % 8U : 4U + mix(salt) % 10U;
    for (uint32_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(i < 4U ? salt >> (8U * i) : mix(salt + i / 4U) >> (i % 4U));
    }
    return nvt_span_of(out, len);
}

bool is_made_of(struct nvt_span bytes, uint32_t salt)
{
    uint8_t mem[BYTES_MAX];
    return nvt_span_eq(bytes, bytes_of(salt, mem));
}

/* ---- notes ---- */

struct note *note_of(uint32_t id)
{
    for (uint32_t i = 0; i < world.note_count; i++) {
        if (world.notes[i].id == id) {
            return &world.notes[i];
        }
    }
    return NULL;
}

/* Those that cannot be there any more. */
void drop_notes(void)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < world.note_count; i++) {
        if (world.notes[i].may_pend || world.notes[i].live == TOLD_PENDING) {
            world.notes[n++] = world.notes[i];
        }
    }
    (void)memset(world.notes + n, 0, (world.note_count - n) * sizeof world.notes[0]);
    world.note_count = n;
}

struct note *new_note(bool is_long)
{
    if (world.note_count == (uint32_t)NOTES) {
        drop_notes();
    }
    if (world.note_count == (uint32_t)NOTES) {
        return NULL;
    }
    struct note *n = &world.notes[world.note_count++];
    *n = (struct note){
        .salt = new_salt(is_long), .min_id = world.last_id, .may_pend = true, .may_go = true};
    return n;
}

uint32_t count_live(void)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < world.note_count; i++) {
        n += world.notes[i].live == TOLD_PENDING ? 1U : 0U;
    }
    return n;
}

bool is_anything_unasked(void)
{
    bool unasked = false;
    for (uint32_t i = 0; i < world.note_count; i++) {
        unasked = unasked || world.notes[i].live == TOLD_NOTHING;
    }
    for (uint32_t i = 0; i < (uint32_t)KEYS; i++) {
        unasked = unasked || !world.values[i].asked;
    }
    return unasked;
}

/* ---- durable ---- */

void note_is_durable(struct note *n)
{
    if (n->told != TOLD_NOTHING && n->told != n->live) {
        fail("commit: undone, and it returned NVT_OK");
    }
    n->may_pend = n->live == TOLD_PENDING;
    n->may_go = !n->may_pend;
    if (n->may_pend && n->id > world.last_id) {
        world.last_id = n->id;
    }
}

void value_is_durable(struct value *v)
{
    if (v->told != v->live && v->told != UINT32_MAX) {
        fail("commit: a value was undone, and it returned NVT_OK");
    }
    v->may[0] = v->live;
    v->count = 1U;
}

/* What failed is decided once something was written after it. */
void all_is_durable(void)
{
    if (world.held || is_anything_unasked()) {
        return;
    }
    for (uint32_t i = 0; i < world.note_count; i++) {
        if (world.sealed || world.notes[i].told != TOLD_NOTHING) {
            note_is_durable(&world.notes[i]);
        }
    }
    for (uint32_t i = 0; i < (uint32_t)KEYS; i++) {
        if (world.sealed || world.values[i].told != UINT32_MAX) {
            value_is_durable(&world.values[i]);
        }
    }
}
