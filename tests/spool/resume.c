/* SPDX-License-Identifier: Apache-2.0 */
#include "resume.h"

#include <inttypes.h>
#include <stdio.h>

static const char *done_path;
static FILE *done_file;

/* Of this program and of how it was told to search: what passed counts for no other. */
static uint32_t key_of(const char *program)
{
    uint8_t bytes[4096];
    size_t n = 0;
    uint32_t key = search.depth << 16U | search.dense << 8U | (search.merge ? 1U : 0U);
    FILE *file = fopen(program, "rb");
    while (file != NULL && (n = fread(bytes, 1U, sizeof bytes, file)) > 0U) {
        key = nvt_crc32(key, nvt_span_of(bytes, n));
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return key ^ (uint32_t)(search.seed >> 32U);
}

static void take_done(struct task *tasks, uint32_t count, const struct task *found)
{
    for (uint32_t i = 0; i < count; i++) {
        struct task *t = &tasks[i];
        if (t->device == found->device && t->state == found->state) {
            t->how = TASK_DONE;
            t->part = 1.0;
            t->millis = found->millis;
            t->tally = found->tally;
        }
    }
}

/* One line for each: whatever is not one ends it. */
static void read_done(FILE *file, struct task *tasks, uint32_t count)
{
    static struct task t;
    struct tally *c = &t.tally;
    while (fscanf(file, "%" SCNu32 " %" SCNu32 " %" SCNu32 " %llu %llu %llu %llu %llu %llu %llu\n",
                  &t.device, &t.state, &t.millis, &c->sequences, &c->states, &c->cuts,
                  &c->cuts_known, &c->faults, &c->faults_known, &c->mounts) == 10) {
        take_done(tasks, count, &t);
    }
}

void resume_begin(const char *path, const char *program, struct task *tasks, uint32_t count)
{
    uint32_t found = 0;
    done_path = path;
    if (path == NULL) {
        return;
    }
    uint32_t key = key_of(program);
    FILE *file = fopen(path, "r");
    bool goes_on = file != NULL && fscanf(file, "%" SCNu32 "\n", &found) == 1 && found == key;
    if (goes_on) {
        read_done(file, tasks, count);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    done_file = fopen(path, goes_on ? "a" : "w");
    if (done_file != NULL && !goes_on) {
        (void)fprintf(done_file, "%" PRIu32 "\n", key);
        (void)fflush(done_file);
    }
}

void resume_note(const struct task *t)
{
    const struct tally *c = &t->tally;
    if (done_file != NULL && t->how == TASK_DONE && t->book.total == 0U) {
        (void)fprintf(done_file,
                      "%" PRIu32 " %" PRIu32 " %" PRIu32 " %llu %llu %llu %llu %llu %llu %llu\n",
                      t->device, t->state, t->millis, c->sequences, c->states, c->cuts,
                      c->cuts_known, c->faults, c->faults_known, c->mounts);
        (void)fflush(done_file);
    }
}

void resume_end(bool passed)
{
    if (done_file != NULL) {
        (void)fclose(done_file);
    }
    if (passed && done_path != NULL) {
        (void)remove(done_path);
    }
}
