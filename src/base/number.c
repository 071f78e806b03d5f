/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers, whole and fixed-point, in both directions. No float anywhere. */
#include <navette/base.h>

#include <limits.h>

/* Digits of 2^64 - 1, a point, a sign. */
#define NVT_DEC_TEXT_CAP 22U
/* With 19 digits in an int64_t, one stays in front of the point. */
#define NVT_DEC_SCALE_MAX 18U

/* A number being written from its end to its start. */
struct text {
    uint8_t bytes[NVT_DEC_TEXT_CAP];
    size_t start;
};

static void prepend(struct text *t, uint8_t byte)
{
    t->start--;
    t->bytes[t->start] = byte;
}

/* magnitude / 10^places, one digit before the point at least. */
static void put_digits(struct nvt_buf *b, bool negative, uint64_t magnitude, unsigned places)
{
    struct text t = {{0}, NVT_DEC_TEXT_CAP};
    uint64_t left = magnitude;
    unsigned digits = 0;
    do {
        if (digits == places && places > 0U) {
            prepend(&t, (uint8_t)'.');
        }
        prepend(&t, (uint8_t)((uint64_t)'0' + left % 10U));
        left /= 10U;
        digits++;
    } while (left != 0U || digits <= places);
    if (negative) {
        prepend(&t, (uint8_t)'-');
    }
    nvt_buf_put(b, nvt_span_of(t.bytes + t.start, NVT_DEC_TEXT_CAP - t.start));
}

void nvt_buf_put_u64(struct nvt_buf *b, uint64_t value)
{
    put_digits(b, false, value, 0U);
}

void nvt_buf_put_i64(struct nvt_buf *b, int64_t value)
{
    nvt_buf_put_dec(b, value, 0U);
}

void nvt_buf_put_dec(struct nvt_buf *b, int64_t value, unsigned scale)
{
    uint64_t left = value < 0 ? 0U - (uint64_t)value : (uint64_t)value;
    unsigned places = scale;
    if (scale > NVT_DEC_SCALE_MAX) {
        b->overflow = true;
        return;
    }
    while (places > 0U && left % 10U == 0U) {
        left /= 10U;
        places--;
    }
    put_digits(b, value < 0, left, places);
}

/* Takes 1*DIGIT off the front of *s. */
static struct nvt_span take_digits(struct nvt_span *s)
{
    size_t len = 0;
    while (len < s->len && (unsigned)s->ptr[len] - (unsigned)'0' < 10U) {
        len++;
    }
    struct nvt_span digits = nvt_span_of(s->ptr, len);
    nvt_span_skip(s, len);
    return digits;
}

/* *value = *value * 10 + digit; false when that is above max. */
static bool push_digit(uint64_t *value, uint64_t digit, uint64_t max)
{
    if (*value > max / 10U || digit > max - *value * 10U) {
        return false;
    }
    *value = *value * 10U + digit;
    return true;
}

nvt_err nvt_u64_parse(struct nvt_span s, uint64_t max, uint64_t *out_value)
{
    uint64_t value = 0;
    struct nvt_span rest = s;
    struct nvt_span digits = take_digits(&rest);
    if (digits.len == 0U || rest.len != 0U) {
        return NVT_E_SYNTAX;
    }
    for (size_t i = 0; i < digits.len; i++) {
        if (!push_digit(&value, (uint64_t)digits.ptr[i] - (uint64_t)'0', max)) {
            return NVT_E_RANGE;
        }
    }
    *out_value = value;
    return NVT_OK;
}

/* whole.fraction times 10^scale, rounded half up (the sign is apart), at most max. */
static bool scale_digits(struct nvt_span whole, struct nvt_span fraction, unsigned scale,
                         uint64_t max, uint64_t *out_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < whole.len + scale; i++) {
        size_t place = i - whole.len; /* wraps, unused, in front of the point */
        uint8_t digit = (uint8_t)'0';
        if (i < whole.len) {
            digit = whole.ptr[i];
        } else if (place < fraction.len) {
            digit = fraction.ptr[place];
        }
        if (!push_digit(&value, (uint64_t)digit - (uint64_t)'0', max)) {
            return false;
        }
    }
    if (fraction.len > scale && fraction.ptr[scale] >= (uint8_t)'5') {
        if (value == max) {
            return false;
        }
        value++;
    }
    *out_value = value;
    return true;
}

/* The text of a decimal number, taken apart. */
struct decimal {
    bool negative;
    struct nvt_span whole;
    struct nvt_span fraction;
};

/* number = ["-"] 1*DIGIT ["." 1*DIGIT] */
static bool split_decimal(struct nvt_span s, struct decimal *out)
{
    struct nvt_span rest = s;
    out->fraction = nvt_span_of(NULL, 0U);
    out->negative = rest.len > 0U && rest.ptr[0] == (uint8_t)'-';
    nvt_span_skip(&rest, out->negative ? 1U : 0U);
    out->whole = take_digits(&rest);
    if (out->whole.len == 0U) {
        return false;
    }
    if (rest.len > 1U && rest.ptr[0] == (uint8_t)'.') {
        nvt_span_skip(&rest, 1U);
        out->fraction = take_digits(&rest);
    }
    return rest.len == 0U;
}

nvt_err nvt_dec_parse(struct nvt_span s, unsigned scale, int64_t *out_value)
{
    struct decimal d;
    uint64_t value = 0;
    if (!split_decimal(s, &d)) {
        return NVT_E_SYNTAX;
    }
    uint64_t max = (uint64_t)INT64_MAX + (d.negative ? 1U : 0U);
    if (scale > NVT_DEC_SCALE_MAX || !scale_digits(d.whole, d.fraction, scale, max, &value)) {
        return NVT_E_RANGE;
    }
    if (d.negative && value > 0U) {
        *out_value = -(int64_t)(value - 1U) - 1; /* the lowest int64_t has no positive twin */
    } else {
        *out_value = (int64_t)value;
    }
    return NVT_OK;
}
