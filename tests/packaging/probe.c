/* SPDX-License-Identifier: Apache-2.0 */
/* A program that needs something of every part of the library: it links and says who it is. */
#include <navette/navette.h>
#include <navette/ram.h>
#include <navette/selftest.h>
#include <navette/stub.h>

#include <stdio.h>

static void print(void *ctx, const char *line)
{
    (void)ctx;
    (void)line;
}

int main(void)
{
    static uint8_t memory[4096], work[512];
    static struct nvt_client client;
    static struct nvt_call call;
    static struct nvt_tls_config tls;
    struct nvt_ram ram;
    const struct nvt_selftest_block test = {&ram.device, work, sizeof work, NULL, print, NULL};
    if (nvt_ram_init(&ram, memory, 512, 8, 4) != NVT_OK || nvt_selftest_block(&test) != 0U) {
        return 1;
    }
    nvt_err err = nvt_client_init(&client, &nvt_rpc_profile, &nvt_stub_port, &tls,
                                  "https://registre.localhost", NULL);
    if (err != NVT_OK) {
        return 2;
    }
    nvt_call_init(&call, &client);
    (void)printf("navette %s\n", NVT_VERSION);
    return 0;
}
