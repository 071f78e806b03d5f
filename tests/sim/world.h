/* SPDX-License-Identifier: Apache-2.0 */
/* One client, one call and the scripted network around them, for the simulated runs. */
#ifndef NAVETTE_TESTS_WORLD_H
#define NAVETTE_TESTS_WORLD_H

#include "../../port/sim/sim.h"

#include <navette/client.h>

#define WORLD_TOKEN "tok-0123456789abcdefghij"
#define WORLD_ACCESS "access-key-0123456789"
#define WORLD_SECRET "secret-key-ABCDEFGHIJKLMNOP"

/* Duplicate 409, retry after 500, five tokens a minute; and one without any of these. */
extern const struct nvt_profile world_keyed;
extern const struct nvt_profile world_plain;

struct world {
    struct nvt_sim sim;
    struct nvt_tls_config tls;
    struct nvt_client client;
    struct nvt_call call;
    uint64_t begun_ms;
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

/* Does text stand anywhere in mem? */
bool world_holds(const void *mem, size_t len, const char *text);

#endif
