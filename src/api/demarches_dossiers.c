/* SPDX-License-Identifier: Apache-2.0 */
/* Demarches simplifiees: the dossiers of a demarche, page by page. */
#include "demarches_text.h"

enum { FIRST_MAX = 100, FIRST = 10, GOOD_RUN = 4 };

/* ---- where it starts ---- */

static bool is_state(struct nvt_span s)
{
    static const char states[5][16] = {"en_construction", "en_instruction", "accepte", "refuse",
                                       "sans_suite"};
    bool found = s.len == 0U;
    for (size_t i = 0; i < 5U; i++) {
        found = found || nvt_span_eq(s, nvt_span_str(states[i]));
    }
    return found;
}

/* Cursors hold a time of the order's own: that of the deposit, or that of the last change. */
static char order_of(const struct nvt_demarches_filter *f)
{
    return f->updated_since.len > 0U ? 'u' : 'd';
}

/* The order's letter and the service's text, which stays as it is. */
static bool keep_cursor(char order, struct nvt_span text, char out[NVT_DEMARCHES_CURSOR_CAP])
{
    bool good = text.len > 0U && text.len < (size_t)NVT_DEMARCHES_CURSOR_CAP - 1U;
    for (size_t i = 0; i < text.len && good; i++) {
        good = text.ptr[i] > 0x20U && text.ptr[i] < 0x7FU && text.ptr[i] != (uint8_t)'\\' &&
               text.ptr[i] != (uint8_t)'"';
    }
    if (good) {
        (void)memset(out, 0, NVT_DEMARCHES_CURSOR_CAP);
        out[0] = order;
        (void)memcpy(out + 1, text.ptr, text.len);
    }
    return good;
}

nvt_err nvt_demarches_dossiers_init(struct nvt_demarches_dossiers *it,
                                    const struct nvt_demarches_filter *filter)
{
    int64_t since = 0;
    (void)memset(it, 0, sizeof *it);
    it->filter = *filter;
    it->size = filter->first == 0U ? (uint8_t)FIRST : filter->first;
    it->filter.first = it->size;
    if (filter->number < 1 || it->size > (uint8_t)FIRST_MAX) {
        return NVT_E_FIELD_RANGE;
    }
    if (!is_state(filter->state) ||
        (filter->updated_since.len > 0U &&
         nvt_time_parse_rfc3339(filter->updated_since, &since) != NVT_OK)) {
        return NVT_E_FIELD_FORMAT;
    }
    if (filter->after.len > 0U &&
        ((char)filter->after.ptr[0] != order_of(filter) ||
         !keep_cursor(order_of(filter), nvt_span_drop(filter->after, 1U), it->cursor))) {
        return NVT_E_CURSOR;
    }
    it->more = true;
    return NVT_OK;
}

/* ---- a page ---- */

nvt_err nvt_demarches_dossiers_begin(struct nvt_call *call, struct nvt_demarches_request *r,
                                     struct nvt_demarches_dossiers *it)
{
    struct nvt_json_writer w;
    if (!it->more) {
        return NVT_E_STATE;
    }
    it->rest = NVT_LIT("");
    nvt_demarches_open(r, &w, NVT_DEMARCHES_QUERIES, "getDemarche");
    nvt_demarches_put_number(&w, "demarcheNumber", it->filter.number);
    nvt_demarches_name(&w, "includeDossiers");
    nvt_json_put_bool(&w, true);
    nvt_demarches_put_number(&w, "first", it->size);
    nvt_demarches_put(&w, "after", nvt_span_drop(nvt_span_str(it->cursor), 1U));
    nvt_demarches_put(&w, "state", it->filter.state);
    nvt_demarches_put(&w, "updatedSince", it->filter.updated_since);
    nvt_demarches_put_include(&w, it->filter.include);
    return nvt_demarches_send(call, r, &w, true);
}

