/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of navette delivery share. */
#ifndef CLI_CMD_DELIVERY_H
#define CLI_CMD_DELIVERY_H

#include "cli.h"

#define DELIVERY_MAX ((size_t)1024 * 1024)

struct delivery {
    struct session session;
    struct settings settings;
    struct nvt_coopcycle_request request;
    char key[NVT_COOPCYCLE_KEY_MAX + 1];
    int64_t sent_s; /* wall time of the request, 0: not known */
};

/* CLI_OK, or the exit code after a message; then nothing needs closing. */
int delivery_open(struct delivery *d, const struct args *a);
void delivery_close(struct delivery *d);

/* Runs what was begun. CLI_OK when it was delivered, else the exit code after a message, which with
 * an unknown outcome tells how to resolve it. */
int delivery_run(struct delivery *d, const char *what, nvt_err begun);

/* The file's text, checked, in memory to be freed; NULL after a message with exit code CLI_INPUT.
 */
typedef nvt_err delivery_check(struct nvt_span json, struct nvt_json_tok *pool, size_t pool_count,
                               struct nvt_failure *out_failure);
uint8_t *delivery_read(const char *path, delivery_check *check, size_t *out_len, bool json);

/* Gives *text, to be freed, the key that --key names, that it has already, or a new one, in the
 * form that a quote needs or a delivery. CLI_OK, or the exit code after a message. */
int delivery_put_key(struct delivery *d, const struct args *a, uint8_t **text, size_t *len,
                     bool for_quote);

/* ---- delivery_metadata.c ---- */

/* The key that a delivery has, in either form. */
bool delivery_find_key(const struct nvt_json *doc, char *out, size_t cap);

/* Appends text, which doc is of, with the key in metadata that are a text, an empty list or null;
 * for a quote in all but lists. NVT_E_FIELD_MISSING (there is no task), NVT_E_FIELD_TYPE,
 * NVT_E_SPACE. */
nvt_err delivery_write_key(const struct nvt_json *doc, struct nvt_span text, const char *key,
                           bool for_quote, struct nvt_buf *out);

/* "name      value" */
void delivery_line(const char *name, const char *value);

int cmd_delivery_resolve(const struct args *a);
int cmd_delivery_webhook(const struct args *a);

#endif
