/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of a delivery, in whatever form its metadata have: {"navette_key": "K"}, the text
 * "navette_key=K a=b" that the server takes apart at spaces, or none. A quote must have the text:
 * when it is confirmed the server reads no other metadata.
 */
#include "cmd_delivery.h"

#define NAME "navette_key"

/* A task and its metadata. */
struct spot {
    nvt_json_node task, metadata;
    enum nvt_json_type type; /* of the metadata; NVT_JSON_NULL: they are null or absent */
    bool there;              /* the member is */
};

/* The one that is to carry the key comes first: beside a list neither of the others is read. */
#define PLACES 3U
static const char *const places[PLACES] = {"tasks.0", "dropoff", "pickup"};

static bool take_spot(const struct nvt_json *doc, const char *path, struct spot *s)
{
    bool found = nvt_json_find(doc, 0U, path, &s->task) == NVT_OK &&
                 nvt_json_type(doc, s->task) == NVT_JSON_OBJECT;
    s->there = found && nvt_json_find(doc, s->task, "metadata", &s->metadata) == NVT_OK;
    s->type = s->there ? nvt_json_type(doc, s->metadata) : NVT_JSON_NULL;
    return found;
}

static bool find_spot(const struct nvt_json *doc, struct spot *s)
{
    bool found = false;
    for (size_t i = 0; i < PLACES && !found; i++) {
        found = take_spot(doc, places[i], s);
    }
    return found;
}

/* ---- reading ---- */

/* The word at the front, up to a space, off *text. */
static struct nvt_span take_word(struct nvt_span *text)
{
    size_t n = 0;
    while (n < text->len && text->ptr[n] != (uint8_t)' ') {
        n++;
    }
    struct nvt_span word = nvt_span_of(text->ptr, n);
    *text = nvt_span_drop(*text, n < text->len ? n + 1U : n);
    return word;
}

/* Of "a=b navette_key=K". */
static bool key_in_text(struct nvt_span text, char *out, size_t cap)
{
    static const char name[] = NAME "=";
    size_t len = sizeof name - 1U;
    bool found = false;
    while (text.len > 0U && !found) {
        struct nvt_span word = take_word(&text);
        found = word.len > len && word.len - len < cap && memcmp(word.ptr, name, len) == 0;
        if (found) {
            (void)snprintf(out, cap, "%.*s", (int)(word.len - len), (const char *)word.ptr + len);
        }
    }
    return found;
}

static bool key_in_spot(const struct nvt_json *doc, const struct spot *s, char *out, size_t cap)
{
    nvt_json_node node = 0;
    if (s->type == NVT_JSON_STRING) {
        return key_in_text(nvt_json_raw(doc, s->metadata), out, cap);
    }
    return s->type == NVT_JSON_OBJECT && nvt_json_find(doc, s->metadata, NAME, &node) == NVT_OK &&
           nvt_json_get_text(doc, node, out, cap) == NVT_OK;
}

bool delivery_find_key(const struct nvt_json *doc, char *out, size_t cap)
{
    struct spot s;
    bool found = false;
    for (size_t i = 0; i < PLACES && !found; i++) {
        found = take_spot(doc, places[i], &s) && key_in_spot(doc, &s, out, cap);
    }
    return found;
}

/* ---- writing ---- */

static bool has_any(struct nvt_span s, const char *bytes)
{
    bool found = false;
    for (size_t i = 0; i < s.len && !found; i++) {
        found = s.ptr[i] != 0U && strchr(bytes, (int)s.ptr[i]) != NULL;
    }
    return found;
}

