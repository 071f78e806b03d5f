/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every result that navette returns, listed once: name, number, sentence.
 * 0 is success, NVT_AGAIN is not an error, errors are negative and never -1.
 * The sentence says what happened and, where there is one, the remedy; it never quotes input.
 */
#ifndef NAVETTE_ERR_H
#define NAVETTE_ERR_H

#include <navette/config.h>

#include <stdint.h>

/* clang-format off */
#define NVT_ERR_TABLE(X) \
    X(NVT_OK,                      0, "success") \
    X(NVT_AGAIN,                   1, "not finished: wait for what the call names, then step again") \
    /* base */ \
    X(NVT_E_ARG,                -100, "an argument is outside its documented range") \
    X(NVT_E_STATE,              -101, "the call is not allowed in this state") \
    X(NVT_E_SPACE,              -102, "the destination buffer is too small") \
    X(NVT_E_SYNTAX,             -103, "the text does not follow its grammar") \
    X(NVT_E_RANGE,              -104, "the number is outside its range") \
    X(NVT_E_UTF8,               -105, "the text is not valid UTF-8") \
    /* http: requests */ \
    X(NVT_E_HTTP_METHOD,        -200, "the method is not a token of RFC 9110") \
    X(NVT_E_HTTP_TARGET,        -201, "the path holds a byte that a request line cannot carry") \
    X(NVT_E_HTTP_HOST,          -202, "the host holds a byte that a host name cannot carry") \
    X(NVT_E_HTTP_NAME,          -203, "a request field name is no token, or one that the writer writes itself") \
    X(NVT_E_HTTP_VALUE,         -204, "a request field value holds a control byte or starts or ends in white space") \
    /* http: responses */ \
    X(NVT_E_HTTP_STATUS_LINE,   -210, "the answer does not start with an HTTP/1 status line") \
    X(NVT_E_HTTP_VERSION,       -211, "the answer's version is neither HTTP/1.0 nor HTTP/1.1") \
    X(NVT_E_HTTP_STATUS,        -212, "the status code is outside 100 to 599") \
    X(NVT_E_HTTP_FIELD_NAME,    -213, "a field name in the answer is malformed") \
    X(NVT_E_HTTP_FIELD_VALUE,   -214, "a field value in the answer holds a control byte") \
    X(NVT_E_HTTP_OBS_FOLD,      -215, "a field in the answer is folded over two lines") \
    X(NVT_E_HTTP_BARE_LF,       -216, "a line of the answer ends in LF without CR") \
    X(NVT_E_HTTP_BARE_CR,       -217, "the answer holds a CR without LF") \
    X(NVT_E_HTTP_HEAD_SIZE,     -218, "the answer's head is larger than its buffer") \
    X(NVT_E_HTTP_FIELD_COUNT,   -219, "the answer has too many fields") \
    X(NVT_E_HTTP_LENGTH,        -220, "Content-Length is not one decimal number") \
    X(NVT_E_HTTP_LENGTH_TWICE,  -221, "Content-Length is there more than once") \
    X(NVT_E_HTTP_LENGTH_CODING, -222, "Content-Length and Transfer-Encoding contradict each other") \
    X(NVT_E_HTTP_CODING,        -223, "the transfer coding is not exactly one \"chunked\"") \
    X(NVT_E_HTTP_CHUNK_SIZE,    -224, "a chunk size is malformed or too large") \
    X(NVT_E_HTTP_CHUNK_LINE,    -225, "a chunk-size line is too long") \
    X(NVT_E_HTTP_CHUNK_END,     -226, "a chunk does not end where its size says") \
    X(NVT_E_HTTP_TRAILER,       -227, "the trailer section is too long") \
    X(NVT_E_HTTP_INTERIM,       -228, "too many interim (1xx) answers") \
    X(NVT_E_HTTP_UPGRADE,       -229, "the server switched protocols without being asked") \
    X(NVT_E_HTTP_TRUNCATED,     -230, "the connection ended inside the answer") \
    X(NVT_E_HTTP_BODY_SIZE,     -232, "the answer's body is larger than its buffer") \
    X(NVT_E_HTTP_BODILESS,      -233, "an answer that can have no body announces one") \
    /* json: reader */ \
    X(NVT_E_JSON_SYNTAX,        -300, "the JSON text has a byte where its grammar allows none") \
    X(NVT_E_JSON_END,           -301, "the JSON text ends too early") \
    X(NVT_E_JSON_TRAILING,      -302, "bytes follow the JSON value") \
    X(NVT_E_JSON_NUMBER,        -303, "a JSON number is malformed") \
    X(NVT_E_JSON_LITERAL,       -304, "a JSON literal is not true, false or null") \
    X(NVT_E_JSON_CONTROL,       -305, "a JSON string holds an unescaped control byte") \
    X(NVT_E_JSON_ESCAPE,        -306, "a JSON string holds an unknown escape") \
    X(NVT_E_JSON_SURROGATE,     -307, "a JSON string holds half of a surrogate pair") \
    X(NVT_E_JSON_UTF8,          -308, "a JSON string is not valid UTF-8") \
    X(NVT_E_JSON_DEPTH,         -309, "the JSON text is nested too deeply") \
    X(NVT_E_JSON_TOKENS,        -310, "the JSON text needs more tokens than the pool holds") \
    X(NVT_E_JSON_MISSING,       -311, "the JSON value asked for is not there") \
    X(NVT_E_JSON_TYPE,          -312, "the JSON value is of another type") \
    X(NVT_E_JSON_DUPLICATE,     -313, "a JSON object names the same member twice") \
    /* json: writer */ \
    X(NVT_E_JSON_NESTING,       -320, "the JSON writer was called out of order") \
    /* tls */ \
    X(NVT_E_TLS_SETUP,          -400, "TLS could not be set up") \
    X(NVT_E_TLS_CA,             -401, "the CA certificates cannot be read") \
    X(NVT_E_TLS_ENTROPY,        -402, "the port gave no entropy: TLS is refused") \
    X(NVT_E_TLS_CLOCK,          -403, "the wall clock is not known yet: TLS is refused") \
    X(NVT_E_TLS_MEMORY,         -404, "TLS ran out of its memory") \
    X(NVT_E_TLS_HANDSHAKE,      -405, "the TLS handshake failed") \
    X(NVT_E_TLS_ALERT,          -406, "the server refused the TLS handshake with an alert") \
    X(NVT_E_TLS_VERSION,        -407, "the server offers no TLS version from 1.2 up") \
    X(NVT_E_TLS_CHAIN,          -409, "the server sent no certificate of its issuer, which is not trusted here") \
    X(NVT_E_TLS_EXPIRED,        -410, "the server's certificate has expired, or this clock is fast") \
    X(NVT_E_TLS_NOT_YET,        -411, "the server's certificate is not valid yet, or this clock is slow") \
    X(NVT_E_TLS_HOST,           -412, "the server's certificate is for another host name") \
    X(NVT_E_TLS_SELF_SIGNED,    -413, "the server's certificate is self-signed and not trusted") \
    X(NVT_E_TLS_ISSUER,         -414, "the server's certificate has no path to a trusted CA") \
    X(NVT_E_TLS_USAGE,          -415, "the server's certificate may not be used for a TLS server") \
    X(NVT_E_TLS_WEAK,           -416, "the server's certificate uses a weak key or signature") \
    X(NVT_E_TLS_REVOKED,        -417, "the server's certificate is revoked") \
    X(NVT_E_TLS_CERT,           -418, "the server's certificate is refused") \
    X(NVT_E_TLS_PIN,            -419, "the server's key is none of the pinned keys") \
    X(NVT_E_TLS_RECORD,         -420, "a TLS record is broken") \
    X(NVT_E_TLS_TRUNCATED,      -421, "the connection ended without TLS's own closing notice") \
    /* port and conn */ \
    X(NVT_E_NET_CLOSED,         -500, "the peer closed the connection in order") \
    X(NVT_E_NET_RESET,          -501, "the connection was reset") \
    X(NVT_E_NET_REFUSED,        -502, "no server listens at that address and port") \
    X(NVT_E_NET_UNREACHABLE,    -503, "the network or host cannot be reached") \
    X(NVT_E_NET_NAME,           -504, "the host name does not exist") \
    X(NVT_E_NET_RESOLVER,       -505, "the name resolver did not answer: try again later") \
    X(NVT_E_NET_IO,             -506, "the network reported an error") \
    X(NVT_E_NET_RESOURCE,       -507, "the system has no socket or memory left") \
    X(NVT_E_TIMEOUT_RESOLVE,    -510, "the host name was not resolved in time") \
    X(NVT_E_TIMEOUT_CONNECT,    -511, "no connection was made in time") \
    X(NVT_E_TIMEOUT_HANDSHAKE,  -512, "the TLS handshake was not finished in time") \
    X(NVT_E_TIMEOUT_ANSWER,     -513, "the server's answer did not start in time") \
    X(NVT_E_TIMEOUT_CALL,       -514, "the whole call was not finished in time") \
    X(NVT_E_URL,                -520, "the address is not https://host[:port][/path]") \
    X(NVT_E_URL_PLAIN,          -521, "the address is http: it would carry secrets in the clear") \
    /* spool */ \
    X(NVT_E_SPOOL_FULL,         -550, "the spool is full") \
    X(NVT_E_SPOOL_SIZE,         -551, "that is more than the spool takes at once") \
    X(NVT_E_SPOOL_EMPTY,        -552, "the spool holds nothing of that kind") \
    X(NVT_E_SPOOL_OUT,          -553, "too many of the spool's entries are on their way") \
    X(NVT_E_SPOOL_IO,           -554, "the spool's device failed") \
    X(NVT_E_SPOOL_BLANK,        -555, "the device holds no spool yet") \
    X(NVT_E_SPOOL_FOREIGN,      -556, "the device holds something else than a spool of this geometry") \
    X(NVT_E_SPOOL_WINDOW,       -557, "the spool's window has no room for so many entries") \
    X(NVT_E_SPOOL_VERSION,      -558, "the device holds a spool of another format") \
    /* auth */ \
    X(NVT_E_CRED_EMPTY,         -600, "the credential is empty") \
    X(NVT_E_CRED_EOL,           -601, "the credential holds a line end: it was pasted with one") \
    X(NVT_E_CRED_SPACE,         -602, "the credential holds a space: it was pasted with one") \
    X(NVT_E_CRED_QUOTE,         -603, "the credential holds a quote: paste it without quotes") \
    X(NVT_E_CRED_PREFIX,        -604, "the credential starts with \"Bearer\" or \"token=\": paste only what follows") \
    X(NVT_E_CRED_BYTE,          -605, "the credential holds a byte that a token never has") \
    X(NVT_E_CRED_SIZE,          -606, "the credential is longer than this build keeps") \
    X(NVT_E_GRANT_REFUSED,      -610, "the token server refused the credentials") \
    X(NVT_E_GRANT_ANSWER,       -611, "the token server's answer holds no usable token") \
    X(NVT_E_GRANT_QUOTA,        -612, "too many token requests: wait for the time given") \
    X(NVT_E_JWT,                -613, "the token is not a JSON Web Token with an expiry") \
    X(NVT_E_GRANT_LOGIN,        -614, "the refresh token is no longer accepted: a new login is needed") \
    X(NVT_E_GRANT_KEEP,         -615, "the new refresh token could not be kept: its access token is not used") \
    X(NVT_E_CRED_EDGE,          -620, "the credential starts or ends with a space or a quote: it was pasted with one") \
    X(NVT_E_CRED_CASE,          -621, "the credential's letter case was changed on its way here") \
    X(NVT_E_CRED_URL,           -622, "that is an address, not a credential") \
    X(NVT_E_CRED_NUMBER,        -623, "that is a number, not a credential") \
    X(NVT_E_CRED_FORM,          -624, "the credential does not have the form of this system's tokens") \
    X(NVT_E_CRED_CUT,           -625, "the credential is cut short: its end is missing") \
    /* client */ \
    X(NVT_E_STATUS,             -700, "the server answered with an error status") \
    X(NVT_E_REDIRECT,           -701, "the server redirects elsewhere; redirects are not followed") \
    X(NVT_E_UNAUTHORIZED,       -702, "the server refuses the token, a fresh one included") \
    X(NVT_E_ANSWER,             -703, "the server's answer is not what its API documents") \
    X(NVT_E_SINK,               -705, "the receiver of the body refused it") \
    X(NVT_E_SOURCE,             -708, "the source of the request's body broke off") \
    X(NVT_E_CANCELLED,          -706, "the caller gave the call up") \
    X(NVT_E_QUOTA,              -707, "the system's quota leaves no room now: wait for the time given") \
    X(NVT_E_FRONT,              -709, "something in front of the system answered, not its API") \
    X(NVT_E_ROUTE,              -710, "the system does not have this version of its API") \
    /* api: what a payload gets wrong before it is sent */ \
    X(NVT_E_FIELD_MISSING,      -800, "a required field is missing") \
    X(NVT_E_FIELD_UNKNOWN,      -801, "the API knows no such field") \
    X(NVT_E_FIELD_TYPE,         -802, "the field is of another type") \
    X(NVT_E_FIELD_RANGE,        -803, "the number is outside the API's bounds") \
    X(NVT_E_FIELD_LENGTH,       -804, "the text is shorter or longer than the API accepts") \
    X(NVT_E_FIELD_FORMAT,       -805, "the text does not have the form that the API demands") \
    X(NVT_E_FIELD_ORDER,        -806, "an end lies before its start") \
    X(NVT_E_FIELD_FUTURE,       -807, "the journey ends in the future: check this clock") \
    X(NVT_E_FIELD_COUNT,        -808, "the list has fewer or more items than the API accepts") \
    X(NVT_E_FIELD_BOTH,         -809, "two fields exclude each other") \
    X(NVT_E_FIELD_WHOLE_PHONE,  -810, "a whole phone number where one less its last two digits belongs: it tells who the person is") \
    X(NVT_E_FIELD_PHONE,        -811, "no international phone number: write 06 12 34 56 78 as +33612345678, cut as +336123456") \
    X(NVT_E_FIELD_NUL,          -812, "a text holds the character U+0000, which the API cannot keep") \
    X(NVT_E_FIELD_REPEATED,     -813, "two items of the list have the same number") \
    /* api: what an answer with a success status says all the same */ \
    X(NVT_E_GRAPHQL,            -820, "the GraphQL answer reports errors") \
    X(NVT_E_MUTATION,           -821, "the mutation was refused") \
    X(NVT_E_BUSINESS,           -822, "the service behind the gateway reports an error") \
    X(NVT_E_SIGNATURE,          -823, "the signature does not belong to the message") \
    X(NVT_E_CURSOR,             -824, "the list does not go on: its cursor repeats or is missing") \
    X(NVT_E_NOT_FOUND,          -825, "nothing of that key was found") \
    X(NVT_E_LIST_LENGTH,        -826, "the list is longer than may be walked")
