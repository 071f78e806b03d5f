/* SPDX-License-Identifier: Apache-2.0 */
/* What stands where on a spool's device: places of one kind each, found by an audit. */
#ifndef TESTS_SPOOL_PLACES_H
#define TESTS_SPOOL_PLACES_H

#include "run.h"

/* X(NAME, words) */
#define PLACES(X)                                                                                  \
    X(PLACE_HEAD_A, "block's head, first copy")                                                    \
    X(PLACE_HEAD_B, "block's head, second copy")                                                   \
    X(PLACE_HEAD_BOTH, "block's head, both copies")                                                \
    X(PLACE_LIST_HEAD, "list of pending ids: head")                                                \
    X(PLACE_LIST, "list of pending ids: bytes")                                                    \
    X(PLACE_ENTRY_HEAD, "pending entry: head")                                                     \
    X(PLACE_ENTRY, "pending entry: bytes")                                                         \
    X(PLACE_SETTLED_HEAD, "settled entry: head")                                                   \
    X(PLACE_SETTLED, "settled entry: bytes")                                                       \
    X(PLACE_MARK_HEAD, "mark: head")                                                               \
    X(PLACE_MARK, "mark: reason")                                                                  \
    X(PLACE_VALUE_HEAD, "value: head")                                                             \
    X(PLACE_VALUE, "value: bytes")                                                                 \
    X(PLACE_MOVED, "end of a move")                                                                \
    X(PLACE_LAST, "last record")                                                                   \
    X(PLACE_PADDING, "padding")                                                                    \
    X(PLACE_REST, "erased, behind the last record")                                                \
    X(PLACE_CUT, "left by a cut")                                                                  \
    X(PLACE_FREE, "block not in use")

#define PLACE_ENUM(name, words) name,
enum place { PLACES(PLACE_ENUM) PLACE_COUNT };
#undef PLACE_ENUM

struct spot {
    enum place place;
    uint32_t block, offset, len;
};

enum { SPOTS_MAX = 4096 };

struct places {
    struct spot spots[SPOTS_MAX];
    uint32_t count;
    uint32_t newest, oldest; /* blocks */
    uint32_t used;           /* blocks */
    bool in_use[FAULTY_BLOCKS_MAX];
};

/* Of a run whose ledger is decided; false: the audit says something unforeseen. */
bool places_find(struct places *p, struct run *r);

const char *place_words(enum place place);

#endif
