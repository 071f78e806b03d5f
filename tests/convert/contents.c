/* SPDX-License-Identifier: Apache-2.0 */
/* What a spool holds, as its library reads it: contents FILE BLOCK_SIZE BLOCK_COUNT PROG_SIZE */
#include "contents.h"

#include <navette/ram.h>

static uint8_t buffer[1048576], window[131072];
static struct nvt_spool_entry picks[64];
static struct nvt_spool spool;

static unsigned number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 10);
}

static uint8_t *read_image(const char *path, size_t size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *mem = (uint8_t *)malloc(size);
    if (f == NULL || mem == NULL || fread(mem, 1U, size, f) != size) {
        (void)fprintf(stderr, "contents: %s cannot be read\n", path);
        exit(1);
    }
    (void)fclose(f);
    return mem;
}

int main(int argc, char **argv)
{
    struct nvt_ram ram;
    if (argc != 5) {
        return 2;
    }
    uint32_t block_size = number(argv[2]);
    uint8_t *mem = read_image(argv[1], (size_t)block_size * number(argv[3]));
    /* The head of a block of format 2 holds the window. */
    bool small = block_size < 1024U && NVT_SPOOL_HEAD_LEN == 48U;
    const struct nvt_spool_config config = {.device = &ram.device,
                                            .buffer = buffer,
                                            .buffer_cap = sizeof buffer,
                                            .window = window,
                                            .window_len = small ? 128U : 32768U,
                                            .picks = picks,
                                            .pick_cap = 64U};
    nvt_err err = nvt_ram_init(&ram, mem, block_size, number(argv[3]), number(argv[4]));
    if (err == NVT_OK) {
        err = nvt_spool_mount(&spool, &config);
    }
    if (err == NVT_OK) {
        err = put_contents(stdout, &spool);
    }
    if (err != NVT_OK) {
        (void)fprintf(stderr, "contents: %s: %s\n", argv[1], nvt_err_text(err));
    }
    free(mem);
    return err == NVT_OK ? 0 : 1;
}
