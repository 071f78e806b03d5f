/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON room. What holds for any input:
 * - check and parse agree, and a pool that is one token short is refused;
 * - the byte refused is the first wrong one: the text before it is whole or incomplete;
 * - a parsed document written out again reads as the same tree;
 * - getters and look-ups on every node stay inside the text.
 */
#include <navette/json.h>

#include <stdlib.h>

#define NODES_MAX 4096U

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void require_viable_prefix(struct nvt_span text, nvt_err err, size_t at)
{
    size_t again = 0;
    require(at <= text.len);
    require((err == NVT_OK || err == NVT_E_JSON_END) == (at == text.len));
    if (at < text.len) {
        nvt_err before = nvt_json_check(nvt_span_of(text.ptr, at), &again);
        require(before == NVT_OK || before == NVT_E_JSON_END);
        require(again == at);
    }
}

/* Inside the text, or the empty span of a node that is not there. */
static void require_inside(const struct nvt_json *doc, struct nvt_span s)
{
    require(s.len == 0U ||
            (s.ptr >= doc->text.ptr && s.ptr + s.len <= doc->text.ptr + doc->text.len));
}

static void probe(const struct nvt_json *doc, nvt_json_node node)
{
    static const char *const paths[] = {"a", "0", "1.0", "a.b.c", "access_token", ""};
    bool yes = false;
    int64_t number = 0;
    struct nvt_span view = {NULL, 0};
    nvt_json_node found = 0;
    enum nvt_json_type type = nvt_json_type(doc, node);

    require_inside(doc, nvt_json_raw(doc, node));
    require((nvt_json_get_bool(doc, node, &yes) == NVT_OK) == (type == NVT_JSON_BOOL));
    if (nvt_json_get_int(doc, node, INT64_MIN, INT64_MAX, &number) == NVT_OK) {
        int64_t same = ~number;
        require(nvt_json_get_dec(doc, node, 0, INT64_MIN, INT64_MAX, &same) == NVT_OK);
        require(same == number);
    }
    (void)nvt_json_get_dec(doc, node, 7, -900000000, 900000000, &number);
    if (nvt_json_get_span(doc, node, &view) == NVT_OK) {
        require_inside(doc, view);
    }
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (nvt_json_find(doc, node, paths[i], &found) == NVT_OK) {
            require(found < doc->count);
        }
    }
}

/* The unescaped text of a string's content. */
static struct nvt_span unescape(struct nvt_span raw, struct nvt_buf *room)
{
    size_t start = room->len;
    while (raw.len > 0U) {
        uint8_t mem[4];
        nvt_buf_put(room, nvt_json_str_piece(&raw, mem));
    }
    require(nvt_buf_err(room) == NVT_OK);
    return nvt_span_of(room->ptr + start, room->len - start);
}

static bool is_container(enum nvt_json_type type)
{
    return type == NVT_JSON_ARRAY || type == NVT_JSON_OBJECT;
}

static void write_scalar(const struct nvt_json *doc, nvt_json_node node, struct nvt_json_writer *w,
                         struct nvt_buf *room)
{
    bool yes = false;
    switch (nvt_json_type(doc, node)) {
    case NVT_JSON_STRING:
        nvt_json_put_str(w, unescape(nvt_json_raw(doc, node), room));
        break;
    case NVT_JSON_BOOL:
        require(nvt_json_get_bool(doc, node, &yes) == NVT_OK);
        nvt_json_put_bool(w, yes);
        break;
    case NVT_JSON_NULL:
        nvt_json_put_null(w);
        break;
    default:
        nvt_json_put_raw(w, nvt_json_raw(doc, node));
        break;
    }
}

static void begin(struct nvt_json_writer *w, enum nvt_json_type type)
{
    if (type == NVT_JSON_OBJECT) {
        nvt_json_begin_object(w);
    } else {
        nvt_json_begin_array(w);
    }
}

static void end(struct nvt_json_writer *w, enum nvt_json_type type)
{
    if (type == NVT_JSON_OBJECT) {
        nvt_json_end_object(w);
    } else {
        nvt_json_end_array(w);
    }
}

