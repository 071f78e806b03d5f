/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uplink room: delivers what the spool holds. It picks the most urgent entries, sends them over up
 * to lane_count connections on one thread, and settles each once its fate is known: delivered,
 * refused with the reason, expired. What cannot be sent now stays pending in the spool, so that a
 * power cut at any moment loses nothing.
 *
 * No entry stops the others. One that fails (an error status, a page of something in front, no
 * answer) goes back behind those that did not, however many do so, keeps no lane, and comes again
 * in its turn; while there are others such turns take a quarter of the lanes' time. It may have
 * arrived, so it is looked up before it is sent again. The link is held when nothing of a request
 * could be sent, when the server says when to come back (unless others pass before that), or when
 * different entries fail in a row that were not tried before; then single attempts, each with an
 * entry that has not failed if there is one, try whether it is back. Every pause grows with the
 * outage and ends several times before the most urgent entry is due.
 *
 * Nothing here blocks or allocates; the caller steps it:
 *
 *     for (;;) {
 *         size_t n = 0;
 *         nvt_err err = nvt_uplink_step(&u, waits, lane_count + 1, &n);
 *         ... an error of the spool's device ...
 *         wait for any of the n waits, or for a new entry
 *     }
 */
#ifndef NAVETTE_UPLINK_H
#define NAVETTE_UPLINK_H

#include <navette/client.h>
#include <navette/spool.h>

/* ---- what the uplink must know of a system ---- */

/* What a look-up says of an entry whose outcome was not known. */
enum nvt_uplink_known {
    NVT_UPLINK_ABSENT,  /* the system does not have it: send it again */
    NVT_UPLINK_THERE,   /* it has it: delivered */
    NVT_UPLINK_REFUSED, /* it has it and refused it: reason() tells why */
    NVT_UPLINK_MORE,    /* the look-up has further parts: ask() again */
    NVT_UPLINK_UNSURE   /* the answer says neither: look again later */
};

/* One system's entries. request is room of NVT_UPLINK_REQUEST_CAP bytes, aligned for any type, that
 * stays as ask() or send() left it until the entry is settled; it is zeroed for each entry. */
struct nvt_uplink_kind {
    const struct nvt_profile *profile;

    /* Begins the call that delivers the entry. An error settles the entry as refused. */
    nvt_err (*send)(struct nvt_call *call, void *request, struct nvt_span entry);

    /* Begins a look-up of the entry. NULL: there is none, and what may have arrived is sent again
     * (only for systems where a repeat does no harm). */
    nvt_err (*ask)(struct nvt_call *call, void *request, struct nvt_span entry);

    /* Reads what the look-up brought: its call has ended, with whatever verdict. */
    enum nvt_uplink_known (*known)(struct nvt_call *call, void *request);

    /* Appends why the entry was refused, in the system's own labels ("distance_too_short"); up to
     * out's room. NULL or nothing appended: the failure's code and message serve. */
    void (*reason)(struct nvt_call *call, struct nvt_buf *out);

    /* Of an entry that was refused: the time from which the system may take it after all, seconds
     * since 1970 on its own clock; 0: never. A journey that ends in the registry's future, since
     * the clock that wrote it is ahead, is one. call NULL: the time that such a refusal of this
     * entry would go by. not_before NULL: there is no such refusal. */
    int64_t (*not_before)(struct nvt_call *call, struct nvt_span entry);

    /* A repeat would count twice: entries that were in the spool before this start are looked up
     * before they are sent, since the power may have failed between the answer and its mark. */
    bool ask_first;
};

/* Most tries that struct nvt_uplink_config can ask for: the spool counts them in two bits. */
#define NVT_UPLINK_TRIES_MAX 3U

/* ---- memory ---- */

/* One connection and the entry on it. */
struct nvt_uplink_lane {
    struct nvt_call call;
    union {
        uint64_t align;
        void *pointer;
        uint8_t bytes[NVT_UPLINK_REQUEST_CAP];
    } request;
    struct nvt_spool_entry entry;
    uint64_t again_ms;   /* when the entry may go out, or be told of, again; without one: when the
                            connection is closed */
    uint64_t begun_ms;   /* when its turn began */
    uint32_t doubt_mark; /* entries delivered when its address or rights were refused last */
    uint16_t attempts;   /* calls in this turn */
    uint8_t state;
    uint8_t fate;   /* enum nvt_spool_state that is still to be settled */
    bool deferred;  /* it failed in an earlier turn */
    bool urgent;    /* it was taken as the most urgent one */
    bool ask;       /* it may have arrived: looked up before it is sent */
    bool duplicate; /* the system says that it has it already */
    bool doubted;   /* doubt_mark counts */
    bool told;      /* the receipt was taken, the mark is not written yet */
    bool looked_up; /* its fate comes from a look-up */
    bool absent;    /* a look-up of this start did not find it */
    bool fresh;     /* it goes over a connection of its own next: a kept one ended under it */
    bool speaks;    /* how its call ended says how the link is */
    bool gave_up;   /* refused since it failed config.tries_max times */
    bool put_off;   /* it was told to come later in an earlier turn */
};

