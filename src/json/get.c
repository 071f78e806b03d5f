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

/* The parts of a number as they stand in the text. */
struct number {
    bool negative;
    struct nvt_span whole;
    struct nvt_span fraction; /* digits behind the point */
    int64_t exponent;
};

static bool starts_with(struct nvt_span s, char byte)
{
    return s.len > 0U && s.ptr[0] == (uint8_t)byte;
}

static struct nvt_span take_digits(struct nvt_span *s)
{
    size_t len = 0U;
    while (len < s->len && s->ptr[len] >= (uint8_t)'0' && s->ptr[len] <= (uint8_t)'9') {
        len++;
    }
    struct nvt_span digits = nvt_span_of(s->ptr, len);
    *s = nvt_span_drop(*s, len);
    return digits;
}

/* Cut at a size that no text within INT_MAX bytes can make up for with leading or trailing zeros,
 * yet sums with such a length stay far from overflow. */
static int64_t read_exponent(struct nvt_span s)
{
    const uint64_t huge = (uint64_t)1U << 40U;
    bool negative = starts_with(s, '-');
    uint64_t value = huge;
    if (negative || starts_with(s, '+')) {
        s = nvt_span_drop(s, 1U);
    }
    if (nvt_u64_parse(s, huge, &value) != NVT_OK) {
        value = huge;
    }
    return negative ? -(int64_t)value : (int64_t)value;
}

static void split_number(struct nvt_span raw, struct number *n)
{
    n->negative = starts_with(raw, '-');
    if (n->negative) {
        raw = nvt_span_drop(raw, 1U);
    }
    n->whole = take_digits(&raw);
    n->fraction = NVT_LIT("");
    if (starts_with(raw, '.')) {
        raw = nvt_span_drop(raw, 1U);
        n->fraction = take_digits(&raw);
    }
    n->exponent = raw.len > 0U ? read_exponent(nvt_span_drop(raw, 1U)) : 0;
}

/* Sign and bounds; magnitude is at most MAGNITUDE_MAX. */
static nvt_err give_signed(uint64_t magnitude, bool negative, int64_t min, int64_t max,
                           int64_t *out_value)
{
    int64_t value;
    if (negative && magnitude > 0U) {
        value = -(int64_t)(magnitude - 1U) - 1; /* INT64_MIN has no positive counterpart */
    } else if (magnitude < MAGNITUDE_MAX) {
        value = (int64_t)magnitude;
    } else {
        return NVT_E_RANGE;
    }
    if (value < min || value > max) {
        return NVT_E_RANGE;
    }
    *out_value = value;
    return NVT_OK;
}

nvt_err nvt_json_get_int(const struct nvt_json *doc, nvt_json_node node, int64_t min, int64_t max,
                         int64_t *out_value)
{
    if (nvt_json_type(doc, node) != NVT_JSON_NUMBER) {
        return NVT_E_JSON_TYPE;
    }
    struct nvt_span raw = nvt_json_raw(doc, node);
    bool negative = starts_with(raw, '-');
    if (negative) {
        raw = nvt_span_drop(raw, 1U);
    }
    struct nvt_span digits = take_digits(&raw);
    if (raw.len > 0U) {
        return NVT_E_JSON_TYPE; /* a fraction or an exponent */
    }
    uint64_t magnitude = 0U;
    nvt_err err = nvt_u64_parse(digits, MAGNITUDE_MAX, &magnitude);
    return err == NVT_OK ? give_signed(magnitude, negative, min, max, out_value) : err;
}

static unsigned digit_at(const struct number *n, uint64_t i)
{
    bool whole = i < n->whole.len;
    size_t at = (size_t)(whole ? i : i - n->whole.len);
    return (unsigned)(whole ? n->whole.ptr[at] : n->fraction.ptr[at]) - (unsigned)'0';
}

/* The first keep digits as a number; zeros stand in for digits that the text does not have. */
static nvt_err magnitude_of(const struct number *n, uint64_t keep, uint64_t *out_magnitude)
{
    uint64_t have = (uint64_t)n->whole.len + n->fraction.len;
    uint64_t magnitude = 0U;
    for (uint64_t i = 0U; i < keep && (i < have || magnitude != 0U); i++) {
        unsigned digit = i < have ? digit_at(n, i) : 0U;
        if (magnitude > (MAGNITUDE_MAX - digit) / 10U) {
            return NVT_E_RANGE; /* ends the loop after at most 20 digits past leading zeros */
        }
        magnitude = magnitude * 10U + digit;
    }
    if (keep < have && digit_at(n, keep) >= 5U) {
        magnitude++; /* half away from zero */
    }
    *out_magnitude = magnitude;
    return magnitude > MAGNITUDE_MAX ? NVT_E_RANGE : NVT_OK;
}

nvt_err nvt_json_get_dec(const struct nvt_json *doc, nvt_json_node node, unsigned scale,
                         int64_t min, int64_t max, int64_t *out_value)
{
    if (nvt_json_type(doc, node) != NVT_JSON_NUMBER || scale > 18U) {
        return scale > 18U ? NVT_E_ARG : NVT_E_JSON_TYPE;
    }
    struct number n;
    split_number(nvt_json_raw(doc, node), &n);

    /* value * 10^scale has so many digits before its point */
    int64_t keep = (int64_t)n.whole.len + n.exponent + (int64_t)scale;
    uint64_t magnitude = 0U;
    nvt_err err = keep < 0 ? NVT_OK : magnitude_of(&n, (uint64_t)keep, &magnitude);
    return err == NVT_OK ? give_signed(magnitude, n.negative, min, max, out_value) : err;
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

nvt_err nvt_json_get_span(const struct nvt_json *doc, nvt_json_node node, struct nvt_span *out_text)
{
    if (nvt_json_type(doc, node) != NVT_JSON_STRING) {
        return NVT_E_JSON_TYPE;
    }
    struct nvt_span raw = nvt_json_raw(doc, node);
    if (raw.len > 0U && memchr(raw.ptr, '\\', raw.len) != NULL) {
        return NVT_E_JSON_ESCAPE;
    }
    *out_text = raw;
    return NVT_OK;
}
