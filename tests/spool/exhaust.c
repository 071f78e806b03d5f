/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every sequence of so many operations from every one of some states of small devices, with a power
 * cut and a fault at every call that the device gets: whatever is left of what was not synced, the
 * spool is mounted, checked by the model, used on with further faults, mounted and checked again,
 * twice.
 *     exhaust quick                      three operations, each state of one device that has it
 *     exhaust DEPTH [DEVICE [STATE]]     so many operations, all states of all devices
 *     exhaust 0 DEVICE STATE STEPS       plays one way again, and prints what the device is told
 * States are copied, not played again. Two sequences that lead to the same state (what is durable,
 * what is to be synced, all of the spool's memory, all that is known; by a hash of 61 bits, and
 * none is forgotten) go on as one; so do two cuts that leave the same device and the same that is
 * known of it, and, but in the quick run, two faults that leave the same state.
 *
 * What is sampled: where more than three things are not synced a cut leaves none, all, the first so
 * many, all but one, one, and drawn sets, eight sets in all; of an operation's reads two or three
 * fail, of its other calls each; the two lives afterwards are drawn, for each device and each state
 * that is not known. At the first SPOOL_DENSE operations all sets of up to six things are left, and
 * all with one in or out of more; and each read fails.
 *
 * SPOOL_SEED=N: draws others. SPOOL_JOBS=N: processes at once, else one for each processor.
 * SPOOL_DENSE=N: else 3 where the depth is more, and 0. SPOOL_PROGRESS=1: tells how far it is.
 * SPOOL_MERGE=0 or 1: whether two faults that leave the same state go on as one.
 * SPOOL_DONE=FILE: what passed is noted there, and not done again when the same program is started
 * again. Ends with a line of counts, and how many states passed. What does not hold is told with
 * the shortest way that led there.
 */
#include "jobs.h"
#include "resume.h"
#include "warm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { QUICK = 3 };

static struct task *tasks;
static uint32_t task_count, at_once;
static time_t began;
static double done_before;
static bool progress;

/* ---- one task ---- */

static struct task *current;
static pid_t parent;

/* What nobody waits for is not gone on with. */
static void tell_part(double part)
{
    current->part = part;
    if (getppid() != parent) {
        _exit(1);
    }
}

static void run_task(struct task *t)
{
    bool formats = t->state == (uint32_t)WARM_STATES;
    current = t;
    trace_use(&t->book);
    trace_begin(t->device, t->state);
    if (formats) {
        explore_formats(t->device);
    } else {
        (void)warm_up(t->device, (enum warm_state)t->state);
        trace_judge(world.fault);
    }
    if (!formats && world.fault == NULL) {
        explore(tell_part);
    }
    t->tally = tally;
}

/* ---- what to do ---- */

static bool is_wanted(uint32_t device, uint32_t state)
{
    static const uint8_t turns[WARM_STATES] = {0U, 5U, 4U, 3U, 2U, 1U, 0U, 5U, 0U, 4U, 2U, 3U, 1U};
    return device == turns[state];
}

static void add_task(uint32_t device, uint32_t state)
{
    if (task_count < (uint32_t)TASKS_MAX) {
        tasks[task_count].device = device;
        tasks[task_count++].state = state;
    }
}

static void add_tasks(bool quick, uint32_t only_device, uint32_t only_state)
{
    for (uint32_t state = 0; state <= (uint32_t)WARM_STATES; state++) {
        for (uint32_t device = 0; device < warm_devices(); device++) {
            bool formats = state == (uint32_t)WARM_STATES;
            bool named = (only_device == UINT32_MAX || device == only_device) &&
                         (only_state == UINT32_MAX || state == only_state);
            bool wanted = !quick || formats || is_wanted(device, state);
            if (named && wanted && (formats || warm_up(device, (enum warm_state)state))) {
                add_task(device, state);
            }
        }
    }
}

/* ---- how far it is ---- */

static double parts_done(void)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < task_count; i++) {
        sum += tasks[i].part;
    }
    return sum;
}

static void tell_progress(void)
{
    double sum = parts_done();
    uint32_t done = 0;
    for (uint32_t i = 0; i < task_count; i++) {
        done += tasks[i].how == TASK_DONE ? 1U : 0U;
    }
    double seconds = difftime(time(NULL), began);
    double here = sum - done_before;
    double left = here > 0.0 ? seconds * ((double)task_count - sum) / here : 0.0;
    if (progress) {
        (void)fprintf(stderr, "%u of %u states, %.1f %%, %.0f s, about %.0f s to go\n",
                      (unsigned)done, (unsigned)task_count, 100.0 * sum / (double)task_count,
                      seconds, left);
    }
}

static void tell_done(const struct task *t)
{
    if (progress) {
        (void)fprintf(stderr,
                      "device %u, state %u: %llu sequences, %llu states, %llu cuts (%llu known), "
                      "%llu faults (%llu known), %llu mounts, %u wrong, %u ms\n",
                      (unsigned)t->device, (unsigned)t->state, t->tally.sequences, t->tally.states,
                      t->tally.cuts, t->tally.cuts_known, t->tally.faults, t->tally.faults_known,
                      t->tally.mounts, (unsigned)t->book.total, (unsigned)t->millis);
    }
    resume_note(t);
    tell_progress();
}

