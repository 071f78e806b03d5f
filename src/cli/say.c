/* SPDX-License-Identifier: Apache-2.0 */
/* Messages: one sentence each, with what to do about it, and the exit code that goes with it. */
#include "cli.h"
#include "hints.h"

#include <stdarg.h>

void say(const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): taken over from a file analysed before
    mask_format(text, sizeof text, format, args);
    va_end(args);
    make_plain(text);
    (void)fprintf(stderr, "navette: %s\n", text);
}

/* The object of a failure, without its end. */
static void put_failure(int code, nvt_err err, const char *text)
{
    out_begin();
    out_bool("ok", false);
    out_int("exit", code);
    out_str("error", err == NVT_OK ? "" : nvt_err_name(err));
    out_str("message", text);
}

int fail(bool json, int code, nvt_err err, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): taken over from a file analysed before
    mask_format(text, sizeof text, format, args);
    va_end(args);
    make_plain(text);
    say("%s", text);
    if (json) {
        put_failure(code, err, text);
        out_end();
    }
    return code;
}

/* ---- what to do about it ---- */

struct advice {
    nvt_err err;
    const char *text;
};

static const struct advice advices[] = {
    {NVT_E_NET_NAME, "check the host in the base URL, and this network's DNS"},
    {NVT_E_NET_RESOLVER, "check that the network is up and /etc/resolv.conf names a server"},
    {NVT_E_NET_REFUSED, "check the port in the base URL and that the server runs"},
    {NVT_E_NET_UNREACHABLE, "check that the network is up and no firewall is in the way"},
    {NVT_E_NET_RESET, "try again; if it stays so, something between here and there cuts it"},
    {NVT_E_NET_CLOSED, "try again; if it stays so, look at the server's log"},
    {NVT_E_NET_RESOURCE, "raise the limit of open files (ulimit -n) or free memory"},
    {NVT_E_TIMEOUT_RESOLVE, "check this network's DNS, or raise --timeout"},
    {NVT_E_TIMEOUT_CONNECT, "check the network and the port in the base URL, or raise --timeout"},
    {NVT_E_TIMEOUT_HANDSHAKE, "check that TLS is spoken at that port, or raise --timeout"},
    {NVT_E_TIMEOUT_ANSWER, "try again later, or raise --timeout"},
    {NVT_E_TIMEOUT_CALL, "try again later, or raise --timeout"},
    {NVT_E_URL, "give it as https://host[:port][/path]"},
    {NVT_E_URL_PLAIN, "use https://"},
    {NVT_E_TLS_CA, "give a PEM file of CA certificates with --ca-file"},
    {NVT_E_TLS_ENTROPY, "wait until the kernel's random pool is seeded, then try again"},
    {NVT_E_TLS_CLOCK, "set this clock (timedatectl, or date -u -s), then try again"},
    {NVT_E_TLS_EXPIRED, "compare this clock (date -u) with the real time; if it is right, the "
                        "server's certificate must be renewed"},
    {NVT_E_TLS_NOT_YET, "set this clock (date -u); if it is right, the server's certificate is "
                        "at fault"},
    {NVT_E_TLS_HOST, "use the host name that the certificate was made for"},
    {NVT_E_TLS_SELF_SIGNED, "give that certificate with --ca-file if it is really the server's"},
    {NVT_E_TLS_CHAIN, "the server must send its intermediate certificate too"},
    {NVT_E_TLS_ISSUER, "give the right CA certificates with --ca-file"},
    {NVT_E_TLS_VERSION, "the server must offer TLS 1.2 or 1.3"},
    {NVT_E_TLS_HANDSHAKE, "check that TLS is spoken at that port"},
    {NVT_E_TLS_PIN, "compare --pin with the server's key; if it was not changed on purpose, "
                    "somebody may be in between"},
    {NVT_E_TLS_TRUNCATED, "try again; if it stays so, something between here and there cuts it"},
    {NVT_E_GRANT_REFUSED, "check access_key and secret_key in the token file"},
    {NVT_E_GRANT_QUOTA, "wait a minute, and let runs share the token cache"},
    {NVT_E_UNAUTHORIZED, "put a fresh token or the right keys into the token file"},
    {NVT_E_REDIRECT, "set the base URL to where it points"},
    {NVT_E_FRONT, "try again later; if it stays so, look for a firewall or proxy on the way"},
    {NVT_E_ROUTE, "check the base URL, and that the version is v3.3"},
    {NVT_E_FIELD_FUTURE, "check this clock (date -u)"},
};

const char *remedy(nvt_err err)
{
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++) {
        if (advices[i].err == err) {
            return advices[i].text;
        }
    }
    return "";
}

