/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the registry checks beyond its JSON schemas' own words: phone numbers (libphonenumber,
 * default country France), addresses (ajv-formats), dates (JavaScript), markup (js-xss), and what
 * its PostgreSQL tables refuse after all that, with 500. Facts of its source at 40409311 and of
 * libphonenumber's metadata of July 2026.
 */
#include "standin.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define PATTERNS 16U

/* Compiled once each; there are fewer than PATTERNS. */
static const regex_t *compiled(const char *pattern)
{
    static struct {
        const char *pattern;
        regex_t re;
    } cache[PATTERNS];
    size_t i = 0;
    while (i < PATTERNS && cache[i].pattern != NULL && cache[i].pattern != pattern) {
        i++;
    }
    if (i == PATTERNS) {
        return NULL;
    }
    if (cache[i].pattern == NULL) {
        if (regcomp(&cache[i].re, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0) {
            return NULL;
        }
        cache[i].pattern = pattern;
    }
    return &cache[i].re;
}

static bool matches(const char *pattern, const char *text)
{
    const regex_t *re = compiled(pattern);
    return re != NULL && regexec(re, text, 0, NULL, 0) == 0;
}

/* ---- phone numbers ---- */

struct numbering {
    const char *code;
    bool trunk; /* a 0 before national numbers, dropped in international ones too */
    const char *national;
};

static const struct numbering numberings[] = {
    {"33", true, "^[1-9][0-9]{8}$"},
    {"262", true, "^(709[0-9]{6}|(26|[689][0-9])[0-9]{7})$"},
    {"508", true, "^([78][0-9]{8}|[2-9][0-9]{5})$"},
    {"590", true, "^(7090[0-9]{5}|([56]9|[89][0-9])[0-9]{7})$"},
    {"594", true, "^((694[0-9]|7093)[0-9]{5}|(59|[89][0-9])[0-9]{7})$"},
    {"596", true, "^(7091[0-9]{5}|([56]9|[89][0-9])[0-9]{7})$"},
    {"681", false, "^((40|72|8[0-9]{4})[0-9]{4}|[89][0-9]{5})$"},
    {"687", false, "^(050|[2-57-9][0-9]{2})[0-9]{3}$"},
    {"689", false, "^(4[0-9]{5}([0-9]{2})?|8[0-9]{7,8})$"},
};

/* E.164 country codes that nobody has. */
static bool is_nobodys(const char *digits)
{
    static const char *const spare[] = {"0",   "210", "214", "215", "217", "219", "259",
                                        "28",  "292", "293", "294", "295", "296", "384",
                                        "422", "693", "694", "695", "696", "697", "698",
                                        "699", "83",  "89",  "978", "990", "997", "999"};
    for (size_t i = 0; i < sizeof spare / sizeof spare[0]; i++) {
        if (strncmp(digits, spare[i], strlen(spare[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_national(const struct numbering *n, const char *digits)
{
    return matches(n->national, digits) ||
           (n->trunk && digits[0] == '0' && matches(n->national, digits + 1));
}

/* Digits behind the "+" or what stands for it. */
static bool is_international(const char *digits)
{
    for (size_t i = 0; i < sizeof numberings / sizeof numberings[0]; i++) {
        const size_t len = strlen(numberings[i].code);
        if (strncmp(digits, numberings[i].code, len) == 0) {
            return is_national(&numberings[i], digits + len);
        }
    }
    return !is_nobodys(digits) && strlen(digits) >= 7U && strlen(digits) <= 15U;
}

/* The digits of text; false when it holds what no number does. */
static bool digits_of(const char *text, char out[32])
{
    size_t count = 0;
    for (; *text != '\0'; text++) {
        if (isdigit((unsigned char)*text) && count < 31U) {
            out[count++] = *text;
        } else if (strchr(" .-/()", *text) == NULL) {
            return false;
        }
    }
    out[count] = '\0';
    return true;
}

static bool is_phone(const char *text)
{
    char digits[32];
    if (text[0] == '+') {
        return digits_of(text + 1, digits) && is_international(digits);
    }
    if (!digits_of(text, digits)) {
        return false;
    }
    return is_national(&numberings[0], digits) ||
           (strncmp(digits, "00", 2) == 0 && is_international(digits + 2)) ||
           (strncmp(digits, "33", 2) == 0 && is_international(digits));
}

bool rpc_is_phone(const char *text)
{
    return strlen(text) >= 10U && strlen(text) <= 20U && is_phone(text);
}

bool rpc_is_phone_trunc(const char *text)
{
    char whole[24];
    if (strlen(text) < 8U || strlen(text) > 20U) {
        return false;
    }
    (void)snprintf(whole, sizeof whole, "%s00", text);
    return is_phone(whole);
}

/* ---- addresses and dates ---- */

#define ATOM "[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
#define LABEL "[a-z0-9]([a-z0-9-]*[a-z0-9])?"

bool rpc_is_email(const char *text)
{
    static const char pattern[] = "^" ATOM "(\\." ATOM ")*@(" LABEL "\\.)+" LABEL "$";
    return matches(pattern, text);
}

/* Both ajv-formats and JavaScript's Date must take it: "t" and a space for "T", "+0200", but no
 * leap second, which is no Date. */
bool rpc_parse_time(const char *text, int64_t *out_ms)
{
    char strict[80];
    const size_t len = strlen(text);
    int64_t s = 0;
    int ms = 0;
    if (len < 20U || len > 64U || text[17] == '6') {
        return false;
    }
    (void)snprintf(strict, sizeof strict, "%s", text);
    strict[10] = strict[10] == 't' || strict[10] == ' ' ? 'T' : strict[10];
    static const char no_colon[] = "[+-][0-9]{4}$";
    if (matches(no_colon, strict)) {
        (void)memmove(&strict[len - 1U], &strict[len - 2U], 3U);
        strict[len - 2U] = ':';
    }
    if (!parse_iso_time(strict, &s)) {
        return false;
    }
    if (text[19] == '.') {
        char digits[4] = "000";
        (void)memcpy(digits, text + 20,
                     strspn(text + 20, "0123456789") < 3U ? strspn(text + 20, "0123456789") : 3U);
        ms = atoi(digits);
    }
    *out_ms = s * 1000 + ms;
    return true;
}

/* ---- markup ---- */

/* js-xss without a white list: tags go, the last one though it is not closed; a lone "<" or ">" is
 * written as an entity. Comments and the bodies of scripts, which go too, are not looked for. */
static void strip_markup(const char *text, char *out)
{
    const size_t len = strlen(text);
    const char *tag = NULL;
    for (size_t i = 0; i < len; i++) {
        const char c = text[i];
        if (c == '<') {
            out += tag == NULL ? 0 : sprintf(out, "&lt;%.*s", (int)(&text[i] - tag - 1), tag + 1);
            tag = &text[i];
        } else if (tag == NULL) {
            out += c == '>' ? sprintf(out, "&gt;") : sprintf(out, "%c", c);
        } else if (c == '>' || i + 1U == len) {
            tag = NULL;
        }
    }
    out += tag == NULL ? 0 : sprintf(out, "&lt;%s", tag + 1);
    *out = '\0';
}

static void sanitize(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    if (text != NULL && strpbrk(text, "<>") != NULL) {
        char *out = malloc(4U * strlen(text) + 1U);
        if (out != NULL) {
            strip_markup(text, out);
            (void)json_object_set_new(object, name, json_string(out));
            free(out);
        }
    }
}

static json_t *person_of(const json_t *journey, const char *role)
{
    return json_object_get(json_object_get(journey, role), "identity");
}

static void sanitize_all(json_t *journey)
{
    static const char *const roles[] = {"driver", "passenger"};
    static const char *const texts[] = {"operator_user_id", "firstname", "lastname", "company"};
    const json_t *payments = json_object_get(json_object_get(journey, "passenger"), "payments");
    sanitize(journey, "operator_journey_id");
    sanitize(journey, "operator_trip_id");
    sanitize(journey, "licence_plate");
    for (size_t i = 0; i < 2U; i++) {
        json_t *person = person_of(journey, roles[i]);
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
            sanitize(person, texts[k]);
        }
        sanitize(json_object_get(person, "travel_pass"), "user_id");
    }
    for (size_t i = 0; i < json_array_size(payments); i++) {
        sanitize(json_array_get(payments, i), "type");
    }
}

/* ---- the database ---- */

/* Recursion as deep as jansson lets a document be. NOLINTBEGIN(misc-no-recursion) */
static bool has_nul(const json_t *v)
{
    bool found = false;
    if (json_is_string(v)) {
        found = strlen(json_string_value(v)) != json_string_length(v);
    }
    for (size_t i = 0; json_is_array(v) && i < json_array_size(v); i++) {
        found = found || has_nul(json_array_get(v, i));
    }
    for (void *at = json_object_iter((json_t *)v); at != NULL;
         at = json_object_iter_next((json_t *)v, at)) {
        found = found || strlen(json_object_iter_key(at)) != json_object_iter_key_len(at) ||
                has_nul(json_object_iter_value(at));
    }
    return found;
}

/* NOLINTEND(misc-no-recursion) */

static bool fits_column(const json_t *object, const char *name, size_t max)
{
    const char *text = json_string_value(json_object_get(object, name));
    size_t characters = 0;
    for (; text != NULL && *text != '\0'; text++) {
        characters += ((unsigned char)*text & 0xC0U) != 0x80U ? 1U : 0U;
    }
    return characters <= max;
}

static const char *narrow_column(const json_t *journey)
{
    static const char *const roles[] = {"driver", "passenger"};
    if (!fits_column(journey, "licence_plate", 32)) {
        return "value too long for type character varying(32)";
    }
    for (size_t i = 0; i < 2U; i++) {
        const json_t *person = person_of(journey, roles[i]);
        if (!fits_column(person, "operator_user_id", 256)) {
            return "value too long for type character varying(256)";
        }
        if (!fits_column(json_object_get(person, "travel_pass"), "user_id", 128)) {
            return "value too long for type character varying(128)";
        }
    }
    return NULL;
}

const char *rpc_database_row(json_t *journey)
{
    if (has_nul(journey)) {
        return "invalid byte sequence for encoding \"UTF8\": 0x00";
    }
    sanitize_all(journey);
    return narrow_column(journey);
}

const char *rpc_database_incentives(const json_t *journey)
{
    const json_t *list = json_object_get(journey, "incentives");
    bool taken[20] = {false};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const double amount = json_number_value(json_object_get(item, "amount"));
        const size_t index = (size_t)json_number_value(json_object_get(item, "index"));
        if ((double)(long)amount != amount) {
            return "invalid input syntax for type integer";
        }
        if (taken[index]) {
            return "duplicate key value violates unique constraint "
                   "\"carpool_incentives_carpool_id_idx\"";
        }
        taken[index] = true;
    }
    return NULL;
}

const char *rpc_database_application(const json_t *application)
{
    if (has_nul(application)) {
        return "invalid byte sequence for encoding \"UTF8\": 0x00";
    }
    return fits_column(application, "operator_journey_id", 255)
               ? NULL
               : "value too long for type character varying(255)";
}

void rpc_reply_database(struct request *r, const char *words)
{
    reply_json(
        r, 500,
        json_pack("{s:s,s:i,s:{s:s}}", "jsonrpc", "2.0", "id", 1, "error", "message", words));
}
