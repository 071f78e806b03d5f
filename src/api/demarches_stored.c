/* SPDX-License-Identifier: Apache-2.0 */
/* Demarches simplifiees: documents that the service keeps, asked for by name. */
#include "demarches_text.h"

void nvt_demarches_put_number(struct nvt_json_writer *w, const char *name, int32_t number)
{
    nvt_demarches_name(w, name);
    nvt_json_put_int(w, number);
}

void nvt_demarches_open(struct nvt_demarches_request *r, struct nvt_json_writer *w,
                        const char *query_id, const char *operation)
{
    nvt_demarches_clear(r, w);
    nvt_demarches_put(w, "queryId", nvt_span_str(query_id));
    nvt_demarches_put(w, "operationName", nvt_span_str(operation));
    nvt_demarches_name(w, "variables");
    nvt_json_begin_object(w);
}

/* All of them, since some are on unless they are switched off. */
void nvt_demarches_put_include(struct nvt_json_writer *w, uint8_t include)
{
    /* "Anotations" is how the service spells it. */
    static const char names[8][13] = {"Champs", "Anotations", "Traitements", "Instructeurs",
                                      "Avis",   "Messages",   "Corrections", "Geometry"};
    for (unsigned i = 0; i < 8U; i++) {
        uint8_t mem[20];
        struct nvt_buf name;
        nvt_buf_init(&name, mem, sizeof mem);
        nvt_buf_put(&name, NVT_LIT("include"));
        nvt_buf_put(&name, nvt_span_str(names[i]));
        nvt_json_name(w, nvt_buf_span(&name));
        nvt_json_put_bool(w, ((unsigned)include >> i & 1U) != 0U);
    }
}

nvt_err nvt_demarches_demarche(struct nvt_call *call, struct nvt_demarches_request *r,
                               int32_t number)
{
    struct nvt_json_writer w;
    if (number < 1) {
        return NVT_E_FIELD_RANGE;
    }
    nvt_demarches_open(r, &w, NVT_DEMARCHES_QUERIES, "getDemarche");
    nvt_demarches_put_number(&w, "demarcheNumber", number);
    return nvt_demarches_send(call, r, &w, true);
}

nvt_err nvt_demarches_dossier(struct nvt_call *call, struct nvt_demarches_request *r,
                              int32_t number, uint8_t include)
{
    struct nvt_json_writer w;
    if (number < 1) {
        return NVT_E_FIELD_RANGE;
    }
    nvt_demarches_open(r, &w, NVT_DEMARCHES_QUERIES, "getDossier");
    nvt_demarches_put_number(&w, "dossierNumber", number);
    nvt_demarches_put_include(&w, include);
    return nvt_demarches_send(call, r, &w, true);
}
