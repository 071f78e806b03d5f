/* SPDX-License-Identifier: Apache-2.0 */
/* What the response parser accepts and refuses, each with its exact result. */
#ifndef HTTP_CASES_H
#define HTTP_CASES_H

#include <navette/http.h>

struct http_case {
    const char *name;
    const char *text;
    size_t len;
    nvt_err err; /* with the end of the connection behind the text */
    enum nvt_http_framing framing;
    bool keep_alive;
    const char *body; /* NULL where err is not NVT_OK */
};

#define OK1 "HTTP/1.1 200 OK\r\n"
#define OK0 "HTTP/1.0 200 OK\r\n"
#define TE "Transfer-Encoding: chunked\r\n"
#define CL3 "Content-Length: 3\r\n"
#define CHUNKED OK1 TE "\r\n"
#define REFUSED(name, text, err)                                                                   \
    {                                                                                              \
        name, text, sizeof(text) - 1U, err, NVT_HTTP_NO_BODY, false, NULL                          \
    }
#define ACCEPTED(name, text, framing, keep, body)                                                  \
    {                                                                                              \
        name, text, sizeof(text) - 1U, NVT_OK, framing, keep, body                                 \
    }

static const struct http_case http_cases[] = {
    /* Accepted. */
    ACCEPTED("length", OK1 CL3 "\r\nabc", NVT_HTTP_LENGTH, true, "abc"),
    ACCEPTED("length 0", OK1 "Content-Length: 0\r\n\r\n", NVT_HTTP_LENGTH, true, ""),
    ACCEPTED("length with zeros in front", OK1 "Content-Length: 0003\r\n\r\nabc", NVT_HTTP_LENGTH,
             true, "abc"),
    ACCEPTED("names in any case", OK1 "cONTENT-lENGTH:3\r\n\r\nabc", NVT_HTTP_LENGTH, true, "abc"),
    ACCEPTED("white space around values", OK1 "Content-Length: \t 3\t \r\n\r\nabc", NVT_HTTP_LENGTH,
             true, "abc"),
    ACCEPTED("empty value", OK1 "X:\r\n" CL3 "\r\nabc", NVT_HTTP_LENGTH, true, "abc"),
    ACCEPTED("obs-text and tab in a value", OK1 "X: \xe9t\xe9\tx\r\n" CL3 "\r\nabc",
             NVT_HTTP_LENGTH, true, "abc"),
    ACCEPTED("every name byte", OK1 "!#$%&'*+-.^_`|~09AZaz: x\r\n" CL3 "\r\nabc", NVT_HTTP_LENGTH,
             true, "abc"),
    ACCEPTED("names near the known ones",
             OK1 "Content-Lengt: 9\r\nXontent-Length: 9\r\nConnection-: close\r\n"
                 "Transfer-Encodin: x\r\nc: :Length: 9\r\n" CL3 "\r\nabc",
             NVT_HTTP_LENGTH, true, "abc"),
    ACCEPTED("no reason phrase", "HTTP/1.1 200 \r\n" CL3 "\r\nabc", NVT_HTTP_LENGTH, true, "abc"),
    ACCEPTED("no space behind the status", "HTTP/1.1 200\r\n" CL3 "\r\nabc", NVT_HTTP_LENGTH, true,
             "abc"),
    ACCEPTED("lowest final status", "HTTP/1.1 200 \r\n" CL3 "\r\nabc", NVT_HTTP_LENGTH, true,
             "abc"),
    ACCEPTED("highest status", "HTTP/1.1 599 ?\r\n" CL3 "\r\nabc", NVT_HTTP_LENGTH, true, "abc"),
    ACCEPTED("no fields", OK1 "\r\nall of it", NVT_HTTP_UNTIL_CLOSE, false, "all of it"),
    ACCEPTED("until close, empty", OK1 "\r\n", NVT_HTTP_UNTIL_CLOSE, false, ""),
    ACCEPTED("until close ignores keep-alive", OK0 "Connection: keep-alive\r\n\r\nx",
             NVT_HTTP_UNTIL_CLOSE, false, "x"),
    ACCEPTED("close", OK1 "Connection: close\r\n" CL3 "\r\nabc", NVT_HTTP_LENGTH, false, "abc"),
    ACCEPTED("close in a list", OK1 "Connection: x ,\tCLOSE,,y\r\n" CL3 "\r\nabc", NVT_HTTP_LENGTH,
             false, "abc"),
    ACCEPTED("close behind a comma alone", OK1 "Connection: x,close\r\n" CL3 "\r\nabc",
             NVT_HTTP_LENGTH, false, "abc"),
    ACCEPTED("close in a second field",
             OK1 "Connection: keep-alive\r\nConnection: close\r\n" CL3 "\r\nabc", NVT_HTTP_LENGTH,
             false, "abc"),
    ACCEPTED("an option that only starts like close", OK1 "Connection: closed\r\n" CL3 "\r\nabc",
             NVT_HTTP_LENGTH, true, "abc"),
    ACCEPTED("1.0 closes", OK0 CL3 "\r\nabc", NVT_HTTP_LENGTH, false, "abc"),
    ACCEPTED("1.0 with keep-alive", OK0 "Connection: Keep-Alive\r\n" CL3 "\r\nabc", NVT_HTTP_LENGTH,
             true, "abc"),
    ACCEPTED("204", "HTTP/1.1 204 No Content\r\n\r\n", NVT_HTTP_NO_BODY, true, ""),
    ACCEPTED("204 with length 0", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
             NVT_HTTP_NO_BODY, true, ""),
    ACCEPTED("304 with the length of the other answer", "HTTP/1.1 304 Not Modified\r\n" CL3 "\r\n",
             NVT_HTTP_NO_BODY, true, ""),
    ACCEPTED("304 with the coding of the other answer", "HTTP/1.1 304 Not Modified\r\n" TE "\r\n",
             NVT_HTTP_NO_BODY, true, ""),
    ACCEPTED("chunks", CHUNKED "3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", NVT_HTTP_CHUNKED, true, "abcd"),
    ACCEPTED("coding in any case", OK1 "Transfer-Encoding: CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n",
             NVT_HTTP_CHUNKED, true, "a"),
    ACCEPTED("chunk sizes in hex, any case, zeros in front",
             CHUNKED "00A\r\n0123456789\r\na\r\n0123456789\r\n000\r\n\r\n", NVT_HTTP_CHUNKED, true,
             "01234567890123456789"),
    ACCEPTED("chunk extension", CHUNKED "3;a=b;c=\"d e\"\r\nabc\r\n0;last\r\n\r\n",
             NVT_HTTP_CHUNKED, true, "abc"),
    ACCEPTED("white space before an extension", CHUNKED "3 \t; a = b\r\nabc\r\n0\r\n\r\n",
             NVT_HTTP_CHUNKED, true, "abc"),
    ACCEPTED("trailers", CHUNKED "3\r\nabc\r\n0\r\nX: y\r\nZ:\r\n\r\n", NVT_HTTP_CHUNKED, true,
             "abc"),
    ACCEPTED("a trailer cannot change the framing",
             CHUNKED "3\r\nabc\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\n\r\n",
             NVT_HTTP_CHUNKED, true, "abc"),
    ACCEPTED("chunk data that looks like chunks", CHUNKED "5\r\n0\r\n\r\n\r\n0\r\n\r\n",
             NVT_HTTP_CHUNKED, true, "0\r\n\r\n"),
    ACCEPTED("100 before the answer", "HTTP/1.1 100 Continue\r\n\r\n" OK1 CL3 "\r\nabc",
             NVT_HTTP_LENGTH, true, "abc"),
    ACCEPTED("103 with fields that do not count",
             "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nConnection: close\r\n\r\n" OK1 CL3
             "\r\nabc",
             NVT_HTTP_LENGTH, true, "abc"),
    ACCEPTED("100 whose keep-alive does not count",
             "HTTP/1.1 100 x\r\nConnection: keep-alive\r\n\r\n" OK0 CL3 "\r\nabc", NVT_HTTP_LENGTH,
             false, "abc"),
    ACCEPTED("102 with length 0", "HTTP/1.1 102 x\r\nContent-Length: 0\r\n\r\n" OK1 CL3 "\r\nabc",
             NVT_HTTP_LENGTH, true, "abc"),
    /* Status line. */
    REFUSED("empty", "", NVT_E_HTTP_TRUNCATED),
    REFUSED("CRLF in front", "\r\n" OK1 CL3 "\r\nabc", NVT_E_HTTP_STATUS_LINE),
    REFUSED("space in front", " " OK1 CL3 "\r\nabc", NVT_E_HTTP_STATUS_LINE),
    REFUSED("another protocol", "SSH-2.0-x\r\n", NVT_E_HTTP_STATUS_LINE),
    REFUSED("small letters", "http/1.1 200 OK\r\n\r\n", NVT_E_HTTP_STATUS_LINE),
    REFUSED("HTTP/2.0", "HTTP/2.0 200 OK\r\n" CL3 "\r\nabc", NVT_E_HTTP_VERSION),
    REFUSED("HTTP/2", "HTTP/2 200 OK\r\n" CL3 "\r\nabc", NVT_E_HTTP_VERSION),
    REFUSED("HTTP/1.2", "HTTP/1.2 200 OK\r\n" CL3 "\r\nabc", NVT_E_HTTP_VERSION),
    REFUSED("HTTP/0.9", "HTTP/0.9 200 OK\r\n" CL3 "\r\nabc", NVT_E_HTTP_VERSION),
    REFUSED("HTTP/1.10", "HTTP/1.10 200 OK\r\n\r\n", NVT_E_HTTP_STATUS_LINE),
    REFUSED("HTTP/11", "HTTP/11 200 OK\r\n\r\n", NVT_E_HTTP_STATUS_LINE),
    REFUSED("HTTP/1.x", "HTTP/1.x 200 OK\r\n\r\n", NVT_E_HTTP_STATUS_LINE),
    REFUSED("two spaces", "HTTP/1.1  200 OK\r\n\r\n", NVT_E_HTTP_STATUS_LINE),
    REFUSED("tab", "HTTP/1.1\t200 OK\r\n\r\n", NVT_E_HTTP_STATUS_LINE),
    REFUSED("status 99", "HTTP/1.1 99 OK\r\n" CL3 "\r\nabc", NVT_E_HTTP_STATUS),
    REFUSED("status 099", "HTTP/1.1 099 OK\r\n" CL3 "\r\nabc", NVT_E_HTTP_STATUS),
    REFUSED("status 600", "HTTP/1.1 600 OK\r\n" CL3 "\r\nabc", NVT_E_HTTP_STATUS),
    REFUSED("status 20", "HTTP/1.1 20 OK\r\n\r\n", NVT_E_HTTP_STATUS_LINE),
    REFUSED("status 2000", "HTTP/1.1 2000 OK\r\n\r\n", NVT_E_HTTP_STATUS_LINE),
    REFUSED("status 2x0", "HTTP/1.1 2x0 OK\r\n\r\n", NVT_E_HTTP_STATUS_LINE),
    REFUSED("status -20", "HTTP/1.1 -20 OK\r\n\r\n", NVT_E_HTTP_STATUS_LINE),
    REFUSED("NUL in the reason phrase", "HTTP/1.1 200 O\0K\r\n\r\n", NVT_E_HTTP_STATUS_LINE),
    REFUSED("DEL in the reason phrase", "HTTP/1.1 200 O\x7fK\r\n\r\n", NVT_E_HTTP_STATUS_LINE),
    REFUSED("status line ends in LF", "HTTP/1.1 200 OK\n" CL3 "\r\nabc", NVT_E_HTTP_BARE_LF),
    REFUSED("short status line ends in LF", "HTTP/1.1 200\n" CL3 "\r\nabc", NVT_E_HTTP_BARE_LF),
    REFUSED("CR in the reason phrase", "HTTP/1.1 200 O\rK\r\n\r\n", NVT_E_HTTP_BARE_CR),
    /* Fields. */
    REFUSED("obs-fold", OK1 "X: a\r\n b\r\n" CL3 "\r\nabc", NVT_E_HTTP_OBS_FOLD),
    REFUSED("obs-fold by tab", OK1 "X: a\r\n\tb\r\n" CL3 "\r\nabc", NVT_E_HTTP_OBS_FOLD),
    REFUSED("white space before the first field", OK1 " X: a\r\n" CL3 "\r\nabc",
            NVT_E_HTTP_OBS_FOLD),
    REFUSED("all lines end in LF", "HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", NVT_E_HTTP_BARE_LF),
    REFUSED("one field ends in LF", OK1 "X: a\n" CL3 "\r\nabc", NVT_E_HTTP_BARE_LF),
    REFUSED("the head ends in LF", OK1 CL3 "\nabc", NVT_E_HTTP_BARE_LF),
    REFUSED("a line of LF alone behind a name", OK1 "X\n" CL3 "\r\nabc", NVT_E_HTTP_BARE_LF),
    REFUSED("CR in a value", OK1 "X: a\rb\r\n" CL3 "\r\nabc", NVT_E_HTTP_BARE_CR),
    REFUSED("CR CR LF", OK1 "X: a\r\r\n" CL3 "\r\nabc", NVT_E_HTTP_BARE_CR),
    REFUSED("CR without LF at the end of the head", OK1 CL3 "\rabc", NVT_E_HTTP_BARE_CR),
    REFUSED("NUL in a value", OK1 "X: a\0b\r\n" CL3 "\r\nabc", NVT_E_HTTP_FIELD_VALUE),
    REFUSED("DEL in a value",
            OK1 "X: a\x7f"
                "b\r\n" CL3 "\r\nabc",
            NVT_E_HTTP_FIELD_VALUE),
    REFUSED("ESC in a value", OK1 "X: \x1b[0m\r\n" CL3 "\r\nabc", NVT_E_HTTP_FIELD_VALUE),
    REFUSED("NUL in a name", OK1 "X\0Y: a\r\n" CL3 "\r\nabc", NVT_E_HTTP_FIELD_NAME),
    REFUSED("space before the colon", OK1 "Content-Length : 3\r\n\r\nabc", NVT_E_HTTP_FIELD_NAME),
    REFUSED("tab before the colon", OK1 "Content-Length\t: 3\r\n\r\nabc", NVT_E_HTTP_FIELD_NAME),
    REFUSED("space in a name", OK1 "Content Length: 3\r\n\r\nabc", NVT_E_HTTP_FIELD_NAME),
    REFUSED("empty name", OK1 ": 3\r\n\r\nabc", NVT_E_HTTP_FIELD_NAME),
    REFUSED("no colon", OK1 "Content-Length\r\n\r\nabc", NVT_E_HTTP_FIELD_NAME),
    REFUSED("delimiter in a name", OK1 "X(a): 3\r\n\r\nabc", NVT_E_HTTP_FIELD_NAME),
    REFUSED("obs-text in a name", OK1 "\xc3\xa9: 3\r\n\r\nabc", NVT_E_HTTP_FIELD_NAME),
    /* Content-Length and Transfer-Encoding. */
    REFUSED("duplicate length, equal", OK1 CL3 CL3 "\r\nabc", NVT_E_HTTP_LENGTH_TWICE),
    REFUSED("duplicate length, different", OK1 CL3 "Content-Length: 4\r\n\r\nabcd",
            NVT_E_HTTP_LENGTH_TWICE),
    REFUSED("length list, equal", OK1 "Content-Length: 3,3\r\n\r\nabc", NVT_E_HTTP_LENGTH),
    REFUSED("length list, different", OK1 "Content-Length: 3, 4\r\n\r\nabc", NVT_E_HTTP_LENGTH),
    REFUSED("length +3", OK1 "Content-Length: +3\r\n\r\nabc", NVT_E_HTTP_LENGTH),
    REFUSED("length -3", OK1 "Content-Length: -3\r\n\r\nabc", NVT_E_HTTP_LENGTH),
    REFUSED("length 0x3", OK1 "Content-Length: 0x3\r\n\r\nabc", NVT_E_HTTP_LENGTH),
    REFUSED("length 3.0", OK1 "Content-Length: 3.0\r\n\r\nabc", NVT_E_HTTP_LENGTH),
    REFUSED("length 3 3", OK1 "Content-Length: 3 3\r\n\r\nabc", NVT_E_HTTP_LENGTH),
    REFUSED("length empty", OK1 "Content-Length:\r\n\r\nabc", NVT_E_HTTP_LENGTH),
    REFUSED("length 2^64", OK1 "Content-Length: 18446744073709551616\r\n\r\nabc",
            NVT_E_HTTP_LENGTH),
    REFUSED("length far above", OK1 "Content-Length: 99999999999999999999999\r\n\r\nabc",
            NVT_E_HTTP_LENGTH),
    REFUSED("length then coding", OK1 CL3 TE "\r\n3\r\nabc\r\n0\r\n\r\n", NVT_E_HTTP_LENGTH_CODING),
    REFUSED("coding then length", OK1 TE CL3 "\r\n3\r\nabc\r\n0\r\n\r\n", NVT_E_HTTP_LENGTH_CODING),
    REFUSED("304 with both", "HTTP/1.1 304 x\r\n" TE CL3 "\r\n", NVT_E_HTTP_LENGTH_CODING),
    REFUSED("coding xchunked", OK1 "Transfer-Encoding: xchunked\r\n\r\nabc", NVT_E_HTTP_CODING),
    REFUSED("coding chunked, gzip", OK1 "Transfer-Encoding: chunked, gzip\r\n\r\nabc",
            NVT_E_HTTP_CODING),
    REFUSED("coding gzip, chunked", OK1 "Transfer-Encoding: gzip, chunked\r\n\r\nabc",
            NVT_E_HTTP_CODING),
    REFUSED("coding identity", OK1 "Transfer-Encoding: identity\r\n\r\nabc", NVT_E_HTTP_CODING),
    REFUSED("coding chunked, chunked", OK1 "Transfer-Encoding: chunked, chunked\r\n\r\n",
            NVT_E_HTTP_CODING),
    REFUSED("coding chunked;a=b", OK1 "Transfer-Encoding: chunked;a=b\r\n\r\n", NVT_E_HTTP_CODING),
    REFUSED("coding quoted", OK1 "Transfer-Encoding: \"chunked\"\r\n\r\n", NVT_E_HTTP_CODING),
    REFUSED("coding empty", OK1 "Transfer-Encoding:\r\n\r\nabc", NVT_E_HTTP_CODING),
    REFUSED("coding twice", OK1 TE TE "\r\n0\r\n\r\n", NVT_E_HTTP_CODING),
    REFUSED("coding on HTTP/1.0", OK0 TE "\r\n0\r\n\r\n", NVT_E_HTTP_CODING),
    REFUSED("length cut off", OK1 CL3 "\r\nab", NVT_E_HTTP_TRUNCATED),
    /* Answers without a body, and interim ones. */
    REFUSED("204 with a length", "HTTP/1.1 204 x\r\n" CL3 "\r\nabc", NVT_E_HTTP_BODILESS),
    REFUSED("204 with a coding", "HTTP/1.1 204 x\r\n" TE "\r\n0\r\n\r\n", NVT_E_HTTP_BODILESS),
    REFUSED("100 with a length", "HTTP/1.1 100 x\r\n" CL3 "\r\nabc", NVT_E_HTTP_BODILESS),
    REFUSED("100 with a coding", "HTTP/1.1 100 x\r\n" TE "\r\n0\r\n\r\n", NVT_E_HTTP_BODILESS),
    REFUSED("101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", NVT_E_HTTP_UPGRADE),
    REFUSED("only 100", "HTTP/1.1 100 Continue\r\n\r\n", NVT_E_HTTP_TRUNCATED),
    /* Chunks. */
    REFUSED("chunk size overflow", CHUNKED "10000000000000000\r\n", NVT_E_HTTP_CHUNK_SIZE),
    REFUSED("no chunk size", CHUNKED "\r\nabc\r\n0\r\n\r\n", NVT_E_HTTP_CHUNK_SIZE),
    REFUSED("only an extension", CHUNKED ";a\r\nabc\r\n0\r\n\r\n", NVT_E_HTTP_CHUNK_SIZE),
    REFUSED("chunk size 0x3", CHUNKED "0x3\r\nabc\r\n0\r\n\r\n", NVT_E_HTTP_CHUNK_SIZE),
    REFUSED("chunk size +3", CHUNKED "+3\r\nabc\r\n0\r\n\r\n", NVT_E_HTTP_CHUNK_SIZE),
    REFUSED("chunk size -3", CHUNKED "-3\r\nabc\r\n0\r\n\r\n", NVT_E_HTTP_CHUNK_SIZE),
    REFUSED("chunk size 3_0", CHUNKED "3_0\r\n", NVT_E_HTTP_CHUNK_SIZE),
    REFUSED("chunk size g", CHUNKED "g\r\n", NVT_E_HTTP_CHUNK_SIZE),
    REFUSED("space before a chunk size", CHUNKED " 3\r\nabc\r\n0\r\n\r\n", NVT_E_HTTP_CHUNK_SIZE),
    REFUSED("space behind a chunk size", CHUNKED "3 \r\nabc\r\n0\r\n\r\n", NVT_E_HTTP_CHUNK_SIZE),
    REFUSED("digit behind that space", CHUNKED "3 3\r\nabc\r\n0\r\n\r\n", NVT_E_HTTP_CHUNK_SIZE),
    REFUSED("LF behind a chunk size", CHUNKED "3\nabc\r\n0\r\n\r\n", NVT_E_HTTP_BARE_LF),
    REFUSED("LF in an extension", CHUNKED "3;a\nabc\r\n0\r\n\r\n", NVT_E_HTTP_BARE_LF),
    REFUSED("CR in an extension", CHUNKED "3;a\rb\r\nabc\r\n0\r\n\r\n", NVT_E_HTTP_BARE_CR),
    REFUSED("CR behind a chunk size", CHUNKED "3\rabc\r\n0\r\n\r\n", NVT_E_HTTP_BARE_CR),
    REFUSED("NUL in an extension", CHUNKED "3;a\0\r\nabc\r\n0\r\n\r\n", NVT_E_HTTP_CHUNK_SIZE),
    REFUSED("chunk longer than its size", CHUNKED "3\r\nabcd\r\n0\r\n\r\n", NVT_E_HTTP_CHUNK_END),
    REFUSED("chunk shorter than its size", CHUNKED "3\r\nab\r\n0\r\n\r\n", NVT_E_HTTP_CHUNK_END),
    REFUSED("LF behind chunk data", CHUNKED "3\r\nabc\n0\r\n\r\n", NVT_E_HTTP_CHUNK_END),
    REFUSED("CR behind chunk data", CHUNKED "3\r\nabc\r0\r\n\r\n", NVT_E_HTTP_CHUNK_END),
    REFUSED("no CRLF behind chunk data", CHUNKED "3\r\nabc0\r\n\r\n", NVT_E_HTTP_CHUNK_END),
    REFUSED("no last chunk", CHUNKED "3\r\nabc\r\n", NVT_E_HTTP_TRUNCATED),
    REFUSED("no end behind the last chunk", CHUNKED "3\r\nabc\r\n0\r\n", NVT_E_HTTP_TRUNCATED),
    /* Trailers. */
    REFUSED("trailer without a colon", CHUNKED "0\r\nX\r\n\r\n", NVT_E_HTTP_FIELD_NAME),
    REFUSED("trailer with an empty name", CHUNKED "0\r\n: x\r\n\r\n", NVT_E_HTTP_FIELD_NAME),
    REFUSED("folded trailer", CHUNKED "0\r\nX: a\r\n b\r\n\r\n", NVT_E_HTTP_OBS_FOLD),
    REFUSED("trailer with NUL", CHUNKED "0\r\nX: \0\r\n\r\n", NVT_E_HTTP_FIELD_VALUE),
    REFUSED("trailer ends in LF", CHUNKED "0\r\nX: a\n\r\n", NVT_E_HTTP_BARE_LF),
    REFUSED("trailer with CR", CHUNKED "0\r\nX: a\rb\r\n\r\n", NVT_E_HTTP_BARE_CR),
    REFUSED("the last line lacks its LF", CHUNKED "0\r\n\rX", NVT_E_HTTP_BARE_CR),
};

#define HTTP_CASES (sizeof http_cases / sizeof http_cases[0])

static inline struct nvt_span http_case_text(const struct http_case *c)
{
    return nvt_span_of(c->text, c->len);
}

#endif
