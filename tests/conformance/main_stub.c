/* SPDX-License-Identifier: Apache-2.0 */
/* A whole program on the stub port: it links, each thing is refused with its own error, and the
 * self-test says of each table that it is not there. */
#include "tell.h"

#include <navette/navette.h>
#include <navette/selftest.h>
#include <navette/stub.h>

#include <stdio.h>

static const char name[] = "stub";
static char seen[4096]; /* the self-test's lines */

static void print(void *ctx, const char *line)
{
    (void)ctx;
    size_t len = strlen(seen);
    (void)snprintf(seen + len, sizeof seen - len, "%s\n", line);
}

/* What needs a network, with a clock that stands still as well as with one that goes. */
static uint64_t counted_ms(void *ctx)
{
    (void)ctx;
    static uint64_t ms;
    return ms++;
}

static void tells_what_is_missing(void)
{
    struct nvt_port p = nvt_stub_port;
    struct nvt_selftest t = {.port = &p, .host = "host", .port_number = 7007, .print = print};
    tell(name, "the self-test ends at a clock that stands still", nvt_selftest_port(&t) == 1U);
    tell(name, "... and says so",
         strcmp(seen, "FAIL clock: mono_ms grows: mono_ms stands still\n"
                      "ok   clock: wall_s agrees with mono_ms\n") == 0);
    seen[0] = '\0';
    p.clock.mono_ms = counted_ms;
    tell(name, "with a clock it tries the rest", nvt_selftest_port(&t) > 10U);
    tell(name, "the error stands in the line with name and number",
         strstr(seen, "FAIL entropy: fills exactly what it is asked for: fill failed "
                      "(NVT_E_TLS_ENTROPY -402)\n") != NULL);
    tell(name, "nothing that needs a host passes", strstr(seen, "ok   recv") == NULL);
    seen[0] = '\0';
    t.host = NULL;
    tell(name, "without a host clocks and entropy alone are tried", nvt_selftest_port(&t) == 2U);
    tell(name, "... as its lines show", strstr(seen, "resolve") == NULL);
}

static void tells_of_the_block_device(void)
{
    static uint8_t work[512];
    const struct nvt_selftest_block t = {&nvt_stub_block, work, sizeof work, NULL, print, NULL};
    seen[0] = '\0';
    unsigned failed = nvt_selftest_block(&t);
    tell(name, "no block of it works", failed == 5U);
    tell(name, "its sizes are possible ones", strncmp(seen, "ok   block: sizes\n", 18U) == 0);
}

static void refuses_each(void)
{
    static struct nvt_tls_config tls;
    static struct nvt_client client;
    static struct nvt_call call;
    static struct nvt_spool spool;
    static uint8_t buffer[4096], window[128];
    static struct nvt_spool_entry picks[8];
    const struct nvt_tls_settings trust = {.ca = NVT_LIT("x")};
    const struct nvt_spool_config on = {
        &nvt_stub_block, buffer, sizeof buffer, window, sizeof window, picks, 8U, 0U};
    nvt_err err = nvt_tls_config_init(&tls, &nvt_stub_port, &trust, NULL);
    tell_err(name, "TLS reads its CAs first", err, NVT_E_TLS_CA);
    err = nvt_client_init(&client, &nvt_rpc_profile, &nvt_stub_port, &tls,
                          "https://registre.localhost", NULL);
    tell_err(name, "a client can be made", err, NVT_OK);
    nvt_call_init(&call, &client);
    tell_err(name, "no spool can be mounted", nvt_spool_mount(&spool, &on), NVT_E_SPOOL_IO);
    tell_err(name, "none can be made", nvt_spool_format(&spool, &on), NVT_E_SPOOL_IO);
    nvt_tls_config_free(&tls);
}

int main(void)
{
    tells_what_is_missing();
    tells_of_the_block_device();
    refuses_each();
    return tell_sum();
}
