/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads deliveries out of answers of any length in fixed memory, one byte at a time: what is asked
 * for of each is a few hundred bytes in some kilobytes.
 *
 * Invariant between two bytes: depth <= DEPTH_MAX; bit d of objects tells the kind of the open
 * container d + 1; under[d], as far as it reaches, is the name of the member that
 * container d is the value of; NEXT and the FIRST states stand inside a container only; text holds
 * the first text_len bytes of the string or word under way. Every state takes every byte, so the
 * scan cannot be led outside of it; REFUSED is for ever.
 *
 * It holds the text to the structure of RFC 8259: what opens, closes and separates. How words
 * (numbers and literals) and escapes are spelt is left open, since none of it is passed on unseen.
 */
#include "coopcycle_scan.h"

#define DEPTH_MAX 32U
#define NO_LINE 0xFFU

enum state {
    VALUE,
    FIRST_ITEM, /* a value or "]" */
    NAME,
    FIRST_NAME, /* a name or "}" */
    COLON,
    NEXT, /* "," or the container's end */
    END,
    REFUSED,
    /* inside a text */
    WORD, /* a number or a literal */
    STRING,
    ESCAPE,
    HEX
};

/* Members that mean something, in the order of their list; "hydra:" before them is dropped. */
enum member { OTHER, ID, STATUS, TASKS, COMMENTS, KEY, CREATED, URL, MEMBER, TOTAL };
static const char members[] =
    "@id|status|tasks|comments|navette_key|createdAt|trackingUrl|member|totalItems";

/* In the order of enum nvt_coopcycle_status. */
static const char statuses[] = "TODO|DOING|DONE|FAILED|CANCELLED";

static const char marker[] = "navette:";
#define MARKER_LEN (sizeof marker - 1U)

/* Which of the list's words the text is, from 1 on; 0: none. */
static uint8_t find(const char *list, struct nvt_span text)
{
    uint8_t n = 1;
    bool found = false;
    while (!found && *list != '\0') {
        size_t len = strcspn(list, "|");
        found = nvt_span_eq(nvt_span_of(list, len), text);
        n = (uint8_t)(n + (found ? 0U : 1U));
        list += len;
        list += *list == '|' ? 1 : 0;
    }
    return found ? n : 0U;
}

static struct nvt_span text_of(const struct nvt_coopcycle_scan *s)
{
    return s->text_cut ? NVT_LIT("") : nvt_span_of(s->text, s->text_len);
}

/* ---- where a value stands ---- */

static bool in_delivery(const struct nvt_coopcycle_scan *s)
{
    bool one = s->base == (uint8_t)NVT_COOPCYCLE_ONE;
    return s->depth >= s->base && (one || s->under[2] == (uint8_t)MEMBER);
}

static bool at_delivery(const struct nvt_coopcycle_scan *s)
{
    return s->depth == s->base && in_delivery(s);
}

/* ---- values ---- */

struct nvt_span nvt_coopcycle_tail(struct nvt_span iri)
{
    size_t at = iri.len;
    while (at > 0U && iri.ptr[at - 1U] != (uint8_t)'/') {
        at--;
    }
    return nvt_span_drop(iri, at);
}

bool nvt_coopcycle_number(struct nvt_span iri, uint64_t *out_id)
{
    return nvt_u64_parse(nvt_coopcycle_tail(iri), UINT64_MAX, out_id) == NVT_OK;
}

/* The whole text with a NUL, or nothing. */
static void keep(char *out, size_t cap, struct nvt_span text)
{
    if (text.len > 0U && text.len < cap) {
        (void)memcpy(out, text.ptr, text.len);
        out[text.len] = '\0';
    }
}

static void take_iri(struct nvt_coopcycle_scan *s, struct nvt_span text)
{
    struct nvt_coopcycle_receipt *r = &s->receipt;
    if (nvt_coopcycle_number(text, &r->id)) {
        keep(r->iri, sizeof r->iri, text);
    }
    if (s->count == 0U) {
        s->first_id = r->id;
    }
}

static void take_status(struct nvt_coopcycle_scan *s, struct nvt_span text)
{
    struct nvt_coopcycle_receipt *r = &s->receipt;
    bool task = s->depth == s->base + 2U && s->under[s->base + 1U] == (uint8_t)TASKS;
    if (task && r->task_count < (uint8_t)NVT_COOPCYCLE_TASKS_MAX) {
        r->status[r->task_count] = find(statuses, text);
        r->task_count++;
    }
}

static void take_time(struct nvt_coopcycle_scan *s, struct nvt_span text)
{
    int64_t time_s = 0;
    if (nvt_time_parse_rfc3339(text, &time_s) == NVT_OK && time_s > s->newest_s) {
        s->newest_s = time_s;
    }
}

