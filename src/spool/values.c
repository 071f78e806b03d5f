/* SPDX-License-Identifier: Apache-2.0 */
/* Small values beside the entries. */
#include "spool_internal.h"

nvt_err nvt_spool_put_value(struct nvt_spool *s, uint8_t key, struct nvt_span value)
{
    if (key >= (uint8_t)NVT_SPOOL_VALUES) {
        return NVT_E_ARG;
    }
    nvt_err err = nvt_spool_ready(s);
    uint32_t freed = nvt_value_room(s, key);
    if (err == NVT_OK) {
        err = nvt_spool_check_room(s, value.len, freed);
    }
    if (err == NVT_OK) {
        struct nvt_record r = {.type = (uint8_t)NVT_RECORD_VALUE, .aux = key, .due_s = s->now.next};
        err = nvt_ring_add(s, &r, value, &s->values[key]);
    }
    if (err == NVT_OK) {
        s->value_lens[key] = (uint32_t)value.len;
        s->live += nvt_value_room(s, key) - freed;
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
        err = nvt_ring_fetch(s, &s->values[key], &r);
    }
    return err == NVT_OK ? nvt_spool_give(s, r.len, out) : err;
}
