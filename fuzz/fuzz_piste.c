/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an answer that passes by the watch. However it is cut, the result is one; whatever
 * follows a byte, the state keeps its invariant; and in a document that the JSON reader accepts,
 * the watch finds what a look-up by name finds.
 */
#include <navette/piste.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define POOL 2048

static struct nvt_json_tok pool[POOL];

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* In memory of exactly its size. */
static void feed(struct nvt_piste_watch *w, const uint8_t *data, size_t size)
{
    uint8_t *mem = (uint8_t *)malloc(size == 0U ? 1U : size);
    require(mem != NULL);
    if (size > 0U) {
        (void)memcpy(mem, data, size);
    }
    nvt_piste_watch_feed(w, nvt_span_of(mem, size));
    free(mem);
}

static void check_invariant(const struct nvt_piste_watch *w)
{
    require(w->code_len <= sizeof w->code && w->text_len <= sizeof w->text);
    require(w->name <= 3U && w->seen <= 3U && w->name_at <= 11U);
    require(!w->failed || (w->seen & 1U) != 0U);
    require(!w->failed || w->code_len > 0U);
}

/* One byte at a time, then in pieces whose sizes the input chooses. */
static void check_splits(const struct nvt_piste_watch *whole, const uint8_t *data, size_t size)
{
    struct nvt_piste_watch w;
    nvt_piste_watch_init(&w);
    for (size_t i = 0; i < size; i++) {
        feed(&w, data + i, 1);
        check_invariant(&w);
    }
    require(memcmp(&w, whole, sizeof w) == 0);
    nvt_piste_watch_init(&w);
    for (size_t i = 0; i < size;) {
        size_t n = 1U + data[i] % 13U;
        n = n < size - i ? n : size - i;
        feed(&w, data + i, n);
        i += n;
    }
    require(memcmp(&w, whole, sizeof w) == 0);
}

/* ---- against the reader ---- */

/* The first member of that name as it stands in the text. */
static bool find(const struct nvt_json *doc, const char *name, nvt_json_node *out)
{
    struct nvt_json_iter it = {0, 0, false};
    struct nvt_span raw;
    while (nvt_json_next(doc, 0, &it, &raw, out)) {
        if (nvt_span_eq(raw, nvt_span_str(name))) {
            return true;
        }
    }
    return false;
}

static bool is_zero(struct nvt_span number)
{
    for (size_t i = 0; i < number.len && (number.ptr[i] | 0x20U) != (uint8_t)'e'; i++) {
        if (number.ptr[i] >= (uint8_t)'1' && number.ptr[i] <= (uint8_t)'9') {
            return false;
        }
    }
    return true;
}

static void check_code(const struct nvt_piste_watch *w, const struct nvt_json *doc)
{
    nvt_json_node node = 0;
    bool there = find(doc, "codeRetour", &node) && nvt_json_type(doc, node) == NVT_JSON_NUMBER;
    struct nvt_span raw = there ? nvt_json_raw(doc, node) : NVT_LIT("");
    size_t len = raw.len < sizeof w->code ? raw.len : sizeof w->code;
    require(w->failed == (there && !is_zero(raw)));
    require(w->code_len == len &&
            nvt_span_eq(nvt_span_of(w->code, len), nvt_span_of(raw.ptr, len)));
}

static void check_text(const struct nvt_piste_watch *w, const struct nvt_json *doc)
{
    nvt_json_node node = 0;
    bool there = find(doc, "libelle", &node) && nvt_json_type(doc, node) == NVT_JSON_STRING;
    struct nvt_span raw = there ? nvt_json_raw(doc, node) : NVT_LIT("");
    require(raw.len <= sizeof w->text ? w->text_len == raw.len : w->text_len + 6U > sizeof w->text);
    require(nvt_span_eq(nvt_span_of(w->text, w->text_len), nvt_span_of(raw.ptr, w->text_len)));
    /* Cut at a character, or at an escape: what is kept is UTF-8, and no half escape is its end. */
    require(nvt_utf8_check(nvt_span_of(w->text, w->text_len)) == NVT_OK);
    struct nvt_span rest = nvt_span_of(w->text, w->text_len);
    uint8_t mem[4];
    while (rest.len > 0U) {
        size_t left = rest.len;
        (void)nvt_json_str_piece(&rest, mem);
        require(rest.len < left);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nvt_piste_watch whole;
    struct nvt_json doc;
    nvt_piste_watch_init(&whole);
    feed(&whole, data, size);
    check_invariant(&whole);
    check_splits(&whole, data, size);
    if (nvt_json_parse(&doc, nvt_span_of(data, size), pool, POOL) == NVT_OK) {
        check_code(&whole, &doc);
        check_text(&whole, &doc);
    }
    return 0;
}
