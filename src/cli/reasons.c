/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals grouped by reason, in fixed memory. */
#include "journeys.h"

static bool is_same(const struct reason *g, unsigned http_status, const char *code,
                    const char *text)
{
    return g->http_status == http_status && strcmp(g->code, code) == 0 &&
           strcmp(g->text, text) == 0;
}

static struct reason *add_group(struct reasons *r, unsigned http_status, const char *code,
                                const char *text)
{
    struct reason *g = &r->list[r->count];
    r->count++;
    if (r->count == REASONS_MAX) {
        (void)snprintf(g->text, sizeof g->text, "various other reasons");
        return g;
    }
    g->http_status = http_status;
    (void)snprintf(g->code, sizeof g->code, "%s", code);
    (void)snprintf(g->text, sizeof g->text, "%s", text);
    return g;
}

static struct reason *group_for(struct reasons *r, unsigned http_status, const char *code,
                                const char *text)
{
    for (size_t i = 0; i < r->count; i++) {
        if (is_same(&r->list[i], http_status, code, text)) {
            return &r->list[i];
        }
    }
    if (r->count == REASONS_MAX) {
        return &r->list[REASONS_MAX - 1U];
    }
    return add_group(r, http_status, code, text);
}

void reasons_add(struct reasons *r, unsigned http_status, const char *code, const char *text,
                 unsigned long line)
{
    char cut[sizeof r->list[0].text];
    (void)snprintf(cut, sizeof cut, "%s", text);
    struct reason *g = group_for(r, http_status, code, cut);
    if (g->count < REASON_LINES) {
        g->lines[g->count] = line;
    }
    g->count++;
}
