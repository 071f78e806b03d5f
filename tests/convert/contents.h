/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a mounted spool holds, one line each, entries by id; with the library of either format.
 *     settled DELIVERED REFUSED EXPIRED
 *     value KEY TEXT
 *     entry ID DUE|- TEXT
 */
#ifndef NAVETTE_TEST_CONTENTS_H
#define NAVETTE_TEST_CONTENTS_H

#include <navette/spool.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTENTS_MAX 65536U

struct row {
    uint32_t id, due_s, len;
    uint8_t *bytes;
};

static uint8_t *copy(const void *from, size_t len)
{
    uint8_t *to = (uint8_t *)malloc(len + 1U);
    if (to == NULL) {
        exit(1);
    }
    (void)memcpy(to, from, len);
    return to;
}

static int compare(const void *a, const void *b)
{
    uint32_t one = ((const struct row *)a)->id;
    uint32_t two = ((const struct row *)b)->id;
    return one < two ? -1 : one > two;
}

static void put_text(FILE *to, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool plain = bytes[i] >= 0x20U && bytes[i] < 0x7FU && bytes[i] != (uint8_t)'\\';
        (void)fprintf(to, plain ? "%c" : "\\x%02x", bytes[i]);
    }
    (void)fputc('\n', to);
}

static void put_values(FILE *to, struct nvt_spool *s)
{
    static uint8_t mem[65536];
    for (unsigned key = 0; key < (unsigned)NVT_SPOOL_VALUES; key++) {
        struct nvt_buf b;
        nvt_buf_init(&b, mem, sizeof mem);
        if (nvt_spool_get_value(s, (uint8_t)key, &b) == NVT_OK) {
            (void)fprintf(to, "value %u ", key);
            put_text(to, mem, b.len);
        }
    }
}

static nvt_err list_rows(struct nvt_spool *s, struct row *rows, size_t *count)
{
    static uint8_t mem[65536];
    struct nvt_spool_cursor cursor;
    struct nvt_spool_entry e;
    struct nvt_buf b;
    nvt_err err = NVT_OK;
    (void)memset(&cursor, 0, sizeof cursor);
    *count = 0;
    while (err == NVT_OK && *count < CONTENTS_MAX) {
        nvt_buf_init(&b, mem, sizeof mem);
        err = nvt_spool_list(s, &cursor, &b, &e);
        if (err == NVT_OK) {
            rows[*count] = (struct row){e.id, e.due_s, e.len, copy(mem, b.len)};
            (*count)++;
        }
    }
    return err == NVT_E_SPOOL_EMPTY ? NVT_OK : err;
}

static nvt_err put_contents(FILE *to, struct nvt_spool *s)
{
    static struct row rows[CONTENTS_MAX];
    struct nvt_spool_info info;
    size_t count = 0;
    nvt_err err = list_rows(s, rows, &count);
    nvt_spool_info(s, &info);
    (void)fprintf(to, "settled %u %u %u\n", info.delivered, info.refused, info.expired);
    put_values(to, s);
    qsort(rows, count, sizeof rows[0], compare);
    for (size_t i = 0; i < count; i++) {
        char due[16] = "-";
        if (rows[i].due_s != UINT32_MAX) {
            (void)snprintf(due, sizeof due, "%u", rows[i].due_s);
        }
        (void)fprintf(to, "entry %u %s ", rows[i].id, due);
        put_text(to, rows[i].bytes, rows[i].len);
        free(rows[i].bytes);
    }
    return err;
}

#endif
