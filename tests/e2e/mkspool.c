/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the image of a spool: mkspool FILE BLOCK_SIZE BLOCK_COUNT PROG_SIZE [go-on] <LINES
 * What FILE holds already stays below it, as it does on a device that is formatted anew; with
 * go-on it is the spool that is gone on with.
 *     append DUE|- TEXT          an entry; \xHH in TEXT is a byte
 *     settle STATE STATUS TEXT   the most urgent entry: 1 delivered, 2 refused, 3 expired
 *     value KEY TEXT
 *     place                      prints where the next record would stand: "block offset"
 */
#include <navette/ram.h>
#include <navette/spool.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t buffer[131072], window[NVT_SPOOL_WINDOW_LEN(1024, 32768)];
static struct nvt_spool_entry picks[64];
static struct nvt_spool spool;

static unsigned number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 10);
}

static struct nvt_span bytes_of(char *text)
{
    size_t len = 0;
    for (const char *at = text; *at != '\0'; len++) {
        if (at[0] == '\\' && at[1] == 'x') {
            const char hex[3] = {at[2], at[3], '\0'};
            text[len] = (char)strtoul(hex, NULL, 16);
            at += 4;
        } else {
            text[len] = *at;
            at++;
        }
    }
    return nvt_span_of(text, len);
}

/* The next word of the line, cut out; the rest when last. */
static char *word(char **line, bool last)
{
    char *start = *line;
    size_t len = last ? strlen(start) : strcspn(start, " ");
    *line = start[len] == '\0' ? start + len : start + len + 1;
    start[len] = '\0';
    return start;
}

static nvt_err append(char *line)
{
    uint32_t id = 0;
    const char *due = word(&line, false);
    return nvt_spool_append(&spool, bytes_of(line), due[0] == '-' ? UINT32_MAX : number(due), &id);
}

static nvt_err settle(char *line)
{
    static uint8_t mem[65536];
    struct nvt_buf out;
    struct nvt_spool_entry e;
    unsigned state = number(word(&line, false));
    unsigned status = number(word(&line, false));
    nvt_buf_init(&out, mem, sizeof mem);
    nvt_err err = nvt_spool_pick(&spool, &out, &e);
    return err != NVT_OK ? err
                         : nvt_spool_settle(&spool, e.id, (enum nvt_spool_state)state,
                                            (uint16_t)status, nvt_span_str(line));
}

static nvt_err value(char *line)
{
    unsigned key = number(word(&line, false));
    return nvt_spool_put_value(&spool, (uint8_t)key, nvt_span_str(line));
}

static nvt_err run(char *line)
{
    const char *what = word(&line, false);
    if (strcmp(what, "append") == 0) {
        return append(line);
    }
    if (strcmp(what, "settle") == 0) {
        return settle(line);
    }
    if (strcmp(what, "value") == 0) {
        return value(line);
    }
    (void)printf("%u %u\n", spool.ring.newest.block, spool.ring.newest.end);
    return NVT_OK;
}

static nvt_err run_all(void)
{
    static char line[70000];
    nvt_err err = NVT_OK;
    while (err == NVT_OK && fgets(line, (int)sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        err = run(line);
    }
    return err;
}

static void read_image(const char *path, uint8_t *mem, size_t size)
{
    FILE *f = fopen(path, "rb");
    (void)memset(mem, 0xFF, size);
    if (f != NULL) {
        (void)fread(mem, 1U, size, f);
        (void)fclose(f);
    }
}

static bool write_image(const char *path, const uint8_t *mem, size_t size)
{
    FILE *f = fopen(path, "wb");
    bool ok = f != NULL && fwrite(mem, 1U, size, f) == size;
    return f != NULL && fclose(f) == 0 && ok;
}

int main(int argc, char **argv)
{
    struct nvt_ram ram;
    if (argc < 5) {
        return 2;
    }
    size_t size = (size_t)number(argv[2]) * number(argv[3]);
    uint8_t *mem = (uint8_t *)malloc(size);
    if (mem == NULL) {
        return 1;
    }
    read_image(argv[1], mem, size);
    nvt_err err = nvt_ram_init(&ram, mem, number(argv[2]), number(argv[3]), number(argv[4]));
    const struct nvt_spool_config config = {&ram.device,   buffer, sizeof buffer, window,
                                            sizeof window, picks,  64U,           0U};
    if (err == NVT_OK) {
        err = argc > 5 ? nvt_spool_mount(&spool, &config) : nvt_spool_format(&spool, &config);
    }
    if (err == NVT_OK) {
        err = run_all();
    }
    if (err != NVT_OK) {
        (void)fprintf(stderr, "mkspool: %s\n", nvt_err_text(err));
    }
    bool written = write_image(argv[1], mem, size);
    free(mem);
    return err == NVT_OK && written ? 0 : 1;
}
