/* SPDX-License-Identifier: Apache-2.0 */
/* A spool of the format before becomes one of today's, in a file of its own. */
#ifndef NAVETTE_CLI_SPOOL_CONVERT_H
#define NAVETTE_CLI_SPOOL_CONVERT_H

#include "spool_tool.h"
#include "spool_v2.h"

struct spool_convert {
    const struct nvt_port_block *from; /* what is converted; it is only read */
    const char *name;                  /* of its file */
    const char *out; /* the file that is made; what stands there is given up if it is a spool that
                        nobody has open, the rest of a run that was cut short */
    bool json;
    bool strict; /* what the device does not give is no damage but a reason not to convert */
    void (*note)(const char *text); /* how far it is */

    /* What came of it. */
    struct v2 old;
    struct nvt_spool_geometry made;
};

/* Entries keep their order and due times, values and the counts of what was settled are kept; ids
 * go on from those of the old one, so that none is given twice. The file is there whole, durable
 * and read back, with CLI_OK, or CLI_CHECK when not all could be read; else it is not there, and a
 * message was printed. spool_convert_end, either way. */
int spool_convert(struct spool_convert *c);
void spool_convert_end(struct spool_convert *c);

/* What was not there any more, as one sentence; false: nothing is missing. */
bool spool_convert_losses(const struct spool_convert *c, char *out, size_t cap);

/* Removes what is left of a spool at path, if nobody has it open. True: nothing stands there now;
 * else errno. */
bool spool_convert_remove(const char *path);

#endif
