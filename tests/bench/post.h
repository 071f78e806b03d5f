/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The POST benchmark: post.c drives one of three clients (navette, libcurl, a bare Mbed TLS write
 * and read loop) over one keep-alive connection. Each client is a program of its own, so that
 * memory is told apart. tests/bench/post.sh runs and compares them.
 */
#ifndef BENCH_POST_H
#define BENCH_POST_H

#include <stdbool.h>
#include <stddef.h>

struct post_settings {
    int port; /* on localhost */
    const char *ca_file;
    bool tls12;        /* TLS 1.2 alone, else 1.3 alone as far as the client can tell */
    const char *token; /* bearer token */
    const char *body;  /* JSON */
    size_t body_len;
};

#define POST_PATH "/v3.3/journeys"
#define POST_STATUS 201

/* Each false on any failure, after a line on standard error. */
bool client_open(const struct post_settings *s);
bool client_post(void); /* one request, its answer read whole and its status checked */
void client_close(void);

#endif
