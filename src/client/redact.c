/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What shares 8 or more bytes in a row with a secret does not show, wherever it stands: as it is,
 * percent-encoded, in JSON escapes, in any mix of these, or in base64 at each of its alignments.
 *
 * From every byte of the text on, escapes are undone as they end, on a stack; what has become of
 * the text so far is compared with what the same makes of 8 bytes of a secret alone. Encoders work
 * byte by byte, so both are the same whatever coats the text wears, and nothing that follows
 * matters. All windows that match, together, are what is hidden: a server may cut text anywhere.
 * Where we cut it ourselves, a secret may have stood whole: there its beginning is hidden too.
 */
#include "call.h"

enum {
    SHARED = 8,   /* bytes in a row that tell too much */
    WINDOW = 11,  /* of which the last three end what is shared */
    LETTERS = 34, /* of base64 that hold them, each percent-encoded */
    PENDING = 10, /* symbols of an escape within an escape that has not ended */
    SYMBOLS = LETTERS + PENDING + 3,
    REACH = 120,   /* bytes of text that may stand for them */
    PIECE = 64,    /* bytes that are shown at once */
    ESCAPE_LEN = 6 /* "\uXXXX" */
};

/* Bytes, and how far into the text each has come from. end NULL: one each. */
struct source {
    const uint8_t *bytes;
    const uint8_t *end;
    size_t len;
    size_t cut; /* how far into the text they end, because it was cut there; 0: they do not */
};

/* What has become of a source's bytes. */
struct stack {
    uint8_t symbol[SYMBOLS];
    uint8_t end[SYMBOLS];
    size_t len;
    size_t taken; /* bytes of the source */
};

static bool is_hex(uint8_t c)
{
    return nvt_hex_value(c) < 16U;
}

/* Where an escape may begin. */
static bool is_lead(uint8_t c)
{
    return c == (uint8_t)'%' || c == (uint8_t)'\\';
}

/* Forms write a space as '+'; controls show as spaces. */
static uint8_t fold(uint8_t c)
{
    return c < 0x20U || c == (uint8_t)'+' ? (uint8_t)' ' : c;
}

/* ---- escapes ---- */

int32_t nvt_escape_unit(struct nvt_span text)
{
    uint32_t unit = 0;
    if (text.len < (size_t)ESCAPE_LEN || text.ptr[0] != (uint8_t)'\\' ||
        text.ptr[1] != (uint8_t)'u') {
        return -1;
    }
    for (size_t i = 2; i < (size_t)ESCAPE_LEN; i++) {
        if (!is_hex(text.ptr[i])) {
            return -1;
        }
        unit = unit * 16U + nvt_hex_value(text.ptr[i]);
    }
    return (int32_t)unit;
}

static void append(struct stack *k, uint32_t symbol, size_t end)
{
    if (k->len < (size_t)SYMBOLS) {
        k->symbol[k->len] = (uint8_t)symbol;
        k->end[k->len] = (uint8_t)end;
        k->len++;
    }
}

/* In UTF-8; half a pair as the two bytes that it is, until the other half comes. */
static void append_unit(struct stack *k, uint32_t unit, size_t end)
{
    uint8_t text[4];
    struct nvt_buf b;
    uint32_t cp = unit;
    const uint8_t *top = k->symbol + k->len;
    nvt_buf_init(&b, text, sizeof text);
    if (unit >> 10U == 0x37U && k->len >= 2U && (top[-2] & 0xFCU) == 0xD8U) {
        cp = 0x10000U + ((top[-2] & 3U) << 18U) + (uint32_t)(top[-1] << 10U) + (unit & 0x3FFU);
        k->len -= 2U;
    }
    if (unit >> 11U == 0x1BU && cp == unit) {
        nvt_buf_put_byte(&b, (uint8_t)(unit >> 8U));
        nvt_buf_put_byte(&b, (uint8_t)unit);
    } else {
        nvt_utf8_put(&b, cp);
    }
    for (size_t i = 0; i < b.len; i++) {
        append(k, text[i], end);
    }
}

/* Undoes one escape that ends at the top. "\n" and the like stand for controls, and controls are
 * all one here. "\u" may be the beginning of more. */
