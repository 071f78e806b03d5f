/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a listing of changed dossiers goes on. The service orders them by their last change, and a
 * cursor names a place in that order; but a change shows a moment after the time it bears, since
 * its transaction ends later and the service has several clocks. So the cursor stays before
 * whatever changed within CURSOR_OVERLAP_S, and what was printed behind it is remembered by number
 * and sum: it is asked for again, and printed only when it is no longer the same.
 */
#ifndef NAVETTE_CLI_CURSOR_FILE_H
#define NAVETTE_CLI_CURSOR_FILE_H

#include "cli.h"

#define CURSOR_OVERLAP_S 600
#define CURSOR_SEEN_MAX 20000U /* beyond that the cursor moves on all the same */

struct cursor_seen {
    int32_t number;
    char sum[25]; /* base64 of the MD5 of its JSON, without what differs each time */
};

struct cursor_file {
    char path[CLI_PATH_CAP]; /* "": there is none */
    char part[CLI_PATH_CAP + 8U];
    int fd; /* of the file, locked by this run; -1 */
    bool json;
    /* what it belongs to */
    int32_t number;
    char host[NVT_HOST_CAP];
    char state[24]; /* "-": all */
    char since[40];
    /* how far it is */
    char cursor[NVT_DEMARCHES_CURSOR_CAP];
    struct cursor_seen *seen;
    size_t seen_count, seen_cap;
    size_t known; /* of seen: by earlier runs */
    bool holding; /* the cursor stays, for this run */
    /* the page under way */
    int64_t newest_s;
    bool broken; /* a dossier of it could not be shown */
};

/* Reads the file, or begins one; *filter gets its order, its start and its place. Makes sure that
 * it can be written. CLI_OK or the exit code after a message; cursor_file_close either way. */
int cursor_file_open(struct cursor_file *f, const struct args *a, const char *host,
                     struct nvt_demarches_filter *filter);
void cursor_file_close(struct cursor_file *f);

/* A dossier of the page, or null. True when it is to be printed. */
bool cursor_file_take(struct cursor_file *f, struct nvt_span dossier);

/* The page is out. cursor: behind it; more: it is not the last; now_s: the service's time, 0 when
 * it is not known. CLI_OK or the exit code after a message. */
int cursor_file_keep(struct cursor_file *f, const char *cursor, bool more, int64_t now_s);

#endif
