/* SPDX-License-Identifier: Apache-2.0 */
/* What the clear-text TLS stand-in saw. */
#ifndef NAVETTE_TESTS_TLS_CLEAR_H
#define NAVETTE_TESTS_TLS_CLEAR_H

#include <stddef.h>

/* Writes that were repeated with other bytes than before. */
size_t nvt_clear_broken_retries(void);

#endif
