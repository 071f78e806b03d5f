/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The redactor, by generated texts: a random part of a random secret in random coats, cut anywhere,
 * among text that holds none. What the coats stand for is known here byte for byte, so what must be
 * hidden and what must show is known too.
 */
#include <navette/client.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on

#include <stdlib.h>

#ifndef ROUNDS
#define ROUNDS 60000U
#endif
#ifndef CUT_ROUNDS
#define CUT_ROUNDS 3U
#endif
#define TEXT_CAP 8192U
#define SHARED 8U
#define ODD_END 3U /* a character that was cut, or behind one that only shows whole */

/* ---- a generator of its own ---- */

static uint64_t seed = 88172645463325252U;

static uint32_t any(uint32_t count)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 33) % count;
}

/* Text with the byte of the secret that each of its bytes stands for; -1: none. */
struct worn {
    uint8_t text[TEXT_CAP];
    int from[TEXT_CAP];
    size_t len;
};

static void put(struct worn *w, uint8_t byte, int from)
{
    assert_true(w->len < TEXT_CAP);
    w->text[w->len] = byte;
    w->from[w->len] = from;
    w->len++;
}

static void put_all(struct worn *w, const char *text, int from)
{
    for (; *text != '\0'; text++) {
        put(w, (uint8_t)*text, from);
    }
}

/* ---- coats: each byte of in becomes one or more of out ---- */

enum style {
    STRICT,
    LAVISH,
    STYLES
}; /* only what must be escaped; at times what need not be, too */

/* Where a secret looks like an escape itself, no encoder escapes its letters and digits. */
static bool escapes_letters;

static bool is_kept(uint8_t c)
{
    return !escapes_letters && nvt_is_alnum(c);
}

static void percent(const struct worn *in, struct worn *out, enum style style)
{
    char text[4];
    out->len = 0;
    for (size_t i = 0; i < in->len; i++) {
        uint8_t c = in->text[i];
        if (c == ' ' && any(2) == 0U) {
            put(out, '+', in->from[i]);
        } else if (c == '%' || c == '+' || c < 0x21U || c > 0x7EU ||
                   strchr("\"\\&=/:", c) != NULL ||
                   (style == LAVISH && any(3) == 0U && !is_kept(c))) {
            (void)snprintf(text, sizeof text, any(2) == 0U ? "%%%02x" : "%%%02X", (unsigned)c);
            put_all(out, text, in->from[i]);
        } else {
            put(out, c, in->from[i]);
        }
    }
}

static void put_unit(struct worn *out, uint32_t unit, int from)
{
    char text[7];
    (void)snprintf(text, sizeof text, any(2) == 0U ? "\\u%04x" : "\\u%04X", (unsigned)unit);
    put_all(out, text, from);
}

static void put_code(struct worn *out, uint32_t cp, int from)
{
    if (cp > 0xFFFFU) {
        put_unit(out, 0xD800U + ((cp - 0x10000U) >> 10U), from);
        put_unit(out, 0xDC00U + ((cp - 0x10000U) & 0x3FFU), from);
    } else {
        put_unit(out, cp, from);
    }
}

static void json(const struct worn *in, struct worn *out, enum style style)
{
    out->len = 0;
    for (size_t i = 0; i < in->len;) {
        struct nvt_span rest = nvt_span_of(in->text + i, in->len - i);
        uint32_t cp = 0;
        bool whole = nvt_utf8_next(&rest, &cp) == NVT_OK;
        size_t n = whole ? in->len - i - rest.len : 1U;
        uint8_t c = in->text[i];
        if (whole && style == LAVISH && cp >= 0x80U && any(2) == 0U) {
            put_code(out, cp, in->from[i]);
        } else if (whole && n == 1U &&
                   (c < 0x20U || (style == LAVISH && any(5) == 0U && !is_kept(c)))) {
            put_unit(out, cp, in->from[i]);
        } else {
            if (c == '"' || c == '\\' || (c == '/' && style == LAVISH)) {
                put(out, '\\', in->from[i]);
            }
            for (size_t k = 0; k < n; k++) {
                put(out, in->text[i + k], in->from[i + k]);
            }
        }
        i += n;
    }
}

/* After 0 to 2 bytes more. A letter that holds bits of two bytes counts for the first. */
static void base64(const struct worn *in, struct worn *out)
{
    static const char *const letters[] = {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};
    const char *alphabet = letters[any(2)];
    static struct worn moved;
    moved.len = 0;
    for (size_t i = any(3); i > 0U; i--) {
        put(&moved, (uint8_t)any(256), -1);
    }
    for (size_t i = 0; i < in->len; i++) {
        put(&moved, in->text[i], in->from[i]);
    }
    out->len = 0;
    for (size_t bit = 0; bit < 8U * moved.len; bit += 6U) {
        size_t at = bit / 8U;
        uint32_t two = (uint32_t)moved.text[at] << 8U;
        two |= at + 1U < moved.len ? moved.text[at + 1U] : 0U;
        put(out, (uint8_t)alphabet[two >> (10U - bit % 8U) & 63U], moved.from[at]);
    }
}

