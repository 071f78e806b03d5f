/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct way now;

static struct trace_book own, *book = &own;

void trace_use(struct trace_book *to)
{
    book = to;
}

static void add(struct step step)
{
    if (now.count < (uint32_t)TRACE_STEPS) {
        now.steps[now.count++] = step;
    }
}

void trace_begin(uint32_t device, uint32_t state)
{
    now.device = device;
    now.state = state;
    now.count = 0;
}

void trace_op(enum op op, struct chip_plan plan)
{
    add((struct step){.kind = STEP_OP, .op = op, .plan = plan});
}

void trace_cut(struct chip_subset subset)
{
    add((struct step){.kind = STEP_CUT, .subset = subset});
}

void trace_reopen(void)
{
    add((struct step){.kind = STEP_REOPEN});
}

void trace_mount(struct chip_plan plan)
{
    add((struct step){.kind = STEP_MOUNT, .plan = plan});
}

uint32_t trace_mark(void)
{
    return now.count;
}

void trace_back(uint32_t mark)
{
    now.count = mark;
}

static struct wrong *wrong_of(const char *fault)
{
    for (uint32_t i = 0; i < book->count; i++) {
        if (strcmp(book->wrongs[i].what, fault) == 0) {
            return &book->wrongs[i];
        }
    }
    if (book->count == (uint32_t)TRACE_WRONGS) {
        return NULL;
    }
    book->wrongs[book->count].what = fault;
    return &book->wrongs[book->count++];
}

static void note_wrong(const char *fault, uint32_t times, const struct way *way)
{
    struct wrong *w = wrong_of(fault);
    book->total += times;
    if (w == NULL) {
        return;
    }
    if (w->times == 0U || way->count < w->way.count) {
        w->way = *way;
    }
    w->times += times;
}

void trace_judge(const char *fault)
{
    if (fault != NULL) {
        note_wrong(fault, 1U, &now);
    }
}

void trace_merge(const struct trace_book *from)
{
    for (uint32_t i = 0; i < from->count; i++) {
        note_wrong(from->wrongs[i].what, from->wrongs[i].times, &from->wrongs[i].way);
    }
}

static enum trace_class class_of(const char *what)
{
    switch (what[0]) {
    case '1':
        return TRACE_LOST;
    case '3':
    case '6':
        return TRACE_CHANGED;
    case '2':
    case '4':
        return TRACE_DOUBLED;
    default:
        return TRACE_ELSE;
    }
}

uint32_t trace_count(enum trace_class of)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < book->count; i++) {
        n += class_of(book->wrongs[i].what) == of ? book->wrongs[i].times : 0U;
    }
    return n;
}

static void tell_plan(const struct chip_plan *p)
{
    static const char *const hows[CHIP_HOWS] = {"nothing", "half", "all", "garbage"};
    if (p->at != 0U) {
        (void)printf(" (%s %u %s, %s done)", p->reads ? "read" : "write", (unsigned)p->at,
                     p->cut       ? "is cut"
                     : p->forever ? "and all after it fail"
                                  : "fails",
                     hows[p->how]);
    }
}

static void tell_step(const struct step *s)
{
    static const char *const picks[] = {"those of the bits", "the first so many", "all but", "only",
                                        "by chance, of 256"};
    switch (s->kind) {
    case STEP_OP:
        (void)printf("    %s", op_names[s->op]);
        tell_plan(&s->plan);
        break;
    case STEP_CUT:
        (void)printf("    power cut, of what was not synced remain: %s %u", picks[s->subset.pick],
                     (unsigned)s->subset.n);
        break;
    case STEP_REOPEN:
        (void)printf("    the process ends");
        break;
    default:
        (void)printf("    mount");
        tell_plan(&s->plan);
        break;
    }
    (void)printf("\n");
}

/* ---- the same for machines ---- */

static void print_code(const struct step *s)
{
    const struct chip_plan *p = &s->plan;
    if (s->kind == STEP_CUT) {
        (void)printf(" %u.%u.%u", (unsigned)s->kind, (unsigned)s->subset.pick,
                     (unsigned)s->subset.n);
    } else {
        (void)printf(" %u.%u.%u.%u%u%u%u", (unsigned)s->kind, (unsigned)s->op, (unsigned)p->at,
                     (unsigned)p->how, p->reads ? 1U : 0U, p->cut ? 1U : 0U, p->forever ? 1U : 0U);
    }
}

static unsigned number(const char **text)
{
    char *end = NULL;
    unsigned long n = strtoul(*text, &end, 10);
    *text = *end == '\0' ? end : end + 1;
    return (unsigned)n;
}

static struct step read_code(const char **text)
{
    struct step s = {.kind = (enum step_kind)number(text)};
    unsigned first = number(text);
    unsigned second = number(text);
    if (s.kind == STEP_CUT) {
        s.subset = (struct chip_subset){(enum chip_pick)first, second};
        return s;
    }
    unsigned flags = number(text);
    s.op = (enum op)first;
    s.plan = (struct chip_plan){second, flags / 100U % 10U != 0U,
                                (enum chip_how)(flags / 1000U % (unsigned)CHIP_HOWS),
                                flags / 10U % 10U != 0U, flags % 10U != 0U};
    return s;
}

static void play(const struct step *s)
{
    switch (s->kind) {
    case STEP_OP:
        chip_arm(&world.chip, s->plan);
        world_do(s->op);
        break;
    case STEP_CUT:
        chip_cut(&world.chip, s->subset);
        break;
    case STEP_REOPEN:
        chip_reopen(&world.chip);
        break;
    default:
        world_mount(s->plan);
        break;
    }
}

void trace_replay(const char *text)
{
    while (*text != '\0' && world.fault == NULL) {
        struct step s = read_code(&text);
        tell_step(&s);
        play(&s);
        world.frugal = world.frugal && s.kind == STEP_OP && s.plan.at == 0U;
    }
    (void)printf("%s\n", world.fault == NULL ? "all is well" : world.fault);
}

void trace_tell(void)
{
    for (uint32_t i = 0; i < book->count; i++) {
        const struct wrong *w = &book->wrongs[i];
        (void)printf("not ok - %s, %u times; device %u, state %u, then:\n", w->what,
                     (unsigned)w->times, (unsigned)w->way.device, (unsigned)w->way.state);
        for (uint32_t j = 0; j < w->way.count; j++) {
            tell_step(&w->way.steps[j]);
        }
        (void)printf("    again: exhaust 0 %u %u \"", (unsigned)w->way.device,
                     (unsigned)w->way.state);
        for (uint32_t j = 0; j < w->way.count; j++) {
            print_code(&w->way.steps[j]);
        }
        (void)printf("\"\n");
    }
}
