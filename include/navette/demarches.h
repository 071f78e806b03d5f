/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Demarches simplifiees (demarche.numerique.gouv.fr): GraphQL queries and mutations, the dossiers
 * of a demarche page by page, files to attach. Source: the API's schema (version 2) and stored
 * queries.
 *
 * One request needs two rooms of the caller: one where its body is written, one that takes the
 * whole answer. Answers are not tokenised as a whole: what is handed out is a span of JSON, checked
 * to be such, which nvt_json_parse reads with a pool of the caller's, one dossier at a time.
 */
#ifndef NAVETTE_DEMARCHES_H
#define NAVETTE_DEMARCHES_H

#include <navette/client.h>

/* A static token. Both header forms are accepted by the service: NVT_BEARER and NVT_BEARER_TOKEN of
 * client.bearer. */
extern const struct nvt_profile nvt_demarches_profile;

/* ---- what was pasted, checked before it is sent ---- */

/*
 * A token is the URL-safe base64 of "<UUID>;<24 characters>": 84 characters that end in "==".
 * - NVT_E_CRED_EMPTY, _EOL, _SPACE, _QUOTE, _BYTE, _SIZE: as nvt_credential_check
 * - NVT_E_CRED_PREFIX: "Bearer" or "token=" was pasted along
 * - NVT_E_CRED_URL: it is an address
 * - NVT_E_CRED_NUMBER: it is a number of up to 20 digits, a demarche's surely
 * - NVT_E_CRED_CUT: it starts like a token and ends too early, the "==" included
 * - NVT_E_CRED_CASE: it would be a token, were some of its letters of the other case
 * - NVT_E_CRED_FORM: anything else. Tokens of another form may come one day: take this one for a
 *   warning, all others for a refusal.
 */
nvt_err nvt_demarches_token_check(struct nvt_span text);

/* The number of a demarche or of a dossier: 1 to 2147483647. NVT_E_FIELD_MISSING,
 * NVT_E_FIELD_FORMAT (a token, an address, anything but digits), NVT_E_FIELD_RANGE. */
nvt_err nvt_demarches_number(struct nvt_span text, int32_t *out_number);

/* A base URL as the client wants it. NVT_E_URL when it is the playground ("/graphql"), holds the
 * path of the API already or that of version 1 ("/api/..."); *out_base is then the part to use.
 * Anything else is left to nvt_client_init. */
nvt_err nvt_demarches_url_check(struct nvt_span url, struct nvt_span *out_base);

/* The number in an id, which is the base64 of "Dossier-62515" or "Demarche-...":
 * NVT_E_FIELD_FORMAT.
 */
nvt_err nvt_demarches_id_number(struct nvt_span id, int32_t *out_number);

/* ---- requests: each fills *r and begins it; then step call until it is done ----
 * All of them: NVT_E_SPACE (the body's room is too small), NVT_E_UTF8, and what nvt_call_begin
 * returns. */

/* Must live, and stay where it is, until its answer was read. */
struct nvt_demarches_request {
    struct nvt_request request;
    struct nvt_buf body;   /* the request's JSON */
    struct nvt_buf answer; /* the answer's */
    struct nvt_span data;  /* what the answer has of these: see struct nvt_demarches_answer */
    struct nvt_span errors;
    bool mutation; /* not to be repeated blindly */
    bool listed;   /* its stored query is known to exist */
};

/* body: what the request needs; a page of dossiers or a decision without words takes at most
 * NVT_DEMARCHES_BODY_MIN. answer: the whole answer; one full dossier has 5 to 100 KB. */
#define NVT_DEMARCHES_BODY_MIN 640
void nvt_demarches_init(struct nvt_demarches_request *r, void *body, size_t body_cap, void *answer,
                        size_t answer_cap);

/* A GraphQL document, or the id of one that the service keeps ("ds-query-v2", "ds-mutation-v2",
 * "introspection"). */
struct nvt_demarches_query {
    struct nvt_span text;      /* either this ... */
    struct nvt_span query_id;  /* ... or that */
    struct nvt_span operation; /* which of the document's; empty when it has only one */
    struct nvt_span variables; /* a JSON object; empty: none */
    bool open_data;            /* without the token: public descriptors, by query_id alone */
};

