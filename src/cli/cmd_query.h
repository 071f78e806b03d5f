/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the query commands share: one request to Demarches simplifiees at a time. */
#ifndef NAVETTE_CLI_CMD_QUERY_H
#define NAVETTE_CLI_CMD_QUERY_H

#include "cli.h"

/* One command's session and the rooms of its requests. */
struct query {
    struct session session;
    struct settings settings;
    struct nvt_demarches_request request;
    struct nvt_demarches_answer answer;
    uint8_t *rooms;
};

/* Settings, session, and rooms for a request of up to body_len bytes of text. CLI_OK, or the exit
 * code after a message; then nothing needs closing. */
int query_open(struct query *q, const struct args *a, size_t body_len);
void query_close(struct query *q);

/* Runs what was begun and reads its answer. NVT_OK, or why not: then the outcome of the call says
 * what its answer said. */
nvt_err query_run(struct query *q, nvt_err begun);

/* Says what the last query_run found; returns the exit code. */
int query_fail(struct query *q, const char *what, nvt_err err);

/* JSON on one line. */
void query_put(struct nvt_span json);

/* A number as it was typed. CLI_OK or the exit code after a message. */
int query_number(const char *text, const char *what, bool json, int32_t *out);

/* "champs,messages": the bits of NVT_DEMARCHES_*. CLI_OK or the exit code after a message. */
int query_include(const char *text, bool json, uint8_t *out);

/* ---- query_body.c ---- */

/* Windows writes these three bytes in front of a text. */
struct nvt_span query_drop_bom(struct nvt_span text);

/* Whether a text is JSON, which GraphQL never looks like: white space, '{', white space, '"'. */
bool query_is_body(struct nvt_span text);

/* The parts of a request that is JSON already. They point into text and *out_mem, to be freed after
 * them. CLI_OK or the exit code after a message. */
int query_take_body(struct nvt_span text, const char *path, bool json,
                    struct nvt_demarches_query *q, uint8_t **out_mem);

/* cmd_query_dossiers.c */
int cmd_query_dossiers(const struct args *a);

/* cmd_query_files.c */
int cmd_query_files(const struct args *a);

/* cmd_query_act.c */
int cmd_query_instruct(const struct args *a);
int cmd_query_accept(const struct args *a);
int cmd_query_refuse(const struct args *a);
int cmd_query_close(const struct args *a);
int cmd_query_message(const struct args *a);
int cmd_query_upload(const struct args *a);

#endif
