/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a dossier: which there are, and the names that they get here. */
#ifndef NAVETTE_CLI_ATTACHMENTS_H
#define NAVETTE_CLI_ATTACHMENTS_H

#include "cli.h"

/* ---- safe_name.c ---- */

#define SAFE_NAME_CAP 201U /* with its NUL: systems have 255 bytes for a name */

/* A name in out that is safe in a folder: what leads elsewhere or hides is replaced, it is cut to
 * its room in front of the extension, and number, from 2 on, is put there. The same name and number
 * always give the same. */
void safe_name(struct nvt_span name, unsigned number, char out[SAFE_NAME_CAP]);

/* ---- attachments.c ---- */

enum scan { SCAN_SAFE, SCAN_PENDING, SCAN_BAD };

struct attachment {
    char *name;     /* as the service has it, UTF-8 */
    char *url;      /* a secret: whoever has it has the file, for a while */
    char place[96]; /* where the dossier has it: "champs[2].files[0]" */
    char sum[25];   /* base64 of the MD5; "": the service knows none */
    uint64_t size;
    enum scan scan;
    char scan_said[24];
};

struct attachments {
    struct attachment *item;
    size_t count, cap;
};

/* All files in the dossier's JSON, each once. False: there is no memory. */
bool attachments_take(struct attachments *all, struct nvt_span dossier);
void attachments_free(struct attachments *all);

/* The one that is the same file, or NULL. */
const struct attachment *attachments_same(const struct attachments *all,
                                          const struct attachment *one);

#endif
