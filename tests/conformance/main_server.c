/* SPDX-License-Identifier: Apache-2.0 */
/* The test server as a program, for a port that runs on another machine: server [IP [PORT]]. */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    const char *ip = argc > 1 ? argv[1] : "0.0.0.0";
    unsigned long port = argc > 2 ? strtoul(argv[2], NULL, 10) : 7007UL;
    uint16_t bound = 0;
    int listener = port > 65535UL ? -1 : conformance_listen(ip, (uint16_t)port, &bound);
    if (listener < 0) {
        (void)fprintf(stderr, "server: cannot listen on %s port %lu\n", ip, port);
        return 1;
    }
    (void)printf("conformance server on %s port %u\n", ip, (unsigned)bound);
    (void)fflush(stdout);
    conformance_serve(listener);
    return 0;
}
