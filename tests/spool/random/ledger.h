/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a spool must hold, kept apart from it and known by what the entries say, not by their ids:
 * each names its number in its bytes (or, with fewer than four, in its due time).
 */
#ifndef TESTS_SPOOL_LEDGER_H
#define TESTS_SPOOL_LEDGER_H

#include <navette/spool.h>

enum { LEDGER_MAX = 8192, LEDGER_BYTES_MAX = 2048, LEDGER_VALUES = 6, LEDGER_KEYS = 3 };

enum ledger_state {
    LEDGER_MAYBE,    /* appended, and not acknowledged: there or not, as the next mount finds */
    LEDGER_HELD,     /* the same: it returned, and waits for its commit */
    LEDGER_PENDING,  /* acknowledged */
    LEDGER_SETTLING, /* settled, and not acknowledged */
    LEDGER_HELD_DONE,
    LEDGER_DONE, /* settled, or known not to be there: it never is again */
    LEDGER_LOST  /* damage took it */
};

struct ledger_entry {
    uint32_t id; /* 0: not known */
    uint32_t len, due_s;
    enum ledger_state state;
    bool seen;                                                  /* in the listing under way */
    enum { LEDGER_UNKNOWN, LEDGER_SHOWN, LEDGER_ABSENT } shown; /* after what failed */
};

struct ledger {
    uint32_t first, count; /* numbers of entries: first to first + count - 1 */
    uint32_t oldest;       /* all before are done */
    uint32_t top_id;       /* the highest acknowledged */
    uint32_t len_max;
    struct {
        uint32_t is;                  /* its number, 0: none */
        uint32_t next[LEDGER_VALUES]; /* what it may be instead */
        uint32_t next_count;
        bool doubt; /* one of these failed: no commit decides */
    } values[LEDGER_KEYS];
    struct ledger_entry entries[LEDGER_MAX];
};

/* What a mount shows against what there should be. */
struct ledger_verdict {
    const char *fault; /* what no damage excuses: changed, doubled, never appended */
    uint32_t missing;  /* acknowledged entries that are not there */
    uint32_t back;     /* settled ones that are */
    uint32_t values;   /* of those, other than they should be */
    uint32_t listed;
};

void ledger_init(struct ledger *l, uint32_t first, uint32_t len_max);
void ledger_copy(struct ledger *to, const struct ledger *from);

/* A new entry of that number: its bytes into out, its due time into *out_due. */
struct nvt_span ledger_make(struct ledger *l, uint32_t luck, uint8_t *out, uint32_t *out_due,
                            struct ledger_entry **out_entry);

/* The entry with these bytes; NULL: none was ever appended. */
struct ledger_entry *ledger_find(struct ledger *l, const struct nvt_spool_entry *e,
                                 struct nvt_span bytes);

/* A value of that number. */
struct nvt_span ledger_value(uint32_t number, uint32_t len, uint8_t *out);

/* A commit: what was held is durable, or (kept false) none of it is. */
void ledger_commit(struct ledger *l, bool kept);

/* After an operation that failed: what is in doubt is as the spool lists it now. Nothing is noted
 * when it cannot be read. */
void ledger_look(struct ledger *l, struct nvt_spool *s);

/* An operation after that is durable: what the spool listed stays so. */
void ledger_confirm(struct ledger *l);

/* Ids that only what was damaged told of may be given again. */
void ledger_forget_ids(struct ledger *l);

/* Compares with what is listed. adopt: what is in doubt is decided, and what should not be so is
 * taken as it is from now on. */
struct ledger_verdict ledger_check(struct ledger *l, struct nvt_spool *s, bool adopt);

#endif
