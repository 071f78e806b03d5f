/* SPDX-License-Identifier: Apache-2.0 */
/* Ctrl-C and its kin: a flag for loops and a pipe that wakes whoever waits. The second signal of a
 * kind ends the program at once. A service is also told to read its configuration again (SIGHUP),
 * and that the network is back (SIGUSR1). */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t stop;
static volatile sig_atomic_t reload = -1; /* -1: SIGHUP means to stop */
static volatile sig_atomic_t resume;
static int wake[2] = {-1, -1};

static void on_signal(int number)
{
    int saved = errno;
    if (number == SIGUSR1) {
        resume = 1;
    } else if (number == SIGHUP && reload >= 0) {
        reload = 1;
    } else {
        stop = 1;
    }
    (void)!write(wake[1], "", 1U);
    errno = saved;
}

void signals_catch(void)
{
    struct sigaction act;
    struct sigaction old;
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
    /* nohup(1) has it ignored: then it stays so. */
    if (sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
        (void)sigaction(SIGHUP, &act, NULL);
    }
    /* A closed pipe must show as a failed write, not end us without the table. */
    act.sa_handler = SIG_IGN;
    act.sa_flags = 0;
    (void)sigaction(SIGPIPE, &act, NULL);
}

void signals_serve(void)
{
    struct sigaction act;
    (void)memset(&act, 0, sizeof act);
    act.sa_handler = on_signal;
    (void)sigemptyset(&act.sa_mask);
    reload = 0;
    (void)sigaction(SIGHUP, &act, NULL);
    (void)sigaction(SIGUSR1, &act, NULL);
    /* A limit on the size of files must show as a failed write. */
    act.sa_handler = SIG_IGN;
    (void)sigaction(SIGXFSZ, &act, NULL);
}

/* What a flag said, and that it is heard. */
static bool hear(volatile sig_atomic_t *flag)
{
    bool was = *flag > 0;
    if (was) {
        *flag = 0;
    }
    return was;
}

bool signals_reload(void)
{
    return hear(&reload);
}

bool signals_resume(void)
{
    return hear(&resume);
}

void signals_drain(void)
{
    char bytes[16];
    while (read(wake[0], bytes, sizeof bytes) > 0) {
    }
}

bool signals_stop(void)
{
    return stop != 0;
}

int signals_fd(void)
{
    return wake[0];
}
