/* SPDX-License-Identifier: Apache-2.0 */
/* Base room: byte ranges, bounded writing, encodings, times and secrets. Pure: no I/O, no clock. */
#ifndef NAVETTE_BASE_H
#define NAVETTE_BASE_H

#include <navette/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- span: a byte range that somebody else owns ---- */

struct nvt_span {
    const uint8_t *ptr; /* may be NULL only when len is 0 */
    size_t len;
};

/* A string literal as a span, without its NUL. Only for literals. */
#define NVT_LIT(s) ((struct nvt_span){(const uint8_t *)("" s), sizeof(s) - 1U})

static inline struct nvt_span nvt_span_of(const void *ptr, size_t len)
{
    struct nvt_span s = {(const uint8_t *)ptr, len};
    return s;
}

/* A text without its NUL; NULL is an empty one. */
struct nvt_span nvt_span_str(const char *str);

/* s without its first n bytes; empty when n is larger than s. */
struct nvt_span nvt_span_drop(struct nvt_span s, size_t n);

/* The same in place. */
void nvt_span_skip(struct nvt_span *s, size_t n);

/* s without spaces and tabs at both ends (OWS of RFC 9110 section 5.6.3). */
struct nvt_span nvt_span_trim(struct nvt_span s);

bool nvt_span_eq(struct nvt_span a, struct nvt_span b);

/* Equal when ASCII letters are compared without case. */
bool nvt_span_eq_nocase(struct nvt_span a, struct nvt_span b);

/* ---- buf: bounded writing; an overflow sticks, so only the end needs a check ---- */

struct nvt_buf {
    uint8_t *ptr;
    size_t cap;
    size_t len;
    bool overflow; /* something did not fit: len stands at the last whole put */
};

void nvt_buf_init(struct nvt_buf *b, void *mem, size_t cap);
void nvt_buf_put(struct nvt_buf *b, struct nvt_span s);
void nvt_buf_put_byte(struct nvt_buf *b, uint8_t byte);
void nvt_buf_put_u64(struct nvt_buf *b, uint64_t value);
void nvt_buf_put_i64(struct nvt_buf *b, int64_t value);

/* value / 10^scale in plain decimal: no exponent, no trailing zeros, no "-0". scale 0 to 18; a
 * larger one counts as overflow. */
void nvt_buf_put_dec(struct nvt_buf *b, int64_t value, unsigned scale);

static inline struct nvt_span nvt_buf_span(const struct nvt_buf *b)
{
    return nvt_span_of(b->ptr, b->len);
}

/* NVT_OK, or NVT_E_SPACE once anything did not fit. */
static inline nvt_err nvt_buf_err(const struct nvt_buf *b)
{
    return b->overflow ? NVT_E_SPACE : NVT_OK;
}

/* ---- numbers ---- */

/* All of s as 1*DIGIT, at most max. NVT_E_SYNTAX, NVT_E_RANGE. */
nvt_err nvt_u64_parse(struct nvt_span s, uint64_t max, uint64_t *out_value);

/* All of s as ["-"] 1*DIGIT ["." 1*DIGIT] scaled by 10^scale, scale 0 to 18; digits beyond scale
 * are rounded half away from zero. No exponent, no float. NVT_E_SYNTAX, NVT_E_RANGE (int64_t,
 * scale). */
nvt_err nvt_dec_parse(struct nvt_span s, unsigned scale, int64_t *out_value);

/* ---- bytes of ASCII ---- */

/* A letter or digit. */
bool nvt_is_alnum(uint8_t byte);

/* The value of a hexadecimal digit of either case, or 16. */
unsigned nvt_hex_value(uint8_t byte);

/* ---- encodings ---- */

enum nvt_base64 {
    NVT_BASE64,         /* RFC 4648 section 4, padding written and required */
    NVT_BASE64URL,      /* section 5, padding written and required */
    NVT_BASE64URL_BARE, /* section 5, no padding written or accepted (RFC 7515 section 2) */
};

/* The six bits of a letter, which differ in two of them; 64 for what is none. */
uint32_t nvt_base64_value(uint8_t byte, bool url);

void nvt_base64_put(struct nvt_buf *b, struct nvt_span bytes, enum nvt_base64 form);

/* Strict: no white space, right padding, unused bits zero. NVT_E_SYNTAX, NVT_E_SPACE; on an error
 * nothing is added to out. */
nvt_err nvt_base64_decode(struct nvt_span text, enum nvt_base64 form, struct nvt_buf *out);

/* All but unreserved characters as %XX (RFC 3986 section 2.3). For one path segment or query value.
 */
void nvt_percent_put(struct nvt_buf *b, struct nvt_span text);

/* "name=value" after "&" unless b is empty, both sides as application/x-www-form-urlencoded
 * (WHATWG URL section 5.2: space is "+"). */
void nvt_form_put(struct nvt_buf *b, struct nvt_span name, struct nvt_span value);

/* ---- UTF-8 (RFC 3629: shortest form, no surrogates, up to U+10FFFF) ---- */

nvt_err nvt_utf8_check(struct nvt_span text);

/* Takes the first character off *text. NVT_E_UTF8 when there is none or it is malformed. */
nvt_err nvt_utf8_next(struct nvt_span *text, uint32_t *out_code_point);

/* U+FFFD in place of what is no character: surrogates and all above U+10FFFF. */
void nvt_utf8_put(struct nvt_buf *b, uint32_t code_point);

/* ---- times: seconds since 1970-01-01T00:00:00Z, years 1970 to 9999 ---- */

/* date-time of RFC 3339 section 5.6, any offset, fraction dropped. Second 60 is read as 59, and
 * only where a leap second can be: 23:59 UTC. NVT_E_SYNTAX, NVT_E_RANGE. */
nvt_err nvt_time_parse_rfc3339(struct nvt_span text, int64_t *out_s);

/* "YYYY-MM-DDThh:mm:ssZ", 20 bytes. A time outside the years 1970 to 9999 counts as overflow. */
void nvt_time_put_rfc3339(struct nvt_buf *b, int64_t s);

/* HTTP-date of RFC 9110 section 5.6.7: IMF-fixdate and the two obsolete forms; two-digit years are
 * 1970 to 2069. The day's name is not compared with the date. NVT_E_SYNTAX, NVT_E_RANGE. */
nvt_err nvt_time_parse_http(struct nvt_span text, int64_t *out_s);

/* Civil UTC fields to seconds; month 1 to 12. NVT_E_RANGE when no such second exists. */
nvt_err nvt_time_from_civil(int32_t year, int32_t month, int32_t day, int32_t hour, int32_t minute,
                            int32_t second, int64_t *out_s);

/* ---- checks ---- */

/* CRC-32 (IEEE 802.3, reflected) continued over bytes: start with 0, hand on what came back. */
uint32_t nvt_crc32(uint32_t crc, struct nvt_span bytes);

/* ---- secrets ---- */

/* Equal or not in a time that depends on len alone. */
bool nvt_ct_equal(const void *a, const void *b, size_t len);

/* Zeroes in a way that the optimiser cannot remove. */
void nvt_wipe(void *mem, size_t len);

#endif
