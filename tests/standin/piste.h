/* SPDX-License-Identifier: Apache-2.0 */
/* Between the gateway (piste.c) and the APIs behind it (piste_apis.c). */
#ifndef STANDIN_PISTE_H
#define STANDIN_PISTE_H

#include "standin.h"

bool piste_has_account(struct request *r);

void piste_health(struct request *r);
void piste_ping(struct request *r);
void piste_search(struct request *r);
void piste_consult(struct request *r);
void piste_judilibre_health(struct request *r);
void piste_judilibre_search(struct request *r);
void piste_submit(struct request *r);
void piste_history(struct request *r);
void piste_invoices(struct request *r);
void piste_deposit(struct request *r);
void piste_structures(struct request *r);
bool piste_apis_init(void);
void piste_apis_state(json_t *out);
void piste_apis_free(void);

#endif