/* line = "navette:" KEY, and nothing else up to the end of the line */
static void line_byte(struct nvt_coopcycle_scan *s, uint8_t byte)
{
    size_t len = MARKER_LEN + s->key.len;
    if (byte == (uint8_t)'\n' || byte == (uint8_t)'\r') {
        bool counts = s->key.len > 0U && s->line_at == len && !s->found && in_delivery(s);
        s->receipt.keyed = s->receipt.keyed || counts;
        s->line_at = 0;
        return;
    }
    bool fits = s->line_at < len; /* NO_LINE is longer than any */
    if (fits) {
        uint8_t wanted = s->line_at < MARKER_LEN ? (uint8_t)marker[s->line_at]
                                                 : s->key.ptr[s->line_at - MARKER_LEN];
        fits = byte == wanted;
    }
    s->line_at = fits ? (uint8_t)(s->line_at + 1U) : NO_LINE;
}

static void string_done(struct nvt_coopcycle_scan *s)
{
    struct nvt_span text = text_of(s);
    if (s->found || !in_delivery(s)) {
        return;
    }
    switch (s->name) {
    case COMMENTS:
        line_byte(s, (uint8_t)'\n');
        break;
    case ID:
        if (at_delivery(s)) {
            take_iri(s, text);
        }
        break;
    case URL:
        if (at_delivery(s)) {
            keep(s->receipt.tracking_url, sizeof s->receipt.tracking_url, text);
        }
        break;
    case STATUS:
        take_status(s, text);
        break;
    case CREATED:
        take_time(s, text);
        break;
    case KEY:
        s->receipt.keyed = s->receipt.keyed || (s->key.len > 0U && nvt_span_eq(text, s->key));
        break;
    default:
        break;
    }
}

static void word_done(struct nvt_coopcycle_scan *s)
{
    if (s->name == (uint8_t)TOTAL && s->depth == 1U) {
        (void)nvt_u64_parse(text_of(s), UINT64_MAX, &s->total);
    }
}

/* ---- texts ---- */

static void value_done(struct nvt_coopcycle_scan *s)
{
    s->name = (uint8_t)OTHER;
    s->state = (uint8_t)(s->depth == 0U ? END : NEXT);
}

static void start_text(struct nvt_coopcycle_scan *s, enum state state)
{
    s->in_name = s->state == (uint8_t)NAME || s->state == (uint8_t)FIRST_NAME;
    s->text_len = 0;
    s->text_cut = false;
    s->line_at = 0;
    s->state = (uint8_t)state;
}

static void put(struct nvt_coopcycle_scan *s, uint8_t byte)
{
    if (s->text_len < sizeof s->text) {
        s->text[s->text_len] = byte;
        s->text_len++;
    } else {
        s->text_cut = true;
    }
    if (s->name == (uint8_t)COMMENTS) {
        line_byte(s, byte);
    }
}

static void end_string(struct nvt_coopcycle_scan *s)
{
    if (!s->in_name) {
        string_done(s);
        value_done(s);
        return;
    }
    struct nvt_span text = text_of(s);
    struct nvt_span prefix = NVT_LIT("hydra:");
    if (text.len > prefix.len && nvt_span_eq(nvt_span_of(text.ptr, prefix.len), prefix)) {
        nvt_span_skip(&text, prefix.len);
    }
    s->name = find(members, text);
    s->state = (uint8_t)COLON;
}

/* Of the escapes, line ends and solidi are met in what is looked for; a control byte of another
 * kind stands as its letter. */
static void on_escape(struct nvt_coopcycle_scan *s, uint8_t byte)
{
    bool line_end = byte == (uint8_t)'n' || byte == (uint8_t)'r';
    s->state = (uint8_t)STRING;
    if (byte == (uint8_t)'u') {
        s->code = 0;
        s->hex_left = 4;
        s->state = (uint8_t)HEX;
    } else {
        put(s, line_end ? (uint8_t)'\n' : byte);
    }
}

/* Nothing that is looked for has a character outside ASCII: those become one that fits nowhere. */
static void on_hex(struct nvt_coopcycle_scan *s, uint8_t byte)
{
    unsigned digit = (byte & 0x0FU) + (byte > (uint8_t)'9' ? 9U : 0U);
    s->code = (uint16_t)((uint32_t)s->code << 4U | (digit & 0x0FU));
    s->hex_left--;
    if (s->hex_left == 0U) {
        s->state = (uint8_t)STRING;
        put(s, s->code < 0x80U ? (uint8_t)s->code : 0xFFU);
    }
}

static void on_text(struct nvt_coopcycle_scan *s, uint8_t byte)
{
    if (s->state == (uint8_t)ESCAPE) {
        on_escape(s, byte);
    } else if (s->state == (uint8_t)HEX) {
        on_hex(s, byte);
    } else if (byte == (uint8_t)'"') {
        end_string(s);
    } else if (byte == (uint8_t)'\\') {
        s->state = (uint8_t)ESCAPE;
    } else {
        put(s, byte);
    }
}