/* clang-format on */

typedef enum nvt_err {
#define NVT_ERR_ENUM(name, number, sentence) name = (number),
    NVT_ERR_TABLE(NVT_ERR_ENUM)
#undef NVT_ERR_ENUM
} nvt_err;

/* What went wrong in detail, for the caller who wants to know. Never holds a secret. */
struct nvt_failure {
    nvt_err err;
    int32_t detail;       /* Mbed TLS or port code behind err, 0 when none */
    uint16_t http_status; /* 0 when no answer came */
    char code[32]; /* the server's own code as text ("-32422", "invalid_client"), "" when none */
    char message[NVT_FAILURE_TEXT_CAP]; /* the server's own words, cut at a character, controls
                                           replaced; of NVT_E_FIELD_RANGE, _LENGTH and _COUNT the
                                           bounds ("1 to 32"), "" when they are not one pair */
    char field[64]; /* the offending field ("driver.identity.phone_trunc"), "" when none */
};

/* The table's name of err ("NVT_E_SPACE"), or "NVT_E_?" for a number it does not list, and for all
 * in a build without names (NVT_ERR_SENTENCES 0). */
const char *nvt_err_name(nvt_err err);

/* The table's sentence for err, without a final stop; the name in a build without sentences. */
const char *nvt_err_text(nvt_err err);

#endif
