/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A port without a network: a scripted one with clocks that stand still until they are told to
 * move. For tests and fuzzing. Caller-owned, no allocation, no state of its own, and so repeatable.
 */
#ifndef NAVETTE_PORT_SIM_H
#define NAVETTE_PORT_SIM_H

#include <navette/port.h>

enum { NVT_SIM_HOSTS = NVT_ADDRS_MAX, NVT_SIM_SOCKS = 48 };

/* How the server ends a connection. */
enum nvt_sim_end {
    NVT_SIM_STAY,   /* it does not */
    NVT_SIM_CLOSE,  /* in order, with TLS's closing notice */
    NVT_SIM_CUT,    /* TCP's end alone: a truncation */
    NVT_SIM_RESET,  /* a reset */
    NVT_SIM_SILENCE /* nothing more comes */
};

/* What the server sends for one request, and how it goes on. */
struct nvt_sim_answer {
    const void *ptr;
    size_t len;
    uint32_t delay_ms; /* from the last byte sent to it */
    bool unasked;      /* comes without a request */
    enum nvt_sim_end end;
};

/* The answers of one connection, in order; after the last the server is silent. */
struct nvt_sim_script {
    const struct nvt_sim_answer *answers;
    size_t count;
};

/* One address and what becomes of an attempt to connect to it. */
struct nvt_sim_host {
    struct nvt_addr addr;
    uint32_t connect_ms;
    nvt_err open_err;    /* refused at once */
    nvt_err connect_err; /* refused after connect_ms */
    bool dead;           /* never an answer */
};

struct nvt_sim_sock {
    bool open, connected, ended, killed, shaken;
    uint8_t host;
    uint64_t connect_at_ms;
    uint64_t shake_at_ms;
    uint64_t sent_at_ms;
    size_t sent;   /* bytes since the last answer */
    size_t script; /* SIZE_MAX: none yet */
    size_t answer; /* of the script */
    size_t at;     /* in the answer */
    size_t stream; /* bytes received in all */
    bool blocked;  /* the last call was made to wait */
};

/* ---- a server of the caller's own, in place of the scripts ---- */

enum { NVT_SIM_LINE_IN = 4096, NVT_SIM_LINE_OUT = 1024 };

/* A connection as the server sees it. */
struct nvt_sim_line {
    uint8_t in[NVT_SIM_LINE_IN];   /* what came of a request */
    uint8_t out[NVT_SIM_LINE_OUT]; /* room for an answer */
    size_t in_len;
    struct nvt_sim_answer answer; /* under way, with answering */
    size_t at;                    /* in the answer */
    size_t number;                /* of those that got to their first byte; SIZE_MAX before */
    size_t came, went;            /* bytes of either direction, in all */
    uint64_t begun_ms;            /* when the request's first byte was sent */
    uint64_t sent_ms;             /* when its last one was */
    uint64_t ready_ms;            /* when the answer's first byte comes */
    uint64_t held_ms;             /* bytes that were sent arrive from then on */
    uint64_t close_ms;            /* when the server closes if nothing is asked; set it freely */
    bool answering;
    bool late;    /* the request arrived long after it was sent */
    bool cut;     /* nothing that is sent arrives any more */
    bool ordered; /* the end came in order */
};

struct nvt_sim_server {
    void *ctx;
    struct nvt_sim_line *lines; /* NVT_SIM_SOCKS of them */

    /* Bytes came. Takes a whole request off the start of line->in: its length, and line->answer set
     * (ptr NULL: none comes); 0: it is not whole yet. */
    size_t (*take)(void *ctx, struct nvt_sim_line *line);

    /* The client has the whole answer. NULL: nobody wants to know. */
    void (*taken)(void *ctx, const struct nvt_sim_line *line);
};

/* What befalls one byte of one connection. */
struct nvt_sim_fault {
    size_t connection;    /* line.number; SIZE_MAX: each */
    size_t at;            /* the first byte of that direction that does not pass */
    uint32_t hold_ms;     /* not 0: it and all behind it pass so much later */
    unsigned met;         /* how often it was */
    enum nvt_sim_end how; /* else the connection ends so in front of it */
    nvt_err err;          /* with NVT_SIM_RESET, what the client is told; NVT_OK: NVT_E_NET_RESET */
    uint8_t mask;         /* not 0: it passes, changed by this, and nothing else happens */
    bool answers;         /* of what the server sends; else of what the client does */
    bool armed;
};