static bool undo(struct stack *k, size_t end)
{
    static const char controls[] = {'b', 'f', 'n', 'r', 't'};
    const uint8_t *top = k->symbol + k->len;
    size_t len = k->len < (size_t)ESCAPE_LEN ? k->len : (size_t)ESCAPE_LEN;
    int32_t unit = nvt_escape_unit(nvt_span_of(top - len, len));
    if (unit >= 0) {
        k->len -= (size_t)ESCAPE_LEN;
        append_unit(k, (uint32_t)unit, end);
    } else if (len >= 3U && top[-3] == (uint8_t)'%' && is_hex(top[-2]) && is_hex(top[-1])) {
        k->len -= 3U;
        append(k, nvt_hex_value(top[-2]) * 16U + nvt_hex_value(top[-1]), end);
    } else if (len >= 2U && top[-2] == (uint8_t)'\\' && top[-1] != (uint8_t)'u') {
        k->len -= 2U;
        append(k, memchr(controls, (int)top[-1], sizeof controls) != NULL ? (uint32_t)' ' : top[-1],
               end);
    } else {
        return false;
    }
    return true;
}

/* The next byte, and all the escapes that end with it, one within another. */
static void push(struct stack *k, uint8_t byte, size_t end)
{
    bool more = true;
    append(k, byte, end);
    while (more) {
        more = undo(k, end);
    }
}

static void take(struct stack *k, const struct source *from)
{
    size_t at = k->taken;
    k->taken++;
    push(k, from->bytes[at], from->end == NULL ? k->taken : from->end[at]);
}

/* Could one of the first symbols still change? */
static bool is_open(const struct stack *k, size_t count)
{
    return memchr(k->symbol, '%', count) != NULL || memchr(k->symbol, '\\', count) != NULL;
}

/* Takes until the first count symbols stand, or nothing is left. */
static void grow(struct stack *k, const struct source *from, size_t count)
{
    while (k->taken < from->len &&
           (k->len < count || (k->len < count + (size_t)PENDING && is_open(k, count)))) {
        take(k, from);
    }
}

/* Nothing, or what may be an escape, or half a pair of them, that has not ended. */
static bool is_half(const uint8_t *symbols, size_t len)
{
    return len == 0U ||
           (len < (size_t)PENDING && (is_lead(symbols[0]) || (symbols[0] & 0xFCU) == 0xD8U));
}

/* ---- base64 ---- */

/* The six bits of a letter of either alphabet, or more than 63. */
static uint32_t six_bits(uint8_t c)
{
    uint32_t value = nvt_base64_value(c, false);
    return value > 63U ? nvt_base64_value(c, true) : value;
}

/* What letters stand for if the first byte begins so many bits into the first of them. Lines may
 * end between them. False when they end before the symbols do, if not with half an escape. */
static bool decode(const struct stack *letters, unsigned skipped, struct stack *out)
{
    uint32_t bits = 0;
    int32_t count = -(int32_t)skipped;
    out->len = 0;
    out->taken = 0;
    for (size_t i = 0; i < letters->len; i++) {
        uint32_t six = six_bits(letters->symbol[i]);
        if (letters->symbol[i] == (uint8_t)'\r' || letters->symbol[i] == (uint8_t)'\n') {
            continue;
        }
        if (six > 63U) {
            return is_half(letters->symbol + i, letters->len - i);
        }
        bits = bits << 6U | six;
        count += 6;
        if (count >= 8) {
            count -= 8;
            append(out, bits >> (unsigned)count, letters->end[i]);
        }
    }
    return true;
}

/* ---- secrets ---- */

/* Text, or if coded what it holds in base64, from the first byte that counts on. */
struct secret {
    struct nvt_span text;
    size_t first, len;
    bool coded;
};

static uint8_t byte_of(const struct secret *s, size_t i)
{
    if (!s->coded) {
        return s->text.ptr[i];
    }
    size_t bit = 8U * (s->first + i);
    const uint8_t *letters = s->text.ptr + bit / 6U;
    uint32_t two = six_bits(letters[0]) << 6U | six_bits(letters[1]);
    return (uint8_t)(two >> (4U - bit % 6U));
}

static struct secret secret_of(struct nvt_span text)
{
    struct secret s = {text, 0, text.len, false};
    return s;
}

/* Bytes that text holds if all of it is base64, with padding or without; else 0. */
static size_t held_by(struct nvt_span text)
{
    size_t good = 0;
    size_t letters = text.len;
    while (letters > 0U && text.ptr[letters - 1U] == (uint8_t)'=') {
        letters--;
    }
    while (good < letters && six_bits(text.ptr[good]) < 64U) {
        good++;
    }
    return good == letters ? letters * 6U / 8U : 0U;
}

