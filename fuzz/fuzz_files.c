/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command's configuration, and files of journeys line by line. Settings are in their ranges or
 * refused with one complaint; every byte of a file belongs to one line, which is handed on whole,
 * trimmed, or marked as too long.
 */
#include "../src/cli/serve.h"
#include "cli_stand.h"

static bool ends_within(const char *text, size_t cap)
{
    return memchr(text, 0, cap) != NULL;
}

static void check_settings(const struct settings *s)
{
    require(ends_within(s->base_url, sizeof s->base_url) && s->ca_file[0] != '\0');
    require(ends_within(s->ca_file, sizeof s->ca_file));
    require(ends_within(s->token_file, sizeof s->token_file));
    require(ends_within(s->token_url, sizeof s->token_url));
    require(ends_within(s->scope, sizeof s->scope));
    require(s->timeout_s >= 1U && s->timeout_s <= 86400U);
    require(s->pin_count <= NVT_TLS_PINS_MAX);
}

static void try_serve(const struct settings *general, const struct args *a)
{
    static struct serve_settings s;
    int code = serve_settings_load(&s, general, a);
    require(stand_complaints() == (code == CLI_OK ? 0U : 1U));
    if (code == CLI_OK) {
        require(ends_within(s.spool_file, sizeof s.spool_file) && s.spool_file[0] != '\0');
        require(ends_within(s.socket_path, sizeof s.socket_path));
        require(s.connections >= 1U && s.connections <= SERVE_LANES_MAX);
        require(s.spool_mib >= 1U && s.stop_s >= 1U && s.scan_s >= 1U);
        require((s.socket_mode & ~0777U) == 0U);
    } else {
        require(code == CLI_CONFIG);
    }
}

static void try_settings(const char *path, const struct nvt_profile *system)
{
    static struct settings s;
    static struct settings again;
    struct args a = {.config = path};
    int code = settings_load(&s, system, &a);
    if (code == CLI_OK) {
        check_settings(&s);
        require(stand_complaints() == 0U);
        try_serve(&s, &a);
    } else {
        require(code == CLI_CONFIG && stand_complaints() == 1U);
        require(stand_message[0] != '\0');
    }
    /* Nothing is kept from one file to the next. */
    require(settings_load(&again, system, &a) == code);
    require(strcmp(s.base_url, again.base_url) == 0 && s.timeout_s == again.timeout_s);
    (void)stand_complaints();
}

static bool is_trimmed(const struct lines *l)
{
    return strchr(" \t\r", l->text[0]) == NULL &&
           (strchr(" \t\r", l->text[l->len - 1U]) == NULL || l->text[l->len - 1U] == '\0');
}

static void check_line(const struct lines *l)
{
    require(l->len > 0U && l->len <= CLI_LINE_MAX && l->text[l->len] == '\0');
    require(memchr(l->text, '\n', l->len) == NULL);
    require(l->text[0] == '\0' || is_trimmed(l));
    require(l->peak >= l->len);
}

static unsigned long count_lines(const uint8_t *data, size_t size)
{
    unsigned long n = size > 0U && data[size - 1U] != (uint8_t)'\n' ? 1U : 0U;
    for (size_t i = 0; i < size; i++) {
        n += data[i] == (uint8_t)'\n' ? 1U : 0U;
    }
    return n;
}

static void try_lines(const char *path, const uint8_t *data, size_t size)
{
    static struct lines l;
    unsigned long number = 0;
    require(lines_open(&l, path, false) == CLI_OK && l.size == size);
    while (lines_next(&l)) {
        check_line(&l);
        require(l.number > number && l.offset <= size);
        number = l.number;
    }
    require(!l.failed && l.offset == size && l.number == count_lines(data, size));
    lines_close(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = stand_file(data, size);
    for (size_t i = 0; nvt_profiles[i] != NULL; i++) {
        try_settings(path, nvt_profiles[i]);
    }
    try_lines(path, data, size);
    return 0;
}