/* What is remembered of an entry that failed beside that it did: it certainly has not arrived, and
 * is sent again without a look-up. All others are looked up first. */
struct nvt_uplink_note {
    uint32_t id; /* 0: free */
    uint32_t doubt_mark;
    bool doubted;
    bool put_off;
};

/* The fate of one entry, for the caller's own records. Views die with the return. */
struct nvt_uplink_receipt {
    uint32_t id;
    enum nvt_spool_state state;
    bool duplicate;                    /* delivered: the system had it already */
    bool gave_up;                      /* refused: the system did not refuse it, it failed on it
                                          config.tries_max times; failure says how it did last */
    bool unsure;                       /* gave_up: it may have arrived all the same */
    uint16_t status;                   /* HTTP, 0: none */
    struct nvt_span reason;            /* refused: the system's labels, or its code and message */
    struct nvt_span entry;             /* the bytes that were appended */
    const struct nvt_failure *failure; /* of the last call; err NVT_OK when delivered, or when no
                                          call was made */
};

struct nvt_uplink_config {
    const struct nvt_uplink_kind *kind;
    struct nvt_client *client; /* with credentials; all calls of the lanes share it */
    struct nvt_spool *spool;   /* mounted; not held (nvt_spool_hold) while the uplink is stepped */
    struct nvt_uplink_lane *lanes;
    uint8_t *bodies;    /* lane_count * body_cap bytes: the entries that are out */
    uint32_t body_cap;  /* an entry that is longer is settled as refused */
    uint8_t lane_count; /* 1 to NVT_SPOOL_OUT_MAX; NVT_UPLINK_LANES is a good number */

    /* Told before the entry is marked, each time its fate is known; with a power cut in between it
     * is told once more after the next start, and with a mark that the device did not keep it is
     * told once more after a pause: the entry goes out again then, or is asked after. Anything but
     * NVT_OK: the entry is not settled and the receipt comes again after a pause. NULL: nobody
     * wants to know. */
    nvt_err (*settled)(void *ctx, const struct nvt_uplink_receipt *receipt);
    void *ctx;

    /* An entry that failed so many times by its own fault is told as NVT_SPOOL_REFUSED with gave_up
     * set: for a run that must come to an end. What is the link's fault never counts: before the
     * last try it is looked up, and only a system that answers that is well, or one for which the
     * caller vouches (nvt_uplink_vouch). 1 to NVT_UPLINK_TRIES_MAX; 0: never give up, an entry is
     * tried until it is too late for it. */
    uint16_t tries_max;
};

/* ---- state, readable at any time ---- */

enum nvt_uplink_link {
    NVT_UPLINK_UP,      /* the last exchange went well, or none was tried yet */
    NVT_UPLINK_HELD,    /* nothing is sent until resume_ms: back-off, or the server's own time */
    NVT_UPLINK_PROBING, /* one lane alone tries whether the system is back */
    NVT_UPLINK_BLOCKED  /* the credentials are refused: tried again seldom; see last */
};

/* Counters of this start; they wrap. */
struct nvt_uplink_counters {
    uint32_t attempts;   /* calls begun, look-ups included */
    uint32_t delivered;  /* duplicates included */
    uint32_t duplicates; /* the system had it already */
    uint32_t refused;
    uint32_t expired;
    uint32_t retries;         /* attempts that ended with "later" */
    uint32_t lookups;         /* of what may have arrived */
    uint32_t quota_waits;     /* attempts that our own count or the server's 429 put off */
    uint32_t link_losses;     /* times the link went from up to held */
    uint32_t report_failures; /* receipts that the caller did not take */
    uint32_t handshakes, resumptions;
    uint64_t bytes_out, bytes_in; /* on the wire */
};

struct nvt_uplink_state {
    struct nvt_uplink_counters count;
    enum nvt_uplink_link link;
    uint64_t resume_ms;      /* monotonic, with NVT_UPLINK_HELD and NVT_UPLINK_BLOCKED */
    uint64_t last_ok_ms;     /* monotonic time of the last good answer, 0: none yet */
    uint8_t busy;            /* lanes with an entry */
    uint32_t deferred;       /* pending entries that failed: they wait behind the others */
    uint32_t pause_ms;       /* the back-off under way */
    struct nvt_failure last; /* of the last attempt that failed; err NVT_OK: none did */
};

