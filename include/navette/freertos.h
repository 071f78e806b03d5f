/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port for FreeRTOS with lwIP 2.2 or later: TCP over lwIP's netconn, names by its resolver,
 * the kernel's tick as clock, the board's entropy. Allocates nothing: lwIP takes its objects from
 * its own pools, the kernel's are static.
 *
 * One task steps the library and waits in nvt_freertos_wait(); it needs no other synchronisation.
 * Only where a second task touches the same object (appends to the spool that an uplink delivers)
 * a mutex of the application's goes round both: see port/example/main_freertos.c.
 *
 * lwIP needs NO_SYS 0, LWIP_NETCONN 1, LWIP_TCPIP_CORE_LOCKING 1, LWIP_DNS 1 and
 * SYS_LIGHTWEIGHT_PROT 1; port/freertos/sys_arch.c carries it on static kernel objects. FreeRTOS
 * V9 or later needs configSUPPORT_STATIC_ALLOCATION 1, configUSE_MUTEXES 1, task notifications and
 * 32-bit ticks.
 */
#ifndef NAVETTE_FREERTOS_H
#define NAVETTE_FREERTOS_H

#include <navette/port.h>

/* Sockets open at once: each lane of an uplink needs one, and NVT_RACE_MAX while it connects. lwIP
 * needs as many MEMP_NUM_NETCONN and MEMP_NUM_TCP_PCB. */
#ifndef NVT_FREERTOS_SOCKS
#define NVT_FREERTOS_SOCKS 3
#endif

/* Look-ups under way: the one that is wanted, and those given up that lwIP still works on, for some
 * seconds each. When they take all places, resolve() says NVT_AGAIN until one ends. At most
 * DNS_TABLE_SIZE. */
#ifndef NVT_FREERTOS_LOOKUPS
#define NVT_FREERTOS_LOOKUPS 2
#endif

/* Longest sleep of nvt_freertos_wait, ms: it ends early then, which a step takes well. */
#ifndef NVT_FREERTOS_SLEEP_MAX_MS
#define NVT_FREERTOS_SLEEP_MAX_MS 60000
#endif

struct nvt_freertos;

struct nvt_freertos_sock {
    struct nvt_freertos *owner;
    void *conn;       /* lwIP's netconn, NULL: this place is free */
    void *rest;       /* pbuf: received, but not given out in whole */
    int32_t unread;   /* pieces received and not fetched; below 0 for a moment */
    bool writable;    /* connected, with room in the send buffer */
    bool failed;      /* lwIP says that the connection is at its end */
    bool established; /* connected() has said so */
    nvt_err end;      /* what recv or send said last, repeated by later calls; NVT_OK */
};

struct nvt_freertos_lookup {
    struct nvt_freertos *owner;
    uint8_t state;     /* free, asked, found or failed */
    bool forgotten;    /* nobody wants the answer */
    uint32_t host_sum; /* tells the host from another one */
    uint64_t asked_ms;
    struct nvt_addr addr;
};

/* One port, for one task at a time. Hand &f.port to the library. It must not move. */
struct nvt_freertos {
    struct nvt_port port;
    struct nvt_freertos_sock socks[NVT_FREERTOS_SOCKS];
    struct nvt_freertos_lookup lookups[NVT_FREERTOS_LOOKUPS];
    void *task; /* the one that waits; NULL: none has yet */
    bool woken; /* something came since the last wait */
    bool wall_known;
    int64_t wall_less_mono_ms;
    int8_t last_err; /* lwIP's, of the network call that failed last */
};

/* Fills in the tables; cannot fail. entropy is the board's, copied; NULL: there is none, and
 * whoever asks for some is refused with NVT_E_TLS_ENTROPY. tcpip_init() is to be called before the
 * network is used. */
void nvt_freertos_init(struct nvt_freertos *f, const struct nvt_port_entropy *entropy);

/* Sets the wall clock, seconds since 1970 UTC: of an RTC, or of SNTP. Unknown before. From any
 * task. */
void nvt_freertos_set_wall(struct nvt_freertos *f, int64_t wall_s);

/* Milliseconds since the scheduler started: the clock table's own. 64 bits, through any number of
 * wraps of the tick, whether anybody looks meanwhile or not. */
uint64_t nvt_freertos_mono_ms(void);

/* Blocks the calling task until one of the n waits is due (a socket ready, the answer of the
 * look-up there, the time come) or nvt_freertos_wake is called. It may return early. Uses the
 * task's notification value (index 0), which the application must leave alone in this task. */
void nvt_freertos_wait(struct nvt_freertos *f, const struct nvt_wait *waits, size_t n);

/* Ends the wait under way, or the next one at once: something was appended. From any task, not from
 * an interrupt. */
void nvt_freertos_wake(struct nvt_freertos *f);

/* A step as nvt_call_step() is one: NVT_AGAIN with *out_wait set, or its end. */
typedef nvt_err (*nvt_freertos_step)(void *ctx, struct nvt_wait *out_wait);

/* Steps and waits until step returns anything but NVT_AGAIN, and returns that. The step's own
 * deadlines bound the time. */
nvt_err nvt_freertos_run(struct nvt_freertos *f, nvt_freertos_step step, void *ctx);

#endif
