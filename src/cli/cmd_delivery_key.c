/* SPDX-License-Identifier: Apache-2.0 */
/* What navette delivery reads and sends: the file, its check, and the key that goes along. */
#include "cmd_delivery.h"

#include <stdlib.h>

#define POOL 16384U

/* For the answer when a signal comes: a known outcome is worth the wait. */
#define GRACE_MS 3000U

static struct nvt_json_tok pool[POOL];

int delivery_open(struct delivery *d, const struct args *a)
{
    (void)memset(d, 0, sizeof *d);
    int code = request_prepare(&d->session, &d->settings, &nvt_coopcycle_profile, a);
    d->session.grace_ms = GRACE_MS;
    return code;
}

void delivery_close(struct delivery *d)
{
    session_close(&d->session);
}

void delivery_line(const char *name, const char *value)
{
    (void)printf("%-14s ", name);
    put_text(stdout, nvt_span_str(value), false);
    (void)putchar('\n');
}

/* Members that pass although they are not known: most often they are misspelt. */
static void tell_unknown(const char *path, const struct nvt_failure *f)
{
    char others[40] = "";
    if (f->detail > 1) {
        (void)snprintf(others, sizeof others, " and %ld more", (long)f->detail - 1);
    }
    if (f->detail > 0) {
        say("%s: %s%s: not known here as what a server reads, sent all the same", path, f->field,
            others);
    }
}

uint8_t *delivery_read(const char *path, delivery_check *check, size_t *out_len, bool json)
{
    struct nvt_failure f = {.err = NVT_OK};
    uint8_t *text = file_read(path, DELIVERY_MAX, out_len, json, CLI_INPUT);
    if (text == NULL) {
        return NULL;
    }
    nvt_err err = check(nvt_span_of(text, *out_len), pool, POOL, &f);
    if (err == NVT_OK) {
        tell_unknown(path, &f);
        return text;
    }
    if (f.field[0] == '\0') {
        (void)fail(json, CLI_INPUT, err, "%s: byte %ld: %s", path, (long)f.detail,
                   nvt_err_text(err));
    } else {
        char reason[320];
        describe_field(reason, sizeof reason, &f);
        (void)fail(json, CLI_INPUT, err, "%s: %s", path, reason);
    }
    free(text);
    return NULL;
}

/* ---- the key ---- */

/* The one that the text has already. */
static bool find_key(struct nvt_span text, char *out, size_t cap)
{
    struct nvt_json doc;
    return nvt_json_parse(&doc, text, pool, POOL) == NVT_OK && delivery_find_key(&doc, out, cap);
}

/* 26 letters and digits: 128 bits. */
static bool make_key(struct session *s, char *out)
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuv";
    uint8_t bytes[26];
    const struct nvt_port_entropy *e = &s->posix.port.entropy;
    if (e->fill(e->ctx, bytes, sizeof bytes) != NVT_OK) {
        return false;
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        out[i] = letters[bytes[i] % 32U];
    }
    out[sizeof bytes] = '\0';
    return true;
}

static int bad_key(const struct args *a, nvt_err err)
{
    return fail(a->json, CLI_USAGE, err, "--key takes 1 to %u of A-Z a-z 0-9 . _ -: %s",
                (unsigned)NVT_COOPCYCLE_KEY_MAX, nvt_err_text(err));
}

static nvt_err write_key(const struct delivery *d, struct nvt_span text, bool for_quote,
                         struct nvt_buf *b)
{
    struct nvt_json doc;
    nvt_err err = NVT_E_FIELD_TYPE;
    if (!for_quote) {
        err = nvt_coopcycle_json_add_key(text, nvt_span_str(d->key), pool, POOL, b);
    }
    if (err == NVT_E_FIELD_TYPE) { /* of no object */
        err = nvt_json_parse(&doc, text, pool, POOL);
        err = err == NVT_OK ? delivery_write_key(&doc, text, d->key, for_quote, b) : err;
    }
    return err;
}

