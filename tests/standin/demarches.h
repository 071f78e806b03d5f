/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of Demarches simplifiees: envelope, data, pages, mutations, stored documents.
 */
#ifndef STANDIN_DEMARCHES_H
#define STANDIN_DEMARCHES_H

#include "graphql.h"
#include "standin.h"

#define DEMARCHE 62515     /* the one that the token sees */
#define DEMARCHE_OTHER 999 /* there, but not for this token */
#define DOSSIER_FIRST 1001 /* numbers of its dossiers go up from here */
#define DOSSIER_OTHER 5    /* there, but not for this token */
#define GROUPE 3           /* of instructeurs; a second has the next number */
#define DOSSIERS_MAX 1000U

enum dossier_state {
    EN_CONSTRUCTION,
    EN_INSTRUCTION,
    ACCEPTE,
    REFUSE,
    SANS_SUITE,
    DOSSIER_STATE_COUNT
};

struct dossier {
    int number;
    enum dossier_state state;
    int64_t deposed_s, updated_s;
    int groupe;
    bool archived;
    char *motivation;
    json_t *messages;    /* as they are answered */
    json_t *annotations; /* texts, by id */
    json_t *attached;    /* file of the decision, or NULL */
    json_t *labels;
};

/* ---- demarches_data.c ---- */

extern const char *const dossier_state_names[DOSSIER_STATE_COUNT];
size_t demarches_count(void); /* dossiers; makes them when their number was set anew */
struct dossier *demarches_at(size_t index);
struct dossier *demarches_numbered(json_int_t number);
struct dossier *demarches_with_id(const char *id);  /* NULL: none */
json_t *demarches_id(const char *type, int number); /* base64 of "Type-n" */
json_t *demarches_time(int64_t s);
json_t *demarches_dossier_json(const struct dossier *d, bool whole);
json_t *demarches_demarche_json(void);
json_t *demarches_descriptor_json(void);
json_t *demarches_groupe_json(int number, bool with_dossiers);
json_t *demarches_profile_json(const char *type, int number);
void demarches_data_free(void);

/* ---- demarches_pages.c ---- */

/* A connection over the dossiers of a groupe (0: of all); NULL: a fault is noted in run. */
json_t *demarches_pages(struct graphql_run *run, const json_t *args, int groupe, json_t *path);
json_t *demarches_no_pages(void);
void demarches_fault(struct graphql_run *run, const char *message, const json_t *path,
                     const char *code);

/* ---- demarches_change.c ---- */

/* The payload of a mutation; NULL: there is no such one. */
json_t *demarches_change(struct graphql_run *run, const char *name, const json_t *args, bool writes,
                         json_t *path);
bool demarches_payload_has(const char *mutation, const char *field);
void demarches_change_state(json_t *out);

/* ---- demarches_upload.c ---- */

json_t *demarches_upload_open(const json_t *input); /* payload of createDirectUpload */
json_t *demarches_upload_file(const char *signed_id, const char **refusal); /* checked, as File */
void demarches_get_upload(struct request *r);
void demarches_put_upload(struct request *r);
void demarches_upload_state(json_t *out);
void demarches_upload_free(void);

/* ---- demarches_files.c ---- */

json_t *demarches_files(int number, const char *where); /* of a dossier: a list of File */
bool demarches_get_file(struct request *r);             /* false: there is none of that name */
bool demarches_without_token(const struct request *r);
void demarches_files_state(json_t *out);
void demarches_files_free(void);

/* ---- demarches_stored.c ---- */

const char *demarches_stored(const char *id); /* a document, or NULL */

#endif
