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

/* The byte that a backslash and letter stand for, and the letter that stands for byte; 0 when there
 * is none. */
uint8_t nvt_json_short_meaning(uint8_t letter);
uint8_t nvt_json_short_letter(uint8_t byte);

bool nvt_json_has_escape(struct nvt_span raw);

#endif
