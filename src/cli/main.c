/* SPDX-License-Identifier: Apache-2.0 */
/* The command's entry. */
#include "cli.h"

#include <fcntl.h>

/* The number of one that is closed would go to the next file that is opened, and what we print
 * would be written into it: into the spool, say. What takes its place fails like a closed one. */
static void hold_places(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) < 0) {
            (void)open("/", O_RDONLY);
        }
    }
}

int main(int argc, char **argv)
{
    hold_places();
    int code = commands_run(argc, argv);
    /* What a full disk did to our output shows here at the latest. */
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        if (code != CLI_OK) {
            return code; /* it has been said what was wrong */
        }
        say("standard output cannot be written: check the disk or the pipe behind it");
        return CLI_INPUT;
    }
    return code;
}
