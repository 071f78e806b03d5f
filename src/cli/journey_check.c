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

/* ---- phone numbers in another notation ---- */

#define TRUNC "phone_trunc"

static bool is_cut(const char *field)
{
    size_t len = strlen(field);
    return len >= sizeof TRUNC - 1U && strcmp(&field[len - (sizeof TRUNC - 1U)], TRUNC) == 0;
}

/* E.164 of number, less two digits for a cut one: what the registry would make of it, which reads a
 * cut number with two zeros behind it. */
static bool rewrite(struct nvt_span number, bool cut, struct nvt_buf *out)
{
    uint8_t text[40];
    struct nvt_buf longer;
    nvt_buf_init(&longer, text, sizeof text);
    nvt_buf_put(&longer, number);
    nvt_err err = nvt_rpc_phone_e164(number, out);
    if (err != NVT_OK && cut) {
        nvt_buf_put(&longer, NVT_LIT("00"));
        err = nvt_rpc_phone_e164(nvt_buf_span(&longer), out);
    }
    out->len -= err == NVT_OK && cut ? 2U : 0U;
    return err == NVT_OK && nvt_buf_err(&longer) == NVT_OK;
}

/* "; here: +33612345678", where it is clear what was meant. Here alone: what other commands say may
 * end in a log. */
static void advise(const struct lines *l, const struct line_fault *fault, char *out, size_t cap)
{
    char number[40];
    char better[24];
    struct nvt_buf in;
    struct nvt_buf b;
    const char *field = fault->failure.field;
    out[0] = '\0';
    nvt_buf_init(&in, number, sizeof number);
    nvt_buf_init(&b, better, sizeof better - 1U);
    bool phone = fault->err == NVT_E_FIELD_PHONE || fault->err == NVT_E_FIELD_WHOLE_PHONE;
    if (phone && journey_text_at(nvt_span_of(l->text, l->len), field, &in) &&
        rewrite(nvt_buf_span(&in), is_cut(field), &b)) {
        bool national = number[0] == '0' && number[1] != '0';
        better[b.len] = '\0';
        (void)snprintf(out, cap, "; here: %s%s", better, national ? ", in mainland France" : "");
    }
}

static void check_lines(struct check *c, bool json)
{
    struct line_fault fault;
    char advice[56];
    int64_t now = wall_s();
    while (!signals_stop() && lines_next(&c->lines)) {
        if (journey_check_line(&c->lines, now, &fault) == NVT_OK) {
            c->good++;
            continue;
        }
        c->broken++;
        refused_fault(&c->refused, &c->lines, &fault);
        advise(&c->lines, &fault, advice, sizeof advice);
        if (!json) {
            (void)printf("line %lu: %s%s\n", c->lines.number, fault.reason, advice);
        } else {
            say("line %lu: %s%s", c->lines.number, fault.reason, advice);
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
        say("%s cannot be read to its end: check the disk", c->lines.name);
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
    static struct settings settings;
    int code = settings_load(&settings, &nvt_rpc_profile, a); /* which API */
    if (code == CLI_OK) {
        code = lines_open(&c.lines, a->word[0], a->json);
    }
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
