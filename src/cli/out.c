/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One JSON object on standard output, by the library's own writer. Secrets are taken out value by
 * value: it stays JSON, and its names stay readable, whatever a secret is.
 */
#include "cli.h"

static struct nvt_json_writer writer;
static struct nvt_buf buf;
static uint8_t mem[262144];
static uint8_t masked_mem[262144];

/* Without secrets; empty when there is no room for it. */
static struct nvt_span masked(struct nvt_span text)
{
    struct nvt_buf b;
    nvt_buf_init(&b, masked_mem, sizeof masked_mem);
    mask_put(&b, text);
    return b.overflow ? NVT_LIT("") : nvt_buf_span(&b);
}

static void put_name(const char *name)
{
    if (name != NULL) {
        nvt_json_name(&writer, nvt_span_str(name));
    }
}

void out_begin(void)
{
    nvt_buf_init(&buf, mem, sizeof mem);
    nvt_json_writer_init(&writer, &buf);
    nvt_json_begin_object(&writer);
}

/* What is not UTF-8 (a file name, say) must not cost us the whole object. */
void out_str(const char *name, const char *value)
{
    put_name(name);
    if (nvt_utf8_check(nvt_span_str(value)) == NVT_OK) {
        nvt_json_put_str(&writer, masked(nvt_span_str(value)));
    } else {
        nvt_json_put_str(&writer, NVT_LIT("(not UTF-8)"));
    }
}

void out_int(const char *name, int64_t value)
{
    put_name(name);
    nvt_json_put_int(&writer, value);
}

void out_bool(const char *name, bool value)
{
    put_name(name);
    nvt_json_put_bool(&writer, value);
}

/* A number may be a secret: then nothing of the value is shown. */
void out_raw(const char *name, struct nvt_span json)
{
    put_name(name);
    if (json.len == 0U || nvt_json_check(json, NULL) != NVT_OK) {
        nvt_json_put_null(&writer);
        return;
    }
    struct nvt_span shown = masked(json);
    if (nvt_json_check(shown, NULL) == NVT_OK) {
        nvt_json_put_raw(&writer, shown);
    } else {
        nvt_json_put_str(&writer, NVT_LIT("***"));
    }
}

void out_span(const char *name, struct nvt_span raw_string)
{
    static uint8_t quoted[8192];
    struct nvt_buf b;
    nvt_buf_init(&b, quoted, sizeof quoted);
    nvt_buf_put_byte(&b, (uint8_t)'"');
    nvt_buf_put(&b, raw_string);
    nvt_buf_put_byte(&b, (uint8_t)'"');
    out_raw(name, b.overflow ? NVT_LIT("") : nvt_buf_span(&b));
}

void out_open_array(const char *name)
{
    put_name(name);
    nvt_json_begin_array(&writer);
}

void out_open_object(const char *name)
{
    put_name(name);
    nvt_json_begin_object(&writer);
}

void out_close_array(void)
{
    nvt_json_end_array(&writer);
}

void out_close_object(void)
{
    nvt_json_end_object(&writer);
}

void out_end(void)
{
    nvt_json_end_object(&writer);
    nvt_err err = nvt_json_writer_end(&writer);
    if (err == NVT_OK) {
        (void)fwrite(mem, 1U, nvt_buf_span(&buf).len, stdout);
        (void)fputc('\n', stdout);
    } else {
        say("the JSON output could not be made: %s", nvt_err_text(err));
    }
}
