/* SPDX-License-Identifier: Apache-2.0 */
#include "jobs.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TELL_SECONDS = 10 };

struct task *jobs_tasks(void)
{
    size_t size = (size_t)TASKS_MAX * sizeof(struct task);
    FILE *file = tmpfile();
    if (file == NULL || ftruncate(fileno(file), (off_t)size) != 0) {
        return NULL;
    }
    void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    return shared == MAP_FAILED ? NULL : (struct task *)shared;
}

uint32_t jobs_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (uint32_t)n : 1U;
}

static void start(struct task *t, void (*run)(struct task *t))
{
    (void)fflush(NULL);
    t->how = TASK_RUNS;
    pid_t pid = fork();
    if (pid == 0) {
        run(t);
        t->millis = (uint32_t)((double)clock() * 1000.0 / (double)CLOCKS_PER_SEC);
        t->how = TASK_DONE;
        _exit(0);
    }
    t->pid = pid;
    if (pid < 0) {
        t->how = TASK_BROKEN;
    }
}

static bool start_next(struct task *tasks, uint32_t count, void (*run)(struct task *t))
{
    for (uint32_t i = 0; i < count; i++) {
        if (tasks[i].how == TASK_WAITS) {
            start(&tasks[i], run);
            return tasks[i].how == TASK_RUNS || tasks[i].how == TASK_DONE;
        }
    }
    return false;
}

static struct task *task_of(struct task *tasks, uint32_t count, pid_t pid)
{
    for (uint32_t i = 0; i < count; i++) {
        if (tasks[i].pid == pid) {
            return &tasks[i];
        }
    }
    return NULL;
}

static void wake(int number)
{
    (void)number;
}

/* The task whose process ended; NULL: none did for a while. */
static struct task *wait_for_one(struct task *tasks, uint32_t count)
{
    (void)alarm(TELL_SECONDS);
    pid_t pid = waitpid(-1, NULL, 0);
    struct task *t = pid > 0 ? task_of(tasks, count, pid) : NULL;
    if (t != NULL) {
        t->pid = 0;
        t->part = 1.0;
        t->how = t->how == TASK_RUNS ? TASK_BROKEN : t->how;
    }
    return t;
}

void jobs_run(struct task *tasks, uint32_t count, uint32_t at_once, void (*run)(struct task *t),
              void (*done)(const struct task *t), void (*told)(void))
{
    struct sigaction action;
    uint32_t running = 0;
    (void)memset(&action, 0, sizeof action);
    action.sa_handler = wake; /* no SA_RESTART: the wait ends */
    (void)sigaction(SIGALRM, &action, NULL);
    for (;;) {
        while (running < at_once && start_next(tasks, count, run)) {
            running++;
        }
        if (running == 0U) {
            break;
        }
        struct task *t = wait_for_one(tasks, count);
        if (t != NULL) {
            running--;
            done(t);
        } else {
            told();
        }
    }
    (void)alarm(0);
}
