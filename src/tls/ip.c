/* SPDX-License-Identifier: Apache-2.0 */
/* Tells addresses from names: an address is looked for among a certificate's iPAddress names. */
#include "tls_parts.h"

/* Takes what stands before the first sep off *rest; *found tells whether there was one. */
static struct nvt_span take_until(struct nvt_span *rest, uint8_t sep, bool *found)
{
    size_t n = 0;
    while ((n < rest->len) && (rest->ptr[n] != sep)) {
        n++;
    }
    struct nvt_span piece = nvt_span_of(rest->ptr, n);
    *found = n < rest->len;
    nvt_span_skip(rest, *found ? n + 1U : n);
    return piece;
}

/* IPv4address of RFC 3986 section 3.2.2: four of dec-octet, which has no leading zero. */
static bool parse_v4(struct nvt_span text, uint8_t *out)
{
    bool more = true;
    for (size_t i = 0; i < 4U; i++) {
        struct nvt_span part = take_until(&text, (uint8_t)'.', &more);
        uint64_t value = 0;
        if ((part.len > 3U) || (nvt_u64_parse(part, 255U, &value) != NVT_OK)) {
            return false;
        }
        if (((part.len > 1U) && (part.ptr[0] == (uint8_t)'0')) || (more != (i < 3U))) {
            return false;
        }
        out[i] = (uint8_t)value;
    }
    return true;
}

/* h16 = 1*4HEXDIG */
static bool parse_h16(struct nvt_span text, uint8_t *out)
{
    uint32_t value = 0;
    if ((text.len == 0U) || (text.len > 4U)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = nvt_hex_value(text.ptr[i]);
        if (digit > 15U) {
            return false;
        }
        value = (value << 4U) | digit;
    }
    out[0] = (uint8_t)(value >> 8U);
    out[1] = (uint8_t)value;
    return true;
}

struct v6 {
    uint8_t ip[16];
    size_t len; /* bytes so far */
    size_t gap; /* where "::" stands, or NO_GAP */
};

enum { NO_GAP = 17 };

/* One h16, or as the last piece an IPv4address. */
static bool v6_piece(struct v6 *v, struct nvt_span piece, bool last)
{
    if (last && (v->len <= 12U) && parse_v4(piece, &v->ip[v->len])) {
        v->len += 4U;
        return true;
    }
    if ((v->len > 14U) || !parse_h16(piece, &v->ip[v->len])) {
        return false;
    }
    v->len += 2U;
    return true;
}

static bool v6_gap(struct v6 *v, struct nvt_span *text)
{
    if (v->gap != (size_t)NO_GAP) {
        return false;
    }
    v->gap = v->len;
    nvt_span_skip(text, 1U);
    return true;
}

/* Moves what followed "::" to the end; the gap stands for one group or more. */
static bool v6_close_gap(struct v6 *v)
{
    if (v->gap == (size_t)NO_GAP) {
        return v->len == 16U;
    }
    if (v->len > 14U) {
        return false;
    }
    size_t tail = v->len - v->gap;
    (void)memmove(&v->ip[16U - tail], &v->ip[v->gap], tail);
    (void)memset(&v->ip[v->gap], 0, 16U - v->len);
    return true;
}

static bool starts_with_colon(struct nvt_span text)
{
    return (text.len > 0U) && (text.ptr[0] == (uint8_t)':');
}

/* A piece and the ":" or "::" behind it; *more: another piece must follow. */
static bool v6_step(struct v6 *v, struct nvt_span *text, bool *more)
{
    struct nvt_span piece = take_until(text, (uint8_t)':', more);
    if (!v6_piece(v, piece, !*more)) {
        return false;
    }
    if (starts_with_colon(*text)) {
        *more = false;
        return v6_gap(v, text);
    }
    return true;
}

/* IPv6address of RFC 3986 section 3.2.2. */
static bool parse_v6(struct nvt_span text, struct v6 *v)
{
    bool more = false;
    if (starts_with_colon(text)) {
        nvt_span_skip(&text, 1U);
        if (!starts_with_colon(text) || !v6_gap(v, &text)) {
            return false;
        }
    }
    while (text.len > 0U) {
        if (!v6_step(v, &text, &more)) {
            return false;
        }
    }
    return !more && v6_close_gap(v);
}

uint8_t nvt_tls_ip_parse(const char *host, uint8_t out_ip[16])
{
    struct nvt_span text = nvt_span_str(host);
    struct v6 v = {{0}, 0, NO_GAP};
    if (parse_v4(text, out_ip)) {
        return 4U;
    }
    if (!parse_v6(text, &v)) {
        return 0U;
    }
    (void)memcpy(out_ip, v.ip, sizeof v.ip);
    return 16U;
}
