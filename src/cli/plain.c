/* SPDX-License-Identifier: Apache-2.0 */
/* Text from elsewhere made fit for one line of a terminal or a log. */
#include "cli.h"

/* File names, settings and servers' words may hold anything. */
void make_plain(char *text)
{
    bool is_text = nvt_utf8_check(nvt_span_str(text)) == NVT_OK;
    for (char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        *at = (char)(c < 0x20U || c == 0x7FU ? ' ' : *at);
        *at = (char)(c > 0x7FU && !is_text ? '?' : *at);
    }
}
