/* SPDX-License-Identifier: Apache-2.0 */
/* What a service tells its manager, as sd_notify(3) describes it: datagrams to the socket that
 * NOTIFY_SOCKET names. Under a plain init, which sets nothing of the kind, all this is silent. */
#include "serve.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A name that begins with '@' is an abstract one. False for what is no Unix socket. */
static bool find_manager(struct sockaddr_un *out, socklen_t *out_len)
{
    const char *name = getenv("NOTIFY_SOCKET");
    size_t len = name == NULL ? 0U : strlen(name);
    if (len < 2U || len >= sizeof out->sun_path || (name[0] != '/' && name[0] != '@')) {
        return false;
    }
    (void)memset(out, 0, sizeof *out);
    out->sun_family = AF_UNIX;
    (void)memcpy(out->sun_path, name, len);
    if (name[0] == '@') {
        out->sun_path[0] = '\0';
    }
    *out_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    return true;
}

/* A manager that does not listen is no reason to fail, nor to wait. */
void notify_send(const char *state)
{
    struct sockaddr_un manager;
    socklen_t len = 0;
    if (!find_manager(&manager, &len)) {
        return;
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd >= 0) {
        (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
                      (const struct sockaddr *)&manager, len);
        (void)close(fd);
    }
}

/* Twice in the time after which we would be taken for dead. WATCHDOG_PID names whom it is for. */
uint64_t notify_watchdog_ms(void)
{
    const char *text = getenv("WATCHDOG_USEC");
    const char *whom = getenv("WATCHDOG_PID");
    uint64_t usec = 0;
    uint64_t pid = 0;
    if (text == NULL || nvt_u64_parse(nvt_span_str(text), UINT64_MAX, &usec) != NVT_OK) {
        return 0;
    }
    if (whom != NULL && (nvt_u64_parse(nvt_span_str(whom), UINT64_MAX, &pid) != NVT_OK ||
                         pid != (uint64_t)getpid())) {
        return 0;
    }
    return usec / 2000U;
}
