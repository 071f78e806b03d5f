/* SPDX-License-Identifier: Apache-2.0 */
/* See tell.h. */
#include "tell.h"

#include <stdio.h>

static unsigned passed, failed;

static void count(bool good)
{
    passed += good ? 1U : 0U;
    failed += good ? 0U : 1U;
}

void tell(const char *name, const char *check, bool good)
{
    count(good);
    (void)printf("%s %s: %s\n", good ? "ok  " : "FAIL", name, check);
}

void tell_err(const char *name, const char *check, nvt_err got, nvt_err wanted)
{
    count(got == wanted);
    if (got == wanted) {
        (void)printf("ok   %s: %s\n", name, check);
    } else {
        (void)printf("FAIL %s: %s: %s, not %s\n", name, check, nvt_err_name(got),
                     nvt_err_name(wanted));
    }
}

bool line_failed(const char *line)
{
    return strncmp(line, "ok   ", 5U) != 0;
}

void tell_line(const char *name, const char *line)
{
    bool whole = strlen(line) > 5U;
    count(whole && !line_failed(line));
    (void)printf("%.5s%s: %s\n", line, name, whole ? line + 5 : "?");
}

int tell_sum(void)
{
    (void)printf("%u passed, %u failed\n", passed, failed);
    return failed == 0U ? 0 : 1;
}
