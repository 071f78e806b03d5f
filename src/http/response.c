/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The response parser: a state machine over bytes (RFC 9112). Bytes of a head are copied to the
 * caller's buffer and scanned there; body bytes are passed on as views. Whether an input is
 * refused, and why, depends on the bytes alone, never on how they were split: each decision is
 * taken at one byte. response.h states the invariant that every call keeps.
 */
#include "response.h"

#define STATUS_LEN 12U /* "HTTP/1.1 200" */

/* ---- head ---- */

static void restart_head(struct nvt_http_response *r)
{
    r->head_len = 0;
    r->content_length = 0;
    r->has_length = false;
    r->chunked = false;
    r->said_close = false;
    r->said_keep = false;
    r->line = NVT_HTTP_LINE_TEXT; /* the reason phrase, behind the part with fixed places */
    r->fields = 0;
    r->scan = 0;
    r->line_start = 0;
}

void nvt_http_response_init(struct nvt_http_response *r, void *head, size_t head_cap,
                            bool to_head_request)
{
    (void)memset(r, 0, sizeof *r);
    r->head = (uint8_t *)head;
    r->head_cap = head_cap;
    r->to_head_request = to_head_request;
    r->line = NVT_HTTP_LINE_TEXT; /* as restart_head() has it; all else is zero */
}

/* A byte of HTTP-version SP status-code: "HTTP/1.0 100" to "HTTP/1.1 599" place by place. */
static nvt_err check_status_byte(size_t place, uint8_t byte)
{
    static const char lowest[] = "HTTP/1.0 100";
    static const char highest[] = "HTTP/1.1 599";
    if (byte >= (uint8_t)lowest[place] && byte <= (uint8_t)highest[place]) {
        return NVT_OK;
    }
    if ((unsigned)byte - (unsigned)'0' > 9U) {
        return NVT_E_HTTP_STATUS_LINE;
    }
    switch (place) {
    case 5U:
    case 7U:
        return NVT_E_HTTP_VERSION;
    case 9U:
        return NVT_E_HTTP_STATUS;
    default:
        return NVT_E_HTTP_STATUS_LINE;
    }
}

/* status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 section 4), up to the
 * code and a look at what follows: some servers drop the SP together with the reason phrase, which
 * has one reading only. */
static nvt_err scan_status(struct nvt_http_response *r)
{
    static const char usual[9] = {'H', 'T', 'T', 'P', '/', '1', '.', '1', ' '};
    if (r->scan == 0U && r->head_len > STATUS_LEN && memcmp(r->head, usual, sizeof usual) == 0) {
        r->scan = sizeof usual;
    }
    while (r->scan < STATUS_LEN) {
        if (r->scan == r->head_len) {
            return NVT_AGAIN;
        }
        nvt_err err = check_status_byte(r->scan, r->head[r->scan]);
        if (err != NVT_OK) {
            return err;
        }
        r->scan++;
    }
    if (r->scan == r->head_len) {
        return NVT_AGAIN;
    }
    uint8_t next = r->head[STATUS_LEN];
    bool right = next == (uint8_t)' ' || next == (uint8_t)'\r' || next == (uint8_t)'\n';
    return right ? NVT_OK : NVT_E_HTTP_STATUS_LINE;
}

static void read_status(struct nvt_http_response *r)
{
    const uint8_t *digits = r->head + 9;
    unsigned status = (unsigned)digits[0] * 100U + (unsigned)digits[1] * 10U + digits[2];
    r->status = (uint16_t)(status - (unsigned)'0' * 111U);
    r->minor = (uint8_t)(r->head[7] - (uint8_t)'0');
}

/* Content-Length = 1*DIGIT (RFC 9110 section 8.6). Once: even equal values, which a recipient may
 * merge, are a sign of two writers. */
static nvt_err read_length(struct nvt_http_response *r, struct nvt_span value)
{
    if (r->has_length) {
        return NVT_E_HTTP_LENGTH_TWICE;
    }
    r->has_length = true;
    nvt_err err = nvt_u64_parse(value, UINT64_MAX, &r->content_length);
    return err == NVT_OK ? NVT_OK : NVT_E_HTTP_LENGTH;
}

