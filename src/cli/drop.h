/* SPDX-License-Identifier: Apache-2.0 */
/* The drop folder: what its two files share. */
#ifndef NAVETTE_CLI_DROP_H
#define NAVETTE_CLI_DROP_H

#include "serve.h"

/* Room for ".NAME.at" and "NAME.INODE.kept" in the 255 bytes that systems have for a name. */
enum { DROP_NAME_MAX = 224, DROP_PATH_CAP = 256 };

/* Which file a name stands for: another one of the same name starts anew. */
struct drop_id {
    uint64_t ino, size, mtime_ns;
};

/* A file and how far it is dealt with. */
struct drop_ref {
    int dir; /* descriptor of the folder */
    char name[DROP_NAME_MAX + 1];
    struct drop_id id;
    uint64_t at, lines; /* of the file: in the spool, or in the refused file */
    bool keep;          /* one of its lines stands nowhere else */
    bool broken;        /* the rest of it cannot be read */
};

/* The one file under way. */
struct drop_file {
    struct drop_ref ref;
    int fd, refused;               /* descriptors; -1: not open */
    uint64_t taken;                /* bytes that came out of the feed */
    uint64_t marked, marked_lines; /* of ref, when the mark was written last */
    bool ended;                    /* read to its end */
    const char *wrong;             /* why it cannot go on, NULL */
    bool own;                      /* that is its own fault: others can go on */
    unsigned reads;                /* of this step */
    struct serve_feed feed;
    uint8_t mem[SERVE_LINE_CAP]; /* of feed */
};

/* Opens the file where it was left. False: not now (f->wrong says why), or it is done with. */
bool drop_file_open(struct drop_file *f, int dir, const char *name);

/* Takes up to *left lines and counts them off; 0 are left when it has read enough for one step.
 * True: all lines are taken, or all that can be read, and what was refused is durable. False: there
 * are more, or f->wrong says why it cannot go on. */
bool drop_file_take(struct drop_file *f, struct serve *s, unsigned *left);

/* Notes how far the file is dealt with, so that a restart goes on from there. */
bool drop_file_mark(const struct drop_ref *f);

void drop_file_close(struct drop_file *f);

/* All lines of the file are durable: removes it, or renames it to NAME.kept. False when it can
 * not; then a mark says that it is done. */
bool drop_file_remove(const struct drop_ref *f);

#endif
