/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file name that somebody else chose, made one that is safe in a folder of ours, on any system
 * that may read it later: no way out of the folder, nothing hidden, nothing that a terminal, a
 * shell or Windows takes for something else.
 */
#include "attachments.h"

#define EXTENSION_MAX 16U
#define NAME_MAX_READ 4096U /* of what is longer only the front */

/* Invisible, or turning the direction of what follows: "gpj.exe" would show as "exe.jpg". */
static bool is_trick(uint32_t c)
{
    return (c >= 0x200BU && c <= 0x200FU) || (c >= 0x2028U && c <= 0x202EU) ||
           (c >= 0x2060U && c <= 0x206FU) || c == 0xFEFFU || c == 0x061CU;
}

static bool is_bad(uint32_t c)
{
    return c < 0x20U || (c >= 0x7FU && c <= 0x9FU) || is_trick(c) ||
           (c < 0x80U && strchr("/\\<>:\"|?*", (int)c) != NULL);
}

static void put_clean(struct nvt_buf *b, struct nvt_span name)
{
    uint32_t c = 0;
    while (name.len > 0U) {
        if (nvt_utf8_next(&name, &c) != NVT_OK) {
            nvt_buf_put_byte(b, (uint8_t)'_');
            name = nvt_span_drop(name, 1U);
        } else if (is_bad(c)) {
            nvt_buf_put_byte(b, (uint8_t)'_');
        } else {
            nvt_utf8_put(b, c);
        }
    }
}

/* Where the last extension begins, the end when it has none of a usual length. */
static size_t extension_at(struct nvt_span name)
{
    size_t at = name.len;
    for (size_t i = 1U; i < name.len; i++) {
        at = name.ptr[i] == (uint8_t)'.' ? i : at;
    }
    return name.len - at <= EXTENSION_MAX ? at : name.len;
}

/* CON, PRN, AUX, NUL, COM1 to COM9 and LPT1 to LPT9 are devices, whatever extension follows. */
static bool is_device(struct nvt_span name)
{
    static const char *const names[] = {"CON", "PRN", "AUX", "NUL"};
    size_t len = 0;
    while (len < name.len && name.ptr[len] != (uint8_t)'.' && name.ptr[len] != (uint8_t)' ') {
        len++;
    }
    struct nvt_span stem = nvt_span_of(name.ptr, len);
    struct nvt_span front = nvt_span_of(name.ptr, len < 3U ? len : 3U);
    bool found =
        len == 4U && stem.ptr[3] >= (uint8_t)'1' && stem.ptr[3] <= (uint8_t)'9' &&
        (nvt_span_eq_nocase(front, NVT_LIT("COM")) || nvt_span_eq_nocase(front, NVT_LIT("LPT")));
    for (size_t i = 0; i < 4U; i++) {
        found = found || nvt_span_eq_nocase(stem, nvt_span_str(names[i]));
    }
    return found;
}

/* Without spaces and dots at the end, which Windows drops, and spaces in front. */
static struct nvt_span trim(struct nvt_span s)
{
    while (s.len > 0U && s.ptr[0] == (uint8_t)' ') {
        s = nvt_span_drop(s, 1U);
    }
    while (s.len > 0U && (s.ptr[s.len - 1U] == (uint8_t)' ' || s.ptr[s.len - 1U] == (uint8_t)'.')) {
        s.len--;
    }
    return s;
}

/* Cut to max bytes in front of its extension, between characters. */
static void put_cut(struct nvt_buf *out, struct nvt_span name, size_t max, const char *number)
{
    size_t dot = extension_at(name);
    struct nvt_span extension = nvt_span_drop(name, dot);
    size_t room = max - extension.len - strlen(number);
    size_t len = dot < room ? dot : room;
    while (len > 0U && len < dot && (name.ptr[len] & 0xC0U) == 0x80U) {
        len--;
    }
    nvt_buf_put(out, nvt_span_of(name.ptr, len));
    nvt_buf_put(out, nvt_span_str(number));
    nvt_buf_put(out, extension);
}

void safe_name(struct nvt_span name, unsigned number, char out[SAFE_NAME_CAP])
{
    uint8_t mem[NAME_MAX_READ];
    char suffix[16] = "";
    struct nvt_buf clean;
    struct nvt_buf b;
    nvt_buf_init(&clean, mem, sizeof mem);
    put_clean(&clean, nvt_span_of(name.ptr, name.len < sizeof mem ? name.len : sizeof mem));
    struct nvt_span text = trim(nvt_buf_span(&clean));
    if (text.len == 0U) {
        text = NVT_LIT("file");
    }
    if (number > 1U) {
        (void)snprintf(suffix, sizeof suffix, " (%u)", number);
    }
    nvt_buf_init(&b, out, SAFE_NAME_CAP - 1U);
    if (text.ptr[0] == (uint8_t)'.' || text.ptr[0] == (uint8_t)'-' || is_device(text)) {
        nvt_buf_put_byte(&b, (uint8_t)'_'); /* hidden, an option, a device */
    }
    put_cut(&b, text, SAFE_NAME_CAP - 2U, suffix);
    out[b.len] = '\0';
}