/* " (HTTP 422, code -32422, field start.lat)", as far as they are known. */
static void put_facts(char *out, size_t cap, const struct nvt_failure *f)
{
    out[0] = '\0';
    if (f->http_status != 0U) {
        (void)snprintf(out, cap, " (HTTP %u%s%s%s%s)", (unsigned)f->http_status,
                       f->code[0] == '\0' ? "" : ", code ", f->code,
                       f->field[0] == '\0' ? "" : ", field ", f->field);
    }
}

void describe(char *out, size_t cap, const struct nvt_failure *f)
{
    char facts[160];
    const char *advice = remedy(f->err);
    put_facts(facts, sizeof facts, f);
    (void)snprintf(out, cap, "%s%s%s%s%s%s", nvt_err_text(f->err),
                   f->message[0] == '\0' ? "" : ": ", f->message, facts,
                   advice[0] == '\0' ? "" : "; ", advice);
}

/* Requests that only read; and a POST that may be repeated: it asks too, or its repeat does no more
 * than it did. A repeated PUT may undo what somebody else has changed meanwhile. */
static bool is_harmless(const struct nvt_request *q)
{
    static const char *const changing[] = {"PUT", "PATCH", "DELETE"};
    bool harmless = q != NULL && (q->flags & (uint8_t)NVT_REQ_IDEMPOTENT) != 0U;
    for (size_t i = 0; harmless && i < sizeof changing / sizeof changing[0]; i++) {
        harmless = !nvt_span_eq(q->method, nvt_span_str(changing[i]));
    }
    return harmless;
}

/* The server's, or what stands in its place in the table. */
static const char *code_of(const struct session *s)
{
    const struct nvt_failure *f = &s->call.outcome.failure;
    bool open = f->err == NVT_E_ANSWER || f->err == NVT_E_BUSINESS || f->http_status >= 500U;
    if (s->client.profile == &nvt_piste_profile &&
        nvt_piste_denied(&s->call) == NVT_PISTE_WRONG_PATH) {
        return "DefaultRealm";
    }
    return open && is_harmless(s->call.request) ? HINT_HARMLESS : f->code;
}

const char *hint_of(const struct session *s)
{
    const struct nvt_failure *f = &s->call.outcome.failure;
    const struct hint *h = hint_find(s->client.profile->name, f->http_status, f->err, code_of(s));
    if (h == NULL || f->err == NVT_OK) {
        return "";
    }
    return hint_in_french() ? h->fr : h->en;
}

void say_hint(const struct session *s)
{
    const char *hint = hint_of(s);
    if (hint[0] != '\0') {
        say("hint: %s", hint);
    }
}

/* ---- exit codes ---- */

struct range {
    nvt_err from, to; /* from the higher (nearer to 0) to the lower */
    int code;
};

/* The first that fits. */
static const struct range ranges[] = {
    {NVT_OK, NVT_OK, CLI_OK},
    {NVT_E_TLS_CA, NVT_E_TLS_CA, CLI_CONFIG},
    {NVT_E_URL, NVT_E_URL_PLAIN, CLI_CONFIG},
    {NVT_E_GRANT_REFUSED, NVT_E_GRANT_REFUSED, CLI_AUTH},
    {NVT_E_GRANT_ANSWER, NVT_E_GRANT_ANSWER, CLI_ANSWER},
    {NVT_E_GRANT_QUOTA, NVT_E_GRANT_QUOTA, CLI_LATER},
    {NVT_E_GRANT_LOGIN, NVT_E_GRANT_LOGIN, CLI_LOGIN},
    {NVT_E_GRANT_KEEP, NVT_E_GRANT_KEEP, CLI_INPUT},
    {NVT_E_UNAUTHORIZED, NVT_E_UNAUTHORIZED, CLI_AUTH},
    {NVT_E_ANSWER, NVT_E_ANSWER, CLI_ANSWER},
    {NVT_E_SINK, NVT_E_SINK, CLI_INPUT},
    {NVT_E_SOURCE, NVT_E_SOURCE, CLI_INPUT},
    {NVT_E_QUOTA, NVT_E_QUOTA, CLI_LATER},
    {NVT_E_FRONT, NVT_E_FRONT, CLI_LATER},
    {NVT_E_ROUTE, NVT_E_ROUTE, CLI_CONFIG},
    {NVT_E_CURSOR, NVT_E_CURSOR, CLI_ANSWER},
    {NVT_E_CANCELLED, NVT_E_CANCELLED, CLI_INTERRUPTED},
    {(nvt_err)-100, (nvt_err)-209, CLI_USAGE},
    {(nvt_err)-210, (nvt_err)-399, CLI_ANSWER},
    {(nvt_err)-400, (nvt_err)-499, CLI_TLS},
    {(nvt_err)-500, (nvt_err)-549, CLI_NETWORK},
    {(nvt_err)-550, (nvt_err)-599, CLI_INPUT},
    {(nvt_err)-600, (nvt_err)-699, CLI_CONFIG},
    {(nvt_err)-700, (nvt_err)-799, CLI_REFUSED},
    {(nvt_err)-800, (nvt_err)-819, CLI_INPUT},
    {(nvt_err)-820, (nvt_err)-899, CLI_REFUSED},
};

