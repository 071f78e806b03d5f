/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relay: a stretch of network between client and server that misbehaves on demand. It carries
 * the bytes of TCP connections on the loopback interface, late, slowly, wrongly or not at all.
 * relay.c loops, relay_flow.c carries bytes, relay_fault.c harms them, relay_control.c obeys.
 */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

enum {
    PAIRS_MAX = 512,
    FLOW_CAP = 65536,
    CHUNKS_MAX = 64,
    SWEEPS_MAX = 16,
    SWEEP_MAX = 65536 /* faults of one sweep */
};

/* UP: what the client sent. */
enum way { UP, DOWN };

enum kind {
    PASS,
    CUT,    /* ends the connection in order (FIN both ways) after that many bytes */
    RESET,  /* ends it at once (RST both ways) */
    STALL,  /* passes nothing more this way for arg milliseconds, 0: for good */
    GARBLE, /* changes the byte at that place: its bits of arg are flipped, 0: all */
    HOLE    /* from there on nothing passes, either way, and no end of it is told */
};

struct fault {
    enum kind kind; /* PASS: none, or it has taken effect */
    enum way way;
    uint64_t at; /* bytes of that way that pass unharmed */
    uint32_t arg;
    uint8_t sweep; /* 0: of none */
};

/* Bytes that arrived together. */
struct chunk {
    uint32_t len;
    uint64_t due_us; /* not passed on before */
};

/* One way of one connection. */
struct flow {
    uint32_t head, len; /* of bytes, a ring */
    uint32_t first, chunk_count;
    struct chunk chunks[CHUNKS_MAX];
    uint64_t passed;
    uint64_t end_us; /* when the end may be told */
    uint64_t stall_us;
    bool ended;   /* the source has sent all */
    bool broken;  /* it ended by an error */
    bool told;    /* the target knows that */
    bool swallow; /* what comes is thrown away */
    bool blocked; /* the target takes no more now */
    uint8_t bytes[FLOW_CAP];
};

struct pair {
    int fd[2]; /* of the client, of the server; UP leads from the first to the second */
    bool used;
    bool connecting;
    uint64_t ready_us; /* the client's first bytes do not come before: the way of a SYN and back */
    uint64_t close_us; /* closed then, 0: no such time */
    struct fault fault;
    struct flow flow[2];
};

/* A connection to 127.N.0.0 + i gets a fault of its own from sweep N, at first + i * step: each of
 * many clients at once meets the one that it chose by the address. Only the first connection to
 * each; the rest pass. */
struct sweep {
    struct fault fault; /* kind PASS: no sweep */
    uint32_t step, count, hits;
    uint8_t used[SWEEP_MAX];
};

struct relay {
    uint32_t delay_ms[2];
    uint32_t jitter_ms; /* each chunk waits up to that much more; connections overtake each other */
    uint32_t rate[2];   /* bytes a second of all connections, 0: as fast as it goes */
    uint64_t link_free_us[2];
    uint16_t listen_port;
    uint16_t to_port;
    bool frozen;        /* nothing passes, nothing is lost: a tunnel */
    struct fault next;  /* of connections to come */
    uint32_t next_left; /* how many of them; 0 with a kind: all */
    uint32_t chaos_percent, chaos_span;
    uint32_t random;
    struct sweep sweeps[SWEEPS_MAX]; /* the first is not used */
    int listener, control;           /* -1: closed */
    size_t high;                     /* pairs in use are below it */
    uint32_t connections, hits, refused;
    uint32_t shown; /* the sweep whose hits are told, 0: all hits */
    uint64_t total[2];
    uint64_t last[2]; /* of the connection that closed last */
    struct pair pairs[PAIRS_MAX];
};

uint64_t now_us(void);
uint32_t draw(struct relay *r, uint32_t below); /* 0 to below - 1 */

/* ---- relay.c ---- */

bool relay_listen(struct relay *r);
void relay_close(struct relay *r, struct pair *p, bool reset);

/* ---- relay_flow.c ---- */

/* Reads what came, if there is room. */
void flow_take(struct relay *r, struct pair *p, enum way way, uint64_t now);
/* Passes on what is due. False: the pair is closed. */
bool flow_give(struct relay *r, struct pair *p, enum way way, uint64_t now);
bool flow_wants_in(const struct relay *r, const struct pair *p, enum way way, uint64_t now);
/* When something is to be done that no socket will tell; UINT64_MAX: never. */
uint64_t flow_due_us(const struct pair *p, enum way way);

/* ---- relay_fault.c ---- */

/* Chooses the fault of a connection that just came to the address. */
struct fault fault_choose(struct relay *r, uint32_t address);
/* How many of len bytes pass before the fault; carries it out when none do. False: the pair is
 * closed. */
bool fault_meet(struct relay *r, struct pair *p, enum way way, uint64_t now, size_t *len);
/* Harms all connections that are open. */
void fault_now(struct relay *r, enum kind kind);

/* ---- relay_control.c ---- */

/* Carries out one command and writes one line of answer. */
bool control_do(struct relay *r, const char *command, char *answer, size_t cap);
/* Answers whoever connected to the control socket. */
void control_serve(struct relay *r);
int control_open(const char *path);
extern const char control_usage[];

/* ---- relay_ask.c: the other end of the control socket ---- */

/* Sends a command and reads its answer. False: nobody is there, or it was not understood. */
bool control_ask(const char *path, const char *command, char *answer, size_t cap);
bool control_address(const char *path, struct sockaddr_un *out);

#endif
