/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jindexe, the establishment-card API: which credentials go along is decided by the path. Source:
 * its guide "call the API".
 */
#ifndef NAVETTE_JINDEXE_H
#define NAVETTE_JINDEXE_H

#include <navette/client.h>

/* No environments: the base URL is the user's own. */
extern const struct nvt_profile nvt_jindexe_profile;

/* A refresh token's life, s (200 days), counted from its issue: each use brings a new one. */
#define NVT_JINDEXE_REFRESH_LIFE_S 17280000U

enum nvt_jindexe_class {
    NVT_JINDEXE_EXT,    /* /ext/...: neither key nor token */
    NVT_JINDEXE_PUBLIC, /* /public/...: the API key */
    NVT_JINDEXE_USER,   /* /user/...: both */
    NVT_JINDEXE_PRO     /* /pro/...: both */
};

/*
 * The class of a target, for certain, or NVT_E_HTTP_TARGET: what a server or a proxy on the way
 * could take for another path has none. Before its '?', a target
 * - starts with "/ext/", "/public/", "/user/" or "/pro/", lower case, nothing encoded;
 * - has no empty segment but a last one, and none that is "." or "..", encoded or with a parameter
 *   (";x") behind it;
 * - has no backslash, '#' or control, and no encoding of these, of '/' or of '%' itself;
 * - has two hexadecimal digits behind each '%'.
 */
nvt_err nvt_jindexe_classify(struct nvt_span target, enum nvt_jindexe_class *out_class);

/*
 * Begins a call with what its class asks for. r is filled in and must live until the outcome, as
 * must all that it points to; r->sink may be set before the first step. body: JSON, or empty. GET,
 * HEAD, PUT, DELETE and OPTIONS may be repeated (RFC 9110 section 9.2.2); the API says nothing of
 * its own about repetitions. NVT_E_HTTP_TARGET, NVT_E_CRED_EMPTY (the class asks for an API key and
 * there is none), all errors of nvt_call_begin.
 */
nvt_err nvt_jindexe_call(struct nvt_call *call, struct nvt_request *r, struct nvt_span method,
                         struct nvt_span target, struct nvt_span body);

#endif
