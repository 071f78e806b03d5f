/* SPDX-License-Identifier: Apache-2.0 */
/* The command's hints: every row is whole in both languages and can be reached, and every status
 * that a system answers with has one. */
#include "../../src/cli/hints.c" // NOLINT(bugprone-suspicious-include): the command is no library

#include <navette/api.h>
#include <navette/base.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* ---- the table ---- */

static bool is_upper(const char *text)
{
    return (text[0] >= 'A' && text[0] <= 'Z') || strncmp(text, "À", 2) == 0;
}

/* Form of one sentence: a capital, no stop at its end, no white space too many. */
static void check_sentence(const char *text)
{
    size_t len = strlen(text);
    assert_in_range(len, 20, 240);
    assert_int_equal(nvt_utf8_check(nvt_span_str(text)), NVT_OK);
    assert_true(is_upper(text));
    assert_null(strchr(".!?,;: ", text[len - 1U]));
    assert_null(strstr(text, "  "));
    assert_null(strpbrk(text, "\n\t\""));
}

/* French has a space that does not break before ; and :, and a typographic apostrophe. What stands
 * in straight quotes is typed by the user. */
static void check_french(const char *text)
{
    bool typed = false;
    for (const char *at = text; *at != '\0'; at++) {
        bool after_letter = at > text && at[-1] != ' ';
        typed = *at == '\'' ? !typed : typed;
        assert_false(*at == '\'' && typed && after_letter);
        if (!typed && (*at == ';' || *at == ':') && strncmp(at, "://", 3) != 0) {
            assert_true(at - text > 2 && strncmp(at - 2, "\xC2\xA0", 2) == 0);
        }
    }
    assert_false(typed);
    assert_null(strstr(text, "\xC2\xA0 "));
}

static void rows_are_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_hint_count; i++) {
        const struct hint *h = &cli_hints[i];
        assert_non_null(h->en);
        assert_non_null(h->fr);
        check_sentence(h->en);
        check_sentence(h->fr);
        check_french(h->fr);
        assert_string_not_equal(h->en, h->fr);
        assert_true(h->system == NULL || nvt_profile_find(nvt_span_str(h->system)) != NULL);
        assert_true(h->status != 0U || h->err != NVT_OK);
        assert_true(h->status == 0U || (h->status >= 200U && h->status < 600U));
    }
}

static void no_sentence_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_hint_count; i++) {
        for (size_t k = i + 1U; k < cli_hint_count; k++) {
            assert_string_not_equal(cli_hints[i].en, cli_hints[k].en);
            assert_string_not_equal(cli_hints[i].fr, cli_hints[k].fr);
        }
    }
}

/* What a row is for finds that row: no row before it takes everything. */
static void rows_can_be_reached(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_hint_count; i++) {
        const struct hint *h = &cli_hints[i];
        nvt_err err = h->err == NVT_OK ? NVT_E_STATUS : h->err;
        const char *code = h->code == NULL ? "" : h->code;
        const char *system = h->system == NULL ? "another" : h->system;
        assert_ptr_equal(hint_find(system, h->status, err, code), h);
    }
}

/* ---- coverage ---- */

struct cover {
    const char *system;
    unsigned statuses[20]; /* 0 ends them */
};

/* What each system documents or was seen to answer with, its gateways' statuses included. */
static const struct cover covers[] = {
    {"rpc", {400, 401, 403, 404, 405, 408, 409, 422, 429, 500, 502, 503, 504}},
    {"coopcycle", {400, 401, 403, 404, 405, 406, 415, 429, 500, 502, 503, 504}},
    {"piste", {400, 401, 403, 404, 416, 423, 429, 500, 502, 503, 504}},
    {"jindexe", {400, 401, 403, 404, 429, 500, 502, 503, 504}},
    {"demarches", {400, 401, 403, 404, 429, 500, 502, 503, 504}},
};

