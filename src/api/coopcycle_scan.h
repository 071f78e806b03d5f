/* SPDX-License-Identifier: Apache-2.0 */
/* Inside CoopCycle's files: answers read byte by byte. */
#ifndef NVT_API_COOPCYCLE_SCAN_H
#define NVT_API_COOPCYCLE_SCAN_H

#include <navette/coopcycle.h>

/* What a key is made of: the first and last character of each range. */
#define NVT_COOPCYCLE_KEY_RANGES "azAZ09..__--"

enum {
    NVT_COOPCYCLE_ONE = 1, /* the document is a delivery */
    NVT_COOPCYCLE_LIST = 3 /* it is a collection of them: its member "hydra:member" */
};

/* base: one of the above. No key is looked for unless s->key is set behind this. */
void nvt_coopcycle_scan_start(struct nvt_coopcycle_scan *s, uint8_t base);

/* An nvt_sink. Always NVT_OK: what is wrong with the answer shows at its end, where the outcome of
 * the request is known. */
nvt_err nvt_coopcycle_scan_put(void *scan, struct nvt_span piece);

/* The document was whole, and of the form that base says. */
bool nvt_coopcycle_scan_whole(const struct nvt_coopcycle_scan *s);

/* The number behind the last '/' of an IRI, or false. */
bool nvt_coopcycle_number(struct nvt_span iri, uint64_t *out_id);

/* What follows the last '/'. */
struct nvt_span nvt_coopcycle_tail(struct nvt_span iri);

/* The request for a page of a store's deliveries. key must live as long as r. */
nvt_err nvt_coopcycle_page(struct nvt_call *call, struct nvt_coopcycle_request *r,
                           struct nvt_span store, unsigned page, struct nvt_span key);

#endif
