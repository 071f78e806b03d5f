/* SPDX-License-Identifier: Apache-2.0 */
/* navette journey check */
#include "journeys.h"

struct check {
    struct lines lines;
    struct refused refused;
    unsigned long good, broken;
};

static int64_t wall_s(void)
{
    struct nvt_posix posix;
    int64_t now = 0;
    nvt_posix_init(&posix);
    bool known = posix.port.clock.wall_s(posix.port.clock.ctx, &now);
    nvt_posix_free(&posix);
    return known ? now : 0;
}

static void check_lines(struct check *c, bool json)
{
    struct line_fault fault;
    int64_t now = wall_s();
    while (!signals_stop() && lines_next(&c->lines)) {
        if (journey_check_line(&c->lines, now, &fault) == NVT_OK) {
            c->good++;
            continue;
        }
        c->broken++;
        refused_fault(&c->refused, &c->lines, &fault);
        if (!json) {
            (void)printf("line %lu: %s\n", c->lines.number, fault.reason);
        } else {
            say("line %lu: %s", c->lines.number, fault.reason);
        }
    }
}

static int conclude(struct check *c, bool json)
{
    bool whole = !c->lines.failed && !signals_stop();
    int code = c->broken > 0U ? CLI_PARTLY : CLI_OK;
    code = c->lines.failed ? CLI_INPUT : code;
    code = signals_stop() ? CLI_INTERRUPTED : code;
    if (c->lines.failed) {
        say("%s can not be read to its end: check the disk", c->lines.name);
    }
    if (json) {
        out_begin();
        out_bool("ok", code == CLI_OK);
        out_int("exit", code);
        out_int("good", (int64_t)c->good);
        out_int("broken", (int64_t)c->broken);
        out_bool("complete", whole);
        out_end();
    } else {
        (void)printf("%lu good, %lu broken\n", c->good, c->broken);
    }
    return code;
}

int cmd_journey_check(const struct args *a)
{
    static struct check c;
    int code = lines_open(&c.lines, a->word[0], a->json);
    if (code != CLI_OK) {
        return code;
    }
    if (a->refused != NULL) {
        code = refused_open(&c.refused, a->refused, &c.lines, a->json);
    }
    if (code == CLI_OK) {
        check_lines(&c, a->json);
        code = refused_close(&c.refused);
        int verdict = conclude(&c, a->json);
        code = code == CLI_OK ? verdict : code;
    }
    lines_close(&c.lines);
    return code;
}
