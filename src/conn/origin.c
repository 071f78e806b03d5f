/* SPDX-License-Identifier: Apache-2.0 */
/* The base URL: read strictly, because every credential goes where it points. */
#include <navette/conn.h>

enum { HTTPS_PORT = 443, LABEL_MAX = 63, IPV6_TEXT_MAX = 45 };

static uint8_t to_lower(uint8_t c)
{
    return (c >= (uint8_t)'A' && c <= (uint8_t)'Z') ? (uint8_t)(c | 0x20U) : c;
}

static bool is_hex(uint8_t c)
{
    return nvt_hex_value(c) < 16U;
}

static bool is_one_of(uint8_t c, const char *set)
{
    return c != 0U && strchr(set, (int)c) != NULL;
}

/* Takes prefix, in lower case, off *s if it is there in any case. */
static bool take_prefix(struct nvt_span *s, struct nvt_span prefix)
{
    if (s->len < prefix.len || !nvt_span_eq_nocase(nvt_span_of(s->ptr, prefix.len), prefix)) {
        return false;
    }
    nvt_span_skip(s, prefix.len);
    return true;
}

/* Bytes of s before the first byte that is in stop. */
static size_t length_before(struct nvt_span s, const char *stop)
{
    size_t n = 0;
    while (n < s.len && !is_one_of(s.ptr[n], stop)) {
        n++;
    }
    return n;
}

/* label = 1*63( ALPHA / DIGIT / "-" / "_" ) without "-" or "_" at its ends: RFC 1123 section 2.1
 * with the underscore that some zones use. */
static bool label_ok(struct nvt_span label)
{
    if (label.len == 0U || label.len > (size_t)LABEL_MAX) {
        return false;
    }
    for (size_t i = 0; i < label.len; i++) {
        bool inner = i > 0U && i + 1U < label.len;
        if (!nvt_is_alnum(label.ptr[i]) && !(inner && is_one_of(label.ptr[i], "-_"))) {
            return false;
        }
    }
    return true;
}

/* host = label *( "." label ). An IPv4 address has the same form. */
static bool host_ok(struct nvt_span host)
{
    struct nvt_span rest = host;
    size_t n = length_before(rest, ".");
    while (n < rest.len) {
        if (!label_ok(nvt_span_of(rest.ptr, n))) {
            return false;
        }
        nvt_span_skip(&rest, n + 1U);
        n = length_before(rest, ".");
    }
    return label_ok(rest);
}

/* The characters of an IPv6 address (RFC 4291 section 2.2); the port reads its value. No zone: a
 * certificate cannot name one. */
static bool ipv6_ok(struct nvt_span host)
{
    unsigned colons = 0;
    for (size_t i = 0; i < host.len; i++) {
        if (host.ptr[i] == (uint8_t)':') {
            colons++;
        } else if (!is_hex(host.ptr[i]) && host.ptr[i] != (uint8_t)'.') {
            return false;
        }
    }
    return colons >= 2U && host.len <= (size_t)IPV6_TEXT_MAX;
}

static nvt_err store_lower(char *out, size_t cap, struct nvt_span text)
{
    if (text.len >= cap) {
        return NVT_E_URL;
    }
    for (size_t i = 0; i < text.len; i++) {
        out[i] = (char)to_lower(text.ptr[i]);
    }
    out[text.len] = '\0';
    return NVT_OK;
}

/* IP-literal / host of RFC 3986 section 3.2.2, off the front of *url. */
static nvt_err take_host(struct nvt_span *url, struct nvt_origin *o)
{
    if (url->len > 0U && url->ptr[0] == (uint8_t)'[') {
        struct nvt_span inner = nvt_span_drop(*url, 1);
        size_t n = length_before(inner, "]");
        struct nvt_span literal = nvt_span_of(inner.ptr, n);
        if (n == inner.len || !ipv6_ok(literal)) {
            return NVT_E_URL;
        }
        *url = nvt_span_drop(inner, n + 1U);
        return store_lower(o->host, sizeof(o->host), literal);
    }
    struct nvt_span host = nvt_span_of(url->ptr, length_before(*url, ":/"));
    if (!host_ok(host)) {
        return NVT_E_URL;
    }
    nvt_span_skip(url, host.len);
    return store_lower(o->host, sizeof(o->host), host);
}

