/* SPDX-License-Identifier: Apache-2.0 */
/* Between CoopCycle's front (coopcycle.c), its deliveries and the check of what is asked for. */
#ifndef STANDIN_COOPCYCLE_H
#define STANDIN_COOPCYCLE_H

#include "standin.h"

#define COOPCYCLE_STORE 1 /* that of the one OAuth client */
#define COOPCYCLE_OTHER_STORE 2

/* ---- coopcycle.c: answers ---- */

void coopcycle_reply(struct request *r, unsigned status, json_t *body); /* takes over body */
void coopcycle_error(struct request *r, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void coopcycle_violations(struct request *r, json_t *violations); /* takes over violations */

/* ---- coopcycle_oauth.c ---- */

bool coopcycle_oauth_init(void);
void coopcycle_oauth_keys(FILE *out);
void coopcycle_oauth_expire(void);
void coopcycle_post_token(struct request *r);
bool coopcycle_token_fits(struct request *r, const char *token); /* claims go to r->claims */
unsigned coopcycle_tokens(void);

/* ---- coopcycle_check.c ---- */

/* The tasks that an input asks for, checked, as they are answered but without their numbers; NULL:
 * the refusal is made. */
json_t *coopcycle_tasks_of(struct request *r, const json_t *input);
/* The same in two steps: what is asked for as a list, and the tasks of that list. */
json_t *coopcycle_inputs_of(const json_t *input);
json_t *coopcycle_tasks_of_inputs(struct request *r, const json_t *inputs);
bool coopcycle_store_fits(struct request *r, const json_t *input); /* false: refused */

/* ---- coopcycle_delivery.c ---- */

void coopcycle_create(struct request *r);
void coopcycle_read(struct request *r);
void coopcycle_update(struct request *r);
void coopcycle_cancel(struct request *r);
void coopcycle_mark(struct request *r);
void coopcycle_assert(struct request *r);
void coopcycle_quote(struct request *r);
void coopcycle_confirm(struct request *r);
void coopcycle_price(struct request *r);
void coopcycle_list(struct request *r);
void coopcycle_task(struct request *r);
bool coopcycle_deliveries_init(void);
void coopcycle_deliveries_state(json_t *out);
void coopcycle_deliveries_free(void);

#endif
