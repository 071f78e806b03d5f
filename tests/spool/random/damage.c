/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One piece of damage at a time, of each kind and in each place of spools that a run left: what a
 * mount makes of it. Prints the page damage.md, or compares it with the one that is named:
 *     damage [PAGE]
 */
#include "places.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAGE_MAX = 32768, IMAGES = 3, ROWS_MAX = 256, STEPS = 700 };

/* Of a place: */
enum kind {
    KIND_BIT,    /* each bit of it */
    KIND_BITS_2, /* two or three bits close to one another, from each byte on */
    KIND_BITS_3,
    KIND_ONES, /* all of it reads as erased */
    KIND_ZEROS,
    KIND_PLACES, /* those before; then kinds of whole blocks */
    KIND_WIPED = KIND_PLACES,
    KIND_ZEROED,
    KIND_SWAPPED,
    KIND_OLD,
    KIND_HALF_1,
    KIND_HALF_2,
    KINDS
};

static const char *const kind_words[] = {"1 bit",
                                         "2 bits",
                                         "3 bits",
                                         "reads as erased",
                                         "reads as 0",
                                         "wiped",
                                         "reads as 0",
                                         "swapped",
                                         "an older life back",
                                         "first half wiped",
                                         "second half wiped"};

enum block { BLOCK_NEWEST = PLACE_COUNT, BLOCK_OTHER, BLOCK_FREE, ROW_PLACES };

/* Outcomes; a trial has one of them. */
enum outcome {
    UNHURT,   /* nothing is amiss, and nothing is said */
    REPAIRED, /* nothing is amiss, and something is said */
    COUNTED,  /* what is amiss is counted */
    TORN,     /* it is said, as what a power cut may have left */
    REFUSED,  /* the mount fails */
    SILENT,
    OUTCOMES
};

static unsigned long rows[ROW_PLACES][KINDS][OUTCOMES];
static unsigned long unforeseen;
static char page[PAGE_MAX];
static size_t page_len;

static const struct run_size sizes[IMAGES] = {
    {512U, 6U, 1U, 40U, 96U}, {512U, 8U, 16U, 40U, 96U}, {1024U, 6U, 32U, 90U, 96U}};

static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(page + page_len, sizeof page - page_len, format, args);
    va_end(args);
    page_len += n > 0 ? (size_t)n : 0U;
    if (page_len >= sizeof page) {
        page_len = sizeof page - 1U;
    }
}

/* ---- one trial ---- */

static const char *row_words(unsigned place)
{
    static const char *const blocks[] = {"newest block", "another block in use",
                                         "a block not in use"};
    return place < (unsigned)PLACE_COUNT ? place_words((enum place)place)
                                         : blocks[place - (unsigned)PLACE_COUNT];
}

static struct run run;
static struct faulty before;
static struct ledger ledger;
static struct places places;

/* One that is back may stand for one that is gone. */
static bool is_counted(uint32_t lost, const struct ledger_verdict *v, bool exact)
{
    return exact ? lost == v->missing || lost + v->back == v->missing
                 : lost + v->back >= v->missing;
}

static enum outcome judge(const struct run_told *told, const struct ledger_verdict *v, bool exact)
{
    uint32_t wrong = v->missing + v->back + v->values;
    if (v->fault != NULL) {
        return SILENT;
    }
    if (wrong == 0U) {
        return told->any ? REPAIRED : UNHURT;
    }
    if (told->counted && is_counted(told->lost, v, exact)) {
        return COUNTED;
    }
    return told->torn ? TORN : SILENT;
}

/* The newest block may look as if it had never been opened, or what stands last in it as if it had
 * never been written: FORMAT.md says so. */
static bool may_be_silent(unsigned place, enum kind kind, uint32_t block)
{
    if (place == (unsigned)BLOCK_NEWEST) {
        return kind == KIND_OLD || kind == KIND_HALF_2 || faulty_is_blank(&run.device, block);
    }
    return place == (unsigned)PLACE_LAST && kind == KIND_ONES;
}

