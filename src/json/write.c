/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON piece by piece: what comes out is one valid RFC 8259 text, or an error. */
#include "scan.h"

void nvt_json_writer_init(struct nvt_json_writer *w, struct nvt_buf *out)
{
    w->out = out;
    w->is_object = 0U;
    w->has_items = 0U;
    w->depth = 0U;
    w->after_name = false;
    w->done = false;
    w->err = NVT_OK;
}

static void fail(struct nvt_json_writer *w, nvt_err err)
{
    if (w->err == NVT_OK) {
        w->err = err;
    }
}

/* ---- structure ---- */

/* The bit of the innermost open container; 0 at the top level. */
static uint32_t innermost(const struct nvt_json_writer *w)
{
    return w->depth == 0U ? 0U : (uint32_t)1U << (w->depth - 1U);
}

static void put_comma(struct nvt_json_writer *w)
{
    uint32_t bit = innermost(w);
    if ((w->has_items & bit) != 0U) {
        nvt_buf_put_byte(w->out, (uint8_t)',');
    }
    w->has_items |= bit;
}

/* Whether a value may stand here; the comma before it is then written. */
static bool begin_value(struct nvt_json_writer *w)
{
    bool in_object = (w->is_object & innermost(w)) != 0U;
    if (w->done || in_object != w->after_name) {
        fail(w, NVT_E_JSON_NESTING);
    }
    if (w->err != NVT_OK) {
        return false;
    }
    if (!in_object) {
        put_comma(w);
    }
    w->after_name = false;
    return true;
}

static void end_value(struct nvt_json_writer *w)
{
    w->done = w->depth == 0U;
}

static void begin_container(struct nvt_json_writer *w, bool object)
{
    if (w->depth >= (uint8_t)NVT_JSON_DEPTH_MAX) {
        fail(w, NVT_E_JSON_DEPTH);
    }
    if (!begin_value(w)) {
        return;
    }
    w->depth++;
    uint32_t bit = innermost(w);
    w->has_items &= ~bit;
    w->is_object = object ? w->is_object | bit : w->is_object & ~bit;
    nvt_buf_put_byte(w->out, object ? (uint8_t)'{' : (uint8_t)'[');
}

static void end_container(struct nvt_json_writer *w, bool object)
{
    bool in_object = (w->is_object & innermost(w)) != 0U;
    if (w->depth == 0U || w->after_name || in_object != object) {
        fail(w, NVT_E_JSON_NESTING);
    }
    if (w->err != NVT_OK) {
        return;
    }
    nvt_buf_put_byte(w->out, object ? (uint8_t)'}' : (uint8_t)']');
    w->depth--;
    end_value(w);
}

void nvt_json_begin_object(struct nvt_json_writer *w)
{
    begin_container(w, true);
}

void nvt_json_end_object(struct nvt_json_writer *w)
{
    end_container(w, true);
}

void nvt_json_begin_array(struct nvt_json_writer *w)
{
    begin_container(w, false);
}

void nvt_json_end_array(struct nvt_json_writer *w)
{
    end_container(w, false);
}

/* ---- strings ---- */

/* A quote, backslash or control byte in its shortest form; other bytes as they are. A solidus would
 * be escaped, but is plain text and never comes here. */
static void put_unplain(struct nvt_buf *out, uint8_t byte)
{
    uint8_t letter = nvt_json_short_letter(byte);
    if (letter != 0U) {
        nvt_buf_put_byte(out, (uint8_t)'\\');
        nvt_buf_put_byte(out, letter);
    } else if (byte < 0x20U) {
        nvt_buf_put(out, NVT_LIT("\\u00"));
        nvt_buf_put_byte(out, (uint8_t)(byte < 0x10U ? '0' : '1'));
        nvt_buf_put_byte(out, (uint8_t) "0123456789abcdef"[byte & 15U]);
    } else {
        nvt_buf_put_byte(out, byte);
    }
}

/* string of RFC 8259 section 7; text is valid UTF-8. */
static void put_string(struct nvt_buf *out, struct nvt_span text)
{
    nvt_buf_put_byte(out, (uint8_t)'"');
    while (text.len > 0U) {
        size_t run = (size_t)(nvt_json_plain(text.ptr, text.ptr + text.len) - text.ptr);
        nvt_buf_put(out, nvt_span_of(text.ptr, run));
        if (run < text.len) {
            put_unplain(out, text.ptr[run]);
            run++;
        }
        nvt_span_skip(&text, run);
    }
    nvt_buf_put_byte(out, (uint8_t)'"');
}

void nvt_json_name(struct nvt_json_writer *w, struct nvt_span name)
{
    if (w->after_name || (w->is_object & innermost(w)) == 0U) {
        fail(w, NVT_E_JSON_NESTING);
    }
    if (nvt_utf8_check(name) != NVT_OK) {
        fail(w, NVT_E_UTF8);
    }
    if (w->err != NVT_OK) {
        return;
    }
    put_comma(w);
    put_string(w->out, name);
    nvt_buf_put_byte(w->out, (uint8_t)':');
    w->after_name = true;
}

void nvt_json_put_str(struct nvt_json_writer *w, struct nvt_span text)
{
    if (nvt_utf8_check(text) != NVT_OK) {
        fail(w, NVT_E_UTF8);
    }
    if (begin_value(w)) {
        put_string(w->out, text);
        end_value(w);
    }
}

/* ---- other values ---- */

void nvt_json_put_int(struct nvt_json_writer *w, int64_t value)
{
    if (begin_value(w)) {
        nvt_buf_put_i64(w->out, value);
        end_value(w);
    }
}

void nvt_json_put_dec(struct nvt_json_writer *w, int64_t value, unsigned scale)
{
    if (scale > 18U) {
        fail(w, NVT_E_ARG);
    }
    if (begin_value(w)) {
        nvt_buf_put_dec(w->out, value, scale);
        end_value(w);
    }
}

static void put_literal(struct nvt_json_writer *w, struct nvt_span text)
{
    if (begin_value(w)) {
        nvt_buf_put(w->out, text);
        end_value(w);
    }
}

void nvt_json_put_bool(struct nvt_json_writer *w, bool value)
{
    put_literal(w, value ? NVT_LIT("true") : NVT_LIT("false"));
}

void nvt_json_put_null(struct nvt_json_writer *w)
{
    put_literal(w, NVT_LIT("null"));
}

void nvt_json_put_raw(struct nvt_json_writer *w, struct nvt_span json)
{
    nvt_err err = nvt_json_check_at(json, w->depth, NULL);
    if (err != NVT_OK) {
        fail(w, err);
    }
    put_literal(w, json);
}

nvt_err nvt_json_writer_end(struct nvt_json_writer *w)
{
    if (!w->done) {
        fail(w, NVT_E_JSON_NESTING);
    }
    return w->err == NVT_OK ? nvt_buf_err(w->out) : w->err;
}