/* ---- structure ---- */

enum kind { K_WORD = 1, K_QUOTE = 2, K_OPEN = 4, K_CLOSE = 8, K_COLON = 16, K_COMMA = 32 };

/* What may follow in each state. */
static const uint8_t allowed[] = {
    K_WORD + K_QUOTE + K_OPEN,           /* VALUE */
    K_WORD + K_QUOTE + K_OPEN + K_CLOSE, /* FIRST_ITEM */
    K_QUOTE,                             /* NAME */
    K_QUOTE + K_CLOSE,                   /* FIRST_NAME */
    K_COLON,                             /* COLON */
    K_CLOSE + K_COMMA,                   /* NEXT */
    0,                                   /* END */
    0,                                   /* REFUSED */
};

static enum kind kind_of(uint8_t byte)
{
    switch (byte) {
    case '"':
        return K_QUOTE;
    case '{':
    case '[':
        return K_OPEN;
    case '}':
    case ']':
        return K_CLOSE;
    case ':':
        return K_COLON;
    case ',':
        return K_COMMA;
    default:
        return K_WORD;
    }
}

static bool in_object(const struct nvt_coopcycle_scan *s)
{
    return (s->objects >> (s->depth - 1U) & 1U) != 0U; /* depth > 0: something is open */
}

static void open_container(struct nvt_coopcycle_scan *s, bool object)
{
    if (s->depth == DEPTH_MAX) {
        s->state = (uint8_t)REFUSED;
        return;
    }
    uint32_t bit = (uint32_t)1U << s->depth;
    s->objects = object ? s->objects | bit : s->objects & ~bit;
    s->depth++;
    if (s->depth < sizeof s->under) {
        s->under[s->depth] = s->name;
    }
    s->name = (uint8_t)OTHER;
    s->state = (uint8_t)(object ? FIRST_NAME : FIRST_ITEM);
    bool list = !object && s->depth == 2U && s->under[2] == (uint8_t)MEMBER;
    s->listed = s->listed || list;
    if (at_delivery(s) && !s->found) {
        (void)memset(&s->receipt, 0, sizeof s->receipt);
    }
}

static void close_container(struct nvt_coopcycle_scan *s, bool object)
{
    if (object != in_object(s)) {
        s->state = (uint8_t)REFUSED;
        return;
    }
    if (at_delivery(s)) {
        s->count++;
        s->found = s->receipt.keyed && s->base == (uint8_t)NVT_COOPCYCLE_LIST;
    }
    s->depth--;
    value_done(s);
}

static void on_kind(struct nvt_coopcycle_scan *s, enum kind kind, uint8_t byte)
{
    bool object = (byte | 0x06U) == (uint8_t)'\x7F'; /* 7B and 7D, not 5B and 5D */
    switch (kind) {
    case K_OPEN:
        open_container(s, object);
        break;
    case K_CLOSE:
        close_container(s, object);
        break;
    case K_COLON:
        s->state = (uint8_t)VALUE;
        break;
    case K_COMMA:
        s->state = (uint8_t)(in_object(s) ? NAME : VALUE);
        break;
    default:
        start_text(s, kind == K_QUOTE ? STRING : WORD);
        break;
    }
}

/* A byte outside of strings. */
static void on_structure(struct nvt_coopcycle_scan *s, uint8_t byte)
{
    enum kind kind = kind_of(byte);
    bool space = byte <= (uint8_t)' ';
    if (s->state == (uint8_t)WORD && (space || kind != K_WORD)) {
        word_done(s);
        value_done(s);
    }
    if (!space && s->state < (uint8_t)WORD) {
        if ((allowed[s->state] & (uint8_t)kind) != 0U) {
            on_kind(s, kind, byte);
        } else {
            s->state = (uint8_t)REFUSED;
        }
    }
    if (s->state == (uint8_t)WORD) {
        put(s, byte);
    }
}

void nvt_coopcycle_scan_start(struct nvt_coopcycle_scan *s, uint8_t base)
{
    (void)memset(s, 0, sizeof *s);
    s->base = base;
}

nvt_err nvt_coopcycle_scan_put(void *scan, struct nvt_span piece)
{
    struct nvt_coopcycle_scan *s = (struct nvt_coopcycle_scan *)scan;
    for (size_t i = 0; i < piece.len; i++) {
        if (s->state > (uint8_t)WORD) {
            on_text(s, piece.ptr[i]);
        } else {
            on_structure(s, piece.ptr[i]);
        }
    }
    return NVT_OK;
}

bool nvt_coopcycle_scan_whole(const struct nvt_coopcycle_scan *s)
{
    bool one = s->base == (uint8_t)NVT_COOPCYCLE_ONE;
    return s->state == (uint8_t)END && (one ? s->receipt.iri[0] != '\0' : s->listed);
}