/* What a field's value holds in base64, if that is text: of "login:password" the password. */
static struct secret decoded_of(struct nvt_span value)
{
    struct secret s = {value, 0, held_by(value), true};
    size_t first = 0;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = byte_of(&s, i);
        if (c < 0x20U) {
            return secret_of(NVT_LIT(""));
        }
        first = c == (uint8_t)':' && first == 0U ? i + 1U : first;
    }
    s.first = first;
    s.len -= first;
    return s;
}

enum { VIEWS = 3, TELLING = 3 }; /* of a field; bytes of a part of it that say something */

/* A secret field's value, what follows its scheme ("Bearer "), what that holds in base64. */
static struct secret view_of(const struct nvt_header *header, size_t view)
{
    struct nvt_span value = header->secret ? header->value : NVT_LIT("");
    const void *space = value.len == 0U ? NULL : memchr(value.ptr, ' ', value.len);
    size_t scheme = space == NULL ? 0U : (size_t)((const uint8_t *)space - value.ptr) + 1U;
    struct nvt_span rest = nvt_span_drop(value, view == 0U ? 0U : scheme);
    struct secret s = view < 2U ? secret_of(rest) : decoded_of(rest);
    s.len = view > 0U && s.len < (size_t)TELLING ? 0U : s.len;
    return s;
}

static size_t secret_count(const struct nvt_hidden *hidden)
{
    return (size_t)NVT_HIDDEN_MAX + hidden->more_count + (size_t)VIEWS * hidden->header_count;
}

/* The i-th of all, which may be empty. */
static struct secret secret_at(const struct nvt_hidden *hidden, size_t i)
{
    if (i < (size_t)NVT_HIDDEN_MAX) {
        return secret_of(hidden->secret[i]);
    }
    size_t at = i - (size_t)NVT_HIDDEN_MAX;
    if (at < hidden->more_count) {
        return secret_of(hidden->more[at]);
    }
    at -= hidden->more_count;
    return view_of(&hidden->headers[at / (size_t)VIEWS], at % (size_t)VIEWS);
}

/* Bytes in a row of this secret that tell too much. */
static size_t least_of(const struct secret *s)
{
    return s->len < (size_t)SHARED ? s->len : (size_t)SHARED;
}

/* So many from the at-th on, and the end of a character that begins with the last of them. */
static struct nvt_span window_at(const struct secret *s, size_t at, uint8_t room[WINDOW])
{
    size_t least = least_of(s);
    size_t len = 0;
    while (at + len < s->len && len < (size_t)WINDOW) {
        room[len] = byte_of(s, at + len);
        if (len >= least && (room[len] & 0xC0U) != 0x80U) {
            break;
        }
        len++;
    }
    return nvt_span_of(room, len);
}

/* ---- comparing ---- */

/* How far into the text the bytes go whose escapes leave what those of want leave; 0: they do not.
 * Want may end within what looks like an escape, so each end of the text is tried; no encoder makes
 * it shorter. */
static size_t find_open(const struct source *from, struct nvt_span want)
{
    size_t end = 0;
    struct stack pattern;
    struct stack k;
    pattern.len = 0;
    k.len = 0;
    k.taken = 0;
    for (size_t i = 0; i < want.len; i++) {
        push(&pattern, want.ptr[i], 0);
    }
    while (k.taken < from->len && k.len < pattern.len + (size_t)PENDING) {
        size_t same = 0;
        take(&k, from);
        while (same < k.len && k.len == pattern.len &&
               fold(k.symbol[same]) == fold(pattern.symbol[same])) {
            same++;
        }
        end = same == pattern.len && k.taken >= want.len ? k.end[k.len - 1U] : end;
    }
    return end;
}

/* The same; k is what the source becomes in the end. */
static size_t find(const struct stack *k, const struct source *from, struct nvt_span want)
{
    for (size_t i = 0; i < want.len; i++) {
        if (is_lead(want.ptr[i])) {
            return find_open(from, want);
        }
        if (i >= k->len || fold(k->symbol[i]) != fold(want.ptr[i])) {
            return 0;
        }
    }
    return k->end[want.len - 1U];
}

/* The same for any window of secret. */
static size_t find_secret(const struct stack *k, const struct source *from, const struct secret *s)
{
    size_t end = 0;
    size_t least = least_of(s);
    uint8_t first = fold(k->symbol[0]);
    for (size_t at = 0; least > 0U && least <= from->len && at + least <= s->len; at++) {
        uint8_t c = byte_of(s, at);
        if (fold(c) == first || is_lead(c)) {
            uint8_t room[WINDOW];
            size_t found = find(k, from, window_at(s, at, room));
            end = found > end ? found : end;
        }
    }
    return end;
}

