/* SPDX-License-Identifier: Apache-2.0 */
/* navette delivery resolve and webhook */
#include "cmd_delivery.h"

#include <stdlib.h>

#define SIGNATURE "X-CoopCycle-Signature"

/* ---- resolve ---- */

static struct delivery delivery;
static struct nvt_coopcycle_resolve resolve;

static void print_found(const struct nvt_coopcycle_receipt *r, const char *key)
{
    if (delivery.settings.json) {
        out_begin();
        out_bool("ok", true);
        out_int("id", (int64_t)r->id);
        out_str("iri", r->iri);
        out_str("tracking_url", r->tracking_url);
        out_str("key", key);
        out_int("pages", resolve.walked);
        out_figures(&delivery.session);
        out_end();
        return;
    }
    (void)printf("%-14s %llu\n", "id", (unsigned long long)r->id);
    delivery_line("iri", r->iri);
    delivery_line("tracking_url", r->tracking_url);
    delivery_line("key", key);
}

/* What is no answer to a request has its sentence here. */
static int tell(nvt_err err, const char *key)
{
    if (delivery.session.call.outcome.failure.err == err) {
        return fail_outcome(&delivery.session, "delivery resolve");
    }
    int code = err == NVT_E_FIELD_MISSING ? CLI_CONFIG : exit_of_err(err);
    const char *more = "";
    if (err == NVT_E_FIELD_MISSING) {
        more = ": these credentials belong to no store";
    }
    code = fail(delivery.settings.json, code, err, "delivery resolve %s: %s%s", key,
                nvt_err_text(err), more);
    delivery.session.call.outcome.failure.err = err;
    say_hint(&delivery.session);
    return code;
}

static int run_resolve(const char *key, int64_t since_s)
{
    struct nvt_coopcycle_receipt r;
    nvt_err err = nvt_coopcycle_resolve(&delivery.session.call, &resolve, NVT_LIT(""),
                                        nvt_span_str(key), since_s);
    if (err != NVT_OK) {
        return request_finish(&delivery.session, "delivery resolve: KEY", err);
    }
    do {
        session_run(&delivery.session);
        err = nvt_coopcycle_resolve_next(&delivery.session.call, &resolve, &r);
    } while (err == NVT_AGAIN);
    if (err != NVT_OK) {
        return tell(err, key);
    }
    print_found(&r, key);
    return CLI_OK;
}

int cmd_delivery_resolve(const struct args *a)
{
    int64_t since_s = 0;
    if (a->start != NULL && nvt_time_parse_rfc3339(nvt_span_str(a->start), &since_s) != NVT_OK) {
        return fail(a->json, CLI_USAGE, NVT_OK, "--start takes a time as 2026-01-31T00:00:00Z");
    }
    int code = delivery_open(&delivery, a);
    if (code == CLI_OK) {
        code = run_resolve(a->word[0], since_s);
        delivery_close(&delivery);
    }
    return code;
}

/* ---- webhook ---- */

/* The value of the one header that counts; empty: it was not given. */
static struct nvt_span signature_of(const struct args *a)
{
    struct nvt_span found = NVT_LIT("");
    for (size_t i = 0; i < a->header.count; i++) {
        const char *colon = strchr(a->header.item[i], ':');
        if (colon != NULL &&
            nvt_span_eq_nocase(nvt_span_of(a->header.item[i], (size_t)(colon - a->header.item[i])),
                               NVT_LIT(SIGNATURE))) {
            found = nvt_span_trim(nvt_span_str(colon + 1));
        }
    }
    return found;
}

static int print_event(const struct args *a, struct nvt_span body)
{
    struct nvt_coopcycle_event e;
    nvt_err err = nvt_coopcycle_webhook_read(body, &e);
    if (err != NVT_OK) {
        return fail(a->json, CLI_INPUT, err, "%s: it is signed, but no event: %s", a->word[0],
                    nvt_err_text(err));
    }
    if (a->json) {
        out_begin();
        out_bool("ok", true);
        out_str("object", e.object);
        out_str("event", e.event);
        out_end();
        return CLI_OK;
    }
    delivery_line("object", e.object);
    delivery_line("event", e.event);
    return CLI_OK;
}

static int check_signature(const struct args *a, struct nvt_span body)
{
    static struct nvt_client client; /* holds the secret and nothing else */
    static struct settings settings;
    struct secrets_extra extra;
    client.profile = &nvt_coopcycle_profile;
    int code = settings_load(&settings, &nvt_coopcycle_profile, a);
    if (code == CLI_OK) {
        code = secrets_load(&client, &settings, &extra);
    }
    if (code != CLI_OK) {
        return code;
    }
    nvt_err err = nvt_coopcycle_webhook_check(body, signature_of(a),
                                              nvt_span_of(client.token.text, client.token.len));
    nvt_token_wipe(&client.token);
    nvt_credentials_wipe(&client.credentials);
    nvt_wipe(&extra, sizeof extra);
    if (err == NVT_E_CRED_EMPTY) {
        return fail(a->json, CLI_CONFIG, err,
                    "the token file holds no webhook secret: put it there as its only line");
    }
    if (err != NVT_OK) {
        return fail(a->json, exit_of_err(err), err, "%s: %s", a->word[0], nvt_err_text(err));
    }
    return print_event(a, body);
}

int cmd_delivery_webhook(const struct args *a)
{
    size_t len = 0;
    if (signature_of(a).len == 0U) {
        return fail(a->json, CLI_USAGE, NVT_OK, "--header '" SIGNATURE ": ...' is missing");
    }
    uint8_t *body = file_read(a->word[0], DELIVERY_MAX, &len, a->json, CLI_INPUT);
    if (body == NULL) {
        return CLI_INPUT;
    }
    int code = check_signature(a, nvt_span_of(body, len));
    free(body);
    return code;
}
