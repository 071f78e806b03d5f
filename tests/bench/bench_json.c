/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a token answer costs to read: validate it, find access_token as text and expires_in as an
 * integer. navette views the token in the answer; cJSON copies every string to the heap.
 *
 *   bench_json list             the readers built in, one a line
 *   bench_json READER LEN N     reads an answer of LEN bytes (299 or 1393) N times and prints LEN,
 *                               N and allocations a read; for instructions a read run it under
 *                               valgrind --tool=callgrind with N and 2N and divide the difference
 * by N bench_json time LEN         ns of CPU a read for each reader, median of interleaved rounds
 *
 * Exit 0, 1 when a reader did not find both values, 2 for wrong arguments. Built with
 * NVT_BENCH_CJSON when cJSON is there (json.mk).
 */
#include <navette/json.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef NVT_BENCH_CJSON
#include <cjson/cJSON.h>
#endif

#define POOL 32U
#define ROUNDS 9U
#define ROUND_READS 20000U
#define LIFE_S 3600
#define ANSWER_CAP 2048U

static char answer[ANSWER_CAP];
static size_t answer_len;
static unsigned long allocations;

/* ---- answers: the usual fields around tokens that fill them up to their length ---- */

static void append(const char *text)
{
    while (*text != '\0' && answer_len < ANSWER_CAP - 1U) {
        answer[answer_len] = *text;
        answer_len++;
        text++;
    }
}

static void append_token(size_t len)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    for (size_t i = 0; i < len; i++) {
        char one[2] = {letters[i % (sizeof letters - 1U)], '\0'};
        append(one);
    }
}

/* 299 bytes: two opaque tokens; 1393 bytes: one JWT signed with RSA-4096. */
static bool make_answer(unsigned long len)
{
    bool opaque = len == 299U;
    if (!opaque && len != 1393U) {
        return false;
    }
    answer_len = 0;
    append("{\"token_type\":\"Bearer\",\"expires_in\":3600,\"scope\":\"tasks deliveries\",");
    if (opaque) {
        append("\"refresh_token\":\"");
        append_token(95);
        append("\",");
    }
    append("\"access_token\":\"");
    append_token(len - answer_len - 2U);
    append("\"}");
    return answer_len == len;
}

/* ---- readers ---- */

typedef bool (*read_fn)(void);

static bool read_navette(void)
{
    struct nvt_json_tok pool[POOL];
    struct nvt_json doc;
    struct nvt_span token = {NULL, 0};
    nvt_json_node node = 0;
    int64_t life_s = 0;
    return nvt_json_parse(&doc, nvt_span_of(answer, answer_len), pool, POOL) == NVT_OK &&
           nvt_json_find(&doc, 0, "access_token", &node) == NVT_OK &&
           nvt_json_get_span(&doc, node, &token) == NVT_OK && token.len > 0U &&
           nvt_json_find(&doc, 0, "expires_in", &node) == NVT_OK &&
           nvt_json_get_int(&doc, node, 1, 86400, &life_s) == NVT_OK && life_s == LIFE_S;
}

#ifdef NVT_BENCH_CJSON
static void *counting_malloc(size_t size)
{
    allocations++;
    return malloc(size);
}

static bool read_cjson(void)
{
    cJSON *doc = cJSON_ParseWithLength(answer, answer_len);
    const cJSON *token = cJSON_GetObjectItemCaseSensitive(doc, "access_token");
    const cJSON *life = cJSON_GetObjectItemCaseSensitive(doc, "expires_in");
    bool right = cJSON_IsString(token) && token->valuestring[0] != '\0' && cJSON_IsNumber(life) &&
                 life->valueint == LIFE_S;
    cJSON_Delete(doc);
    return right;
}
#endif

static const struct {
    const char *name;
    read_fn read;
} readers[] = {
    {"navette", read_navette},
#ifdef NVT_BENCH_CJSON
    {"cjson", read_cjson},
#endif
};
#define READERS (sizeof readers / sizeof readers[0])

/* ---- runs ---- */

static int list(void)
{
    for (size_t i = 0; i < READERS; i++) {
        (void)puts(readers[i].name);
    }
    return 0;
}

static bool run(read_fn read, unsigned long count)
{
    bool right = true;
    for (unsigned long i = 0; i < count && right; i++) {
        right = read();
    }
    return right;
}

static int run_one(const char *name, unsigned long count)
{
    for (size_t i = 0; i < READERS; i++) {
        if (strcmp(name, readers[i].name) == 0 && count > 0U) {
            if (!run(readers[i].read, count)) {
                (void)fprintf(stderr, "bench_json: %s did not find both values\n", name);
                return 1;
            }
            (void)printf("%zu %lu %lu\n", answer_len, count, allocations / count);
            return 0;
        }
    }
    return 2;
}

static int by_value(const void *a, const void *b)
{
    const double *left = a;
    const double *right = b;
    return (*left > *right) - (*left < *right);
}

static int run_time(void)
{
    double ns[READERS][ROUNDS];
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < READERS; i++) {
            clock_t start = clock();
            if (!run(readers[i].read, ROUND_READS)) {
                return 1;
            }
            ns[i][round] = (double)(clock() - start) * 1e9 / CLOCKS_PER_SEC / ROUND_READS;
        }
    }
    for (size_t i = 0; i < READERS; i++) {
        qsort(ns[i], ROUNDS, sizeof ns[i][0], by_value);
        (void)printf("%s %.0f\n", readers[i].name, ns[i][ROUNDS / 2U]);
    }
    return 0;
}

int main(int argc, char **argv)
{
#ifdef NVT_BENCH_CJSON
    cJSON_Hooks hooks = {counting_malloc, free};
    cJSON_InitHooks(&hooks);
#endif
    int status = 2;
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        status = list();
    } else if (argc > 2 && make_answer(strtoul(argv[2], NULL, 10))) {
        if (argc == 3 && strcmp(argv[1], "time") == 0) {
            status = run_time();
        } else if (argc == 4) {
            status = run_one(argv[1], strtoul(argv[3], NULL, 10));
        }
    }
    if (status == 2) {
        (void)fputs("usage: bench_json list | READER 299|1393 N | time 299|1393\n", stderr);
    }
    return status;
}
