/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the oracle. */
#ifndef TESTS_SPOOL_KNOW_H
#define TESTS_SPOOL_KNOW_H

#include "oracle.h"

enum { BYTES_MAX = 512 };

/* The first thing that does not hold is kept. */
void fail(const char *fault);

/* Entries and values are made of their salts. */
uint32_t new_salt(bool is_long);
uint32_t due_of(uint32_t salt);
struct nvt_span bytes_of(uint32_t salt, uint8_t *out);
bool is_made_of(struct nvt_span bytes, uint32_t salt);

struct note *note_of(uint32_t id);
struct note *new_note(bool is_long);

/* Those that cannot be there any more. */
void drop_notes(void);
uint32_t count_live(void);

/* Whether an operation failed, and what the spool holds in memory was not asked since. */
bool is_anything_unasked(void);

void note_is_durable(struct note *n);
void value_is_durable(struct value *v);

/* An operation that was not held, or a commit, returned NVT_OK: what the spool in memory holds is
 * what a mount finds. */
void all_is_durable(void);

/* Marks what is listed as seen. Whether the end was reached: a call may fail. */
bool list_all(bool mounting);
void check_info(void);
void check_value(uint8_t key, bool mounting);

/* What it holds now, where that is in doubt too. */
void ask_all(void);

/* Something failed: what was held since may be undone. */
void doubt_all(void);

/* NULL: there is none, or it cannot be read. It is out. */
struct note *pick(enum nvt_spool_order order);

/* Of what is durable on the device, and nothing else. */
uint64_t hash_of_device(void);

#endif