/* Transfer-Encoding = #transfer-coding (RFC 9112 section 6.1). This client never says TE, so any
 * coding but chunked is one that it cannot undo, and HTTP/1.0 knows none. */
static nvt_err read_coding(struct nvt_http_response *r, struct nvt_span value)
{
    bool right = r->minor == 1U && !r->chunked && nvt_span_eq_nocase(value, NVT_LIT("chunked"));
    r->chunked = true;
    return right ? NVT_OK : NVT_E_HTTP_CODING;
}

/* Connection = #connection-option (RFC 9110 section 7.6.1) */
static void read_connection(struct nvt_http_response *r, struct nvt_span value)
{
    struct nvt_span rest = value;
    while (rest.len > 0U) {
        const uint8_t *comma = (const uint8_t *)memchr(rest.ptr, ',', rest.len);
        size_t len = comma == NULL ? rest.len : (size_t)(comma - rest.ptr);
        struct nvt_span option = nvt_span_trim(nvt_span_of(rest.ptr, len));
        r->said_close = r->said_close || nvt_span_eq_nocase(option, NVT_LIT("close"));
        r->said_keep = r->said_keep || nvt_span_eq_nocase(option, NVT_LIT("keep-alive"));
        nvt_span_skip(&rest, comma == NULL ? len : len + 1U);
    }
}

/* The field on this line if it has a meaning here. A name holds no colon, so a colon behind as many
 * bytes as a known name has is the only place to look at. */
static enum nvt_http_known known_line(struct nvt_span line, struct nvt_span *out_value)
{
    static const uint8_t lengths[3] = {10, 14, 17};
    unsigned initial = line.ptr[0] | 0x20U; /* of Connection, Content-, Transfer-: most end here */
    if (initial != (unsigned)'c' && initial != (unsigned)'t') {
        return NVT_HTTP_OTHER;
    }
    for (size_t i = 0; i < 3U; i++) {
        size_t len = lengths[i];
        if (line.len > len && line.ptr[len] == (uint8_t)':') {
            enum nvt_http_known known = nvt_http_known_field(nvt_span_of(line.ptr, len));
            *out_value = nvt_span_of(line.ptr + len + 1U, line.len - len - 1U);
            if (known != NVT_HTTP_OTHER) {
                return known;
            }
        }
    }
    return NVT_HTTP_OTHER;
}

static nvt_err read_field(struct nvt_http_response *r, struct nvt_span line)
{
    struct nvt_span value = {NULL, 0};
    if (r->fields >= NVT_HTTP_FIELDS_MAX) {
        return NVT_E_HTTP_FIELD_COUNT;
    }
    r->fields++;
    switch (known_line(line, &value)) {
    case NVT_HTTP_CONTENT_LENGTH:
        return read_length(r, nvt_span_trim(value));
    case NVT_HTTP_TRANSFER_ENCODING:
        return read_coding(r, nvt_span_trim(value));
    case NVT_HTTP_CONNECTION:
        read_connection(r, value);
        return NVT_OK;
    case NVT_HTTP_OTHER:
    case NVT_HTTP_HOST:
    default:
        return NVT_OK;
    }
}

/* Scans on to the end of one line of the head. NVT_OK, NVT_AGAIN or a refusal. */
static nvt_err scan_head_line(struct nvt_http_response *r)
{
    bool first = r->line_start == 0U;
    nvt_err err = first && r->scan <= STATUS_LEN ? scan_status(r) : NVT_OK;
    if (err != NVT_OK) {
        return err;
    }
    struct nvt_span text = nvt_span_of(r->head + r->scan, r->head_len - r->scan);
    err = nvt_http_line_step(&r->line, &text);
    r->scan = r->head_len - text.len;
    if (err != NVT_OK) {
        return first && err == NVT_E_HTTP_FIELD_VALUE ? NVT_E_HTTP_STATUS_LINE : err;
    }
    size_t start = r->line_start;
    r->line_start = r->scan;
    if (first) {
        read_status(r);
    } else if (r->line != (uint8_t)NVT_HTTP_LINE_END) {
        err = read_field(r, nvt_span_of(r->head + start, r->scan - start - 2U));
    }
    return err;
}

