/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the json room: the scanners that the checker, the reader and the writer share. */
#ifndef NAVETTE_JSON_SCAN_H
#define NAVETTE_JSON_SCAN_H

#include <navette/json.h>

/* The first byte from p on that is not plain string text (printable ASCII or DEL, neither quote nor
 * backslash), or end. */
const uint8_t *nvt_json_plain(const uint8_t *p, const uint8_t *end);

/* nvt_json_check for a value that stands inside depth containers already. */
nvt_err nvt_json_check_at(struct nvt_span text, unsigned depth, size_t *out_at);

/* Whether the string content raw, as it stands in a checked text, means exactly plain. */
bool nvt_json_text_is(struct nvt_span raw, struct nvt_span plain);

/* Whether two such contents mean the same text. */
bool nvt_json_text_same(struct nvt_span a, struct nvt_span b);

/* The value of one hexadecimal digit, or 16. */
unsigned nvt_json_hex(uint8_t byte);

#endif
