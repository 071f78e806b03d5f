/* SPDX-License-Identifier: Apache-2.0 */
/* The command's entry. */
#include "cli.h"

int main(int argc, char **argv)
{
    int code = commands_run(argc, argv);
    /* What a full disk did to our output shows here at the latest. */
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        if (code != CLI_OK) {
            return code; /* it has been said what was wrong */
        }
        say("standard output can not be written: check the disk or the pipe behind it");
        return CLI_INPUT;
    }
    return code;
}