/* ---- framing ---- */

static void go_to_body(struct nvt_http_response *r)
{
    r->keep_alive = !r->said_close && (r->minor == 1U || r->said_keep);
    if (r->to_head_request || r->status == 204U || r->status == 304U) {
        r->framing = NVT_HTTP_NO_BODY;
        r->state = NVT_HTTP_AT_DONE;
    } else if (r->chunked) {
        r->framing = NVT_HTTP_CHUNKED;
        r->state = NVT_HTTP_AT_SIZE_FIRST;
    } else if (r->has_length) {
        r->framing = NVT_HTTP_LENGTH;
        r->body_left = r->content_length;
        r->state = r->body_left == 0U ? NVT_HTTP_AT_DONE : NVT_HTTP_AT_BODY;
    } else {
        r->framing = NVT_HTTP_UNTIL_CLOSE;
        r->keep_alive = false;
        r->state = NVT_HTTP_AT_CLOSE;
    }
}

/* Message body length (RFC 9112 section 6.3). NVT_AGAIN: that was an interim response. */
static nvt_err finish_head(struct nvt_http_response *r)
{
    bool interim = r->status < 200U;
    if (r->status == 101U) {
        return NVT_E_HTTP_UPGRADE;
    }
    if (r->chunked && r->has_length) {
        return NVT_E_HTTP_LENGTH_CODING;
    }
    if ((interim || r->status == 204U) && (r->chunked || r->content_length != 0U)) {
        return NVT_E_HTTP_BODILESS;
    }
    if (!interim) {
        go_to_body(r);
        return NVT_OK;
    }
    if (r->interim >= NVT_HTTP_INTERIM_MAX) {
        return NVT_E_HTTP_INTERIM;
    }
    r->interim++;
    restart_head(r);
    return NVT_AGAIN;
}

/* Copies input behind the head and scans it. NVT_OK: the head is complete and *in stands behind it;
 * NVT_AGAIN: all input is taken. */
static nvt_err fill_head(struct nvt_http_response *r, struct nvt_span *in)
{
    size_t before = r->head_len;
    size_t room = r->head_cap - before;
    size_t taken = in->len < room ? in->len : room;
    nvt_err err = NVT_OK;
    if (taken > 0U) {
        (void)memcpy(r->head + before, in->ptr, taken);
    }
    r->head_len = before + taken;
    while (err == NVT_OK && r->line != (uint8_t)NVT_HTTP_LINE_END) {
        err = scan_head_line(r);
    }
    if (err == NVT_OK) {
        r->head_len = r->scan; /* what was copied behind it stays in the input */
    }
    nvt_span_skip(in, r->head_len - before);
    return err == NVT_AGAIN && r->head_len == r->head_cap ? NVT_E_HTTP_HEAD_SIZE : err;
}

static nvt_err feed_head(struct nvt_http_response *r, struct nvt_span *in,
                         enum nvt_http_event *out_event)
{
    nvt_err err = NVT_OK;
    do { /* once for each interim response, and for the final one */
        err = fill_head(r, in);
        if (err == NVT_AGAIN) {
            return NVT_OK; /* NVT_HTTP_NEED */
        }
        if (err == NVT_OK) {
            err = finish_head(r);
        }
    } while (err == NVT_AGAIN);
    *out_event = NVT_HTTP_HEAD;
    return err;
}

/* ---- bodies ---- */

/* Passes on what there is of the body_left bytes; after the last one the state is next. */
static void feed_sized(struct nvt_http_response *r, struct nvt_span *in, enum nvt_http_state next,
                       enum nvt_http_event *out_event, struct nvt_span *out_body)
{
    size_t len = in->len < r->body_left ? in->len : (size_t)r->body_left;
    if (len == 0U) {
        return; /* NVT_HTTP_NEED */
    }
    *out_body = nvt_span_of(in->ptr, len);
    *out_event = NVT_HTTP_BODY;
    nvt_span_skip(in, len);
    r->body_left -= len;
    if (r->body_left == 0U) {
        r->state = (uint8_t)next;
    }
}

