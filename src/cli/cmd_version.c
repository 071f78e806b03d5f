/* SPDX-License-Identifier: Apache-2.0 */
/* navette version */
#include "cli.h"

#include <mbedtls/version.h>

int cmd_version(const struct args *a)
{
    char tls[32] = "";
    mbedtls_version_get_string_full(tls);
    if (a->json) {
        out_begin();
        out_bool("ok", true);
        out_str("version", NVT_VERSION);
        out_str("tls", tls);
        out_end();
    } else {
        (void)printf("navette %s (%s)\n", NVT_VERSION, tls);
    }
    return CLI_OK;
}
