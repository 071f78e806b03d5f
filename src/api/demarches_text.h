/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of Demarches simplifiees share. */
#ifndef NAVETTE_API_DEMARCHES_TEXT_H
#define NAVETTE_API_DEMARCHES_TEXT_H

#include <navette/demarches.h>

#define NVT_DEMARCHES_QUERIES "ds-query-v2"
#define NVT_DEMARCHES_MUTATIONS "ds-mutation-v2"

/* ---- demarches.c ---- */

/* Opens the body's JSON. */
void nvt_demarches_clear(struct nvt_demarches_request *r, struct nvt_json_writer *w);

/* "name": */
void nvt_demarches_name(struct nvt_json_writer *w, const char *name);

/* "name": text; nothing when it is empty. */
void nvt_demarches_put(struct nvt_json_writer *w, const char *name, struct nvt_span text);

/* Closes what is open and begins the call. */
nvt_err nvt_demarches_send(struct nvt_call *call, struct nvt_demarches_request *r,
                           struct nvt_json_writer *w, bool repeatable);

/* ---- demarches_stored.c ---- */

/* Opens the body's JSON for a stored document, up to its variables, which the caller adds. */
void nvt_demarches_open(struct nvt_demarches_request *r, struct nvt_json_writer *w,
                        const char *query_id, const char *operation);

/* "name": number */
void nvt_demarches_put_number(struct nvt_json_writer *w, const char *name, int32_t number);

/* The switches of a dossier's answer. */
void nvt_demarches_put_include(struct nvt_json_writer *w, uint8_t include);

#endif
