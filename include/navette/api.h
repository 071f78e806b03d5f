/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The systems that navette knows, as one table of profiles. A further system is one new file in
 * src/api/ with its profile and calls, its header, and one row in src/api/profiles.c.
 */
#ifndef NAVETTE_API_H
#define NAVETTE_API_H

#include <navette/coopcycle.h>
#include <navette/demarches.h>
#include <navette/jindexe.h>
#include <navette/piste.h>
#include <navette/rpc.h>
#include <navette/rpc_v2.h>

/* Every profile, in a fixed order; a NULL ends the table. */
extern const struct nvt_profile *const nvt_profiles[];

/* The profile of that name ("rpc"), or NULL when there is none. */
const struct nvt_profile *nvt_profile_find(struct nvt_span name);

#endif
