/* SPDX-License-Identifier: Apache-2.0 */
/* What the uplink must know of CoopCycle: deliveries carry a key, by which they are looked for
 * before anything is sent twice. */
#include "member.h"

#include <navette/coopcycle.h>

/* Zeroed for each entry. The look-up begins its further requests by itself. */
struct entry {
    struct nvt_coopcycle_resolve resolve;
    bool begun; /* the next part of the look-up */
};

typedef char entry_fits[sizeof(struct entry) <= NVT_UPLINK_REQUEST_CAP ? 1 : -1];

static struct nvt_span key_of(struct nvt_span json)
{
    return nvt_member_text(json, NVT_LIT("navette_key"), true);
}

static nvt_err send_delivery(struct nvt_call *call, void *request, struct nvt_span json)
{
    struct entry *e = (struct entry *)request;
    struct nvt_span key = key_of(json);
    nvt_err err = nvt_coopcycle_check_key(key);
    return err == NVT_OK ? nvt_coopcycle_create(call, &e->resolve.request, json, key) : err;
}

/* From the start, however far an earlier one came: the list may have changed. */
static nvt_err ask_delivery(struct nvt_call *call, void *request, struct nvt_span json)
{
    struct entry *e = (struct entry *)request;
    bool begun = e->begun;
    e->begun = false;
    /* Since when is not said: a wrong clock would end the look-up too early. */
    return begun ? NVT_OK : nvt_coopcycle_resolve(call, &e->resolve, NVT_LIT(""), key_of(json), 0);
}

static enum nvt_uplink_known known_delivery(struct nvt_call *call, void *request)
{
    struct entry *e = (struct entry *)request;
    struct nvt_coopcycle_receipt receipt;
    switch (nvt_coopcycle_resolve_next(call, &e->resolve, &receipt)) {
    case NVT_AGAIN:
        e->begun = true;
        return NVT_UPLINK_MORE;
    case NVT_OK:
        return NVT_UPLINK_THERE;
    case NVT_E_NOT_FOUND:
        return NVT_UPLINK_ABSENT;
    default:
        return NVT_UPLINK_UNSURE;
    }
}

const struct nvt_uplink_kind nvt_coopcycle_uplink = {
    .profile = &nvt_coopcycle_profile,
    .send = send_delivery,
    .ask = ask_delivery,
    .known = known_delivery,
    .ask_first = true,
};
