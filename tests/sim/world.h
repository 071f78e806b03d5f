/* SPDX-License-Identifier: Apache-2.0 */
/* One client, one call and the scripted network around them, for the simulated runs. */
#ifndef NAVETTE_TESTS_WORLD_H
#define NAVETTE_TESTS_WORLD_H

#include "../../port/sim/sim.h"

#include <navette/client.h>

#define WORLD_TOKEN "tok-0123456789abcdefghij"
#define WORLD_ACCESS "access-key-0123456789"
#define WORLD_SECRET "secret-key-ABCDEFGHIJKLMNOP"

/* Answers for scripts. */
#define WORLD_OK "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"
#define WORLD_DENIED "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
#define WORLD_500 "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno"
#define WORLD_GRANT                                                                                \
    "HTTP/1.1 201 Created\r\nContent-Length: 43\r\n\r\n{\"access_token\":\"" WORLD_TOKEN "\"}"

/* One answer of a script: sent in full, then the connection stays; ends; comes unasked. */
#define STAY(text)                                                                                 \
    {                                                                                              \
        (text), sizeof(text) - 1U, 3, false, NVT_SIM_STAY                                          \
    }
#define ENDS(text, how)                                                                            \
    {                                                                                              \
        (text), sizeof(text) - 1U, 3, false, (how)                                                 \
    }
#define UNASKED(text, how)                                                                         \
    {                                                                                              \
        (text), sizeof(text) - 1U, 3, true, (how)                                                  \
    }
#define SCRIPT(a)                                                                                  \
    {                                                                                              \
        (a), sizeof(a) / sizeof((a)[0])                                                            \
    }

/* Duplicate 409, retry after 500, five tokens a minute; and one without any of these. */
extern const struct nvt_profile world_keyed;
extern const struct nvt_profile world_plain;

struct world {
    struct nvt_sim sim;
    struct nvt_tls_config tls;
    struct nvt_client client;
    struct nvt_call call;
    uint64_t begun_ms;
    uint64_t late_ms; /* how much later than asked for the call is stepped */
    bool echoed;      /* the server sends the secrets: what it sent may be in memory */
    size_t steps;
    const char *fault; /* the first broken promise, NULL: none */
    uint8_t sent[8192];
};

/* A world with a static token in hand and the time-outs' defaults. */
void world_init(struct world *w, const struct nvt_profile *profile,
                const struct nvt_sim_script *scripts, size_t count);

/* The same with a key pair instead of the token. */
void world_use_keys(struct world *w);

/* Begins a request and steps it to its end; notes in w->fault what no call may ever do. */
void world_run(struct world *w, const struct nvt_request *request);

/* Steps what was begun. */
void world_finish_run(struct world *w);

/* One step and, if it must wait, the clock moved on. True when done. */
bool world_step(struct world *w, struct nvt_call *call);

/* Frees all; false and w->fault when a socket, a secret or a misuse was left behind. */
bool world_end(struct world *w);

/* A request of method with flags and a small body unless it is GET, HEAD or DELETE. */
struct nvt_request world_request(const char *method, uint8_t flags);

/* world_run with a request made by world_request. */
void world_send(struct world *w, const char *method, uint8_t flags);

/* expect.c: fails the test unless the last outcome is this one and nothing else went wrong. */
void world_expect(const struct world *w, enum nvt_verdict verdict, nvt_err err);

/* expect.c: world_end that fails the test. */
void world_close(struct world *w);

/* How often the client sent text. */
size_t world_count_sent(const struct world *w, const char *text);

/* Does text stand anywhere in mem? */
bool world_holds(const void *mem, size_t len, const char *text);

#endif
