/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a target. What has a class keeps it whatever a server on the way does to a path:
 * decode it, once or twice, drop parameters, merge slashes, take backslashes for slashes, resolve
 * dot segments. What has none leaves the class alone; what stands behind the '?' does not matter.
 */
#include <navette/jindexe.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In place of the client: only paths are looked at here. */
nvt_err nvt_call_begin(struct nvt_call *call, const struct nvt_request *request)
{
    (void)call;
    (void)request;
    return NVT_E_STATE;
}

static const char *const prefixes[] = {"ext", "public", "user", "pro"};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static int hex(uint8_t c)
{
    const char *digits = "0123456789abcdef";
    uint8_t low = (uint8_t)((c >= 'A' && c <= 'F') ? c + 32 : c);
    const char *at = low == 0U ? NULL : strchr(digits, (int)low);
    return at == NULL ? -1 : (int)(at - digits);
}

/* Decodes in place and takes '\' for '/'. Returns the new length. */
static size_t decode(uint8_t *p, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = p[i];
        if (c == '%' && len - i > 2U && hex(p[i + 1U]) >= 0 && hex(p[i + 2U]) >= 0) {
            c = (uint8_t)(hex(p[i + 1U]) * 16 + hex(p[i + 2U]));
            i += 2U;
        }
        p[n] = (uint8_t)(c == '\\' ? '/' : c);
        n++;
    }
    return n;
}

/* The first segment that is left once all is resolved (RFC 3986 section 5.2.4), empty ones gone and
 * parameters dropped. */
static struct nvt_span first_left(const uint8_t *p, size_t len)
{
    static struct nvt_span stack[4096];
    size_t depth = 0;
    size_t i = 0;
    while (i < len) {
        size_t end = i;
        while (end < len && p[end] != '/') {
            end++;
        }
        size_t name = i;
        while (name < end && p[name] != ';') {
            name++;
        }
        struct nvt_span s = nvt_span_of(p + i, name - i);
        if (nvt_span_eq(s, NVT_LIT(".."))) {
            depth -= depth > 0U ? 1U : 0U;
        } else if (s.len > 0U && !nvt_span_eq(s, NVT_LIT(".")) && depth < 4096U) {
            stack[depth] = s;
            depth++;
        } else {
            /* gone */
        }
        i = end + 1U;
    }
    return depth == 0U ? NVT_LIT("") : stack[0];
}

static size_t path_len(const uint8_t *data, size_t size)
{
    size_t n = 0;
    while (n < size && data[n] != '?') {
        n++;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum nvt_jindexe_class class = (enum nvt_jindexe_class)77;
    enum nvt_jindexe_class again = (enum nvt_jindexe_class)77;
    size_t len = path_len(data, size);
    uint8_t *mem = (uint8_t *)malloc(size + 1U);
    require(mem != NULL);
    if (size > 0U) {
        (void)memcpy(mem, data, size);
    }
    nvt_err err = nvt_jindexe_classify(nvt_span_of(mem, size), &class);
    require(nvt_jindexe_classify(nvt_span_of(mem, len), &again) == err && class == again);
    if (err != NVT_OK) {
        require(err == NVT_E_HTTP_TARGET && class == (enum nvt_jindexe_class)77);
        free(mem);
        return 0;
    }
    require((unsigned)class < 4U);
    struct nvt_span wanted = nvt_span_str(prefixes[class]);
    for (unsigned pass = 0; pass < 3U; pass++) {
        require(nvt_span_eq(first_left(mem, len), wanted));
        len = decode(mem, len);
        require(memchr(mem, 0, len) == NULL);
    }
    free(mem);
    return 0;
}