/* ---- secrets ---- */

static void put_character(struct worn *w, int from)
{
    static const char *const odd[] = {"\xC3\xA9",
                                      "\xE2\x82\xAC",
                                      "\xF0\x9F\x98\x80",
                                      "%41",
                                      "%",
                                      "%4",
                                      "\\",
                                      "\\n",
                                      "\"",
                                      "\\u00e9",
                                      "+",
                                      " ",
                                      "/",
                                      "&",
                                      "\\\\",
                                      "%25",
                                      "=",
                                      ":"};
    const char *text = odd[any(sizeof odd / sizeof odd[0])];
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        put(w, (uint8_t)text[i], from + (int)i);
    }
}

/* Of so many bytes or a little more, letters and digits and, if odd, what coats change. */
static void make_secret(struct worn *w, bool odd, size_t len)
{
    w->len = 0;
    while (w->len < len) {
        if (odd && any(3) == 0U) {
            put_character(w, (int)w->len);
        } else {
            put(w,
                (uint8_t)("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[any(
                    62)]),
                (int)w->len);
        }
    }
}

/* Up to three coats, one over the other. Below base64 is one at most, which makes no byte longer
 * than a form does. Returns how many. */
static unsigned dress(struct worn *w)
{
    static struct worn next;
    unsigned coats = any(4);
    unsigned base64_at = any(3);
    for (unsigned i = 0; i < coats; i++) {
        if (i == base64_at && i < 2U) {
            base64(w, &next);
        } else if (any(2) == 0U) {
            json(w, &next, base64_at == 1U ? STRICT : (enum style)any(STYLES));
        } else {
            percent(w, &next, (enum style)any(STYLES));
        }
        *w = next;
        escapes_letters = false; /* escapes of escapes' digits: nobody does that */
    }
    return coats;
}

/* ---- going over a text ---- */

static bool hidden_at[TEXT_CAP + 64U];

static void redact(const struct nvt_hidden *hidden, struct nvt_span text)
{
    struct nvt_redaction r = {.hidden = hidden, .text = text};
    struct nvt_span piece;
    bool is_hidden = false;
    bool was_hidden = false;
    size_t at = 0;
    while (nvt_redact_next(&r, &piece, &is_hidden)) {
        assert_true(at == 0U || !was_hidden || !is_hidden);
        assert_ptr_equal(piece.ptr, text.ptr + at);
        for (size_t i = 0; i < piece.len; i++) {
            hidden_at[at + i] = is_hidden;
        }
        at += piece.len;
        was_hidden = is_hidden;
    }
    assert_int_equal(at, text.len);
}

static void complain(const char *what, const struct worn *secret, struct nvt_span text)
{
    (void)fprintf(stderr, "%s\nsecret: %.*s\ntext:   %.*s\nshown:  ", what, (int)secret->len,
                  (const char *)secret->text, (int)text.len, (const char *)text.ptr);
    for (size_t i = 0; i < text.len; i++) {
        (void)fputc(hidden_at[i] ? '*' : text.ptr[i], stderr);
    }
    (void)fputc('\n', stderr);
    fail();
}

/* Bytes of the secret that show. */
static size_t count_shown(const struct worn *part, size_t start)
{
    size_t count = 0;
    int last = -1;
    for (size_t i = 0; i < part->len; i++) {
        if (part->from[i] >= 0 && part->from[i] != last && !hidden_at[start + i]) {
            count++;
            last = part->from[i];
        }
    }
    return count;
}