static void try_it(unsigned place, enum kind kind, const struct spot *spot)
{
    bool exact = place < (unsigned)PLACE_COUNT || kind == KIND_WIPED;
    enum outcome outcome = REFUSED;
    struct ledger_verdict v = {NULL, 0U, 0U, 0U, 0U};
    (void)memcpy(run.device.durable, run.device.now, sizeof run.device.now);
    faulty_restart(&run.device, false);
    struct run_told told = run_mount(&run);
    if (told.err == NVT_OK) {
        v = ledger_check(&run.ledger, &run.spool, false);
        outcome = judge(&told, &v, exact);
    }
    rows[place][kind][outcome]++;
    if (outcome == SILENT && !may_be_silent(place, kind, spot->block)) {
        unforeseen++;
        if (unforeseen <= 20U) {
            (void)fprintf(stderr,
                          "silent: %s, %s, block %u, offset %u: %s (missing %u, back %u, values "
                          "%u, lost %u)\n",
                          row_words(place), kind_words[kind], (unsigned)spot->block,
                          (unsigned)spot->offset, v.fault == NULL ? "" : v.fault,
                          (unsigned)v.missing, (unsigned)v.back, (unsigned)v.values,
                          (unsigned)told.lost);
        }
    }
    faulty_copy(&run.device, &before);
    ledger_copy(&run.ledger, &ledger);
}

/* ---- places ---- */

static uint8_t *at(uint32_t block, uint32_t offset)
{
    return run.device.now + (size_t)block * run.size->block_size + offset;
}

/* The second copy of a head is hit as the first was. */
static void repeat(const struct spot *spot)
{
    uint32_t unit = run.size->prog_size < 4U ? 4U : run.size->prog_size;
    uint32_t second = (NVT_SPOOL_HEAD_LEN + unit - 1U) / unit * unit;
    if (spot->place == PLACE_HEAD_BOTH) {
        (void)memcpy(at(spot->block, second), at(spot->block, 0U), NVT_SPOOL_HEAD_LEN);
    }
}

static void try_bits(const struct spot *spot)
{
    for (uint32_t i = 0; i < spot->len; i++) {
        for (unsigned bit = 0; bit < 8U; bit++) {
            *at(spot->block, spot->offset + i) ^= (uint8_t)(1U << bit);
            repeat(spot);
            try_it((unsigned)spot->place, KIND_BIT, spot);
        }
    }
}

/* The same bits for each place, near its byte and within it. */
static void try_more_bits(const struct spot *spot, enum kind kind)
{
    unsigned bits = kind == KIND_BITS_2 ? 2U : 3U;
    for (uint32_t i = 0; i < spot->len; i++) {
        for (unsigned bit = 0; bit < bits; bit++) {
            uint32_t byte = (i + bit * (i % 7U)) % spot->len;
            *at(spot->block, spot->offset + byte) ^= (uint8_t)(1U << ((i * 5U + bit * 3U) % 8U));
        }
        repeat(spot);
        try_it((unsigned)spot->place, kind, spot);
    }
}

static void try_bytes(const struct spot *spot, enum kind kind, int value)
{
    uint8_t *bytes = at(spot->block, spot->offset);
    (void)memset(bytes, value, spot->len);
    repeat(spot);
    if (memcmp(run.device.now, before.now, (size_t)run.size->block_size * run.size->block_count) !=
        0) {
        try_it((unsigned)spot->place, kind, spot);
    }
}

static void try_spot(const struct spot *spot)
{
    try_bits(spot);
    try_more_bits(spot, KIND_BITS_2);
    try_more_bits(spot, KIND_BITS_3);
    try_bytes(spot, KIND_ONES, 0xFF);
    try_bytes(spot, KIND_ZEROS, 0);
}

static void try_block(uint32_t block)
{
    const struct spot spot = {PLACE_FREE, block, 0U, run.size->block_size};
    unsigned place = BLOCK_OTHER;
    if (block == places.newest) {
        place = BLOCK_NEWEST;
    } else if (!places.in_use[block]) {
        place = BLOCK_FREE;
    } else {
        /* one that others follow */
    }
    for (enum kind kind = KIND_PLACES; kind < KINDS; kind = (enum kind)(kind + 1)) {
        enum faulty_damage how = (enum faulty_damage)(FAULTY_WIPED + (kind - KIND_PLACES));
        if (faulty_damage(&run.device, how, block, 0U)) {
            try_it(place, kind, &spot);
        }
    }
}

/* ---- images ---- */