/* To be declared and handed over; what it holds belongs to the room. */
struct nvt_uplink {
    struct nvt_uplink_config config;
    struct nvt_uplink_state state;
    struct nvt_uplink_note notes[NVT_UPLINK_NOTES_MAX];
    uint64_t device_ms;    /* when the spool's device is tried again after an error */
    uint64_t date_mono_ms; /* when date_s was read */
    int64_t date_s;        /* the server's own time, 0: not known. Expiry is judged by it alone */
    int64_t odd_s;         /* the same when mono_ms was 0, as one answer said it that was far off;
                              0: none did */
    uint64_t random;
    uint64_t down_ms;      /* since when the link is not up */
    uint64_t retry_ms;     /* when the next of the deferred entries may go */
    uint64_t failing_ms;   /* since when they fail: the last first failure, or their last success */
    int64_t credit_ms;     /* time of lanes that they may use while there are others */
    uint32_t turn_ms;      /* how long the last turn of another one took */
    uint32_t old_next;     /* ids below it were in the spool before this start */
    uint32_t vouched_next; /* ids below it failed with the system well, as the caller says */
    uint32_t failed[NVT_UPLINK_NOTES_MAX]; /* the last ids that failed at their first turn */
    uint16_t fails;                        /* how many of them without a good answer in between */
    uint16_t patience;                     /* how many of them say that it is the link */
    uint16_t looks;                        /* attempts that failed since the link is not up */
    uint8_t open_lanes; /* that may be busy at once: after an outage they join one by one */
    uint8_t probe;      /* number of the lane that tries the link, from 1 on; 0: none */
    uint32_t seen_next; /* of the spool when a call began last */
    uint8_t told;       /* the link is held as the server said, and is looked into or not */
    uint8_t heed;       /* so many more of such holds go to their end before one is looked into */
    uint8_t heed_most;  /* ... after the next look that meets the same answer */
    uint8_t again;      /* entries told once more after others passed, since one was not */
    bool apart;         /* what is told is for single entries: others pass meanwhile */
    bool doubted;       /* the link is held since entries failed in a row */
    bool newest;        /* the next one that tries the link is the newest entry */
    bool eager;         /* early entries are tried: the clocks may have been set */
    bool urgent_fails;  /* the most urgent ones do not go well: the newest take turns with them */
    bool retries_well;  /* the last deferred entry found its end */
    bool stopping;
};

/* All pointers of config must outlive the uplink; lanes and bodies need no initial content. Seeds
 * its jitter from the client's port. NVT_E_ARG; NVT_E_STATE (the spool is not mounted);
 * NVT_E_TLS_ENTROPY. */
nvt_err nvt_uplink_init(struct nvt_uplink *u, const struct nvt_uplink_config *config);

/* Does what can be done now. NVT_AGAIN with up to lane_count + 1 waits: step again when one is due,
 * or when an entry was appended. NVT_OK with none: nothing is pending and no connection is open
 * that must be closed after NVT_UPLINK_IDLE_MS (or nvt_uplink_stop was called, no lane is busy, and
 * all are closed): until an entry is appended nothing is to be done. To wait only until all is
 * delivered, look at nvt_spool_info, then stop. NVT_E_ARG: waits_cap is too small. NVT_E_SPOOL_IO:
 * the device failed; what is out stays as it is, and stepping goes on. */
nvt_err nvt_uplink_step(struct nvt_uplink *u, struct nvt_wait *waits, size_t waits_cap,
                        size_t *out_count);

/* Takes no further entries; what is on the wire goes to its end. Step until NVT_OK. Entries that
 * would have to wait are put back. */
void nvt_uplink_stop(struct nvt_uplink *u);

/* Ends a hold at once: the link is said to be back, or the credentials were changed. */
void nvt_uplink_resume(struct nvt_uplink *u);

/* The caller knows that the system is well: it has just answered something else, such as a look-up
 * of an entry that was delivered. A hold ends; failures in a row are less soon taken for the
 * link's; and what is in the spool now is given up after config.tries_max failures although the
 * look-up of it fails too. */
void nvt_uplink_vouch(struct nvt_uplink *u);

/* Gives up what is on the wire, puts every entry back and closes the connections. What may have
 * arrived is looked up or answered as a duplicate after the next start. */
void nvt_uplink_free(struct nvt_uplink *u);

/* ---- tokens in the spool, for targets without files ----
 * Value 0 is the refresh token, value 1 the access token with its end in wall time. They stand in
 * the clear, as a file's would, and what took their place stays readable until its block is erased:
 * where the device may be stolen, encrypt it below the port. */

/* Sets the client's keeper to the spool and loads both, as far as they are there: the access token
 * when the wall time is known and it has some life left. Credentials of NVT_GRANT_PASSWORD are to
 * be set before. NVT_E_SPOOL_IO, NVT_E_STATE (not mounted). */
nvt_err nvt_uplink_keep_tokens(struct nvt_client *client, struct nvt_spool *spool);

/* Keeps the access token for the next start; call it when client->token_stamp has changed. NVT_OK
 * with nothing kept when there is none, its end is not known, or it is too long. What
 * nvt_spool_put_value says. */
nvt_err nvt_uplink_save_token(struct nvt_client *client, struct nvt_spool *spool);

#endif
