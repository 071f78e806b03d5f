/* SPDX-License-Identifier: Apache-2.0 */
/* An answer's body on its way to standard output or a file, piece by piece. */
#include "receive.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int complain(const struct receive *r, bool json)
{
    return fail(json, CLI_INPUT, NVT_E_SINK,
                "%s cannot be written (%s): check the disk and its mode",
                r->path == NULL ? "standard output" : r->path, strerror(errno));
}

/* A device or a pipe is written to: no file may take the place of /dev/null. */
static bool is_special(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int open_part(struct receive *r)
{
    int n = snprintf(r->part, sizeof r->part, "%s.%ld.part", r->path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof r->part) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(r->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
}

int receive_open(struct receive *r, const char *path, bool json)
{
    (void)memset(r, 0, sizeof *r);
    if (path == NULL || strcmp(path, "-") == 0) {
        r->file = stdout;
        return CLI_OK;
    }
    r->path = path;
    int fd = is_special(path) ? open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY) : open_part(r);
    r->file = fd < 0 ? NULL : fdopen(fd, "wb");
    return r->file == NULL ? complain(r, json) : CLI_OK;
}

/* People who watch a pipe want to see what is there. */
nvt_err receive_piece(void *ctx, struct nvt_span piece)
{
    struct receive *r = (struct receive *)ctx;
    r->bytes += piece.len;
    bool ok = fwrite(piece.ptr, 1U, piece.len, r->file) == piece.len &&
              (r->path != NULL || fflush(r->file) == 0);
    return ok ? NVT_OK : NVT_E_SINK;
}

int receive_close(struct receive *r, bool whole, int code, bool json)
{
    if (r->path == NULL) {
        bool written = fflush(stdout) == 0 && ferror(stdout) == 0;
        return written || code != CLI_OK ? code : complain(r, json);
    }
    if (r->file == NULL) {
        return code;
    }
    bool ok = fclose(r->file) == 0;
    r->file = NULL;
    if (whole && ok && (r->part[0] == '\0' || rename(r->part, r->path) == 0)) {
        return code;
    }
    int kept = errno;
    if (r->part[0] != '\0') {
        (void)unlink(r->part);
    }
    errno = kept;
    return whole ? complain(r, json) : code;
}