/* One round: some of the secret between '<' and '>', which no secret holds. */
static void try_one(bool odd, bool indexed)
{
    static uint8_t index[NVT_REDACT_INDEX_LEN];
    static struct worn secret;
    static struct worn part;
    static uint8_t text[TEXT_CAP + 64U];
    escapes_letters = !odd;
    make_secret(&secret, odd, 1U + any(40));
    struct nvt_hidden hidden = {.secret = {nvt_span_of(secret.text, secret.len)}};
    if (indexed) {
        memset(index, 0, sizeof index);
        nvt_redact_note(index, hidden.secret[0]);
        hidden.index = index;
    }
    size_t least = secret.len < SHARED ? secret.len : SHARED;
    size_t start = secret.len < SHARED ? 0U : any((uint32_t)secret.len);
    size_t len = secret.len < SHARED ? secret.len : 1U + any((uint32_t)(secret.len - start));
    while (len > 0U && start + len < secret.len && (secret.text[start + len] & 0xC0U) == 0x80U) {
        len--; /* of a character that is cut off only the rest counts */
    }
    part.len = 0;
    for (size_t i = 0; i < len; i++) {
        put(&part, secret.text[start + i], (int)i);
    }
    unsigned coats = dress(&part);
    size_t lead = any(20);
    memset(text, '.', lead);
    text[lead] = '<';
    memcpy(text + lead + 1U, part.text, part.len);
    text[lead + 1U + part.len] = '>';
    struct nvt_span all = nvt_span_of(text, lead + part.len + 2U);
    redact(&hidden, all);
    if (len >= least && count_shown(&part, lead + 1U) > (odd ? ODD_END : 0U)) {
        complain("a secret shows", &secret, all);
    }
    for (size_t i = 0; i < all.len; i++) {
        bool in_part = i > lead && i <= lead + part.len;
        bool is_free = !in_part || part.from[i - lead - 1U] < 0 || len < least;
        /* What a coat adds may go on like the secret, by chance. */
        if (hidden_at[i] && is_free && !(in_part && (coats > 0U || odd)) &&
            !(odd && strchr("<>", text[i]) != NULL)) {
            complain("too much is hidden", &secret, all);
        }
    }
}

static void test_parts_in_coats(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        try_one((i & 1U) != 0U, (i & 2U) != 0U);
    }
}

/* ---- texts that were cut where a secret stood ---- */

enum coat {
    PLAIN,
    PERCENT,
    PERCENT_LAVISH,
    JSON,
    JSON_LAVISH,
    BASE64,
    BASE64_PERCENT,
    PERCENT_BASE64,
    JSON_PERCENT,
    PERCENT_JSON,
    COATS
};

/* The one that is nearest to the secret first. */
static void wear(struct worn *w, enum coat coat)
{
    static struct worn next;
    static struct worn over;
    enum style style = coat == PERCENT_LAVISH || coat == JSON_LAVISH ? LAVISH : STRICT;
    next = *w;
    if (coat == BASE64 || coat == BASE64_PERCENT) {
        base64(w, &next);
    } else if (coat == JSON || coat == JSON_LAVISH || coat == JSON_PERCENT) {
        json(w, &next, style);
    } else if (coat != PLAIN) {
        percent(w, &next, style);
    } else {
        /* as it is */
    }
    over = next;
    if (coat == PERCENT_BASE64) {
        base64(&next, &over);
    } else if (coat == PERCENT_JSON) {
        json(&next, &over, STRICT);
    } else if (coat == BASE64_PERCENT || coat == JSON_PERCENT) {
        percent(&next, &over, STRICT);
    } else {
        /* one coat */
    }
    *w = over;
}

/* Is all that stands for this byte there, and does it show? One that nothing stands for (JSON
 * escapes characters) does as those beside it. */
static bool is_shown(const struct worn *part, int byte, size_t lead, size_t cut)
{
    bool shown = true;
    for (size_t i = 0; i < part->len; i++) {
        shown = shown && (part->from[i] != byte || (i < cut && !hidden_at[lead + i]));
    }
    return shown;
}

/* Bytes of the characters of the secret that show whole. */
static size_t count_whole(const struct worn *secret, const struct worn *part, size_t lead,
                          size_t cut)
{
    size_t count = 0;
    for (size_t i = 0; i < secret->len;) {
        size_t n = 1;
        bool shown = is_shown(part, (int)i, lead, cut);
        while (i + n < secret->len && (secret->text[i + n] & 0xC0U) == 0x80U) {
            shown = shown && is_shown(part, (int)(i + n), lead, cut);
            n++;
        }
        count += shown ? n : 0U;
        i += n;
    }
    return count;
}

/* The secret in a coat, at each place in which the text may have been cut. */
static void try_cuts(bool odd, size_t len, enum coat coat)
{
    static const char lead[] = "....<";
    static struct worn secret;
    static struct worn part;
    static uint8_t text[TEXT_CAP];
    size_t start = sizeof lead - 1U;
    escapes_letters = !odd;
    make_secret(&secret, odd, len);
    part = secret;
    wear(&part, coat);
    memcpy(text, lead, start);
    memcpy(text + start, part.text, part.len);
    struct nvt_hidden hidden = {.more_count = 1U};
    struct nvt_span more = nvt_span_of(secret.text, secret.len);
    size_t allowed = !odd ? 0U : secret.len < SHARED ? ODD_END : SHARED - 1U;
    hidden.more = &more;
    for (size_t cut = 0; cut <= part.len; cut++) {
        struct nvt_span all = nvt_span_of(text, start + cut);
        hidden.cut = all.ptr + all.len;
        redact(&hidden, all);
        if (count_whole(&secret, &part, start, cut) > allowed) {
            complain("a secret shows where the text was cut", &secret, all);
        }
        assert_false(hidden_at[0] || hidden_at[start - 1U]);
    }
}

