/* SPDX-License-Identifier: Apache-2.0 */
/* The versions of the registry's API. */
#include "cli.h"

static nvt_err begin_cancel_v2(struct nvt_call *call, struct nvt_rpc_request *r, struct nvt_span id,
                               struct nvt_span code, struct nvt_span message)
{
    (void)code;
    (void)message;
    return nvt_rpc_v2_cancel(call, r, id);
}

static const struct journey_api apis[] = {
    {"v3.3", &nvt_rpc_profile, &nvt_rpc_uplink, nvt_rpc_json_check, nvt_rpc_due, nvt_rpc_status,
     nvt_rpc_cancel},
    {"v2", &nvt_rpc_v2_profile, &nvt_rpc_v2_uplink, nvt_rpc_v2_check, nvt_rpc_v2_due,
     nvt_rpc_v2_status, begin_cancel_v2},
};

const struct journey_api *journey_api = &apis[0];

const struct journey_api *journey_api_find(const char *name)
{
    const struct journey_api *found = NULL;
    for (size_t i = 0; i < sizeof apis / sizeof apis[0]; i++) {
        if (strcmp(apis[i].name, name) == 0) {
            found = &apis[i];
        }
    }
    return found;
}

bool journey_api_is_v2(void)
{
    return journey_api->profile == &nvt_rpc_v2_profile;
}
