/* SPDX-License-Identifier: Apache-2.0 */
/* navette spool convert: a file or a dump of the format before becomes a file of today's. */
#include "spool_convert.h"

#include <navette/posix.h>

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static struct spool_image image;

static void note(const char *text)
{
    say("%s", text);
}

/* Never over what stands there, whoever made it meanwhile. */
static bool put_in_place(const char *made, const char *path)
{
    struct stat st;
    if (link(made, path) == 0) {
        return unlink(made) == 0 && nvt_posix_sync_folder(path);
    }
    bool no_links = errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK;
    return no_links && lstat(path, &st) != 0 && rename(made, path) == 0 &&
           nvt_posix_sync_folder(path);
}

static void tell_text(const struct spool_convert *c, const char *path)
{
    char losses[256];
    (void)printf("%s: %lu entries, %u blocks of %u bytes in units of %u\n", path,
                 (unsigned long)c->old.count, c->made.block_count, c->made.block_size,
                 c->made.prog_size);
    if (spool_convert_losses(c, losses, sizeof losses)) {
        say("%s was damaged: %s", c->name, losses);
    }
}

static void tell_json(const struct spool_convert *c, const char *path, int code)
{
    out_begin();
    out_bool("ok", code == CLI_OK);
    out_int("exit", code);
    out_str("file", path);
    out_int("entries", (int64_t)c->old.count);
    out_int("block_size", c->made.block_size);
    out_int("block_count", c->made.block_count);
    out_int("prog_size", c->made.prog_size);
    out_int("delivered", c->old.delivered);
    out_int("refused", c->old.refused);
    out_int("expired", c->old.expired);
    out_int("lost", (int64_t)c->old.lost);
    out_int("damaged", c->old.damaged);
    out_int("torn", c->old.torn);
    out_int("heads", c->old.heads);
    out_int("unread", c->old.unread);
    out_end();
}

static int convert(const struct args *a, const char *part)
{
    static struct spool_convert c;
    (void)memset(&c, 0, sizeof c);
    c.from = &image.device;
    c.name = a->word[0];
    c.out = part;
    c.json = a->json;
    c.note = note;
    int code = spool_convert(&c);
    bool made = code == CLI_OK || code == CLI_CHECK;
    if (made && !put_in_place(part, a->word[1])) {
        int error = errno;
        (void)unlink(part);
        code = fail(a->json, CLI_INPUT, NVT_E_SPOOL_IO, "%s cannot be made (%s): name another",
                    a->word[1], strerror(error));
    } else if (made && a->json) {
        tell_json(&c, a->word[1], code);
    } else if (made) {
        tell_text(&c, a->word[1]);
    } else {
        /* it has been said */
    }
    spool_convert_end(&c);
    return code;
}

int cmd_spool_convert(const struct args *a)
{
    struct stat st;
    char part[CLI_PATH_CAP];
    int len = snprintf(part, sizeof part, "%s.part", a->word[1]);
    if (len < 0 || (size_t)len >= sizeof part) {
        return fail(a->json, CLI_USAGE, NVT_OK, "the name of the new file is too long");
    }
    if (lstat(a->word[1], &st) == 0) {
        return fail(a->json, CLI_INPUT, NVT_E_STATE, "%s is there already: name a new file",
                    a->word[1]);
    }
    int code = spool_image_open(&image, a->word[0], SPOOL_FORMAT_2, a->offset, a->json);
    if (code == CLI_OK) {
        code = convert(a, part);
        spool_image_close(&image);
    }
    return code;
}