static int add_key(struct delivery *d, const struct args *a, uint8_t **text, size_t *len,
                   bool for_quote)
{
    size_t cap = *len + NVT_COOPCYCLE_KEY_MAX + 64U;
    uint8_t *more = (uint8_t *)malloc(cap);
    struct nvt_buf b;
    nvt_buf_init(&b, more, more == NULL ? 0U : cap);
    nvt_err err = write_key(d, nvt_span_of(*text, *len), for_quote, &b);
    if (err != NVT_OK) {
        free(more);
        return fail(a->json, CLI_INPUT, err,
                    "%s: metadata: %s; the key needs them to be an object, or a text a=b c=d",
                    a->word[0], nvt_err_text(err));
    }
    free(*text);
    *text = more;
    *len = b.len;
    return CLI_OK;
}

int delivery_put_key(struct delivery *d, const struct args *a, uint8_t **text, size_t *len,
                     bool for_quote)
{
    char own[NVT_COOPCYCLE_KEY_MAX + 1];
    bool has_own = find_key(nvt_span_of(*text, *len), own, sizeof own);
    const char *key = a->key != NULL ? a->key : own;
    if (a->key == NULL && !has_own) {
        if (!make_key(&d->session, own)) {
            return fail(a->json, CLI_TLS, NVT_E_TLS_ENTROPY, "a key cannot be made: %s",
                        nvt_err_text(NVT_E_TLS_ENTROPY));
        }
    }
    nvt_err err = nvt_coopcycle_check_key(nvt_span_str(key));
    if (err != NVT_OK) {
        return bad_key(a, err);
    }
    if (a->key != NULL && has_own && strcmp(a->key, own) != 0) {
        return fail(a->json, CLI_USAGE, NVT_E_FIELD_BOTH,
                    "%s has the key %s already: leave --key out, or mend it", a->word[0], own);
    }
    (void)snprintf(d->key, sizeof d->key, "%s", key);
    return has_own && !for_quote ? CLI_OK : add_key(d, a, text, len, for_quote);
}

/* ---- outcomes ---- */

static void put_since(char *out, size_t cap, int64_t since_s)
{
    uint8_t text[20];
    struct nvt_buf b;
    nvt_buf_init(&b, text, sizeof text);
    out[0] = '\0';
    if (since_s != 0) {
        nvt_time_put_rfc3339(&b, since_s);
        (void)snprintf(out, cap, " --start %.*s", (int)b.len, (const char *)text);
    }
}

/* The one failure whose sentence must hold the key; the usual advice to try again has no place in
 * it.
 */
static int fail_unknown(const struct delivery *d, const char *what)
{
    const struct nvt_failure *f = &d->session.call.outcome.failure;
    char status[24] = "";
    char since[40];
    char text[1024];
    put_since(since, sizeof since, d->sent_s);
    if (f->http_status != 0U) {
        (void)snprintf(status, sizeof status, " (HTTP %u)", (unsigned)f->http_status);
    }
    (void)snprintf(text, sizeof text,
                   "%s (%s): %s%s%s%s; whether it was made is not known: ask with navette delivery "
                   "resolve %s%s before anything is sent again",
                   what, d->session.client.origin.host, nvt_err_text(f->err),
                   f->message[0] == '\0' ? "" : ": ", f->message, status, d->key, since);
    say("%s", text);
    if (d->settings.json) {
        out_begin();
        out_bool("ok", false);
        out_int("exit", CLI_UNKNOWN);
        out_str("error", nvt_err_name(f->err));
        out_str("message", text);
        out_str("key", d->key);
        out_figures(&d->session);
        out_end();
    }
    return CLI_UNKNOWN;
}

int delivery_run(struct delivery *d, const char *what, nvt_err begun)
{
    if (begun != NVT_OK) {
        return request_finish(&d->session, what, begun);
    }
    d->sent_s = session_wall_s(&d->session);
    session_run(&d->session);
    int code = exit_of(&d->session.call.outcome);
    if (d->session.call.outcome.verdict == NVT_UNKNOWN && d->key[0] != '\0') {
        return fail_unknown(d, what);
    }
    return code == CLI_OK ? code : fail_outcome(&d->session, what);
}