/* Is what the source becomes how this secret begins, with half an escape behind it at most? */
static bool is_begun(const struct stack *k, const struct secret *s)
{
    struct stack pattern;
    bool begun = false;
    pattern.len = 0;
    for (size_t i = 0; i < s->len && i < (size_t)WINDOW && !begun; i++) {
        size_t same = 0;
        push(&pattern, byte_of(s, i), 0);
        while (same < k->len && same < pattern.len &&
               fold(k->symbol[same]) == fold(pattern.symbol[same])) {
            same++;
        }
        begun = same == pattern.len && is_half(k->symbol + same, k->len - same);
    }
    return begun;
}

/* Three folded bytes as a place in the index. */
static size_t place_of(const uint8_t *three)
{
    uint32_t mixed =
        (uint32_t)fold(three[0]) << 16U | (uint32_t)fold(three[1]) << 8U | (uint32_t)fold(three[2]);
    return (mixed * 0x9E3779B1U) >> 16U;
}

/* Whether a secret may begin with these bytes: without an index any may, and a short one is noted
 * in each of its places. */
static bool may_begin(const struct nvt_hidden *hidden, const struct source *from)
{
    size_t len = from->len < 3U ? from->len : 3U;
    for (size_t i = 0; i < len; i++) {
        if (is_lead(from->bytes[i])) {
            return true;
        }
    }
    size_t place = len < 3U ? 0U : place_of(from->bytes);
    return hidden->index == NULL || (hidden->index[place / 8U] >> (place % 8U) & 1U) != 0U;
}

/* How far into the text a secret goes that the source begins with, 0: none. */
static size_t find_any(const struct nvt_hidden *hidden, struct stack *k, const struct source *from)
{
    size_t end = 0;
    if (from->len == 0U || (from->cut == 0U && !may_begin(hidden, from))) {
        return 0;
    }
    grow(k, from, WINDOW);
    bool ends = from->cut > 0U && k->taken == from->len;
    for (size_t i = 0; i < secret_count(hidden); i++) {
        struct secret s = secret_at(hidden, i);
        size_t found = find_secret(k, from, &s);
        found = ends && is_begun(k, &s) ? from->cut : found;
        end = found > end ? found : end;
    }
    return end;
}

/* ---- names that are no secret, whatever a secret holds ---- */

/* Does text from start to end lie within the name? */
static bool is_within(struct nvt_span text, size_t start, size_t end, struct nvt_span name)
{
    for (size_t i = 0; i <= start && i + (end - start) <= name.len; i++) {
        struct nvt_span rest = nvt_span_drop(text, start - i);
        if (rest.len >= name.len && nvt_span_eq_nocase(nvt_span_of(rest.ptr, name.len), name)) {
            return true;
        }
    }
    return false;
}

static bool is_name(const struct nvt_hidden *hidden, struct nvt_span text, size_t start, size_t end)
{
    static const char names[] = "Authorization access_token refresh_token client_secret "
                                "client_credentials cpro-account access_key secret_key "
                                "grant_type X-API-KEY password username client_id KeyId ";
    bool found = false;
    struct nvt_span rest = nvt_span_of(names, sizeof names - 1U);
    while (rest.len > 0U && !found) {
        size_t len = strcspn((const char *)rest.ptr, " ");
        found = is_within(text, start, end, nvt_span_of(rest.ptr, len));
        rest = nvt_span_drop(rest, len + 1U);
    }
    for (size_t i = 0; i < sizeof hidden->host / sizeof hidden->host[0] && !found; i++) {
        const char *host = hidden->host[i];
        found = host != NULL && is_within(text, start, end, nvt_span_str(host));
    }
    return found;
}

/* ---- going over a text ---- */

/* Whether base64 may hold the beginning of a secret so many bits behind its first. */
static bool may_hold(const struct nvt_hidden *hidden, const struct source *letters,
                     unsigned skipped)
{
    uint8_t bytes[3];
    struct source from = {bytes, NULL, 0, 0};
    uint32_t bits = 0;
    for (size_t i = 0; i < 5U; i++) {
        uint8_t c = i < letters->len ? letters->bytes[i] : (uint8_t)'=';
        uint32_t six = six_bits(c);
        if (six > 63U) {
            return is_lead(c) || c == (uint8_t)'\r' || c == (uint8_t)'\n' ||
                   may_begin(hidden, &from);
        }
        bits = bits << 6U | six;
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(bits >> (22U - skipped - 8U * (unsigned)i));
    }
    from.len = sizeof bytes;
    return may_begin(hidden, &from);
}

