/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the registry's files: what their calls and readers share. */
#ifndef NVT_API_RPC_CALL_H
#define NVT_API_RPC_CALL_H

#include <navette/rpc.h>

/* The registry counts its routes in groups: rows of the profile's rates. */
enum { NVT_RPC_RATE_WRITE = 1, NVT_RPC_RATE_READ, NVT_RPC_RATE_CEE, NVT_RPC_RATE_REST };

struct nvt_rpc_verb {
    const char *method;
    const char *path;     /* as far as it is always the same */
    const char *path_end; /* behind an id */
    uint8_t flags;        /* NVT_REQ_*: may it be repeated? */
    uint8_t rate;
    const struct nvt_done *done; /* what a done answer is */
};

/* Errors of its routes, but for CEE: in the envelope of JSON-RPC, or beside a code without one. A
 * text in "error" alone is what frameworks of gateways write. */
#define NVT_RPC_ERRORS "error.code code"

/* Fills r but for its target, which out_target starts with the verb's path. body NULL: none. */
void nvt_rpc_prepare(struct nvt_rpc_request *r, const struct nvt_rpc_verb *verb,
                     const struct nvt_span *body, struct nvt_buf *out_target);

/* NVT_E_SPACE when the target did not fit, or what nvt_call_begin says. */
nvt_err nvt_rpc_begin(struct nvt_call *call, struct nvt_rpc_request *r,
                      const struct nvt_buf *target);

/* The verb of one journey. Errors as of nvt_rpc_status. */
nvt_err nvt_rpc_begin_one(struct nvt_call *call, struct nvt_rpc_request *r, struct nvt_span id,
                          const struct nvt_rpc_verb *verb, const struct nvt_span *body);

/* Puts the text of the entry's member of that name into r->body, unescaped, where a cancel would
 * have its own, and *out_id there. NVT_E_SPACE. */
nvt_err nvt_rpc_entry_id(struct nvt_rpc_request *r, struct nvt_span entry, struct nvt_span name,
                         struct nvt_span *out_id);

/* What the answer to a look-up says: NVT_UPLINK_ABSENT, _UNSURE, or _THERE with the status, which
 * may be that of a journey that was refused. */
enum nvt_uplink_known nvt_rpc_known(const struct nvt_call *call, struct nvt_span *out_status);

/* When the registry's clock has reached the datetime of that object, seconds since 1970, if the
 * answer says that the journey's end lies in its future; else 0. */
int64_t nvt_rpc_not_before(struct nvt_call *call, struct nvt_span end);

/* The string at path, as it stands in the JSON. */
bool nvt_rpc_take_text(const struct nvt_json *doc, nvt_json_node from, const char *path,
                       struct nvt_span *out_raw);

#endif
