/* SPDX-License-Identifier: Apache-2.0 */
/* Jindexe: the profile, the classes of its routes and the calls. */
#include <navette/jindexe.h>

const struct nvt_profile nvt_jindexe_profile = {
    .name = "jindexe",
    .title = "Jindexe",
    .grant = NVT_GRANT_PASSWORD,
    .token_path = "/public/token",
    .scope = "",
    .api_key_name = "X-API-KEY",
    .api_key_for_token = true,
    .token_life_s = 86400U,
    .errors = "", /* of no documented form, but JSON like all else */
};

/* The guide says neither with which status nor in which form routes answer. */
static const struct nvt_done passed = {.form = (uint8_t)NVT_FORM_DATA};

/* ---- the class of a path ---- */

static const char *const prefixes[] = {
    [NVT_JINDEXE_EXT] = "/ext/",
    [NVT_JINDEXE_PUBLIC] = "/public/",
    [NVT_JINDEXE_USER] = "/user/",
    [NVT_JINDEXE_PRO] = "/pro/",
};

/* The byte that "%XX" at the front of text stands for, 0 when it is not of that form. */
static uint8_t decoded(struct nvt_span text)
{
    unsigned high = text.len > 2U ? nvt_hex_value(text.ptr[1]) : 16U;
    unsigned low = text.len > 2U ? nvt_hex_value(text.ptr[2]) : 16U;
    return (uint8_t)(high > 15U || low > 15U ? 0U : high << 4U | low);
}

/* Takes one character off *rest, decoded. False for what no character may be: see the header. */
static bool take(struct nvt_span *rest, uint8_t *out)
{
    uint8_t c = rest->ptr[0];
    bool encoded = c == (uint8_t)'%';
    if (encoded) {
        c = decoded(*rest);
    }
    nvt_span_skip(rest, encoded ? 3U : 1U);
    *out = c;
    return c >= 0x20U && c != 0x7FU && c != (uint8_t)'\\' && c != (uint8_t)'#' &&
           !(encoded && (c == (uint8_t)'/' || c == (uint8_t)'%'));
}

/* A segment of the path: its name, and perhaps a parameter behind a ';' that is none of it. */
struct segment {
    size_t len; /* of the name */
    bool dots;  /* it is all dots, so far */
    bool parameter;
};

static const struct segment empty = {0, true, false};

/* The segment is none that a server could take away. */
static bool stays(const struct segment *s)
{
    return !s->dots || s->len > 2U;
}

/* The next character; false when it ends a segment that does not stay. */
static bool step(struct segment *s, uint8_t c)
{
    if (c == (uint8_t)'/') {
        bool ok = stays(s);
        *s = empty;
        return ok;
    }
    s->parameter = s->parameter || c == (uint8_t)';';
    if (!s->parameter) {
        s->dots = s->dots && c == (uint8_t)'.';
        s->len++;
    }
    return true;
}

/* path: what stands behind the first segment. */
static bool is_plain(struct nvt_span path)
{
    struct segment s = empty;
    uint8_t c = 0;
    while (path.len > 0U) {
        if (!take(&path, &c) || !step(&s, c)) {
            return false;
        }
    }
    return stays(&s) || (s.len == 0U && !s.parameter);
}

nvt_err nvt_jindexe_classify(struct nvt_span target, enum nvt_jindexe_class *out_class)
{
    const uint8_t *query =
        target.len == 0U ? NULL : (const uint8_t *)memchr(target.ptr, (int)'?', target.len);
    struct nvt_span path =
        query == NULL ? target : nvt_span_of(target.ptr, (size_t)(query - target.ptr));
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        struct nvt_span prefix = nvt_span_str(prefixes[i]);
        if (path.len >= prefix.len && nvt_span_eq(nvt_span_of(path.ptr, prefix.len), prefix) &&
            is_plain(nvt_span_drop(path, prefix.len))) {
            *out_class = (enum nvt_jindexe_class)i;
            return NVT_OK;
        }
    }
    return NVT_E_HTTP_TARGET;
}

/* ---- calls ---- */

static uint8_t class_flags(enum nvt_jindexe_class of)
{
    if (of == NVT_JINDEXE_EXT) {
        return (uint8_t)NVT_REQ_NO_AUTH;
    }
    unsigned without = of == NVT_JINDEXE_PUBLIC ? (unsigned)NVT_REQ_NO_AUTH : 0U;
    return (uint8_t)((unsigned)NVT_REQ_API_KEY | without);
}

static uint8_t method_flags(struct nvt_span method)
{
    static const char *const idempotent[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < sizeof(idempotent) / sizeof(idempotent[0]); i++) {
        if (nvt_span_eq(method, nvt_span_str(idempotent[i]))) {
            return (uint8_t)NVT_REQ_IDEMPOTENT;
        }
    }
    return 0;
}

nvt_err nvt_jindexe_call(struct nvt_call *call, struct nvt_request *r, struct nvt_span method,
                         struct nvt_span target, struct nvt_span body)
{
    enum nvt_jindexe_class of = NVT_JINDEXE_EXT;
    nvt_err err = nvt_jindexe_classify(target, &of);
    if (err != NVT_OK) {
        return err;
    }
    if (of != NVT_JINDEXE_EXT && call->client->credentials.api_key[0] == '\0') {
        return NVT_E_CRED_EMPTY;
    }
    (void)memset(r, 0, sizeof(*r));
    r->method = method;
    r->target = target;
    r->body = body;
    r->done = &passed;
    r->flags = (uint8_t)(class_flags(of) | method_flags(method));
    if (body.len > 0U) {
        r->media_type = NVT_LIT("application/json");
    }
    return nvt_call_begin(call, r);
}