/* The end of base64 that begins with the first of these letters and holds a secret, 0: none. */
static size_t find_coded(const struct nvt_hidden *hidden, struct stack *letters,
                         const struct source *raw)
{
    size_t end = 0;
    for (unsigned skipped = 0; skipped < 6U; skipped += 2U) {
        if (raw->cut > 0U || may_hold(hidden, raw, skipped)) {
            struct stack bytes;
            struct stack k;
            k.len = 0;
            k.taken = 0;
            grow(letters, raw, LETTERS);
            bool ends = decode(letters, skipped, &bytes) && letters->taken == raw->len;
            struct source from = {bytes.symbol, bytes.end, bytes.len, ends ? raw->cut : 0U};
            size_t found = find_any(hidden, &k, &from);
            end = found > end ? found : end;
        }
    }
    return end;
}

/* How far the secret goes that begins at this byte in whatever coat, else no further than that. */
static size_t end_of(const struct nvt_hidden *hidden, struct nvt_span text, size_t at)
{
    struct stack k;
    size_t left = text.len - at;
    struct source raw = {text.ptr + at, NULL, left < (size_t)REACH ? left : (size_t)REACH, 0};
    raw.cut = left == raw.len && text.ptr + text.len == hidden->cut ? left : 0U;
    k.len = 0;
    k.taken = 0;
    size_t end = find_any(hidden, &k, &raw);
    if (end > 0U && is_name(hidden, text, at, at + end)) {
        end = 0;
    }
    if (six_bits(text.ptr[at]) < 64U || is_lead(text.ptr[at])) {
        size_t coded = find_coded(hidden, &k, &raw);
        end = coded > end ? coded : end;
    }
    return at + end;
}

/* Bytes of the character or JSON escape at the front, which shows whole or not at all. */
static size_t character_len(struct nvt_span text)
{
    struct nvt_span rest = text;
    uint32_t cp = 0;
    int32_t unit = nvt_escape_unit(text);
    if (unit >= 0) {
        bool pair =
            (uint32_t)unit >> 10U == 0x36U && nvt_escape_unit(nvt_span_drop(text, ESCAPE_LEN)) >= 0;
        return pair ? 2U * (size_t)ESCAPE_LEN : (size_t)ESCAPE_LEN;
    }
    if (text.ptr[0] == (uint8_t)'\\' && text.len > 1U && text.ptr[1] < 0x80U) {
        return 2;
    }
    return nvt_utf8_next(&rest, &cp) == NVT_OK ? text.len - rest.len : 1U;
}

/* Is any of the character at r->at hidden? */
static bool is_hidden(struct nvt_redaction *r, size_t len)
{
    for (; r->seen < r->at + len; r->seen++) {
        size_t end = end_of(r->hidden, r->text, r->seen);
        r->end = end > r->seen && end > r->end ? end : r->end;
    }
    return r->end > r->at;
}

bool nvt_redact_next(struct nvt_redaction *r, struct nvt_span *out_piece, bool *out_hidden)
{
    size_t start = r->at;
    while (r->at < r->text.len && (r->at < start + (size_t)PIECE || *out_hidden)) {
        size_t len = character_len(nvt_span_drop(r->text, r->at));
        bool hidden = is_hidden(r, len);
        if (r->at > start && hidden != *out_hidden) {
            break;
        }
        *out_hidden = hidden;
        r->at += len;
    }
    *out_piece = nvt_span_of(r->text.ptr + start, r->at - start);
    return out_piece->len > 0U;
}

/* ---- the index ---- */

void nvt_redact_note(uint8_t index[NVT_REDACT_INDEX_LEN], struct nvt_span secret)
{
    struct secret s = secret_of(secret);
    size_t least = least_of(&s);
    for (size_t at = 0; least > 0U && at + least <= secret.len; at++) {
        uint8_t room[WINDOW];
        struct nvt_span want = window_at(&s, at, room);
        struct stack k;
        k.len = 0;
        for (size_t i = 0; i < want.len; i++) {
            push(&k, want.ptr[i], 0);
        }
        if (k.len < 4U) {
            (void)memset(index, 0xFF, NVT_REDACT_INDEX_LEN); /* in base64 four letters hold it */
        } else {
            size_t place = place_of(k.symbol);
            index[place / 8U] |= (uint8_t)(1U << place % 8U);
        }
    }
}
