/* SPDX-License-Identifier: Apache-2.0 */
/* Everything navette offers. */
#ifndef NAVETTE_NAVETTE_H
#define NAVETTE_NAVETTE_H

#include <navette/api.h>
#include <navette/spool.h>

#define NVT_VERSION "0.1.0"

#endif