/*
 * Any query or mutation. Whatever may be a mutation (a text with that word in it, a query_id other
 * than the two for reading) is never repeated by the call: NVT_UNKNOWN when its answer is lost.
 * NVT_E_FIELD_MISSING, NVT_E_FIELD_BOTH (text, query_id); NVT_E_FIELD_TYPE (variables are no
 * object); NVT_E_JSON_* (variables are no JSON).
 */
nvt_err nvt_demarches_query(struct nvt_call *call, struct nvt_demarches_request *r,
                            const struct nvt_demarches_query *q);

/* What a dossier's answer holds beside its own fields: bits. The more, the larger and slower. */
enum {
    NVT_DEMARCHES_CHAMPS = 1, /* the fields that the citizen filled in */
    NVT_DEMARCHES_ANNOTATIONS = 2,
    NVT_DEMARCHES_TRAITEMENTS = 4,
    NVT_DEMARCHES_INSTRUCTEURS = 8,
    NVT_DEMARCHES_AVIS = 16,
    NVT_DEMARCHES_MESSAGES = 32,
    NVT_DEMARCHES_CORRECTIONS = 64,
    NVT_DEMARCHES_GEOMETRY = 128
};

/* The stored queries getDemarche (without dossiers) and getDossier. NVT_E_FIELD_RANGE: number below
 * 1. */
nvt_err nvt_demarches_demarche(struct nvt_call *call, struct nvt_demarches_request *r,
                               int32_t number);
nvt_err nvt_demarches_dossier(struct nvt_call *call, struct nvt_demarches_request *r,
                              int32_t number, uint8_t include);

/* ---- answers ---- */

struct nvt_demarches_answer {
    struct nvt_span data;     /* JSON; empty when it is absent or null */
    struct nvt_span errors;   /* JSON array; empty when it is absent, null or [] */
    enum nvt_verdict verdict; /* the call's, corrected by what the answer says */
};

/*
 * Reads what a finished call brought. *out_failure is filled in every case (err NVT_OK: nothing was
 * wrong); never a NULL.
 * - NVT_OK: data and nothing else.
 * - NVT_E_GRAPHQL: the answer reports errors. Of the first, or of one with code "timeout": code
 * ("not_found", "unauthorized", "timeout", "bad_request", ...), message, and its path as field
 * ("demarche.dossiers.3.champs"). data may hold what there is all the same. verdict: NVT_RETRY for
 * a query that timed out, which should ask for less; NVT_UNKNOWN for a mutation that did.
 * - NVT_E_MUTATION: refused; message holds the (French) reason, field the mutation's name. A state
 *   that was reached before is such a refusal too: read the dossier's state to tell, not the words.
 * - NVT_E_HTTP_BODY_SIZE: the answer does not fit its room.
 * - NVT_E_ANSWER: not the answer of a GraphQL service.
 * - else the call's own failure: out_failure->err and http_status.
 * A status of 500 for a query_id that is not one of the three known ones is NVT_REFUSED: that is
 * how the service says that it has none of that name.
 */
nvt_err nvt_demarches_read(struct nvt_call *call, const struct nvt_demarches_request *r,
                           struct nvt_demarches_answer *out, struct nvt_failure *out_failure);

/* Walks members or items of JSON that was checked: *rest is the object or array at first. False
 * after the last. Names and strings stand as in the text, names without, values with their quotes;
 * names are empty for items. */
bool nvt_demarches_walk(struct nvt_span *rest, struct nvt_span *out_name,
                        struct nvt_span *out_value);

/* The value at path ("demarche.dossiers") below such an object, first of equal names; empty when it
 * is not there. */
struct nvt_span nvt_demarches_find(struct nvt_span json, const char *path);

/* ---- dossiers of a demarche, all pages ---- */

#define NVT_DEMARCHES_CURSOR_CAP 96 /* the service's have 48 to 64 characters */

