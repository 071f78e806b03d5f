/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger.h"

#include <stddef.h>

#define NUMBERED_DUE 0x40000000U

void ledger_init(struct ledger *l, uint32_t first, uint32_t len_max)
{
    (void)memset(l, 0, offsetof(struct ledger, entries));
    l->first = first;
    l->len_max = len_max;
}

void ledger_copy(struct ledger *to, const struct ledger *from)
{
    (void)memcpy(to, from, offsetof(struct ledger, entries));
    (void)memcpy(to->entries + from->oldest, from->entries + from->oldest,
                 (from->count - from->oldest) * sizeof from->entries[0]);
}

/* ---- bytes ---- */

static uint8_t byte_of(uint32_t number, uint32_t at)
{
    return at < 4U ? (uint8_t)(number >> (8U * at))
                   : (uint8_t)((number * 2654435761U >> (at % 24U)) ^ at * 37U);
}

static struct nvt_span bytes_of(uint32_t number, uint32_t len, uint8_t *out)
{
    for (uint32_t i = 0; i < len; i++) {
        out[i] = byte_of(number, i);
    }
    return nvt_span_of(out, len);
}

static bool are_bytes_of(uint32_t number, struct nvt_span bytes)
{
    uint32_t i = 0;
    while (i < bytes.len && bytes.ptr[i] == byte_of(number, i)) {
        i++;
    }
    return i == bytes.len;
}

struct nvt_span ledger_value(uint32_t number, uint32_t len, uint8_t *out)
{
    return bytes_of(number, len, out);
}

struct nvt_span ledger_make(struct ledger *l, uint32_t luck, uint8_t *out, uint32_t *out_due,
                            struct ledger_entry **out_entry)
{
    struct ledger_entry *e = &l->entries[l->count];
    uint32_t number = l->first + l->count;
    uint32_t len = luck / 16U % (l->len_max + 1U);
    uint32_t due = luck % 4U == 0U ? UINT32_MAX : 1000U + luck / 4U % 4U;
    *e = (struct ledger_entry){.len = len, .due_s = len < 4U ? NUMBERED_DUE + number : due};
    l->count++;
    *out_due = e->due_s;
    *out_entry = e;
    return bytes_of(number, len, out);
}

static uint32_t get_32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8U | (uint32_t)at[2] << 16U | (uint32_t)at[3] << 24U;
}

struct ledger_entry *ledger_find(struct ledger *l, const struct nvt_spool_entry *e,
                                 struct nvt_span bytes)
{
    uint32_t number = bytes.len < 4U ? e->due_s - NUMBERED_DUE : get_32(bytes.ptr);
    if (number - l->first >= l->count) {
        return NULL;
    }
    struct ledger_entry *known = &l->entries[number - l->first];
    bool same = known->len == bytes.len && e->len == bytes.len && known->due_s == e->due_s;
    return same && are_bytes_of(number, bytes) ? known : NULL;
}

/* ---- states ---- */

static void commit_value(struct ledger *l, uint32_t key, bool kept)
{
    uint32_t count = l->values[key].next_count;
    if (count > 0U && !kept) {
        l->values[key].doubt = true;
    } else if (count > 0U && !l->values[key].doubt) {
        l->values[key].is = l->values[key].next[count - 1U];
        l->values[key].next_count = 0U;
    } else {
        /* nothing to decide */
    }
}

void ledger_commit(struct ledger *l, bool kept)
{
    for (uint32_t i = l->oldest; i < l->count; i++) {
        struct ledger_entry *e = &l->entries[i];
        if (e->state == LEDGER_HELD) {
            e->state = kept ? LEDGER_PENDING : LEDGER_MAYBE;
            l->top_id = kept && e->id > l->top_id ? e->id : l->top_id;
        } else if (e->state == LEDGER_HELD_DONE) {
            e->state = kept ? LEDGER_DONE : LEDGER_SETTLING;
        } else {
            /* as it is */
        }
    }
    for (uint32_t key = 0; key < (uint32_t)LEDGER_KEYS; key++) {
        commit_value(l, key, kept);
    }
}

static const char *see(struct ledger *l, const struct nvt_spool_entry *e, struct nvt_span bytes,
                       struct ledger_verdict *v)
{
    struct ledger_entry *known = ledger_find(l, e, bytes);
    if (known == NULL) {
        return "an entry that was never appended, or changed";
    }
    if (known->seen) {
        return "an entry twice";
    }
    if (known->id != 0U && known->id != e->id) {
        return "an entry with another's id";
    }
    if (known < &l->entries[l->oldest]) { /* long settled */
        l->oldest = (uint32_t)(known - l->entries);
    }
    known->seen = true;
    known->id = e->id;
    v->listed++;
    return NULL;
}

