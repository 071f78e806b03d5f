/* SPDX-License-Identifier: Apache-2.0 */
/* The answers' JSON, walked as text. */
#include "demarches_text.h"

bool nvt_demarches_walk(struct nvt_span *rest, struct nvt_span *out_name,
                        struct nvt_span *out_value)
{
    return nvt_json_each(rest, out_name, out_value);
}

struct nvt_span nvt_demarches_find(struct nvt_span json, const char *path)
{
    return nvt_json_at(json, nvt_span_str(path));
}
