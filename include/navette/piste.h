/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PISTE, the gateway in front of many APIs of the French State: any path behind it, with answers of
 * any size in fixed memory, and what Legifrance, Judilibre and Chorus Pro need besides. Source: the
 * gateway's user guide, and how its clients found it to behave where that is silent.
 */
#ifndef NAVETTE_PISTE_H
#define NAVETTE_PISTE_H

#include <navette/client.h>

/* Environments "production", "sandbox" and, inside the State's own network, "state" and
 * "state-sandbox"; each has a token host of its own. */
extern const struct nvt_profile nvt_piste_profile;

/* The one quota that calls count for: 20 a second in production, 1 000 000 a day in a sandbox. */
#define NVT_PISTE_RATE 1U

/* ---- business errors under a success status ---- */

/*
 * Chorus Pro answers 200 and says in the body's top-level member codeRetour, a number, whether it
 * did what was asked (0), and in libelle why not. The watch finds the two in a body that passes by
 * in pieces. Whatever the pieces, the result is the same; the body may have any size and form:
 * what is no JSON object, or none up to there, reports nothing. Of two members of one name the
 * first counts; a name written with escapes is another one.
 */
struct nvt_piste_watch {
    uint32_t depth;                     /* objects and arrays open */
    uint16_t text_len;                  /* of text */
    uint8_t state;                      /* src/api/piste_watch.c */
    uint8_t name;                       /* bits: which of the two names it is, or still may be */
    uint8_t name_at;                    /* bytes of it compared */
    uint8_t seen;                       /* bits: which of the two were there */
    uint8_t code_len;                   /* of code */
    bool escaped;                       /* in a string: behind a backslash */
    bool exponent;                      /* in the number: behind its 'e' */
    bool nonzero;                       /* the number is not 0, as far as it came */
    bool text_full;                     /* text was cut */
    bool failed;                        /* result: codeRetour is there and not 0 */
    uint8_t code[31];                   /* codeRetour as it stands, cut */
    uint8_t text[NVT_FAILURE_TEXT_CAP]; /* libelle as it stands, escapes and all, cut at a
                                           character or an escape */
};

void nvt_piste_watch_init(struct nvt_piste_watch *w);

/* The next piece of the body, of any length. */
void nvt_piste_watch_feed(struct nvt_piste_watch *w, struct nvt_span piece);

/* ---- calls ---- */

/* A call under way. It must live, and not move, until the outcome. */
struct nvt_piste_request {
    struct nvt_request request;
    struct nvt_header account; /* Chorus Pro's */
    nvt_sink sink;             /* the caller's, behind the watch */
    void *sink_ctx;

    struct nvt_piste_watch watch;
};

/*
 * Begins what q asks for; q is copied, what it points to must live until the outcome. Further
 * fields, sink, source and flags mean what they mean in every request, and:
 * - GET and whatever is below /dila/legifrance/ (which can only be read, by POST too) is
 *   repeated where that helps, also without NVT_REQ_IDEMPOTENT;
 * - Judilibre takes the API key besides the token (NVT_REQ_API_KEY, a field named KeyId) or in its
 *   place (NVT_REQ_NO_AUTH too; by itself when the client has a key, and nothing to get a token
 *   with);
 * - without a sink the answer is kept in the call as far as it fits, and watched as far as that.
 * All errors of nvt_call_begin. After the outcome: nvt_piste_judge.
 */
nvt_err nvt_piste_call(struct nvt_call *call, struct nvt_piste_request *r,
                       const struct nvt_request *q);

/* Largest login and password of a technical account together, bytes; and its room, in base64. */
#define NVT_PISTE_ACCOUNT_MAX 159
#define NVT_PISTE_ACCOUNT_CAP 216

/* Chorus Pro's technical account, which goes along beside the token: a secret of the caller's, for
 * as many calls as it likes. */
struct nvt_piste_account {
    uint8_t text[NVT_PISTE_ACCOUNT_CAP]; /* base64(login ":" password) */
    size_t len;                          /* 0: none */
};

/* Both are UTF-8 without controls, and without a space or quote at the ends; the login has no
 * colon. NVT_E_CRED_EMPTY, _EOL, _EDGE, _BYTE (a control, broken UTF-8, the colon), _SIZE; the
 * account is untouched on an error. */
nvt_err nvt_piste_account_set(struct nvt_piste_account *a, struct nvt_span login,
                              struct nvt_span password);
void nvt_piste_account_wipe(struct nvt_piste_account *a);

/*
 * The same for Chorus Pro: the account goes along as cpro-account, and what q leaves empty is taken
 * as that API wants it: POST, application/json;charset=utf-8. q has no further fields of its own.
 * A submission has no key that would let Chorus Pro tell a repetition: leave NVT_REQ_IDEMPOTENT out
 * of it, and after NVT_UNKNOWN, or a success whose answer lacks the id, look for it before it is
 * sent again. NVT_E_ARG (q has further fields), NVT_E_CRED_EMPTY (no account).
 */
nvt_err nvt_piste_chorus(struct nvt_call *call, struct nvt_piste_request *r,
                         const struct nvt_request *q, const struct nvt_piste_account *account);

/* What answers to nothing but whether it is there. */
enum nvt_piste_service {
    NVT_PISTE_GATEWAY,    /* GET /piste/healthcheck: XML */
    NVT_PISTE_LEGIFRANCE, /* GET .../consult/ping: "pong" */
    NVT_PISTE_JUDILIBRE,  /* GET .../healthcheck, with the API key if there is one: JSON */
};

/* Begins it; the answer is kept in the call. NVT_E_ARG for another service. */
nvt_err nvt_piste_ping(struct nvt_call *call, struct nvt_piste_request *r,
                       enum nvt_piste_service service);

/*
 * The outcome says by itself: NVT_REFUSED with NVT_E_BUSINESS for what the service behind the
 * gateway refused under a success status (the watch), its codeRetour in failure.code and its
 * libelle in failure.message; NVT_RETRY with NVT_E_ANSWER for a ping that is not answered as it
 * should be, Legifrance's with "pong"; NVT_RETRY for a 423 (Judilibre while it is being updated).
 *
 * To be called once the outcome is there, for what the gateway's own refusals mean: a 401 for a
 * path that no API has becomes NVT_E_STATUS, not NVT_E_UNAUTHORIZED, with the realm in
 * failure.code. Returns outcome.failure.err.
 */
nvt_err nvt_piste_judge(struct nvt_call *call, struct nvt_piste_request *r);

/* Why the gateway itself turned the request away. */
enum nvt_piste_denial {
    NVT_PISTE_NOT_DENIED,     /* it did not: the outcome has another status, or none */
    NVT_PISTE_DENIED,         /* 401 that does not say why */
    NVT_PISTE_BAD_TOKEN,      /* 401, realm "PISTE": the path is known, the token is not good */
    NVT_PISTE_WRONG_PATH,     /* 401, another realm ("DefaultRealm"): no API has that path */
    NVT_PISTE_NOT_SUBSCRIBED, /* 403: the application has no subscription to that API in this
                                 environment, or its terms of use were not accepted there */
};

/* Of the outcome, until the call's next use. */
enum nvt_piste_denial nvt_piste_denied(const struct nvt_call *call);

#endif