/* The service, a gateway before it, the wire and the room each have their own way to say so. */
static bool is_too_much(const struct nvt_failure *f)
{
    return f->err == NVT_E_HTTP_BODY_SIZE || f->err == NVT_E_TIMEOUT_ANSWER ||
           f->err == NVT_E_TIMEOUT_CALL || f->http_status == 504U ||
           (f->err == NVT_E_GRAPHQL && strcmp(f->code, "timeout") == 0);
}

static nvt_err shrink(struct nvt_demarches_dossiers *it, struct nvt_failure *f)
{
    struct nvt_buf field;
    it->good = 0;
    if (it->size > 1U) {
        it->size = (uint8_t)(it->size / 2U);
        return NVT_AGAIN;
    }
    (void)memset(f->field, 0, sizeof f->field);
    nvt_buf_init(&field, f->field, sizeof f->field - 1U);
    nvt_buf_put(&field, NVT_LIT("dossiers."));
    nvt_buf_put_u64(&field, it->position);
    return f->err;
}

static void grow(struct nvt_demarches_dossiers *it)
{
    it->good++;
    if (it->good == (uint8_t)GOOD_RUN) {
        unsigned size = it->size + it->size / 4U + 1U;
        it->size = size < it->filter.first ? (uint8_t)size : it->filter.first;
        it->good = 0;
    }
}

/* A circle of cursors is seen by one of them that is kept, each time the pages have doubled
 * (Brent's algorithm): without it a service gone wrong would have us read for ever. */
static nvt_err advance(struct nvt_demarches_dossiers *it, struct nvt_span end)
{
    char cursor[NVT_DEMARCHES_CURSOR_CAP];
    if (!keep_cursor(order_of(&it->filter), end, cursor) || strcmp(cursor, it->cursor) == 0 ||
        strcmp(cursor, it->mark) == 0) {
        return NVT_E_CURSOR;
    }
    (void)memcpy(it->cursor, cursor, sizeof cursor);
    it->pages++;
    if ((it->pages & (it->pages - 1U)) == 0U) {
        (void)memcpy(it->mark, cursor, sizeof cursor);
    }
    return NVT_OK;
}

/* pageInfo { hasNextPage, endCursor }, nodes [ ... ] */
static nvt_err read_page(struct nvt_demarches_dossiers *it, struct nvt_span data)
{
    struct nvt_span page = nvt_demarches_find(data, "demarche.dossiers");
    struct nvt_span nodes = nvt_demarches_find(page, "nodes");
    struct nvt_span next = nvt_demarches_find(page, "pageInfo.hasNextPage");
    bool more = nvt_json_starts(next, 't');
    if (!nvt_json_starts(nodes, '[') || (!more && !nvt_json_starts(next, 'f'))) {
        return NVT_E_ANSWER;
    }
    struct nvt_span end = nvt_json_text(nvt_demarches_find(page, "pageInfo.endCursor"));
    nvt_err err = advance(it, end);
    if (more && err != NVT_OK) {
        return err;
    }
    it->more = more;
    it->rest = nodes;
    grow(it);
    return NVT_OK;
}

nvt_err nvt_demarches_dossiers_read(struct nvt_call *call, const struct nvt_demarches_request *r,
                                    struct nvt_demarches_dossiers *it,
                                    struct nvt_failure *out_failure)
{
    struct nvt_demarches_answer answer;
    nvt_err err = nvt_demarches_read(call, r, &answer, out_failure);
    if (is_too_much(out_failure)) {
        return shrink(it, out_failure);
    }
    if (err != NVT_OK && answer.data.len == 0U) {
        return err;
    }
    nvt_err page = read_page(it, answer.data);
    if (page != NVT_OK && err == NVT_OK) {
        out_failure->err = page;
    }
    return page == NVT_OK ? NVT_OK : out_failure->err;
}

bool nvt_demarches_dossiers_next(struct nvt_demarches_dossiers *it, struct nvt_span *out_dossier)
{
    struct nvt_span name;
    bool found = nvt_demarches_walk(&it->rest, &name, out_dossier);
    it->position += found ? 1U : 0U;
    return found;
}