static void test_cut_texts(void **state)
{
    (void)state;
    for (size_t len = 3; len <= 40U; len++) {
        for (unsigned coat = 0; coat < (unsigned)COATS; coat++) {
            for (unsigned i = 0; i < CUT_ROUNDS; i++) {
                try_cuts(i % 3U == 2U, len, (enum coat)coat);
            }
        }
    }
}

/* Only there: what ends by itself is no cut. */
static void test_the_end_is_no_cut(void **state)
{
    (void)state;
    struct nvt_span text = NVT_LIT("the letters abc");
    struct nvt_span secret = NVT_LIT("abcdef");
    struct nvt_hidden hidden = {.more = &secret, .more_count = 1U};
    redact(&hidden, text);
    assert_null(memchr(hidden_at, 1, text.len));
    hidden.cut = text.ptr + text.len;
    redact(&hidden, text);
    assert_true(hidden_at[12] && hidden_at[13] && hidden_at[14] && !hidden_at[11]);
    hidden.cut = text.ptr + text.len + 1U;
    redact(&hidden, text);
    assert_null(memchr(hidden_at, 1, text.len));
}

/* ---- what a secret field holds ---- */

/* Is all from the at-th byte on hidden, and nothing before it? */
static bool is_hidden_from(size_t at, size_t len)
{
    return memchr(hidden_at, 1, at) == NULL && memchr(hidden_at + at, 0, len - at) == NULL;
}

/* "login:password" in base64, behind a scheme or not: the password of each length, plain, at each
 * cut; the login is no secret. */
static void try_account(size_t len, const char *scheme)
{
    static struct worn password;
    char plain[128];
    char value[256];
    uint8_t text[128];
    struct nvt_buf b;
    make_secret(&password, false, len);
    int n = snprintf(plain, sizeof plain, "TECH_1@cpro:%.*s", (int)len, (char *)password.text);
    nvt_buf_init(&b, value, sizeof value);
    nvt_buf_put(&b, nvt_span_str(scheme));
    nvt_base64_put(&b, nvt_span_of(plain, (size_t)n), NVT_BASE64);
    const struct nvt_header header = {NVT_LIT("cpro-account"), nvt_buf_span(&b), true};
    struct nvt_hidden hidden = {.headers = &header, .header_count = 1U};
    size_t lead = (size_t)snprintf((char *)text, sizeof text, "who is TECH_1@cpro <");
    memcpy(text + lead, password.text, len);
    redact(&hidden, nvt_span_of(text, lead + len));
    assert_true(is_hidden_from(lead, lead + len));
    for (size_t cut = 1; cut <= len; cut++) {
        hidden.cut = text + lead + cut;
        redact(&hidden, nvt_span_of(text, lead + cut));
        assert_true(is_hidden_from(lead, lead + cut));
    }
}

static void test_secret_fields(void **state)
{
    (void)state;
    escapes_letters = true;
    for (size_t len = 3; len <= 40U; len++) {
        try_account(len, "");
        try_account(len, "Basic ");
    }
}

/* What is behind a scheme counts by itself; what is not base64 of text holds nothing more; a field
 * that is not secret hides nothing. */
static void test_other_fields(void **state)
{
    static const struct row {
        const char *value, *text;
        bool secret, hidden;
    } rows[] = {
        {"Bearer k3y-1", "k3y-1", true, true},
        {"Bearer k3y-1", "Bearer", true, false},
        {"Bearer k3y-1", "k3y-1", false, false},
        {"a bc", "bc", true, false},
        {"cGFzcw==", "pass", true, true},
        {"cGFzcw", "pass", true, true},
        {"cGFzcw=-", "pass", true, false},
        {"dDpwYXNz", "pass", true, true},
        {"dDpwYTpz", "pa:s", true, true},
        {"dDpwYQ==", "pa", true, false},
        {"dDo=", "t", true, false},
        {"AXBhc3M=", "pass", true, false},
        {"", "x", true, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct nvt_header header = {NVT_LIT("KeyId"), nvt_span_str(rows[i].value),
                                          rows[i].secret};
        struct nvt_hidden hidden = {.headers = &header, .header_count = 1U};
        struct nvt_span text = nvt_span_str(rows[i].text);
        redact(&hidden, text);
        assert_int_equal(memchr(hidden_at, 0, text.len) == NULL, rows[i].hidden);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_texts),      cmocka_unit_test(test_the_end_is_no_cut),
        cmocka_unit_test(test_secret_fields),  cmocka_unit_test(test_other_fields),
        cmocka_unit_test(test_parts_in_coats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