static void feed_until_close(struct nvt_span *in, enum nvt_http_event *out_event,
                             struct nvt_span *out_body)
{
    if (in->len > 0U) {
        *out_body = *in;
        *out_event = NVT_HTTP_BODY;
        nvt_span_skip(in, in->len);
    }
}

/* chunk-size = 1*HEXDIG, kept in body_left */
static nvt_err size_digit(struct nvt_http_response *r, unsigned digit)
{
    if (r->body_left > UINT64_MAX >> 4U) {
        return NVT_E_HTTP_CHUNK_SIZE;
    }
    r->body_left = r->body_left << 4U | digit;
    r->state = NVT_HTTP_AT_SIZE;
    return NVT_OK;
}

/* What stands behind the digits: ";" may come at once or after white space (BWS), CR only at once
 * or after an extension. */
static nvt_err size_mark(struct nvt_http_response *r, uint8_t byte)
{
    bool extension = r->state == (uint8_t)NVT_HTTP_AT_EXTENSION;
    switch (byte) {
    case '\n':
        return NVT_E_HTTP_BARE_LF;
    case '\r':
        if (r->state == (uint8_t)NVT_HTTP_AT_SIZE_SPACE) {
            return NVT_E_HTTP_CHUNK_SIZE;
        }
        r->state = NVT_HTTP_AT_SIZE_LF;
        return NVT_OK;
    case ' ':
    case '\t':
        r->state = extension ? NVT_HTTP_AT_EXTENSION : NVT_HTTP_AT_SIZE_SPACE;
        return NVT_OK;
    case ';':
        r->state = NVT_HTTP_AT_EXTENSION;
        return NVT_OK;
    default:
        return extension && nvt_http_text_run(nvt_span_of(&byte, 1U)) == 1U ? NVT_OK
                                                                            : NVT_E_HTTP_CHUNK_SIZE;
    }
}

/* chunk-size [ chunk-ext ] up to its CR (RFC 9112 section 7.1). Extensions are dropped: of their
 * grammar, what matters is that no line can end within them. */
static nvt_err size_line_byte(struct nvt_http_response *r, uint8_t byte)
{
    bool digits =
        r->state == (uint8_t)NVT_HTTP_AT_SIZE_FIRST || r->state == (uint8_t)NVT_HTTP_AT_SIZE;
    unsigned digit = digits ? nvt_hex_value(byte) : 16U;
    if (byte != (uint8_t)'\r' && r->section_len >= NVT_HTTP_CHUNK_LINE_MAX) {
        return NVT_E_HTTP_CHUNK_LINE;
    }
    r->section_len += byte != (uint8_t)'\r' ? 1U : 0U;
    if (digit < 16U) {
        return size_digit(r, digit);
    }
    return r->state == (uint8_t)NVT_HTTP_AT_SIZE_FIRST ? NVT_E_HTTP_CHUNK_SIZE : size_mark(r, byte);
}

static nvt_err expect(struct nvt_http_response *r, uint8_t byte, char wanted, nvt_err otherwise,
                      enum nvt_http_state next)
{
    if (byte != (uint8_t)wanted) {
        return otherwise;
    }
    r->state = (uint8_t)next;
    return NVT_OK;
}

/* chunked-body = *chunk last-chunk trailer-section CRLF, with chunk = chunk-size [ chunk-ext ] CRLF
 * chunk-data CRLF (RFC 9112 section 7.1): one byte of all that is neither data nor trailer. */