/* [ ":" port ], 1 to 65535. */
static nvt_err take_port(struct nvt_span *url, struct nvt_origin *o)
{
    o->port = (uint16_t)HTTPS_PORT;
    if (url->len == 0U || url->ptr[0] != (uint8_t)':') {
        return NVT_OK;
    }
    struct nvt_span rest = nvt_span_drop(*url, 1);
    struct nvt_span digits = nvt_span_of(rest.ptr, length_before(rest, "/"));
    uint64_t port = 0;
    nvt_err err = nvt_u64_parse(digits, 65535U, &port);
    if (err != NVT_OK || port == 0U) {
        return NVT_E_URL;
    }
    o->port = (uint16_t)port;
    *url = nvt_span_drop(rest, digits.len);
    return NVT_OK;
}

/* path-abempty of RFC 3986 section 3.3: *( "/" *pchar ). */
static bool path_ok(struct nvt_span path)
{
    for (size_t i = 0; i < path.len; i++) {
        uint8_t c = path.ptr[i];
        if (c == (uint8_t)'%') {
            if (path.len - i < 3U || !is_hex(path.ptr[i + 1U]) || !is_hex(path.ptr[i + 2U])) {
                return false;
            }
        } else if (!nvt_is_alnum(c) && !is_one_of(c, "/-._~!$&'()*+,;=:@")) {
            return false;
        }
    }
    return path.len == 0U || path.ptr[0] == (uint8_t)'/';
}

static nvt_err take_path(struct nvt_span path, struct nvt_origin *o)
{
    if (!path_ok(path)) {
        return NVT_E_URL;
    }
    while (path.len > 0U && path.ptr[path.len - 1U] == (uint8_t)'/') {
        path.len--;
    }
    if (path.len >= sizeof(o->base_path)) {
        return NVT_E_URL;
    }
    if (path.len > 0U) {
        (void)memcpy(o->base_path, path.ptr, path.len);
    }
    o->base_path[path.len] = '\0';
    return NVT_OK;
}

nvt_err nvt_origin_parse(struct nvt_span url, struct nvt_origin *out_origin)
{
    struct nvt_origin o;
    if (out_origin == NULL || (url.ptr == NULL && url.len > 0U)) {
        return NVT_E_ARG;
    }
    (void)memset(&o, 0, sizeof(o));
    if (take_prefix(&url, NVT_LIT("http://"))) {
        return NVT_E_URL_PLAIN;
    }
    nvt_err err = take_prefix(&url, NVT_LIT("https://")) ? NVT_OK : NVT_E_URL;
    if (err == NVT_OK) {
        err = take_host(&url, &o);
    }
    if (err == NVT_OK) {
        err = take_port(&url, &o);
    }
    if (err == NVT_OK) {
        err = take_path(url, &o);
    }
    if (err == NVT_OK) {
        *out_origin = o;
    }
    return err;
}

void nvt_origin_put_authority(struct nvt_buf *b, const struct nvt_origin *origin)
{
    bool literal = strchr(origin->host, ':') != NULL;
    if (literal) {
        nvt_buf_put_byte(b, (uint8_t)'[');
    }
    nvt_buf_put(b, nvt_span_str(origin->host));
    if (literal) {
        nvt_buf_put_byte(b, (uint8_t)']');
    }
    if (origin->port != (uint16_t)HTTPS_PORT) {
        nvt_buf_put_byte(b, (uint8_t)':');
        nvt_buf_put_u64(b, origin->port);
    }
}
