/* SPDX-License-Identifier: Apache-2.0 */
/* What a journey is made of: the tables that its checks and its writer walk. */
#ifndef NVT_API_RPC_FIELDS_H
#define NVT_API_RPC_FIELDS_H

#include "shape.h"

#include <navette/rpc.h>

extern const struct nvt_shape nvt_rpc_shape_v3;
extern const struct nvt_shape nvt_rpc_shape_update;

/* What the versions have in common. */
extern const struct nvt_shape nvt_rpc_shape_incentive;
extern const struct nvt_shape nvt_rpc_shape_payment;
extern const struct nvt_shape nvt_rpc_shape_point;
extern const struct nvt_shape nvt_rpc_shape_pass;

/* NVT_E_FIELD_ORDER, NVT_E_FIELD_FUTURE. */
nvt_err nvt_rpc_check_times(int64_t start_ms, int64_t end_ms, int64_t now_s);

/* RFC 3339, as the registry's server reads it. NVT_E_FIELD_FORMAT. */
nvt_err nvt_rpc_parse_time(struct nvt_span text, int64_t *out_ms);

/* The check of a time at path, and the time. */
nvt_err nvt_rpc_time_at(const struct nvt_json *doc, const char *path, int64_t *out_ms,
                        struct nvt_failure *out_failure);

#endif
