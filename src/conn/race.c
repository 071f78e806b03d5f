/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connecting to several addresses in the spirit of RFC 8305 section 5: an attempt starts when the
 * one before has been silent for NVT_RACE_DELAY_MS, or at once when it failed; the first to connect
 * wins. A dead address family costs a quarter of a second, not a connection time-out.
 */
#include "race.h"

/* RFC 8305 section 4: the families alternate; within one the resolver's order stays. */
static void interleave(struct nvt_addr *addrs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        size_t k = i;
        while (k < count && addrs[k].ip_len == addrs[i - 1U].ip_len) {
            k++;
        }
        if (k == i || k == count) {
            continue;
        }
        struct nvt_addr other = addrs[k];
        (void)memmove(&addrs[i + 1U], &addrs[i], (k - i) * sizeof(addrs[0]));
        addrs[i] = other;
    }
}

void nvt_race_start(struct nvt_conn *c, uint64_t now_ms)
{
    interleave(c->addrs, c->addr_count);
    c->addr_next = 0;
    c->race_at_ms = now_ms;
    c->race_err = NVT_E_NET_UNREACHABLE;
}

static void drop(struct nvt_conn *c, size_t i)
{
    if (c->racing[i] != NVT_SOCK_NONE) {
        c->port->net.close(c->port->net.ctx, c->racing[i]);
        c->racing[i] = NVT_SOCK_NONE;
    }
}

void nvt_race_stop(struct nvt_conn *c)
{
    for (size_t i = 0; i < NVT_RACE_MAX; i++) {
        drop(c, i);
    }
}

/* "Refused" proves that the host is there; a family without a route says nothing after that. */
static void note_failure(struct nvt_conn *c, uint64_t now_ms, nvt_err err)
{
    if (c->race_err != NVT_E_NET_REFUSED) {
        c->race_err = err;
    }
    c->race_at_ms = now_ms;
}

/* Asks every attempt in flight; true when one is connected. */
static bool poll_attempts(struct nvt_conn *c, uint64_t now_ms)
{
    for (size_t i = 0; i < NVT_RACE_MAX; i++) {
        if (c->racing[i] == NVT_SOCK_NONE) {
            continue;
        }
        nvt_err err = c->port->net.connected(c->port->net.ctx, c->racing[i]);
        if (err == NVT_OK) {
            c->sock = c->racing[i];
            c->racing[i] = NVT_SOCK_NONE;
            return true;
        }
        if (err == NVT_AGAIN && now_ms < c->race_end_ms[i]) {
            continue;
        }
        drop(c, i);
        note_failure(c, now_ms, err == NVT_AGAIN ? NVT_E_TIMEOUT_CONNECT : err);
    }
    return false;
}

static size_t free_place(const struct nvt_conn *c)
{
    size_t i = 0;
    while (i < NVT_RACE_MAX && c->racing[i] != NVT_SOCK_NONE) {
        i++;
    }
    return i;
}

/* With more addresses than places a silent attempt may hold its place only for its share of the
 * time, or two dead addresses would hide two live ones. */
static uint64_t attempt_end(const struct nvt_conn *c, uint64_t now_ms)
{
    if (c->addr_count <= NVT_RACE_MAX) {
        return UINT64_MAX;
    }
    return now_ms + ((uint64_t)c->timeouts.connect_ms * NVT_RACE_MAX) / c->addr_count;
}

/* Starts the next attempt if it is due; true when one was started or failed at once. */
static bool start_next(struct nvt_conn *c, uint64_t now_ms)
{
    size_t place = free_place(c);
    if (place == NVT_RACE_MAX || c->addr_next == c->addr_count || now_ms < c->race_at_ms) {
        return false;
    }
    const struct nvt_addr *addr = &c->addrs[c->addr_next];
    nvt_sock sock = NVT_SOCK_NONE;
    nvt_err err = c->port->net.open(c->port->net.ctx, addr, &sock);
    c->addr_next++;
    if (err == NVT_OK && sock != NVT_SOCK_NONE) {
        c->racing[place] = sock;
        c->race_end_ms[place] = attempt_end(c, now_ms);
        c->race_at_ms = now_ms + NVT_RACE_DELAY_MS;
    } else {
        note_failure(c, now_ms, err == NVT_OK ? NVT_E_NET_IO : err);
    }
    return true;
}

static void fill_wait(const struct nvt_conn *c, struct nvt_wait *wait)
{
    wait->until_ms = UINT64_MAX;
    for (size_t i = 0; i < NVT_RACE_MAX; i++) {
        if (c->racing[i] == NVT_SOCK_NONE) {
            continue;
        }
        wait->on[wait->count].sock = c->racing[i];
        wait->on[wait->count].events = (uint8_t)NVT_WAIT_WRITE;
        wait->count++;
        if (c->race_end_ms[i] < wait->until_ms) {
            wait->until_ms = c->race_end_ms[i];
        }
    }
    bool more = c->addr_next < c->addr_count && free_place(c) < NVT_RACE_MAX;
    if (more && c->race_at_ms < wait->until_ms) {
        wait->until_ms = c->race_at_ms;
    }
}

nvt_err nvt_race_step(struct nvt_conn *c, uint64_t now_ms, struct nvt_wait *wait)
{
    /* Each turn but the last starts an attempt, so the addresses bound the loop. */
    for (size_t turn = 0; turn <= NVT_ADDRS_MAX; turn++) {
        if (poll_attempts(c, now_ms)) {
            nvt_race_stop(c);
            return NVT_OK;
        }
        if (!start_next(c, now_ms)) {
            break;
        }
    }
    fill_wait(c, wait);
    if (wait->count == 0U && c->addr_next == c->addr_count) {
        return c->race_err;
    }
    return NVT_AGAIN;
}