struct nvt_sim {
    struct nvt_port port;

    /* clocks */
    uint64_t mono_ms;
    int64_t wall_s; /* when mono_ms is 0 */

    /* resolver and hosts */
    struct nvt_sim_host hosts[NVT_SIM_HOSTS];
    size_t host_count;
    uint32_t resolve_ms;
    nvt_err resolve_err;

    /* TLS handshake, for a stand-in that asks nvt_sim_handshake */
    uint32_t handshake_ms;
    nvt_err handshake_err;

    /* the server: one script for each connection that gets to its first byte, in order */
    const struct nvt_sim_script *scripts;
    size_t script_count;

    /* or, when take is set, this; closed sockets are then used again */
    struct nvt_sim_server server;
    struct nvt_sim_fault fault;
    uint32_t latency_ms; /* each way */

    /* how bytes move */
    size_t recv_max;          /* most bytes of one recv, 0: no limit */
    size_t send_max;          /* most bytes of one send, 0: no limit */
    size_t split_at;          /* no recv crosses this offset of a connection's stream, 0: none */
    size_t end_at;            /* stream offset at which ... SIZE_MAX: never */
    size_t end_script;        /* ... on the connection of this script, SIZE_MAX: on each, ... */
    enum nvt_sim_end end_how; /* ... this happens */
    size_t sent_max; /* a server that has so many bytes of a request resets what follows, 0: none */

    /* faults: the fail_at-th call of the network table fails; 0: none */
    nvt_err fail_err; /* NVT_OK: the usual one of that call */
    size_t fail_at;

    /* what was seen */
    size_t calls;
    size_t opened, open_now;
    size_t connections; /* that got to their first byte */
    size_t misuse;      /* calls that break the port's contract */
    uint8_t *sent;      /* where to keep what the client sends, or NULL */
    size_t sent_cap;
    size_t sent_len;
    size_t sent_total;

    /* switches */
    bool wall_known;
    bool resolve_dead;
    bool handshake_dead;
    bool blocking; /* each second send and recv would block first */
    bool fail_on;  /* every call from fail_at on fails */
    bool blackout; /* with a server: what is sent is held, nothing is received or connected */

    /* inner */
    bool resolving;
    uint64_t resolve_at_ms;
    uint64_t arrival_ms; /* when the first held byte comes, UINT64_MAX: none is held */
    uint64_t random;
    struct nvt_sim_sock socks[NVT_SIM_SOCKS];
};

/* One host at 192.0.2.1 that connects at once, wall clock known, no faults. */
void nvt_sim_init(struct nvt_sim *s);

/* Adds an address: family 4 or 6, last byte n. */
struct nvt_sim_host *nvt_sim_add_host(struct nvt_sim *s, unsigned family, uint8_t n);

/* Moves the clock to the next thing that *wait waits for. False when there is none: a hang. */
bool nvt_sim_wait(struct nvt_sim *s, const struct nvt_wait *wait);

/* The same with n of them, to limit_ms at the latest (UINT64_MAX: no limit). */
bool nvt_sim_wait_any(struct nvt_sim *s, const struct nvt_wait *waits, size_t n, uint64_t limit_ms);

/* Ends a blackout: what was sent into it arrives now, unless its socket was used again. */
void nvt_sim_light(struct nvt_sim *s);

/* The power goes: no socket is left, nothing that was not received by the server ever is. The
 * monotonic clock starts anew at now_ms. */
void nvt_sim_power_off(struct nvt_sim *s, uint64_t now_ms);

/* For a TLS stand-in: NVT_OK, NVT_AGAIN or handshake_err. */
nvt_err nvt_sim_handshake(struct nvt_sim *s, nvt_sock sock);

/* For a TLS stand-in: did the closing notice come before the connection's end? */
bool nvt_sim_notified(const struct nvt_sim *s, nvt_sock sock);

#endif
