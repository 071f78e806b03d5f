/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files a dossier has. Whatever the stored query tells of a file has the same members
 * wherever it stands (champs, annotations, messages, avis, motivation, attestation, companies), so
 * that every object with a name and an address is one.
 */
#include "attachments.h"

#include <stdlib.h>

#define DEPTH 16U

/* An object or list on the way down. */
struct level {
    struct nvt_span rest, name;
    bool list;
    int index; /* of its item under way */
};

struct descent {
    struct level level[DEPTH];
    unsigned depth;
};

/* ---- texts ---- */

/* A string without quotes and escapes, in memory of its own; NULL when value is none. */
static char *text_of(struct nvt_span value)
{
    struct nvt_buf b;
    uint8_t mem[4];
    if (value.len < 2U || value.ptr[0] != (uint8_t)'"') {
        return NULL;
    }
    char *out = (char *)malloc(value.len);
    struct nvt_span raw = nvt_span_of(value.ptr + 1, value.len - 2U);
    nvt_buf_init(&b, out, out == NULL ? 0U : value.len - 1U);
    while (raw.len > 0U && out != NULL) {
        nvt_buf_put(&b, nvt_json_str_piece(&raw, mem));
    }
    if (out != NULL) {
        out[b.len] = '\0';
    }
    return out;
}

static void copy_text(struct nvt_span value, char *out, size_t cap)
{
    char *text = text_of(value);
    (void)snprintf(out, cap, "%s", text == NULL ? "" : text);
    free(text);
}

/* A number, or a text that is one: the query gives the large one under the small one's name. */
static uint64_t size_of(struct nvt_span file)
{
    char text[24];
    uint64_t size = 0;
    struct nvt_span value = nvt_demarches_find(file, "byteSize");
    if (value.len == 0U) {
        value = nvt_demarches_find(file, "byteSizeBigInt");
    }
    copy_text(value, text, sizeof text);
    (void)nvt_u64_parse(text[0] == '\0' ? value : nvt_span_str(text), UINT64_MAX, &size);
    return size;
}

static enum scan scan_of(struct nvt_span result, char *said, size_t cap)
{
    char *text = text_of(result);
    mask_copy(said, cap, nvt_span_str(text == NULL ? "" : text)); /* it is told */
    free(text);
    if (said[0] == '\0' || strcmp(said, "safe") == 0) {
        return SCAN_SAFE;
    }
    return strcmp(said, "pending") == 0 ? SCAN_PENDING : SCAN_BAD;
}

/* ---- one file ---- */

/* "champs[2]" of one level; it is cut when there is no room. */
static size_t put_level(const struct level *l, char *out, size_t cap, bool first)
{
    char index[16] = "";
    if (l->list) {
        (void)snprintf(index, sizeof index, "[%d]", l->index);
    }
    int n = snprintf(out, cap, "%s%.*s%s", first || l->name.len == 0U ? "" : ".", (int)l->name.len,
                     l->name.len == 0U ? "" : (const char *)l->name.ptr, index);
    return n > 0 && (size_t)n < cap ? (size_t)n : 0U;
}

static void put_place(const struct descent *d, char *out, size_t cap)
{
    size_t n = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < d->depth; i++) {
        n += put_level(&d->level[i], out + n, cap - n, n == 0U);
    }
}

static void fill(struct attachment *a, struct nvt_span file, const struct descent *d)
{
    (void)memset(a, 0, sizeof *a);
    a->name = text_of(nvt_demarches_find(file, "filename"));
    a->url = text_of(nvt_demarches_find(file, "url"));
    copy_text(nvt_demarches_find(file, "checksum"), a->sum, sizeof a->sum);
    a->scan =
        scan_of(nvt_demarches_find(file, "virusScanResult"), a->scan_said, sizeof a->scan_said);
    a->size = size_of(file);
    put_place(d, a->place, sizeof a->place);
}

static void empty(struct attachment *a)
{
    free(a->name);
    free(a->url);
}

const struct attachment *attachments_same(const struct attachments *all,
                                          const struct attachment *one)
{
    const struct attachment *found = NULL;
    for (size_t i = 0; i < all->count && found == NULL; i++) {
        const struct attachment *a = &all->item[i];
        bool same = strcmp(a->name, one->name) == 0 && strcmp(a->sum, one->sum) == 0 &&
                    a->size == one->size;
        found = same ? a : NULL;
    }
    return found;
}

/* A columns' member tells the champ's files once more. */
static bool add(struct attachments *all, struct nvt_span file, const struct descent *d)
{
    struct attachment one;
    fill(&one, file, d);
    if (one.name == NULL || one.url == NULL || attachments_same(all, &one) != NULL) {
        empty(&one);
        return true;
    }
    if (all->count == all->cap) {
        size_t cap = all->cap * 2U + 16U;
        void *more = realloc(all->item, cap * sizeof all->item[0]);
        if (more == NULL) {
            empty(&one);
            return false;
        }
        all->item = (struct attachment *)more;
        all->cap = cap;
    }
    all->item[all->count] = one;
    all->count++;
    return true;
}

/* ---- all of them ---- */

static bool is_file(struct nvt_span value)
{
    return value.ptr[0] == (uint8_t)'{' && nvt_demarches_find(value, "url").len > 0U &&
           nvt_demarches_find(value, "filename").len > 0U;
}

static void go_down(struct descent *d, struct nvt_span name, struct nvt_span value)
{
    struct level *l = &d->level[d->depth];
    l->rest = value;
    l->name = name;
    l->list = value.ptr[0] == (uint8_t)'[';
    l->index = -1;
    d->depth++;
}

/* The demarche's own files (templates of what is to be handed in) are none of the dossier's. */
static bool is_of_demarche(const struct descent *d, struct nvt_span name)
{
    return d->depth == 1U && nvt_span_eq(name, NVT_LIT("demarche"));
}

static bool take_value(struct attachments *all, struct descent *d, struct nvt_span name,
                       struct nvt_span value)
{
    bool ok = true;
    bool open = value.ptr[0] == (uint8_t)'{' || value.ptr[0] == (uint8_t)'[';
    if (is_of_demarche(d, name) || !open || d->depth == DEPTH) {
        return true;
    }
    go_down(d, name, value);
    if (is_file(value)) {
        ok = add(all, value, d);
        d->depth--;
    }
    return ok;
}

bool attachments_take(struct attachments *all, struct nvt_span dossier)
{
    struct descent d;
    struct nvt_span name;
    struct nvt_span value;
    bool ok = true;
    (void)memset(&d, 0, sizeof d);
    go_down(&d, NVT_LIT(""), dossier);
    while (ok && d.depth > 0U) {
        struct level *l = &d.level[d.depth - 1U];
        if (nvt_demarches_walk(&l->rest, &name, &value)) {
            l->index++;
            ok = take_value(all, &d, name, value);
        } else {
            d.depth--;
        }
    }
    return ok;
}

void attachments_free(struct attachments *all)
{
    for (size_t i = 0; i < all->count; i++) {
        empty(&all->item[i]);
    }
    free(all->item);
    (void)memset(all, 0, sizeof *all);
}