int exit_of_err(nvt_err err)
{
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if ((int)err <= (int)ranges[i].from && (int)err >= (int)ranges[i].to) {
            return ranges[i].code;
        }
    }
    return CLI_ANSWER;
}

int exit_of(const struct nvt_outcome *o)
{
    if (o->verdict == NVT_DELIVERED || o->verdict == NVT_DUPLICATE) {
        return CLI_OK;
    }
    if (o->failure.err == NVT_E_CANCELLED) {
        return CLI_INTERRUPTED;
    }
    if (o->verdict == NVT_UNKNOWN) {
        return CLI_UNKNOWN;
    }
    int code = exit_of_err(o->failure.err);
    return o->verdict == NVT_RETRY && code == CLI_REFUSED ? CLI_LATER : code;
}

/* ---- outcomes ---- */

static void later(char *out, size_t cap, const struct session *s)
{
    const struct nvt_outcome *o = &s->call.outcome;
    uint64_t now = session_now_ms(s);
    out[0] = '\0';
    bool told = o->failure.http_status != 0U || o->failure.err == NVT_E_GRANT_QUOTA ||
                o->failure.err == NVT_E_QUOTA;
    if (o->verdict == NVT_RETRY && told && o->retry_at_ms > now) {
        (void)snprintf(out, cap, "; try again in %llu s",
                       (unsigned long long)((o->retry_at_ms - now + 999U) / 1000U));
    }
}

static void put_outcome(const struct session *s, int code, const char *text)
{
    const struct nvt_failure *f = &s->call.outcome.failure;
    put_failure(code, f->err, text);
    out_str("code", f->code);
    out_str("field", f->field);
    out_str("hint", hint_of(s));
    out_figures(s);
    out_end();
}

int fail_outcome(const struct session *s, const char *what)
{
    const struct nvt_outcome *o = &s->call.outcome;
    char about[512];
    char when[64];
    char text[1024];
    int code = exit_of(o);
    describe(about, sizeof about, &o->failure);
    later(when, sizeof when, s);
    const char *unsure = o->verdict == NVT_UNKNOWN
                             ? "; the request may have arrived: ask for its status before "
                               "sending it again"
                             : "";
    (void)snprintf(text, sizeof text, "%s (%s): %s%s%s", what, s->client.origin.host, about, when,
                   unsure);
    say("%s", text);
    say_hint(s);
    if (s->settings->json) {
        put_outcome(s, code, text);
    }
    return code;
}

/* ---- text from elsewhere ---- */

void put_text(FILE *to, struct nvt_span raw, bool escaped)
{
    static uint8_t mem[CLI_LINE_MAX];
    static uint8_t line[4U * CLI_LINE_MAX];
    struct nvt_buf b;
    struct nvt_buf clean;
    struct nvt_span rest = raw;
    uint32_t cp = 0;
    nvt_buf_init(&b, mem, sizeof mem);
    if (escaped) {
        static uint8_t quoted[CLI_LINE_MAX];
        struct nvt_json_tok pool[1];
        struct nvt_json doc;
        struct nvt_buf q;
        nvt_buf_init(&q, quoted, sizeof quoted);
        nvt_buf_put_byte(&q, (uint8_t)'"');
        nvt_buf_put(&q, raw);
        nvt_buf_put_byte(&q, (uint8_t)'"');
        if (nvt_json_parse(&doc, nvt_buf_span(&q), pool, 1U) == NVT_OK &&
            nvt_json_get_str(&doc, 0, &b) == NVT_OK) {
            rest = nvt_buf_span(&b);
        }
    }
    nvt_buf_init(&clean, line, sizeof line);
    while (nvt_utf8_next(&rest, &cp) == NVT_OK) {
        bool control = cp < 0x20U || (cp >= 0x7FU && cp < 0xA0U) ||
                       (cp >= 0x2028U && cp <= 0x202EU) || (cp >= 0x2066U && cp <= 0x2069U);
        nvt_utf8_put(&clean, control ? (uint32_t)' ' : cp);
    }
    mask_print(to, nvt_buf_span(&clean));
}