/* ---- all of them ---- */

static void add_tally(struct tally *to, const struct tally *t)
{
    to->sequences += t->sequences;
    to->states += t->states;
    to->cuts += t->cuts;
    to->cuts_known += t->cuts_known;
    to->faults += t->faults;
    to->faults_known += t->faults_known;
    to->mounts += t->mounts;
}

/* Sequences of up to so many operations, from one state. */
static unsigned long long sequences_of(uint32_t depth)
{
    unsigned long long count = 0;
    for (uint32_t i = 0; i < depth; i++) {
        count = (count + 1U) * (unsigned)OPS;
    }
    return count;
}

static void tell_counts(const struct tally *all, unsigned long long sequences, unsigned seconds)
{
    (void)printf(
        "list - depth %u: all %llu sequences, as %llu operations in %llu different states; "
        "%llu cut points (%llu known), %llu faults (%llu known), %llu mounts: lost %u, "
        "changed %u, doubled %u, else wrong %u; drawn: sets of more than 3 unsynced things "
        "(of more than 6 at the first %u operations), failing reads behind these, later lives; "
        "%u s of processor time\n",
        (unsigned)search.depth, sequences, all->sequences, all->states, all->cuts, all->cuts_known,
        all->faults, all->faults_known, all->mounts, (unsigned)trace_count(TRACE_LOST),
        (unsigned)trace_count(TRACE_CHANGED), (unsigned)trace_count(TRACE_DOUBLED),
        (unsigned)trace_count(TRACE_ELSE), (unsigned)search.dense, seconds);
}

/* Returns how many are wrong. */
static uint32_t tell_all(void)
{
    struct tally all = {0};
    uint32_t wrong = 0;
    uint64_t millis = 0;
    unsigned long long sequences = 0;
    for (uint32_t i = 0; i < task_count; i++) {
        add_tally(&all, &tasks[i].tally);
        trace_merge(&tasks[i].book);
        millis += tasks[i].millis;
        sequences += tasks[i].state == (uint32_t)WARM_STATES ? 0U : sequences_of(search.depth);
        wrong += tasks[i].how != TASK_DONE || tasks[i].book.total > 0U ? 1U : 0U;
        if (tasks[i].how != TASK_DONE) {
            (void)printf("not ok - device %u, state %u: the process ended before its end\n",
                         (unsigned)tasks[i].device, (unsigned)tasks[i].state);
        }
    }
    trace_tell();
    tell_counts(&all, sequences, (unsigned)(millis / 1000U));
    (void)printf("%u passed, %u failed\n", (unsigned)(task_count - wrong), (unsigned)wrong);
    return all.cuts > 0U ? wrong : 1U;
}

/* One way, with each call that the device gets. */
static int replay(char **argv)
{
    if (!warm_up((uint32_t)atoi(argv[2]), (enum warm_state)atoi(argv[3]))) {
        return 1;
    }
    chip_tells = true;
    trace_replay(argv[4]);
    return world.fault == NULL ? 0 : 1;
}

static uint32_t number_of(const char *name, uint32_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && text[0] != '\0' ? (uint32_t)strtoul(text, NULL, 10) : otherwise;
}

static void set_up(const char *depth, bool quick)
{
    search.depth = quick ? (uint32_t)QUICK : (uint32_t)strtoul(depth, NULL, 10);
    search.depth = search.depth < (uint32_t)DEPTH_MAX ? search.depth : (uint32_t)DEPTH_MAX;
    search.dense = number_of("SPOOL_DENSE", search.depth > (uint32_t)QUICK ? (uint32_t)QUICK : 0U);
    search.merge = number_of("SPOOL_MERGE", quick ? 0U : 1U) != 0U;
    search.seed = number_of("SPOOL_SEED", 0U) * 0x9E3779B97F4A7C15U;
    at_once = number_of("SPOOL_JOBS", jobs_processors());
    progress = number_of("SPOOL_PROGRESS", 0U) != 0U;
}

int main(int argc, char **argv)
{
    if (argc > 4) {
        return replay(argv);
    }
    bool quick = argc < 2 || strcmp(argv[1], "quick") == 0;
    set_up(argc < 2 ? "" : argv[1], quick);
    tasks = jobs_tasks();
    if (tasks == NULL || search.depth == 0U) {
        (void)fprintf(stderr, tasks == NULL ? "no memory to share\n" : "no operations\n");
        return 2;
    }
    began = time(NULL);
    parent = getpid();
    add_tasks(quick, argc > 2 ? (uint32_t)atoi(argv[2]) : UINT32_MAX,
              argc > 3 ? (uint32_t)atoi(argv[3]) : UINT32_MAX);
    resume_begin(getenv("SPOOL_DONE"), argv[0], tasks, task_count);
    done_before = parts_done();
    jobs_run(tasks, task_count, at_once, run_task, tell_done, tell_progress);
    uint32_t wrong = tell_all();
    resume_end(wrong == 0U);
    return wrong == 0U ? 0 : 1;
}
