/* SPDX-License-Identifier: Apache-2.0 */
/* Asks a relay that runs. */
#include "relay.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool control_address(const char *path, struct sockaddr_un *out)
{
    memset(out, 0, sizeof *out);
    out->sun_family = AF_UNIX;
    (void)snprintf(out->sun_path, sizeof out->sun_path, "%s", path);
    return strlen(path) < sizeof out->sun_path;
}

bool control_ask(const char *path, const char *command, char *answer, size_t cap)
{
    struct sockaddr_un address;
    ssize_t n = 0;
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (control_address(path, &address) &&
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
        (void)send(fd, command, strlen(command), MSG_NOSIGNAL);
        n = recv(fd, answer, cap - 1U, 0);
    }
    answer[n < 0 ? 0 : n] = '\0';
    (void)close(fd);
    return strncmp(answer, "connections=", 12) == 0;
}
