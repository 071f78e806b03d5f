/* SPDX-License-Identifier: Apache-2.0 */
/* Ctrl-C and its kin: a flag for loops and a pipe that wakes whoever waits. The second signal of a
 * kind ends the program at once. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t stop;
static int wake[2] = {-1, -1};

static void on_signal(int number)
{
    int saved = errno;
    (void)number;
    stop = 1;
    (void)!write(wake[1], "", 1U);
    errno = saved;
}

void signals_catch(void)
{
    struct sigaction act;
    (void)memset(&act, 0, sizeof act);
    if (pipe(wake) != 0) {
        return;
    }
    for (int i = 0; i < 2; i++) {
        (void)fcntl(wake[i], F_SETFD, FD_CLOEXEC);
        (void)fcntl(wake[i], F_SETFL, O_NONBLOCK);
    }
    act.sa_handler = on_signal;
    act.sa_flags = (int)SA_RESETHAND;
    (void)sigemptyset(&act.sa_mask);
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
    (void)sigaction(SIGHUP, &act, NULL);
    /* A closed pipe must show as a failed write, not end us without the table. */
    act.sa_handler = SIG_IGN;
    act.sa_flags = 0;
    (void)sigaction(SIGPIPE, &act, NULL);
}

bool signals_stop(void)
{
    return stop != 0;
}

int signals_fd(void)
{
    return wake[0];
}