/* A spool that has been round a few times, with entries of all kinds in it, was cut and mounted. */
static bool make_image(unsigned which)
{
    if (!run_init(&run, &sizes[which], which + 1U, 1U + which * (uint32_t)LEDGER_MAX)) {
        return false;
    }
    for (unsigned i = 0; i < (unsigned)STEPS + 137U * which; i++) {
        run_step(&run);
    }
    run.device.tear = FAULTY_NOISE;
    run_restart(&run, true);
    run.device.violation = NULL;
    faulty_copy(&before, &run.device);
    ledger_copy(&ledger, &run.ledger);
    return run.fault == NULL && places_find(&places, &run);
}

static bool try_image(unsigned which)
{
    if (!make_image(which)) {
        (void)fprintf(stderr, "no image: %s\n", run.fault == NULL ? "audit" : run.fault);
        return false;
    }
    for (uint32_t i = 0; i < places.count; i++) {
        try_spot(&places.spots[i]);
    }
    for (uint32_t b = 0; b < run.size->block_count; b++) {
        try_block(b);
    }
    return true;
}

/* ---- the page ---- */

static void print_row(unsigned place, enum kind kind)
{
    const unsigned long *o = rows[place][kind];
    unsigned long sum = 0;
    for (unsigned i = 0; i < (unsigned)OUTCOMES; i++) {
        sum += o[i];
    }
    if (sum > 0U) {
        say("| %s | %s | %lu | %lu | %lu | %lu | %lu | %lu | %lu | %lu |\n", row_words(place),
            kind_words[kind], sum, sum - o[UNHURT] - o[SILENT], o[UNHURT], o[REPAIRED], o[COUNTED],
            o[TORN], o[REFUSED], o[SILENT]);
    }
}

static void print_page(void)
{
    say("# What damage does to a spool\n\n"
        "Made by `make spool-damage`; `make test` compares it. Spools of %d geometries, as random "
        "runs left\nthem, are damaged in one place at a time and mounted. Of the trials:\n\n"
        "- *found*: the mount says that something is amiss (`repaired`, `torn`, `damaged`, `lost` "
        "of\n  `nvt_spool_info`, or an error);\n"
        "- *unhurt*: nothing is missing or changed, and nothing is said;\n"
        "- *repaired*: nothing is missing or changed, and the damage is reported;\n"
        "- *counted*: entries or values are gone, or settled entries are back; `damaged` says so, "
        "and `lost`\n  is how many entries are gone (exactly, for damage to one record or a wiped "
        "block; one\n  that is back may hide one that is gone);\n"
        "- *torn*: the same, reported as what a power cut may have left;\n"
        "- *refused*: the mount fails with an error;\n"
        "- *silent*: something is gone, back or changed, and nothing is said. "
        "`src/spool/FORMAT.md` names\n  those that no format could see.\n\n"
        "| place | kind | tried | found | unhurt | repaired | counted | torn | refused | silent "
        "|\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        IMAGES);
    for (unsigned place = 0; place < (unsigned)ROW_PLACES; place++) {
        for (enum kind kind = KIND_BIT; kind < KINDS; kind = (enum kind)(kind + 1)) {
            print_row(place, kind);
        }
    }
}

static bool is_page(const char *name)
{
    static char known[PAGE_MAX];
    FILE *f = fopen(name, "rb");
    size_t len = f == NULL ? 0U : fread(known, 1, sizeof known, f);
    if (f != NULL) {
        (void)fclose(f);
    }
    return len == page_len && memcmp(known, page, len) == 0;
}

int main(int argc, char **argv)
{
    bool good = true;
    for (unsigned i = 0; i < (unsigned)IMAGES; i++) {
        good = try_image(i) && good;
    }
    print_page();
    if (argc < 2) {
        (void)fputs(page, stdout);
        return good && unforeseen == 0U ? 0 : 1;
    }
    bool same = is_page(argv[1]);
    if (!same) {
        (void)printf("%s is not what a run prints now: make spool-damage\n", argv[1]);
    }
    (void)printf("silent, and not named in FORMAT.md: %lu\n", unforeseen);
    good = good && same && unforeseen == 0U;
    (void)printf("%d passed, %d failed\n", good ? 1 : 0, good ? 0 : 1);
    return good ? 0 : 1;
}