static const char *list(struct ledger *l, struct nvt_spool *s, struct ledger_verdict *v)
{
    static uint8_t bytes[LEDGER_BYTES_MAX];
    struct nvt_spool_cursor cursor = {{0U, 0U, 0U}};
    const char *fault = NULL;
    while (fault == NULL) {
        struct nvt_spool_entry e;
        struct nvt_buf out;
        nvt_buf_init(&out, bytes, sizeof bytes);
        nvt_err err = nvt_spool_list(s, &cursor, &out, &e);
        if (err == NVT_E_SPOOL_EMPTY) {
            return NULL;
        }
        fault = err == NVT_OK ? see(l, &e, nvt_buf_span(&out), v) : "an entry cannot be read";
    }
    return fault;
}

static bool is_in_doubt(const struct ledger_entry *e)
{
    return e->state == LEDGER_MAYBE || e->state == LEDGER_SETTLING;
}

void ledger_look(struct ledger *l, struct nvt_spool *s)
{
    struct ledger_verdict v = {NULL, 0U, 0U, 0U, 0U};
    bool whole = list(l, s, &v) == NULL;
    for (uint32_t i = l->oldest; i < l->count; i++) {
        struct ledger_entry *e = &l->entries[i];
        e->shown = e->seen ? LEDGER_SHOWN : LEDGER_ABSENT;
        e->shown = whole && is_in_doubt(e) ? e->shown : LEDGER_UNKNOWN;
        e->seen = false;
    }
}

void ledger_confirm(struct ledger *l)
{
    for (uint32_t i = l->oldest; i < l->count; i++) {
        struct ledger_entry *e = &l->entries[i];
        if (is_in_doubt(e) && e->shown == LEDGER_SHOWN) {
            e->state = LEDGER_PENDING;
            l->top_id = e->id > l->top_id ? e->id : l->top_id;
        } else if (is_in_doubt(e) && e->shown == LEDGER_ABSENT) {
            e->state = LEDGER_DONE;
        } else {
            /* as it was */
        }
    }
}

static bool must_be_there(const struct ledger_entry *e)
{
    return e->state == LEDGER_PENDING;
}

static bool must_not(const struct ledger_entry *e)
{
    return e->state == LEDGER_DONE || e->state == LEDGER_LOST;
}

static void decide(struct ledger *l, struct ledger_entry *e)
{
    e->shown = LEDGER_UNKNOWN;
    if (e->seen) {
        e->state = LEDGER_PENDING;
        l->top_id = e->id > l->top_id ? e->id : l->top_id;
    } else {
        e->state = must_be_there(e) || e->state == LEDGER_LOST ? LEDGER_LOST : LEDGER_DONE;
    }
}

void ledger_forget_ids(struct ledger *l)
{
    l->top_id = 0U;
    for (uint32_t i = l->oldest; i < l->count; i++) {
        const struct ledger_entry *e = &l->entries[i];
        l->top_id = e->state == LEDGER_PENDING && e->id > l->top_id ? e->id : l->top_id;
    }
}

/* Those before the first that may be there need not be looked at again. */
static void follow(struct ledger *l)
{
    while (l->oldest < l->count && must_not(&l->entries[l->oldest])) {
        l->oldest++;
    }
}

static bool is_value(struct nvt_span got, uint32_t number)
{
    return number != 0U && are_bytes_of(number, got);
}

static void check_value(struct ledger *l, struct nvt_spool *s, uint8_t key, bool adopt,
                        struct ledger_verdict *v)
{
    static uint8_t bytes[LEDGER_BYTES_MAX];
    struct nvt_buf out;
    nvt_buf_init(&out, bytes, sizeof bytes);
    nvt_err err = nvt_spool_get_value(s, key, &out);
    struct nvt_span got = nvt_buf_span(&out);
    uint32_t is = 0;
    bool good = err == NVT_E_SPOOL_EMPTY && l->values[key].is == 0U;
    if (err == NVT_OK && got.len >= 4U) {
        is = get_32(got.ptr);
        good = is_value(got, l->values[key].is);
        for (uint32_t i = 0; i < l->values[key].next_count; i++) {
            good = good || is_value(got, l->values[key].next[i]);
        }
        if (!are_bytes_of(is, got)) {
            v->fault = "a value that was never put";
        }
    }
    v->values += good ? 0U : 1U;
    if (adopt) {
        l->values[key].is = is;
        l->values[key].next_count = 0U;
        l->values[key].doubt = false;
    }
}

struct ledger_verdict ledger_check(struct ledger *l, struct nvt_spool *s, bool adopt)
{
    struct ledger_verdict v = {NULL, 0U, 0U, 0U, 0U};
    struct nvt_spool_info info;
    v.fault = list(l, s, &v);
    nvt_spool_info(s, &info);
    if (v.fault == NULL && v.listed != info.pending) {
        v.fault = "the count of pending entries is wrong";
    }
    for (uint32_t i = l->oldest; i < l->count; i++) {
        struct ledger_entry *e = &l->entries[i];
        v.missing += must_be_there(e) && !e->seen ? 1U : 0U;
        v.back += must_not(e) && e->seen ? 1U : 0U;
        if (adopt) {
            decide(l, e);
        }
        e->seen = false;
    }
    follow(l);
    for (uint8_t key = 0; key < (uint8_t)LEDGER_KEYS; key++) {
        check_value(l, s, key, adopt, &v);
    }
    return v;
}
