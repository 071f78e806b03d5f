/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of dossiers. A cursor is base64 of "TIME;NUMBER", of the deposit or, with updatedSince, of
 * the last change. At most 100 a page; with "after", hasPreviousPage is always true.
 */
#include "demarches.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_MAX 100

struct order {
    bool by_update;
    bool descending;
};

struct page {
    struct dossier *all[DOSSIERS_MAX];
    size_t count;
    size_t start, end; /* of what is shown */
    bool next, previous;
};

void demarches_fault(struct graphql_run *run, const char *message, const json_t *path,
                     const char *code)
{
    json_t *error = graphql_error(message, json_deep_copy(path), code);
    (void)json_object_set_new(error, "locations", json_pack("[{s:i,s:i}]", "line", 2, "column", 3));
    (void)json_array_append_new(run->faults, error);
}

/* ---- order ---- */

static void key_of(const struct dossier *d, struct order order, char out[64])
{
    char text[32];
    iso_time(order.by_update ? d->updated_s : d->deposed_s, text);
    (void)snprintf(out, 64, "%.19s.%09dZ;%d", text, d->number % 1000 * 1000 + 1, d->number);
}

static struct order sorting; /* of the comparison; one thread only */

static int compare(const void *a, const void *b)
{
    char key_a[64];
    char key_b[64];
    key_of(*(struct dossier *const *)a, sorting, key_a);
    key_of(*(struct dossier *const *)b, sorting, key_b);
    return sorting.descending ? strcmp(key_b, key_a) : strcmp(key_a, key_b);
}

/* ---- filter ---- */

static int64_t time_of(const json_t *args, const char *name)
{
    int64_t s = INT64_MIN;
    const char *text = text_at(args, name);
    char full[48];
    if (text != NULL && strlen(text) == 10U) {
        (void)snprintf(full, sizeof full, "%sT00:00:00Z", text);
        text = full;
    }
    if (text != NULL) {
        (void)parse_iso_time(text, &s);
    }
    return s;
}

static void select_dossiers(struct page *page, const json_t *args, int groupe, struct order order)
{
    const char *state = text_at(args, "state");
    const json_t *archived = json_object_get(args, "archived");
    const int64_t created_s = time_of(args, "createdSince");
    const int64_t updated_s = time_of(args, "updatedSince");
    for (size_t i = 0; i < demarches_count(); i++) {
        struct dossier *d = demarches_at(i);
        const bool wanted = (state == NULL || strcmp(state, dossier_state_names[d->state]) == 0) &&
                            (!json_is_boolean(archived) || json_is_true(archived) == d->archived) &&
                            d->deposed_s >= created_s && d->updated_s >= updated_s &&
                            (groupe == 0 || d->groupe == groupe);
        if (wanted) {
            page->all[page->count++] = d;
        }
    }
    sorting = order;
    qsort(page->all, page->count, sizeof(struct dossier *), compare);
}

/* ---- cursors ---- */

static json_t *cursor_of(const struct dossier *d, struct order order)
{
    char key[64];
    key_of(d, order, key);
    char *text = base64_of(key, strlen(key));
    json_t *cursor = json_string(text == NULL ? "" : text);
    free(text);
    return cursor;
}

/* How many dossiers stand before the cursor, itself counted when inclusive. */
static bool place_of(const struct page *page, struct order order, const char *cursor,
                     bool inclusive, size_t *out)
{
    size_t len = 0;
    char *wanted = base64_decode(cursor, &len);
    size_t n = 0;
    if (wanted == NULL || strchr(wanted, ';') == NULL) {
        free(wanted);
        return false;
    }
    for (size_t i = 0; i < page->count; i++) {
        char key[64];
        key_of(page->all[i], order, key);
        const int side = order.descending ? strcmp(wanted, key) : strcmp(key, wanted);
        n += side < 0 || (inclusive && side == 0) ? 1U : 0U;
    }
    free(wanted);
    *out = n;
    return true;
}

/* ---- limits ---- */

static const char *bad_arguments(const json_t *args)
{
    const json_t *first = json_object_get(args, "first");
    const json_t *last = json_object_get(args, "last");
    if (json_is_integer(first) && json_is_integer(last)) {
        return "Arguments \"first\" and \"last\" are exclusive";
    }
    if (text_at(args, "after") != NULL && text_at(args, "before") != NULL) {
        return "Arguments \"after\" and \"before\" are exclusive";
    }
    if (json_integer_value(first) < 0 || json_integer_value(last) < 0) {
        return "Arguments \"first\" and \"last\" must not be negative";
    }
    return NULL;
}

