/* SPDX-License-Identifier: Apache-2.0 */
/* What tests share with disk.c: the drive, and the faults that are asked of it. */
#ifndef NAVETTE_TESTS_DISK_H
#define NAVETTE_TESTS_DISK_H

#include <stdint.h>

enum { DISK_PAGE = 4096, DISK_SECTOR = 512, DISK_PAGES = 4096, DISK_ALWAYS = 65536 };

enum disk_fault {
    DISK_WRITE_FAILS,
    DISK_WRITE_SHORT,
    DISK_NO_ROOM,
    DISK_SYNC_FAILS,
    DISK_READ_FAILS,
    DISK_READ_SHORT,
    DISK_ADVISE_FAILS,
    DISK_FAULTS
};

/* Of a page in the cache: as on the drive; to be written; never written, and clean. */
enum disk_page { DISK_SAME, DISK_DIRTY, DISK_DROPPED };

struct disk_state {
    uint64_t inode; /* of the file that it is about, 0: none yet */
    uint64_t random;
    uint32_t chance[DISK_FAULTS]; /* of DISK_ALWAYS */
    uint32_t count[DISK_FAULTS];  /* how often each came */
    uint32_t read_only, full;
    uint32_t cut; /* the power went: at the next start the cache is gone */
    uint32_t cuts, syncs, dropped, given_up; /* how often; of pages */
    uint32_t spare;
    uint8_t page[DISK_PAGES];
    uint8_t drive[DISK_PAGES][DISK_PAGE];
};

#endif
