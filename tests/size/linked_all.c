/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the size table, linked and never run: the main calls of all five systems. Journeys and
 * deliveries are written, kept in the spool and delivered by the uplink; any call of PISTE and of
 * Jindexe; the dossiers of a demarche, and a decision on each.
 */
#include "linked.h"

static void registry(struct linked *l)
{
    linked_uplink(l, &nvt_rpc_profile, &nvt_rpc_uplink);
    l->err = nvt_credentials_set_key_pair(&l->client.credentials, l->text[0], l->text[1]);
    while (l->more) {
        l->err = nvt_rpc_journey_write(&l->journey, NVT_RPC_V3, l->now_s, &l->room, &l->failure);
        linked_deliver(l);
    }
    nvt_uplink_free(&l->uplink);
}

static void coopcycle(struct linked *l)
{
    linked_uplink(l, &nvt_coopcycle_profile, &nvt_coopcycle_uplink);
    l->err = nvt_credentials_set_client(&l->client.credentials, NVT_GRANT_CLIENT_BASIC, l->text[0],
                                        l->text[1]);
    while (l->more) {
        l->err = nvt_coopcycle_delivery_write(&l->delivery, &l->room, &l->failure);
        linked_deliver(l);
    }
    nvt_uplink_free(&l->uplink);
}

static void piste(struct linked *l)
{
    linked_client(l, &nvt_piste_profile);
    l->err = nvt_credentials_set_client(&l->client.credentials, NVT_GRANT_CLIENT_FORM, l->text[0],
                                        l->text[1]);
    nvt_call_init(&l->call, &l->client);
    l->err = nvt_piste_call(&l->call, &l->piste, &l->request);
    linked_finish(l);
    l->err = nvt_piste_judge(&l->call, &l->piste);
    nvt_call_free(&l->call);
}

static void jindexe(struct linked *l)
{
    linked_client(l, &nvt_jindexe_profile);
    l->err = nvt_credentials_set_password(&l->client.credentials, l->text[0], l->text[1]);
    l->err = nvt_credentials_set_api_key(&l->client.credentials, l->text[2]);
    nvt_call_init(&l->call, &l->client);
    l->err = nvt_jindexe_call(&l->call, &l->request, l->text[0], l->text[1], l->text[2]);
    linked_finish(l);
    nvt_call_free(&l->call);
}

static void decide(struct linked *l, struct nvt_span dossier)
{
    l->act.dossier_id = nvt_demarches_find(dossier, "id");
    l->err = nvt_demarches_act(&l->call, &l->query, &l->act);
    linked_finish(l);
    l->err = nvt_demarches_read(&l->call, &l->query, &l->answer, &l->failure);
}

static void demarches(struct linked *l)
{
    struct nvt_span dossier;
    linked_client(l, &nvt_demarches_profile);
    l->err = nvt_token_set(&l->client.token, l->text[0], UINT64_MAX);
    nvt_call_init(&l->call, &l->client);
    nvt_demarches_init(&l->query, l->room.ptr, l->room.cap, l->room.ptr, l->room.cap);
    l->err = nvt_demarches_dossiers_init(&l->dossiers, &l->filter);
    while (l->dossiers.more) {
        l->err = nvt_demarches_dossiers_begin(&l->call, &l->query, &l->dossiers);
        linked_finish(l);
        l->err = nvt_demarches_dossiers_read(&l->call, &l->query, &l->dossiers, &l->failure);
        while (nvt_demarches_dossiers_next(&l->dossiers, &dossier)) {
            decide(l, dossier);
        }
    }
    nvt_call_free(&l->call);
}

void linked_main(struct linked *l)
{
    registry(l);
    coopcycle(l);
    piste(l);
    jindexe(l);
    demarches(l);
}