static size_t size_of(const json_t *args, const char *name)
{
    const json_t *v = json_object_get(args, name);
    const json_int_t n = json_is_integer(v) ? json_integer_value(v) : PAGE_MAX;
    return n > PAGE_MAX ? (size_t)PAGE_MAX : (size_t)n; /* silently */
}

static const char *lay_out(struct page *page, const json_t *args, struct order order)
{
    const char *after = text_at(args, "after");
    const char *before = text_at(args, "before");
    const bool backwards = json_is_integer(json_object_get(args, "last")) || before != NULL;
    const size_t size =
        size_of(args, json_is_integer(json_object_get(args, "last")) ? "last" : "first");
    page->end = page->count;
    if ((after != NULL && !place_of(page, order, after, true, &page->start)) ||
        (before != NULL && !place_of(page, order, before, false, &page->end))) {
        return "Invalid cursor";
    }
    const size_t all = page->end > page->start ? page->end - page->start : 0U;
    const size_t shown = all > size ? size : all;
    if (backwards) {
        page->previous = after != NULL || page->end - page->start > shown;
        page->next = before != NULL;
        page->start = page->end - shown;
    } else {
        page->next = all > shown;
        page->previous = after != NULL;
        page->end = page->start + shown;
    }
    return NULL;
}

/* ---- the connection ---- */

static json_t *page_info(const struct page *page, struct order order)
{
    const bool any = page->end > page->start;
    return json_pack("{s:s,s:b,s:b,s:o,s:o}", "__typename", "PageInfo", "hasNextPage",
                     (int)page->next, "hasPreviousPage", (int)page->previous, "startCursor",
                     any ? cursor_of(page->all[page->start], order) : json_null(), "endCursor",
                     any ? cursor_of(page->all[page->end - 1U], order) : json_null());
}

/* What cannot be read, or not in time, is null and told among the errors. */
static json_t *lost_node(struct graphql_run *run, size_t index, bool late, const json_t *path)
{
    json_t *where = json_deep_copy(path);
    (void)json_array_append_new(where, json_string("nodes"));
    (void)json_array_append_new(where, json_integer((json_int_t)index));
    (void)json_array_append_new(where, json_string(late ? "champs" : "usager"));
    demarches_fault(run,
                    late ? "Timeout on Dossier.champs"
                         : "Cannot return null for non-nullable field Dossier.usager",
                    where, late ? "timeout" : "invalid_null");
    json_decref(where);
    return json_null();
}

static json_t *node_of(struct graphql_run *run, const struct dossier *d, size_t index,
                       const json_t *path)
{
    if (faults.page_max != 0U && index > faults.page_max) {
        return json_null(); /* told once */
    }
    if (faults.page_max != 0U && index == faults.page_max) {
        return lost_node(run, index, true, path);
    }
    if (faults.bad_dossier != 0U && (unsigned)d->number == faults.bad_dossier) {
        return lost_node(run, index, false, path);
    }
    return demarches_dossier_json(d, true);
}

static json_t *connection_of(struct graphql_run *run, const struct page *page, struct order order,
                             const json_t *path)
{
    json_t *nodes = json_array();
    json_t *edges = json_array();
    for (size_t i = page->start; i < page->end; i++) {
        json_t *node = node_of(run, page->all[i], i - page->start, path);
        (void)json_array_append_new(nodes, node);
        (void)json_array_append_new(edges, json_pack("{s:s,s:o,s:O}", "__typename", "DossierEdge",
                                                     "cursor", cursor_of(page->all[i], order),
                                                     "node", node));
    }
    return json_pack("{s:s,s:o,s:o,s:o}", "__typename", "DossierConnection", "pageInfo",
                     page_info(page, order), "nodes", nodes, "edges", edges);
}

json_t *demarches_pages(struct graphql_run *run, const json_t *args, int groupe, json_t *path)
{
    struct page *page = calloc(1, sizeof *page);
    const struct order order = {text_at(args, "updatedSince") != NULL,
                                same_text(text_at(args, "order"), "DESC")};
    const char *problem = bad_arguments(args);
    json_t *connection = NULL;
    if (page == NULL) {
        return NULL;
    }
    if (problem == NULL) {
        select_dossiers(page, args, groupe, order);
        problem = lay_out(page, args, order);
    }
    if (problem == NULL) {
        connection = connection_of(run, page, order, path);
    } else {
        demarches_fault(run, problem, path, "bad_request");
    }
    free(page);
    return connection;
}

json_t *demarches_no_pages(void)
{
    return json_pack("{s:s,s:{s:s,s:b,s:b,s:n,s:n},s:[],s:[]}", "__typename",
                     "DeletedDossierConnection", "pageInfo", "__typename", "PageInfo",
                     "hasNextPage", 0, "hasPreviousPage", 0, "startCursor", "endCursor", "nodes",
                     "edges");
}
