/* SPDX-License-Identifier: Apache-2.0 */
/* Two forms that tables know by name: phone numbers and addresses of e-mail. */
#include "shape.h"

/* ---- phone numbers ---- */

/*
 * How many digits a number has behind the country code of France and of its overseas territories
 * (bit n: n digits). Source: libphonenumber, whose rules are the registry's: possibleLengths in
 * PhoneNumberMetadata.xml, July 2026. None starts with 0 but New Caledonia's free numbers, 05 00,
 * which are nobody's own. Which ranges are given out changes from year to year: that is left to the
 * registry.
 */
struct plan {
    char code[4];
    uint16_t lengths;
};

#define SIX 0x40U
#define EIGHT 0x100U
#define NINE 0x200U

static const struct plan plans[] = {
    {"33", NINE},                /* mainland */
    {"262", NINE},               /* Reunion, Mayotte */
    {"508", SIX | NINE},         /* Saint-Pierre-et-Miquelon */
    {"590", NINE},               /* Guadeloupe, Saint-Barthelemy, Saint-Martin */
    {"594", NINE},               /* French Guiana */
    {"596", NINE},               /* Martinique */
    {"681", SIX | NINE},         /* Wallis-et-Futuna */
    {"687", SIX},                /* New Caledonia */
    {"689", SIX | EIGHT | NINE}, /* French Polynesia */
};

#define E164_MAX 16U     /* "+" and 15 digits */
#define NOTATION_MAX 20U /* characters of any notation that the registry reads */

static const struct plan *plan_of(struct nvt_span digits)
{
    const struct plan *found = NULL;
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        size_t len = strlen(plans[i].code);
        if (digits.len > len && memcmp(digits.ptr, plans[i].code, len) == 0) {
            found = &plans[i];
        }
    }
    return found;
}

/* What sets digits apart is dropped; anything else makes out overflow. */
static void put_digits(struct nvt_buf *out, struct nvt_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        struct nvt_span byte = nvt_span_of(&text.ptr[i], 1U);
        if (nvt_shape_all_in(byte, "09")) {
            nvt_buf_put(out, byte);
        } else if (!nvt_shape_all_in(byte, "  ()-/")) {
            out->overflow = true;
        } else {
            /* " ", "(", ")", "-", ".", "/" */
        }
    }
}

/* "+33 (0)6 12": behind these codes a 0 is the one of calls from within. */
static void drop_trunk(struct nvt_buf *b)
{
    struct nvt_span digits = nvt_span_drop(nvt_buf_span(b), 1U);
    const struct plan *plan = plan_of(digits);
    size_t at = plan == NULL ? 0U : 1U + strlen(plan->code);
    if (at > 0U && b->ptr[at] == (uint8_t)'0') {
        (void)memmove(&b->ptr[at], &b->ptr[at + 1U], b->len - at - 1U);
        b->len--;
    }
}

bool nvt_shape_to_e164(struct nvt_span number, struct nvt_buf *out)
{
    out->len = 0;
    if (number.len > NOTATION_MAX || number.len < 2U) {
        return false;
    }
    nvt_buf_put_byte(out, (uint8_t)'+');
    if (number.ptr[0] == (uint8_t)'+') {
        nvt_span_skip(&number, 1U);
    } else if (number.ptr[0] != (uint8_t)'0') {
        return false;
    } else if (number.ptr[1] == (uint8_t)'0') {
        nvt_span_skip(&number, 2U);
    } else {
        nvt_span_skip(&number, 1U);
        nvt_buf_put(out, NVT_LIT("33"));
    }
    put_digits(out, number);
    drop_trunk(out);
    return !out->overflow;
}

/* Where there is no plan E.164's own bounds hold: 15 digits, no code that starts with 0. The
 * registry wants 10 characters at least, 8 of a cut number. The page that it publishes wants 10 of
 * a cut one too, which the short ones of +508, +681 and +687 cannot have: what the server takes
 * wins. */
static bool is_complete(struct nvt_span digits, unsigned cut)
{
    const struct plan *plan = plan_of(digits);
    size_t len = digits.len + cut;
    if (plan == NULL) {
        return len >= 9U && len <= 15U && digits.ptr[0] != (uint8_t)'0';
    }
    return (plan->lengths >> (len - strlen(plan->code)) & 1U) != 0U;
}

nvt_err nvt_shape_check_phone(struct nvt_span s, unsigned cut)
{
    uint8_t text[E164_MAX];
    struct nvt_buf b;
    nvt_buf_init(&b, text, sizeof text);
    if (!nvt_shape_to_e164(s, &b)) {
        return NVT_E_FIELD_PHONE;
    }
    struct nvt_span digits = nvt_span_drop(nvt_buf_span(&b), 1U);
    bool planned = plan_of(digits) != NULL;
    if (is_complete(digits, cut) && nvt_span_eq(nvt_buf_span(&b), s)) {
        return NVT_OK;
    }
    bool whole = cut > 0U && planned && is_complete(digits, 0U);
    return whole ? NVT_E_FIELD_WHOLE_PHONE : NVT_E_FIELD_PHONE;
}

/* ---- e-mail ---- */

/*
 * The format "email" of ajv-formats 3, which the registry runs, letters of either case:
 *   atext+ ("." atext+)* "@" (label ".")+ label
 *   label = alnum, or alnum [alnum "-"]* alnum
 * with atext = alnum and !#$%&'*+/=?^_`{|}~-
 */
void nvt_shape_email_take(struct nvt_shape_email *e, uint8_t byte)
{
    struct nvt_span one = nvt_span_of(&byte, 1U);
    bool starts = e->last == 0U;
    bool dot = byte == (uint8_t)'.';
    bool at = byte == (uint8_t)'@' && !e->domain;
    bool hyphen = byte == (uint8_t)'-' && e->domain;
    bool good = nvt_shape_all_in(one, e->domain ? "09azAZ" : "!!#'**++--//09==??AZ^~");
    if (dot || at || hyphen) {
        good = !starts && (!dot || e->last != (uint8_t)'-' || !e->domain);
    }
    e->bad = e->bad || !good;
    e->dot = e->dot || (dot && e->domain);
    e->domain = e->domain || at;
    e->last = dot || at ? 0U : byte;
}

bool nvt_shape_email_ok(const struct nvt_shape_email *e)
{
    return !e->bad && e->dot && e->last != 0U && e->last != (uint8_t)'-';
}
