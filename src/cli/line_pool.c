/* SPDX-License-Identifier: Apache-2.0 */
/* Line buffers that producers share: whoever has a part of a line holds one. */
#include "serve.h"

/* When all line buffers are taken, one that holds half a line and was silent for so long gives its
 * up, and its connection with it: that line was not answered. */
#define STALLED_MS 10000U

/* The first one that is free: few of them are ever touched. */
uint8_t *pool_take(struct serve *s)
{
    for (size_t i = 0; i < SERVE_LINES; i++) {
        if (!s->pool.used[i]) {
            s->pool.used[i] = true;
            return s->pool.mem[i];
        }
    }
    return NULL;
}

void pool_give(struct serve *s, struct serve_client *c)
{
    for (size_t i = 0; i < SERVE_LINES; i++) {
        s->pool.used[i] = s->pool.used[i] && c->in.mem != s->pool.mem[i];
    }
    c->in.mem = NULL;
}

static bool has_buffer(const struct serve_client *c)
{
    return c->fd >= 0 && c->in.mem != NULL;
}

const struct serve_client *pool_stalled(const struct serve *s)
{
    const struct serve_client *found = NULL;
    for (size_t i = 0; i < SERVE_CLIENTS_MAX; i++) {
        const struct serve_client *c = &s->clients[i];
        if (has_buffer(c) && (found == NULL || c->moved_ms < found->moved_ms)) {
            found = c;
        }
    }
    return found;
}

uint64_t pool_at_ms(const struct serve *s, const struct serve_client *c)
{
    size_t i = 0;
    while (i < SERVE_LINES && s->pool.used[i]) {
        i++;
    }
    if (has_buffer(c) || i < SERVE_LINES) {
        return 0;
    }
    const struct serve_client *stalled = pool_stalled(s);
    return stalled == NULL ? 0U : stalled->moved_ms + STALLED_MS;
}