static void every_status_has_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof covers / sizeof covers[0]; i++) {
        for (const unsigned *s = covers[i].statuses; *s != 0U; s++) {
            const struct hint *h = hint_find(covers[i].system, *s, NVT_E_STATUS, "");
            assert_non_null(h);
            /* Its own, but for what gateways answer. */
            assert_true(h->system != NULL || *s >= 502U);
        }
        assert_non_null(hint_find(covers[i].system, 308, NVT_E_REDIRECT, ""));
        assert_non_null(hint_find(covers[i].system, 200, NVT_E_GRANT_ANSWER, ""));
    }
    for (size_t i = 0; nvt_profiles[i] != NULL; i++) {
        bool has_tokens = nvt_profiles[i]->grant != NVT_GRANT_STATIC;
        const struct hint *h = hint_find(nvt_profiles[i]->name, 401, NVT_E_GRANT_REFUSED, "");
        assert_non_null(h);
        assert_true(!has_tokens || h->system != NULL);
    }
}

static void codes_are_told_apart(void **state)
{
    (void)state;
    static const char *const codes[] = {"unauthorized",  "not_found",    "timeout",
                                        "bad_request",   "invalid_null", "missingRequiredArguments",
                                        "undefinedField"};
    const struct hint *any = hint_find("demarches", 200, NVT_E_GRAPHQL, "");
    assert_non_null(any);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        assert_ptr_not_equal(hint_find("demarches", 200, NVT_E_GRAPHQL, codes[i]), any);
    }
    assert_ptr_not_equal(hint_find("piste", 401, NVT_E_UNAUTHORIZED, "DefaultRealm"),
                         hint_find("piste", 401, NVT_E_UNAUTHORIZED, ""));
    assert_ptr_not_equal(hint_find("rpc", 422, NVT_E_STATUS, "-32700"),
                         hint_find("rpc", 422, NVT_E_STATUS, "-32422"));
    assert_null(hint_find("rpc", 0, NVT_E_NET_REFUSED, ""));
    assert_null(hint_find("rpc", 418, NVT_E_STATUS, ""));
}

/* Where a row has something looked up before it is sent or changed again, there is another for
 * requests that do no harm when they are made again. */
static void harmless_requests_are_just_made_again(void **state)
{
    static const char *const careful[] = {"before sending", "before changing", "look up"};
    unsigned count = 0;
    (void)state;
    for (size_t i = 0; i < cli_hint_count; i++) {
        const struct hint *h = &cli_hints[i];
        for (size_t k = 0; k < sizeof careful / sizeof careful[0]; k++) {
            if (strstr(h->en, careful[k]) == NULL || h->code != NULL) {
                continue;
            }
            const struct hint *other = hint_find(h->system == NULL ? "another" : h->system,
                                                 h->status, h->err, HINT_HARMLESS);
            assert_non_null(other);
            assert_null(strstr(other->en, careful[k]));
            count++;
        }
    }
    assert_in_range(count, 4, cli_hint_count);
}

/* ---- language ---- */

static void clear_languages(void)
{
    (void)unsetenv("NAVETTE_LANG");
    (void)unsetenv("LC_ALL");
    (void)unsetenv("LC_MESSAGES");
    (void)unsetenv("LANG");
}

static void set(const char *name, const char *value)
{
    assert_int_equal(setenv(name, value, 1), 0);
}

static void first_variable_decides(void **state)
{
    (void)state;
    clear_languages();
    assert_false(hint_in_french());
    set("LANG", "fr_FR.UTF-8");
    assert_true(hint_in_french());
    set("LC_MESSAGES", "de_DE");
    assert_false(hint_in_french());
    set("LC_ALL", "fr");
    assert_true(hint_in_french());
    set("NAVETTE_LANG", "en");
    assert_false(hint_in_french());
    set("NAVETTE_LANG", "");
    assert_true(hint_in_french());
    clear_languages();
}

static void only_french_is_french(void **state)
{
    (void)state;
    static const char *const yes[] = {"fr", "fr_CA", "fr-BE", "fr.UTF-8", "fr@euro"};
    static const char *const no[] = {"C", "C.UTF-8", "en_US", "fro", "f", "FR", "frr_DE"};
    clear_languages();
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        set("LC_ALL", yes[i]);
        assert_true(hint_in_french());
    }
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        set("LC_ALL", no[i]);
        assert_false(hint_in_french());
    }
    clear_languages();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(no_sentence_twice),
        cmocka_unit_test(rows_can_be_reached),
        cmocka_unit_test(every_status_has_one),
        cmocka_unit_test(codes_are_told_apart),
        cmocka_unit_test(harmless_requests_are_just_made_again),
        cmocka_unit_test(first_variable_decides),
        cmocka_unit_test(only_french_is_french),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
