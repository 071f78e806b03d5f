/* SPDX-License-Identifier: Apache-2.0 */
/* Journeys as structs. */
#include "rpc_fields.h"

static const struct nvt_shape *shape_of(enum nvt_rpc_version version)
{
    return version == NVT_RPC_UPDATE ? &nvt_rpc_shape_update : &nvt_rpc_shape_v3;
}

nvt_err nvt_rpc_journey_check(const struct nvt_rpc_journey *j, enum nvt_rpc_version version,
                              int64_t now_s, struct nvt_failure *out_failure)
{
    nvt_err err = nvt_shape_check(shape_of(version), j, out_failure);
    if (err == NVT_OK) {
        err = nvt_rpc_check_times(j->start.time_s * 1000, j->end.time_s * 1000, now_s);
        if (err != NVT_OK) {
            err = nvt_shape_refuse(out_failure, err, "end.datetime");
        }
    }
    return err;
}

nvt_err nvt_rpc_journey_write(const struct nvt_rpc_journey *j, enum nvt_rpc_version version,
                              int64_t now_s, struct nvt_buf *out, struct nvt_failure *out_failure)
{
    nvt_err err = nvt_rpc_journey_check(j, version, now_s, out_failure);
    return err == NVT_OK ? nvt_shape_write(shape_of(version), j, out, out_failure) : err;
}
