/* SPDX-License-Identifier: Apache-2.0 */
#include "standin.h"
static const struct route routes[] = {{NULL, NULL, NULL, NULL, AUTH_NONE, SCOPE_ANY}};
static bool init(void)
{
    return true;
}
static bool admit(struct request *r)
{
    (void)r;
    return true;
}
static void missing(struct request *r)
{
    reply_empty(r, 404);
}
static void failed(struct request *r, unsigned status)
{
    reply_empty(r, status);
}
static void write_keys(FILE *out)
{
    (void)fputs("x\n", out);
}
static void state(json_t *out)
{
    (void)out;
}
static void nothing(void)
{
}
const struct system coopcycle_system = {.name = "coopcycle",
                                        .prefixes = "oauth2 api",
                                        .routes = routes,
                                        .init = init,
                                        .admit = admit,
                                        .missing = missing,
                                        .failed = failed,
                                        .keys = write_keys,
                                        .state = state,
                                        .expire = nothing,
                                        .free = nothing};
void coopcycle_webhook_sample(struct request *r)
{
    reply_empty(r, 404);
}
