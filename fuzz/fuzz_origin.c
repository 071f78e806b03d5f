/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The base URL. What is accepted consists of host, port and path alone, can be written again, and
 * then reads as the same; what is refused leaves the object alone.
 */
#include <navette/conn.h>

#include <stdlib.h>

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool same(const struct nvt_origin *a, const struct nvt_origin *b)
{
    return strcmp(a->host, b->host) == 0 && a->port == b->port &&
           strcmp(a->base_path, b->base_path) == 0;
}

/* Nothing in it can end a line, start a user's name, a query or a fragment, or go unseen. */
static void check_text(const char *text, const char *marks)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        unsigned c = (uint8_t)text[i];
        bool alnum = (c | 0x20U) - (unsigned)'a' < 26U || c - (unsigned)'0' < 10U;
        require(alnum || strchr(marks, (int)c) != NULL);
    }
}

static void check_origin(const struct nvt_origin *o)
{
    size_t path_len = strlen(o->base_path);
    require(memchr(o->host, 0, sizeof o->host) != NULL && o->host[0] != '\0' && o->port != 0U);
    require(path_len < sizeof o->base_path);
    require(path_len == 0U || (o->base_path[0] == '/' && o->base_path[path_len - 1U] != '/'));
    check_text(o->host, ".-_:");
    check_text(o->base_path, "/-._~!$&'()*+,;=:@%");
}

static void check_written(const struct nvt_origin *o)
{
    uint8_t mem[NVT_HOST_CAP + NVT_BASE_PATH_CAP + 24];
    struct nvt_origin again;
    struct nvt_buf b;
    nvt_buf_init(&b, mem, sizeof mem);
    nvt_buf_put(&b, NVT_LIT("https://"));
    nvt_origin_put_authority(&b, o);
    nvt_buf_put(&b, nvt_span_str(o->base_path));
    require(nvt_buf_err(&b) == NVT_OK);
    require(nvt_origin_parse(nvt_buf_span(&b), &again) == NVT_OK);
    require(same(o, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nvt_origin before;
    struct nvt_origin o;
    memset(&before, 0x5A, sizeof before);
    o = before;
    nvt_err err = nvt_origin_parse(nvt_span_of(data, size), &o);
    if (err == NVT_OK) {
        check_origin(&o);
        check_written(&o);
    } else {
        require(err == NVT_E_URL || err == NVT_E_URL_PLAIN);
        require(memcmp(&before, &o, sizeof o) == 0);
    }
    return 0;
}