struct nvt_demarches_filter {
    int32_t number;                /* of the demarche, from 1 on */
    uint8_t first;                 /* dossiers of a page at most: 1 to 100, 0: 10 */
    uint8_t include;               /* NVT_DEMARCHES_* */
    struct nvt_span state;         /* "en_construction", "en_instruction", "accepte", "refuse",
                                      "sans_suite"; empty: all */
    struct nvt_span updated_since; /* RFC 3339; empty: all, in the order of their deposit */
    struct nvt_span after;         /* an earlier run's cursor; empty: from the start */
};

/*
 * An iterator over the dossiers, each once and in order:
 *
 *     nvt_demarches_dossiers_init(&it, &filter)
 *     while (it.more) {
 *         nvt_demarches_dossiers_begin(call, r, &it), step call until done
 *         err = nvt_demarches_dossiers_read(call, r, &it, &failure)
 *         while (err == NVT_OK && nvt_demarches_dossiers_next(&it, &dossier)) { ... }
 *         if (err == NVT_AGAIN) the page was too much: it is asked for again, smaller
 *     }
 *
 * A page that times out or does not fit the answer's room is asked for again with half the
 * dossiers, down to one; after four good pages their number grows by a quarter. it.cursor then
 * names the place behind the last page read: kept, it lets a later run go on there.
 */
struct nvt_demarches_dossiers {
    struct nvt_demarches_filter filter;    /* what its spans point to must outlive the iterator */
    char cursor[NVT_DEMARCHES_CURSOR_CAP]; /* 'u' or 'd' for the order, then the service's own; ""
                                              at the start */
    char mark[NVT_DEMARCHES_CURSOR_CAP];   /* one of the past, to see a circle */
    struct nvt_span rest;                  /* of the page */
    uint64_t position;                     /* dossiers handed out, those that are null included */
    uint32_t pages;
    uint8_t size; /* of the next page */
    uint8_t good; /* pages in a row */
    bool more;    /* another page is to be asked for */
};

/* NVT_E_FIELD_RANGE (number, first), NVT_E_FIELD_FORMAT (state, updated_since), NVT_E_CURSOR (after
 * is no cursor of this order: the two orders have cursors of their own). */
nvt_err nvt_demarches_dossiers_init(struct nvt_demarches_dossiers *it,
                                    const struct nvt_demarches_filter *filter);

/* NVT_E_STATE when there are no more. */
nvt_err nvt_demarches_dossiers_begin(struct nvt_call *call, struct nvt_demarches_request *r,
                                     struct nvt_demarches_dossiers *it);

/*
 * - NVT_OK: a page. out_failure->err is NVT_E_GRAPHQL when the service could not show all of it:
 *   such dossiers are null.
 * - NVT_AGAIN: a smaller page is next.
 * - NVT_E_HTTP_BODY_SIZE, NVT_E_GRAPHQL (code "timeout"), NVT_E_TIMEOUT_*, NVT_E_STATUS (504): one
 *   dossier alone is too much; out_failure->field is "dossiers." and its position, from 0.
 * - NVT_E_CURSOR: another page is announced, but no new cursor.
 * - what nvt_demarches_read returns besides. The iterator stays where it was: begin asks for the
 * same page again.
 */
nvt_err nvt_demarches_dossiers_read(struct nvt_call *call, const struct nvt_demarches_request *r,
                                    struct nvt_demarches_dossiers *it,
                                    struct nvt_failure *out_failure);

/* The next dossier of the page as JSON, valid until the next begin; "null" when it could not be
 * shown. False at the page's end. */
bool nvt_demarches_dossiers_next(struct nvt_demarches_dossiers *it, struct nvt_span *out_dossier);

/* ---- decisions and messages ---- */

enum nvt_demarches_verb {
    NVT_DEMARCHES_INSTRUCT,    /* dossierPasserEnInstruction */
    NVT_DEMARCHES_ACCEPT,      /* dossierAccepter */
    NVT_DEMARCHES_REFUSE,      /* dossierRefuser: text required */
    NVT_DEMARCHES_CLOSE,       /* dossierClasserSansSuite: text required */
    NVT_DEMARCHES_REINSTRUCT,  /* dossierRepasserEnInstruction */
    NVT_DEMARCHES_RECONSTRUCT, /* dossierRepasserEnConstruction */
    NVT_DEMARCHES_MESSAGE      /* dossierEnvoyerMessage: text required */
};