/* " a=b" for each member that this form can say; the others are told. */
static void put_members(const struct nvt_json *doc, nvt_json_node object, struct nvt_buf *out)
{
    struct nvt_json_iter it;
    struct nvt_span name;
    nvt_json_node node = 0;
    (void)memset(&it, 0, sizeof it);
    while (nvt_json_next(doc, object, &it, &name, &node)) {
        enum nvt_json_type type = nvt_json_type(doc, node);
        struct nvt_span value = nvt_json_raw(doc, node);
        bool simple = type == NVT_JSON_STRING || type == NVT_JSON_NUMBER || type == NVT_JSON_BOOL;
        if (nvt_span_eq(name, NVT_LIT(NAME))) {
            continue;
        }
        if (simple && !has_any(name, " =") && !has_any(value, " =")) {
            nvt_buf_put_byte(out, (uint8_t)' ');
            nvt_buf_put(out, name);
            nvt_buf_put_byte(out, (uint8_t)'=');
            nvt_buf_put(out, value);
        } else {
            say("metadata.%.*s: a quote cannot carry it, since its confirmation reads words alone",
                (int)(name.len < 64U ? name.len : 64U), (const char *)name.ptr);
        }
    }
}

/* The metadata as a text in JSON, the key first. */
static void put_text_form(const struct nvt_json *doc, const struct spot *s, const char *key,
                          bool has_key, struct nvt_buf *out)
{
    struct nvt_span old = s->type == NVT_JSON_STRING ? nvt_json_raw(doc, s->metadata) : NVT_LIT("");
    nvt_buf_put_byte(out, (uint8_t)'"');
    if (!has_key || s->type != NVT_JSON_STRING) {
        nvt_buf_put(out, NVT_LIT(NAME "="));
        nvt_buf_put(out, nvt_span_str(key));
        nvt_buf_put(out, old.len > 0U ? NVT_LIT(" ") : NVT_LIT(""));
    }
    nvt_buf_put(out, old);
    if (s->type == NVT_JSON_OBJECT) {
        put_members(doc, s->metadata, out);
    }
    nvt_buf_put_byte(out, (uint8_t)'"');
}

static void put_object_form(const char *key, struct nvt_buf *out)
{
    nvt_buf_put(out, NVT_LIT("{\"" NAME "\":\""));
    nvt_buf_put(out, nvt_span_str(key));
    nvt_buf_put(out, NVT_LIT("\"}"));
}

/* The bytes of the metadata in the text, quotes included; where they would stand without any. */
static struct nvt_span old_text(const struct nvt_json *doc, const struct spot *s)
{
    struct nvt_span raw = nvt_json_raw(doc, s->there ? s->metadata : s->task);
    if (!s->there) {
        return nvt_span_of(raw.ptr + 1, 0U);
    }
    return s->type == NVT_JSON_STRING ? nvt_span_of(raw.ptr - 1, raw.len + 2U) : raw;
}

nvt_err delivery_write_key(const struct nvt_json *doc, struct nvt_span text, const char *key,
                           bool for_quote, struct nvt_buf *out)
{
    struct spot s;
    char own[NVT_COOPCYCLE_KEY_MAX + 1];
    if (!find_spot(doc, &s)) {
        return NVT_E_FIELD_MISSING;
    }
    bool has_key = key_in_spot(doc, &s, own, sizeof own);
    bool empty = s.type == NVT_JSON_NULL ||
                 (s.type == NVT_JSON_ARRAY && nvt_json_size(doc, s.metadata) == 0U);
    if (!empty && s.type != NVT_JSON_STRING && !(for_quote && s.type == NVT_JSON_OBJECT)) {
        return NVT_E_FIELD_TYPE;
    }
    struct nvt_span old = old_text(doc, &s);
    nvt_buf_put(out, nvt_span_of(text.ptr, (size_t)(old.ptr - text.ptr)));
    if (!s.there) {
        nvt_buf_put(out, NVT_LIT("\"metadata\":"));
    }
    if (for_quote || s.type == NVT_JSON_STRING) {
        put_text_form(doc, &s, key, has_key, out);
    } else {
        put_object_form(key, out);
    }
    if (!s.there && nvt_json_size(doc, s.task) > 0U) {
        nvt_buf_put_byte(out, (uint8_t)',');
    }
    nvt_buf_put(out, nvt_span_drop(text, (size_t)(old.ptr - text.ptr) + old.len));
    return nvt_buf_err(out);
}
