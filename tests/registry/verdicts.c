/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdicts COUNT [SEED]: odd bodies and what the library says of them, one a line, with tabs
 * between: kind, name of the error, field, body. For tests/interop/registry.sh.
 */
#include "mutants.h"

#include <navette/api.h>

#include <stdio.h>
#include <stdlib.h>

#define POOL 4096U

static struct nvt_json_tok pool[POOL];
static char text[MUTANT_CAP];

static void print(const char *kind, nvt_err err, const struct nvt_failure *f)
{
    (void)printf("%s\t%s\t%s\t%s\n", kind, nvt_err_name(err), f->field, text);
}

static void judge(uint32_t seed)
{
    struct nvt_failure f;
    struct nvt_span body = nvt_span_of(text, mutant_journey(seed, text));
    print("journey", nvt_rpc_json_check(body, pool, POOL, 0, &f), &f);
    body.len = mutant_update(seed, text);
    print("update", nvt_rpc_update_check(body, pool, POOL, 0, &f), &f);
    body.len = mutant_cee(seed, 0, text);
    print("simulate", nvt_rpc_cee_check(body, pool, POOL, NVT_RPC_CEE_SIMULATE, &f), &f);
    body.len = mutant_cee(seed, 1, text);
    print("register", nvt_rpc_cee_check(body, pool, POOL, NVT_RPC_CEE_REGISTER, &f), &f);
}

int main(int argc, char **argv)
{
    const uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0U;
    const uint32_t seed = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0U;
    for (uint32_t i = 0; i < count; i++) {
        judge(seed + i);
    }
    return count == 0U ? 2 : 0;
}
