/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The example gateway: all that is the same with and without an operating system. Its main brings
 * up the network and the clock, then
 *
 *     gateway_open()          spool, trust, credentials, uplink
 *     gateway_make() and gateway_keep() for each journey, from wherever journeys come from
 *     gateway_step()          again and again, until gateway_ended()
 *     gateway_close()
 *
 * One struct gateway holds all memory that the client needs, but for Mbed TLS's arena.
 */
#ifndef GATEWAY_H
#define GATEWAY_H

#include <navette/rpc.h>
#include <navette/uplink.h>

/* ---- sizes: change these first ---- */

enum {
    GATEWAY_JOURNEY_CAP = 1280, /* one journey as JSON: 800 to 900 bytes are usual */
    GATEWAY_BUFFER_CAP = 1536,  /* the spool's, a record with its head */
    GATEWAY_BLOCKS_MAX = 256,   /* of the spool's flash */
    /* 512 journeys may follow one that cannot be delivered. */
    GATEWAY_WINDOW_LEN = NVT_SPOOL_WINDOW_LEN(GATEWAY_BLOCKS_MAX, 512),
    GATEWAY_PICKS = 16,
    GATEWAY_WAITS = 2,            /* of gateway_step: one for each lane and one more */
    GATEWAY_RECORD = 2048,        /* TLS 1.2 records: the smaller of the rooms in Mbed TLS */
    GATEWAY_NETWORK_MS = 60000,   /* how long to wait for an address at start */
    GATEWAY_CLOCK_MS = 20000,     /* and for the time */
    GATEWAY_ARENA_LEN = 24 * 1024 /* Mbed TLS takes 17 KiB of it; RSA keys take more than these */
};

/* ---- what the image ends with ---- */

enum gateway_status {
    GATEWAY_DONE = 0,
    GATEWAY_E_ARGUMENTS = 2,
    GATEWAY_E_NETWORK = 3, /* no address */
    GATEWAY_E_CLOCK = 4,   /* nobody told the time: without it no certificate can be trusted */
    GATEWAY_E_FLASH = 5,
    GATEWAY_E_SETUP = 6,   /* entropy, trust, memory */
    GATEWAY_E_BLOCKED = 7, /* the server's certificate or our credentials are refused */
    GATEWAY_E_REFUSED = 8  /* all went out, and some were refused or too late */
};

/* ---- settings: "gateway host=... port=... journeys=..." ---- */

struct gateway_settings {
    char host[64];
    char id[24]; /* what operator_journey_id begins with */
    uint16_t port, dns_port, sntp_port;
    uint32_t journeys, first; /* numbers first to first + journeys - 1 */
    uint32_t lose_permille;   /* of frames, each way */
    uint32_t seed;
    uint32_t tls;     /* 12: TLS 1.2 alone; 13: 1.3 if the server can */
    uint32_t entropy; /* 0: the board has none */
};

/* False: a word that is not known, or a bad number. */
bool gateway_parse(const char *words, struct gateway_settings *out);

/* ---- the gateway ---- */

/* Time in the processor's own work, microseconds. */
struct gateway_times {
    uint32_t connect_us; /* of the connection being made */
    uint32_t handshake_us, resumed_us;
    uint64_t deliver_us; /* all but connecting */
};

struct gateway {
    struct gateway_settings settings;
    const struct nvt_port *port;
    struct nvt_tls_config tls;
    struct nvt_client client;
    struct nvt_spool spool;
    struct nvt_uplink uplink;
    struct nvt_uplink_lane lane;
    struct nvt_spool_entry picks[GATEWAY_PICKS];
    uint8_t window[GATEWAY_WINDOW_LEN];
    uint8_t buffer[GATEWAY_BUFFER_CAP];
    uint8_t body[GATEWAY_JOURNEY_CAP];
    uint32_t kept; /* journeys that the spool has had since it was made */
    uint32_t kept_now;
    uint32_t token_stamp;
    struct gateway_times times;
    nvt_err told_err;
    bool told_tls;
};

/* One journey on its way into the spool. */
struct gateway_journey {
    uint8_t text[GATEWAY_JOURNEY_CAP];
    size_t len;
    uint32_t due_s;
};

/* Mounts the spool (makes it on a new chip), prepares the client. Says what is wrong. The port's
 * wall clock is to be known by then. */
enum gateway_status gateway_open(struct gateway *g, const struct gateway_settings *settings,
                                 const struct nvt_port *port, const struct nvt_port_block *flash);

/* Writes the next journey that the spool has never had; false when it has had them all. Touches
 * nothing that gateway_step uses. */
bool gateway_make(const struct gateway *g, struct gateway_journey *out);

/* Takes it into the spool: with NVT_OK it outlives a power cut. NVT_E_SPOOL_FULL or
 * NVT_E_SPOOL_WINDOW: later. Not while gateway_step runs in another task. */
nvt_err gateway_keep(struct gateway *g, const struct gateway_journey *journey);

/* Does what can be done now; then wait for any of the waits, or for the next journey. */
void gateway_step(struct gateway *g, struct nvt_wait waits[GATEWAY_WAITS], size_t *out_count);

/* True when there is no more to do, or no use in trying. */
bool gateway_ended(const struct gateway *g, enum gateway_status *out_status);

/* Counts what a step took, by the board's own clock: was_open is gateway_is_open() before it. */
bool gateway_is_open(const struct gateway *g);
void gateway_measure(struct gateway *g, bool was_open, uint32_t took_us);

/* Hangs up, says what became of the journeys and prints the memory table. */
void gateway_close(struct gateway *g);

/* ---- lines on the console ---- */

/* A line under construction: what does not fit is left out. */
struct gateway_line {
    struct nvt_buf buf;
    uint8_t mem[160];
};

void gateway_line(struct gateway_line *l, const char *start);
void gateway_word(struct gateway_line *l, const char *word);
void gateway_number(struct gateway_line *l, uint64_t number);
void gateway_end(struct gateway_line *l);

/* "navette: WHAT NAME-OF-ERR". */
void gateway_say_err(const char *what, nvt_err err);

/* "mem: NAME USED of SIZE" */
void gateway_say_mem(const char *name, uint64_t used, uint64_t size);

/* "navette: network 10.0.2.15 in N ms"; "navette: clock 2026-01-05T08:00:00Z" */
void gateway_say_network(const char *address, uint64_t in_ms);
void gateway_say_clock(int64_t utc_s);

/* report.c: the memory table, but for stacks, which the main adds. */
void gateway_report(const struct gateway *g);

/* ---- what it needs from its surroundings ---- */

/* platform.c: where lwIP and Mbed TLS draw random numbers from and read their clock; before either
 * is used. */
void gateway_platform_init(const struct nvt_port *port);

/* The CAs that it trusts, PEM. */
extern const uint8_t gateway_ca[];
extern const size_t gateway_ca_len;

/* Where lwIP asks for names and for the time (lwipopts.h). */
extern uint16_t gateway_dns_port, gateway_sntp_port;

/* main: SNTP knows the time (lwipopts.h). */
void gateway_clock_set(uint32_t utc_s);

#endif
