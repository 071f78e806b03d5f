/* SPDX-License-Identifier: Apache-2.0 */
/* Typed values out of a parsed JSON document. Numbers stay decimal text until they are integers. */
#include "scan.h"

nvt_err nvt_json_get_bool(const struct nvt_json *doc, nvt_json_node node, bool *out_value)
{
    if (nvt_json_type(doc, node) != NVT_JSON_BOOL) {
        return NVT_E_JSON_TYPE;
    }
    *out_value = nvt_json_raw(doc, node).ptr[0] == (uint8_t)'t';
    return NVT_OK;
}

/* ---- numbers ---- */

#define MAGNITUDE_MAX ((uint64_t)1U << 63U) /* of INT64_MIN */

/* Where an exponent is cut: no text within INT_MAX bytes can make up for it with zeros before or
 * behind the point, yet a sum of it and a length stays far from overflow. */
#define EXPONENT_MAX INT64_C(1000000000000)

/* The parts of a number as they stand in the text. */
struct number {
    const uint8_t *digits; /* the first one, with a point behind the first whole of them */
    size_t whole;
    size_t have; /* digits in all */
    int64_t exponent;
    bool negative;
    bool integer; /* neither point nor exponent */
};

/* How many digits stand at p. */
static size_t digit_run(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *start = p;
    while (p < end && *p >= (uint8_t)'0' && *p <= (uint8_t)'9') {
        p++;
    }
    return (size_t)(p - start);
}

/* [ minus / plus ] 1*DIGIT */
static int64_t read_exponent(const uint8_t *p, const uint8_t *end)
{
    bool negative = *p == (uint8_t)'-';
    int64_t value = 0;
    if (*p < (uint8_t)'0') {
        p++;
    }
    for (; p < end && value < EXPONENT_MAX; p++) {
        value = value * 10 + (int64_t)(*p - (uint8_t)'0');
    }
    return negative ? -value : value;
}

/* number of RFC 8259 section 6; raw is one that was checked */
static void split_number(struct nvt_span raw, struct number *n)
{
    const uint8_t *p = raw.ptr;
    const uint8_t *end = raw.ptr + raw.len;
    n->negative = *p == (uint8_t)'-';
    if (n->negative) {
        p++;
    }
    n->digits = p;
    n->whole = digit_run(p, end);
    n->have = n->whole;
    p += n->whole;
    n->integer = p == end;
    if (p < end && *p == (uint8_t)'.') {
        size_t run = digit_run(p + 1, end);
        n->have += run;
        p += 1U + run;
    }
    n->exponent = p < end ? read_exponent(p + 1, end) : 0;
}

static unsigned digit_at(const struct number *n, size_t i)
{
    return (unsigned)n->digits[i + (i < n->whole ? 0U : 1U)] - (unsigned)'0';
}

/* The first keep digits as a number; zeros stand in for digits that the text does not have. Ends
 * after at most 20 digits past leading zeros. */
static nvt_err magnitude_of(const struct number *n, uint64_t keep, uint64_t *out_magnitude)
{
    uint64_t magnitude = 0U;
    for (uint64_t i = 0U; i < keep && (i < n->have || magnitude != 0U); i++) {
        if (magnitude > MAGNITUDE_MAX / 10U) {
            return NVT_E_RANGE;
        }
        magnitude = magnitude * 10U + (i < n->have ? digit_at(n, (size_t)i) : 0U);
    }
    if (keep < n->have && digit_at(n, (size_t)keep) >= 5U) {
        magnitude++; /* half away from zero */
    }
    *out_magnitude = magnitude;
    return NVT_OK;
}

/* Sign and bounds. */
static nvt_err give_signed(uint64_t magnitude, bool negative, int64_t min, int64_t max,
                           int64_t *out_value)
{
    if (magnitude > MAGNITUDE_MAX - (negative ? 0U : 1U)) {
        return NVT_E_RANGE;
    }
    /* INT64_MIN has no positive counterpart */
    int64_t value =
        negative && magnitude > 0U ? -(int64_t)(magnitude - 1U) - 1 : (int64_t)magnitude;
    if (value < min || value > max) {
        return NVT_E_RANGE;
    }
    *out_value = value;
    return NVT_OK;
}

static nvt_err get_number(const struct number *n, unsigned scale, int64_t min, int64_t max,
                          int64_t *out_value)
{
    /* value * 10^scale has so many digits before its point */
    int64_t keep = (int64_t)n->whole + n->exponent + (int64_t)scale;
    uint64_t magnitude = 0U;
    nvt_err err = keep < 0 ? NVT_OK : magnitude_of(n, (uint64_t)keep, &magnitude);
    return err == NVT_OK ? give_signed(magnitude, n->negative, min, max, out_value) : err;
}

static bool is_number(const struct nvt_json *doc, nvt_json_node node, struct number *out_number)
{
    if (nvt_json_type(doc, node) != NVT_JSON_NUMBER) {
        return false;
    }
    split_number(nvt_json_raw(doc, node), out_number);
    return true;
}

nvt_err nvt_json_get_int(const struct nvt_json *doc, nvt_json_node node, int64_t min, int64_t max,
                         int64_t *out_value)
{
    struct number n;
    if (!is_number(doc, node, &n) || !n.integer) {
        return NVT_E_JSON_TYPE;
    }
    return get_number(&n, 0U, min, max, out_value);
}

nvt_err nvt_json_get_dec(const struct nvt_json *doc, nvt_json_node node, unsigned scale,
                         int64_t min, int64_t max, int64_t *out_value)
{
    struct number n;
    if (scale > 18U) {
        return NVT_E_ARG;
    }
    if (!is_number(doc, node, &n)) {
        return NVT_E_JSON_TYPE;
    }
    return get_number(&n, scale, min, max, out_value);
}

/* ---- strings ---- */

nvt_err nvt_json_get_str(const struct nvt_json *doc, nvt_json_node node, struct nvt_buf *out)
{
    if (nvt_json_type(doc, node) != NVT_JSON_STRING) {
        return NVT_E_JSON_TYPE;
    }
    struct nvt_span raw = nvt_json_raw(doc, node);
    size_t start = out->len;
    while (raw.len > 0U) {
        uint8_t mem[4];
        nvt_buf_put(out, nvt_json_str_piece(&raw, mem));
    }
    if (out->overflow) {
        out->len = start; /* all of the string or nothing */
    }
    return nvt_buf_err(out);
}

nvt_err nvt_json_get_text(const struct nvt_json *doc, nvt_json_node node, char *out, size_t cap)
{
    struct nvt_buf b;
    nvt_buf_init(&b, out, cap - 1U);
    nvt_err err = nvt_json_get_str(doc, node, &b);
    if (err == NVT_OK && b.len > 0U && memchr(out, 0, b.len) != NULL) {
        err = NVT_E_JSON_ESCAPE;
    }
    out[err == NVT_OK ? b.len : 0U] = '\0';
    return err;
}

nvt_err nvt_json_get_span(const struct nvt_json *doc, nvt_json_node node, struct nvt_span *out_text)
{
    if (nvt_json_type(doc, node) != NVT_JSON_STRING) {
        return NVT_E_JSON_TYPE;
    }
    struct nvt_span raw = nvt_json_raw(doc, node);
    if (nvt_json_has_escape(raw)) {
        return NVT_E_JSON_ESCAPE;
    }
    *out_text = raw;
    return NVT_OK;
}
