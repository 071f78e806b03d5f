/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the size table, linked and never run: a gateway of one system. Journeys are written, kept in
 * the spool and delivered by the uplink.
 */
#include "linked.h"

void linked_main(struct linked *l)
{
    linked_uplink(l, &nvt_rpc_profile, &nvt_rpc_uplink);
    l->err = nvt_credentials_set_key_pair(&l->client.credentials, l->text[0], l->text[1]);
    while (l->more) {
        l->err = nvt_rpc_journey_write(&l->journey, NVT_RPC_V3, l->now_s, &l->room, &l->failure);
        linked_deliver(l);
    }
    nvt_uplink_free(&l->uplink);
}
