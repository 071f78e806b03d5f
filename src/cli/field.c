/* SPDX-License-Identifier: Apache-2.0 */
/* Why a body is not sent, in one sentence. */
#include "cli.h"

static const char *unit_of(nvt_err err)
{
    const char *unit = err == NVT_E_FIELD_LENGTH ? " characters" : "";
    return err == NVT_E_FIELD_COUNT ? " items" : unit;
}

void describe_field(char *out, size_t cap, const struct nvt_failure *f)
{
    bool bounds = f->message[0] != '\0';
    (void)snprintf(out, cap, "%s%s%s%s%s%s%s", f->field, f->field[0] == '\0' ? "" : ": ",
                   nvt_err_text(f->err), bounds ? " (" : "", f->message,
                   bounds ? unit_of(f->err) : "", bounds ? ")" : "");
}