/* Writes the document through the writer; visits each value once. */
static void write_all(const struct nvt_json *doc, struct nvt_json_writer *w, struct nvt_buf *room)
{
    struct nvt_json_iter it[NVT_JSON_DEPTH_MAX + 1] = {{0, 0, false}};
    nvt_json_node open[NVT_JSON_DEPTH_MAX + 1] = {0};
    size_t depth = 0;
    if (!is_container(nvt_json_type(doc, 0))) {
        write_scalar(doc, 0, w, room);
        return;
    }
    begin(w, nvt_json_type(doc, 0));
    for (;;) {
        struct nvt_span name = {NULL, 0};
        nvt_json_node node = 0;
        enum nvt_json_type type = nvt_json_type(doc, open[depth]);
        if (!nvt_json_next(doc, open[depth], &it[depth], &name, &node)) {
            end(w, type);
            if (depth == 0U) {
                return;
            }
            depth--;
            continue;
        }
        require_inside(doc, name);
        if (type == NVT_JSON_OBJECT) {
            nvt_json_name(w, unescape(name, room));
        }
        if (is_container(nvt_json_type(doc, node))) {
            begin(w, nvt_json_type(doc, node));
            depth++;
            open[depth] = node;
            memset(&it[depth], 0, sizeof it[depth]);
        } else {
            write_scalar(doc, node, w, room);
        }
    }
}

/* The same tree: same types and sizes in the same order, and the same texts once unescaped. */
static void require_same(const struct nvt_json *a, const struct nvt_json *b)
{
    require(a->count == b->count);
    require(nvt_json_unique(a) == nvt_json_unique(b));
    uint8_t *mem = malloc(a->text.len + b->text.len + 1U);
    require(mem != NULL);
    for (nvt_json_node node = 0; node < a->count; node++) {
        enum nvt_json_type type = nvt_json_type(a, node);
        require(type == nvt_json_type(b, node));
        require(nvt_json_size(a, node) == nvt_json_size(b, node));
        if (!is_container(type)) {
            struct nvt_buf room;
            nvt_buf_init(&room, mem, a->text.len + b->text.len);
            struct nvt_span text_a = unescape(nvt_json_raw(a, node), &room);
            struct nvt_span text_b = unescape(nvt_json_raw(b, node), &room);
            require(nvt_span_eq(text_a, text_b));
        }
    }
    free(mem);
}

static void round_trip(const struct nvt_json *doc)
{
    static struct nvt_json_tok pool[NODES_MAX];
    size_t cap = 6U * doc->text.len + 16U; /* each byte could become \u00XX */
    uint8_t *mem = malloc(cap);
    uint8_t *room_mem = malloc(doc->text.len + 1U);
    require(mem != NULL && room_mem != NULL);
    struct nvt_buf out;
    struct nvt_buf room;
    struct nvt_json_writer w;
    struct nvt_json again;
    nvt_buf_init(&out, mem, cap);
    nvt_buf_init(&room, room_mem, doc->text.len);
    nvt_json_writer_init(&w, &out);
    write_all(doc, &w, &room);
    require(nvt_json_writer_end(&w) == NVT_OK);
    require(nvt_json_parse(&again, nvt_buf_span(&out), pool, NODES_MAX) == NVT_OK);
    require_same(doc, &again);
    free(room_mem);
    free(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct nvt_json_tok pool[NODES_MAX];
    struct nvt_span text = {data, size};
    struct nvt_json doc;
    size_t at = 0;
    nvt_err err = nvt_json_check(text, &at);
    require_viable_prefix(text, err, at);

    nvt_err parsed = nvt_json_parse(&doc, text, pool, NODES_MAX);
    require(parsed == err || (err == NVT_OK && parsed == NVT_E_JSON_TOKENS));
    require((parsed == NVT_OK) == (doc.count > 0U));
    if (parsed != NVT_OK) {
        return 0;
    }
    for (nvt_json_node node = 0; node < doc.count && node < 64U; node++) {
        probe(&doc, node);
    }
    probe(&doc, doc.count);
    round_trip(&doc);
    size_t count = doc.count;
    require(nvt_json_parse(&doc, text, pool, count - 1U) == NVT_E_JSON_TOKENS);
    require(nvt_json_parse(&doc, text, pool, count) == NVT_OK);
    return 0;
}
