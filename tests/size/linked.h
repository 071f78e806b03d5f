/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs of the size table have in common. They are linked and never run: all that comes
 * from outside stands behind a pointer, so that no compiler leaves anything away.
 */
#ifndef NAVETTE_TESTS_LINKED_H
#define NAVETTE_TESTS_LINKED_H

#include <navette/api.h>

struct linked {
    const struct nvt_port *port;
    struct nvt_tls_settings settings;
    struct nvt_tls_config tls;
    struct nvt_client client;
    struct nvt_call call;
    struct nvt_spool_config spool_config;
    struct nvt_spool spool;
    struct nvt_uplink_config uplink_config;
    struct nvt_uplink uplink;
    struct nvt_wait waits[4];
    size_t wait_count;
    struct nvt_rpc_journey journey;
    struct nvt_coopcycle_delivery delivery;
    struct nvt_piste_request piste;
    struct nvt_request request;
    struct nvt_demarches_request query;
    struct nvt_demarches_filter filter;
    struct nvt_demarches_dossiers dossiers;
    struct nvt_demarches_act act;
    struct nvt_demarches_answer answer;
    struct nvt_span text[4];
    struct nvt_buf room;
    struct nvt_failure failure;
    int64_t now_s;
    uint32_t id;
    nvt_err err;
    volatile bool more;
};

/* The program. */
void linked_main(struct linked *l);

/* Trust and a client. */
static inline void linked_client(struct linked *l, const struct nvt_profile *profile)
{
    l->err = nvt_tls_config_init(&l->tls, l->port, &l->settings, NULL);
    l->err = nvt_client_init(&l->client, profile, l->port, &l->tls, NULL, NULL);
}

/* The same with spool and uplink. */
static inline void linked_uplink(struct linked *l, const struct nvt_profile *profile,
                                 const struct nvt_uplink_kind *kind)
{
    linked_client(l, profile);
    l->err = nvt_spool_mount(&l->spool, &l->spool_config);
    if (l->err == NVT_E_SPOOL_BLANK) {
        l->err = nvt_spool_format(&l->spool, &l->spool_config);
    }
    l->uplink_config.kind = kind;
    l->err = nvt_uplink_keep_tokens(&l->client, &l->spool);
    l->err = nvt_uplink_init(&l->uplink, &l->uplink_config);
}

/* Keeps what was written, and sends what is pending. */
static inline void linked_deliver(struct linked *l)
{
    l->err = nvt_spool_append(&l->spool, nvt_buf_span(&l->room), UINT32_MAX, &l->id);
    l->err = nvt_uplink_step(&l->uplink, l->waits, 4U, &l->wait_count);
}

/* Steps a call until it is done. */
static inline void linked_finish(struct linked *l)
{
    do {
        l->err = nvt_call_step(&l->call, &l->waits[0]);
    } while (l->err == NVT_AGAIN);
}

#endif
