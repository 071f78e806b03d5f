/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of the journeys' registry as the server of the scripted network: journeys by key, terms,
 * tokens that expire and their quota, maintenance, and answers that do not come. It notes the first
 * thing that no client may do: send a journey twice blindly, come back before the time it was told,
 * change a byte.
 */
#ifndef NAVETTE_TESTS_REGISTRY_H
#define NAVETTE_TESTS_REGISTRY_H

#include "../../port/sim/sim.h"

#define REGISTRY_ACCESS "access-key-0123456789"
#define REGISTRY_SECRET "secret-key-ABCDEFGHIJKLMNOP"

enum { REGISTRY_BODY_MIN = 210, REGISTRY_BODY_MAX = 1400, REGISTRY_TOKENS = 64 };

enum registry_state {
    REGISTRY_ABSENT,
    REGISTRY_STORED, /* 201 */
    REGISTRY_TERMS,  /* 422, stored all the same */
    REGISTRY_INVALID /* refused with 400, or 422 for lying in the future: not stored */
};

struct registry_journey {
    enum registry_state state;
    uint32_t hash;      /* of the bytes it must have */
    const char *label;  /* with REGISTRY_TERMS, why */
    uint16_t posts;     /* whole requests that came */
    uint16_t conflicts; /* answered with 409 */
    bool doubt;         /* the client has no answer to its last one, and has not asked since */
    bool told;          /* it has, for good */
};

/* What happens to requests, in thousandths of them. */
struct registry_mood {
    uint16_t lost;       /* neither taken nor answered */
    uint16_t unanswered; /* taken, and the answer is missing or cut short */
    uint16_t error;      /* 500: half of them taken */
    uint16_t gateway;    /* 502 or 504: half of them taken */
    uint16_t busy;       /* 429 */
    uint16_t slow;       /* taken, answered after up to slow_ms */
    uint32_t slow_ms;
    bool tokens_well;     /* nothing of it happens to requests for tokens */
    uint16_t sick;        /* not 0: each so-many-th journey always fails when it is posted */
    uint16_t sick_status; /* ... with this: 500, 502, a firewall's 403 or 200; 0: without answer */
};

/* The request on one connection. */
struct registry_exchange {
    size_t number;   /* of the journey; SIZE_MAX: none */
    uint16_t status; /* of the answer */
    uint32_t retry_s;
    bool post, token;
    bool whole; /* the answer is not cut short */
    bool early; /* refused for a time: it may come again */
};

struct registry {
    struct nvt_sim *sim;
    struct registry_journey *journeys;
    size_t journey_count;
    uint64_t base_ms; /* true time, since 1970, when the simulated clock is 0 */
    struct registry_mood mood;
    uint64_t closed_ms;    /* true time until which it is under maintenance: 503 */
    uint32_t retry_s;      /* told with 503; 0: nothing is told */
    uint32_t idle_ms;      /* after which it closes a connection; 0: never */
    uint32_t token_life_s; /* of those it gives from now on */
    uint32_t token_quota;  /* a minute */
    int64_t trip_s;        /* from start to end, of the journeys it writes from now on */
    int64_t ahead_s;       /* its clock is so far ahead of the Date it writes */
    bool keys_refused;
    uint32_t (*urgent_s)(void *ctx); /* when the client's most urgent journey is due; NULL: never */
    void *urgent_ctx;

    /* what was seen */
    const char *fault; /* the first broken promise, NULL */
    size_t fault_number;
    uint64_t requests, posts, lookups, conflicts, tokens, denied, late, early;

    /* inner */
    uint64_t random;
    uint64_t token_ms[REGISTRY_TOKENS]; /* until when each is good, true time */
    uint32_t token_count;
    uint32_t first_token; /* under the key of now */
    uint64_t minute_ms;   /* when the token quota's window began */
    uint32_t minute_count;
    uint64_t told_ms, quiet_ms;             /* 503 and 429: when it was told, until when */
    uint64_t token_told_ms, token_quiet_ms; /* the same of the token route */
    uint64_t limit_ms, token_limit_ms;      /* until when it answers 429 to all */
    struct registry_exchange on[NVT_SIM_SOCKS];
    struct nvt_sim_line lines[NVT_SIM_SOCKS];
};

/* Becomes the server of sim, its clock at true_s. Tokens live 300 s, five a minute. */
void registry_init(struct registry *r, struct nvt_sim *sim, struct registry_journey *journeys,
                   size_t count, int64_t true_s);

uint64_t registry_now_ms(const struct registry *r);

/* The client lost its memory: what it was told does not bind it any more. */
void registry_forget(struct registry *r);

/* All tokens it gave are worth nothing. */
void registry_revoke(struct registry *r);

/* Its key was changed: the tokens it gave are not even read any more, and 500 is all it says. */
void registry_rekey(struct registry *r);

/* The journey of that number, as its body; its bytes are remembered. Some numbers break the
 * registry's terms, some its bounds: registry_verdict tells. */
void registry_write(struct registry *r, size_t number, int64_t start_s, struct nvt_buf *out);
enum registry_state registry_verdict(size_t number);

/* Tells changed bytes from the same ones. */
uint32_t registry_hash(struct nvt_span bytes);

/* The number in a body or target; SIZE_MAX: none. */
size_t registry_number(struct nvt_span text);

/* ---- registry_http.c ---- */

enum registry_verb { REGISTRY_TOKEN, REGISTRY_POST, REGISTRY_STATUS, REGISTRY_OTHER };

struct registry_request {
    enum registry_verb verb;
    struct nvt_span token; /* behind "Bearer " */
    struct nvt_span target, body;
    size_t len; /* 0: not whole yet */
};

void registry_read(struct nvt_span bytes, struct registry_request *out);

/* Writes the answer's head and body into the line; retry_s 0: none told. */
void registry_answer(struct registry *r, struct nvt_sim_line *line, uint16_t status,
                     uint32_t retry_s, const char *body);

#endif
