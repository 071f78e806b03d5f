/* SPDX-License-Identifier: Apache-2.0 */
/* Small values beside the entries. */
#include "spool_internal.h"

nvt_err nvt_spool_put_value(struct nvt_spool *s, uint8_t key, struct nvt_span value)
{
    if (key >= (uint8_t)NVT_SPOOL_VALUES) {
        return NVT_E_ARG;
    }
    nvt_err err = nvt_spool_ready(s);
    if (err != NVT_OK) {
        return err;
    }
    bool had = s->values[key].seq != 0U;
    uint32_t freed = had ? nvt_room(s->config.device, s->value_lens[key]) : 0U;
    err = nvt_spool_check_room(s, value.len, freed);
    if (err != NVT_OK) {
        return err;
    }
    struct nvt_record r = {.type = (uint8_t)NVT_RECORD_VALUE, .aux = key, .due_s = s->now.next};
    struct nvt_spool_place place;
    err = nvt_ring_add(s, &r, value, &place);
    if (err == NVT_OK) {
        s->values[key] = place;
        s->value_lens[key] = (uint32_t)value.len;
        s->live += nvt_room(s->config.device, (uint32_t)value.len) - freed;
    }
    return err;
}

nvt_err nvt_spool_get_value(struct nvt_spool *s, uint8_t key, struct nvt_buf *out)
{
    struct nvt_record r;
    if (key >= (uint8_t)NVT_SPOOL_VALUES) {
        return NVT_E_ARG;
    }
    nvt_err err = nvt_spool_ready(s);
    if (err == NVT_OK) {
        err = nvt_ring_fetch(s, s->values[key], &r);
    }
    if (err == NVT_OK && out->cap - out->len < r.len) {
        err = NVT_E_SPACE;
    }
    if (err == NVT_OK) {
        nvt_buf_put(out, nvt_span_of(s->config.buffer + NVT_RECORD_LEN, r.len));
    }
    return err;
}