struct nvt_demarches_act {
    enum nvt_demarches_verb verb;
    struct nvt_span dossier_id;     /* not its number */
    struct nvt_span instructeur_id; /* who decides or writes */
    struct nvt_span text;           /* motivation, or the message's body; empty: absent */
    struct nvt_span attachment;     /* signed id of an upload; empty: none */
    bool silent;                    /* no mail to the citizen; not for messages */
};

/*
 * The stored mutation. None is repeated by the call. After NVT_UNKNOWN: a decision may be sent
 * again when the dossier's state shows that it was not taken; a message only when it is not among
 * the dossier's messages. NVT_E_FIELD_MISSING (an id, a text that is required), NVT_E_FIELD_UNKNOWN
 * (a text, attachment or silence that the verb does not take), NVT_E_ARG (verb).
 */
nvt_err nvt_demarches_act(struct nvt_call *call, struct nvt_demarches_request *r,
                          const struct nvt_demarches_act *act);

/* The state in which a decision leaves a dossier ("accepte"); "" for a message. */
const char *nvt_demarches_state_after(enum nvt_demarches_verb verb);

/* ---- a file to attach ----
 *
 *     nvt_demarches_upload_sum(&up, room, sizeof room)              reads the file once
 *     nvt_demarches_upload_begin(call, r, &up), step until done     announces it
 *     nvt_demarches_upload_put(call, r, &up, &failure), step        reads it again, sends it
 *     nvt_demarches_upload_read(call, r, &up, &failure)             up.signed_id is the attachment
 *
 * Messages take 20 MB. The file must not change in between: the service compares the sum. */

#define NVT_DEMARCHES_SIGNED_CAP 320
#define NVT_DEMARCHES_HEADERS_MAX 8

struct nvt_demarches_upload {
    struct nvt_span dossier_id;
    struct nvt_span filename;   /* without folders */
    struct nvt_span media_type; /* "application/pdf" */
    nvt_source source;          /* as in client.h */
    void *source_ctx;
    uint64_t len; /* 1 to 2147483647 */
    /* filled in by the calls */
    char checksum[25];                        /* base64 of the MD5 */
    char signed_id[NVT_DEMARCHES_SIGNED_CAP]; /* "" until it is known */
    struct nvt_origin origin;                 /* where the file goes: another host */
    struct nvt_header headers[NVT_DEMARCHES_HEADERS_MAX];
};

/* Reads the source to its end, room bytes at a time. NVT_E_FIELD_RANGE (len), NVT_E_SOURCE,
 * NVT_E_TLS_SETUP (this Mbed TLS has no MD5). */
nvt_err nvt_demarches_upload_sum(struct nvt_demarches_upload *up, uint8_t *room, size_t cap);

/* createDirectUpload, which may be repeated: an upload that is not used is swept away. */
nvt_err nvt_demarches_upload_begin(struct nvt_call *call, struct nvt_demarches_request *r,
                                   const struct nvt_demarches_upload *up);

/*
 * PUT of the bytes to the address that the service named, with the fields that it named and without
 * a token. Both are unescaped into r's body room. What nvt_demarches_read returns;
 * - NVT_E_ANSWER: the answer lacks one of the parts, or its fields are no JSON object of texts
 * - NVT_E_URL, NVT_E_URL_PLAIN: the address is not https
 * - NVT_E_HTTP_NAME: it names a field that is not its to set (Host, Authorization, Cookie, ...; a
 *   Content-Length other than the file's)
 * - NVT_E_FIELD_COUNT: more than NVT_DEMARCHES_HEADERS_MAX fields; NVT_E_SPACE: no room for them
 */
nvt_err nvt_demarches_upload_put(struct nvt_call *call, struct nvt_demarches_request *r,
                                 struct nvt_demarches_upload *up, struct nvt_failure *out_failure);

/* NVT_OK when the store took the file, else the call's failure; signed_id is then "". */
nvt_err nvt_demarches_upload_read(struct nvt_call *call, struct nvt_demarches_upload *up,
                                  struct nvt_failure *out_failure);

#endif