static nvt_err chunk_byte(struct nvt_http_response *r, uint8_t byte)
{
    switch (r->state) {
    case NVT_HTTP_AT_DATA_CR:
        return expect(r, byte, '\r', NVT_E_HTTP_CHUNK_END, NVT_HTTP_AT_DATA_LF);
    case NVT_HTTP_AT_DATA_LF:
        return expect(r, byte, '\n', NVT_E_HTTP_CHUNK_END, NVT_HTTP_AT_SIZE_FIRST);
    case NVT_HTTP_AT_SIZE_LF:
        r->section_len = 0;
        r->line = NVT_HTTP_LINE_START;
        return expect(r, byte, '\n', NVT_E_HTTP_BARE_CR,
                      r->body_left == 0U ? NVT_HTTP_AT_TRAILER : NVT_HTTP_AT_DATA);
    default:
        return size_line_byte(r, byte);
    }
}

/* trailer-section = *( field-line CRLF ), and the last CRLF: checked, bounded and dropped. */
static nvt_err feed_trailer(struct nvt_http_response *r, struct nvt_span *in)
{
    size_t room = (size_t)NVT_HTTP_TRAILER_MAX - r->section_len;
    struct nvt_span text = nvt_span_of(in->ptr, in->len < room ? in->len : room);
    size_t given = text.len;
    nvt_err err = NVT_OK;
    while (err == NVT_OK && r->line != (uint8_t)NVT_HTTP_LINE_END) {
        err = nvt_http_line_step(&r->line, &text);
    }
    r->section_len += given - text.len;
    nvt_span_skip(in, given - text.len);
    if (err == NVT_AGAIN) {
        return r->section_len >= NVT_HTTP_TRAILER_MAX ? NVT_E_HTTP_TRAILER : NVT_OK;
    }
    if (err == NVT_OK) {
        r->state = NVT_HTTP_AT_DONE;
    }
    return err;
}

static nvt_err feed_chunked(struct nvt_http_response *r, struct nvt_span *in,
                            enum nvt_http_event *out_event, struct nvt_span *out_body)
{
    nvt_err err = NVT_OK;
    while (err == NVT_OK && in->len > 0U && r->state < (uint8_t)NVT_HTTP_AT_TRAILER &&
           r->state != (uint8_t)NVT_HTTP_AT_DATA) {
        err = chunk_byte(r, in->ptr[0]);
        nvt_span_skip(in, 1U);
    }
    if (err == NVT_OK && r->state == (uint8_t)NVT_HTTP_AT_TRAILER) {
        err = feed_trailer(r, in);
    }
    if (err == NVT_OK && r->state == (uint8_t)NVT_HTTP_AT_DONE) {
        *out_event = NVT_HTTP_DONE;
    } else if (err == NVT_OK && r->state == (uint8_t)NVT_HTTP_AT_DATA) {
        feed_sized(r, in, NVT_HTTP_AT_DATA_CR, out_event, out_body);
    }
    return err;
}

/* ---- the two inputs of the machine: bytes, and the end of them ---- */

nvt_err nvt_http_response_feed(struct nvt_http_response *r, struct nvt_span *in,
                               enum nvt_http_event *out_event, struct nvt_span *out_body)
{
    *out_event = NVT_HTTP_NEED;
    *out_body = nvt_span_of(NULL, 0U);
    if (r->err != NVT_OK) {
        return r->err;
    }
    switch (r->state) {
    case NVT_HTTP_AT_HEAD:
        r->err = feed_head(r, in, out_event);
        break;
    case NVT_HTTP_AT_BODY:
        feed_sized(r, in, NVT_HTTP_AT_DONE, out_event, out_body);
        break;
    case NVT_HTTP_AT_CLOSE:
        feed_until_close(in, out_event, out_body);
        break;
    case NVT_HTTP_AT_DONE:
        *out_event = NVT_HTTP_DONE;
        break;
    default:
        r->err = feed_chunked(r, in, out_event, out_body);
        break;
    }
    return r->err;
}

nvt_err nvt_http_response_close(struct nvt_http_response *r)
{
    if (r->err != NVT_OK) {
        return r->err;
    }
    if (r->state == (uint8_t)NVT_HTTP_AT_CLOSE) {
        r->state = NVT_HTTP_AT_DONE;
    }
    if (r->state != (uint8_t)NVT_HTTP_AT_DONE) {
        r->err = NVT_E_HTTP_TRUNCATED;
    }
    return r->err;
}
