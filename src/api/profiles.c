/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of systems. */
#include <navette/api.h>

const struct nvt_profile *const nvt_profiles[] = {
    &nvt_rpc_profile,   &nvt_coopcycle_profile, &nvt_demarches_profile,
    &nvt_piste_profile, &nvt_jindexe_profile,   NULL,
};

const struct nvt_profile *nvt_profile_find(struct nvt_span name)
{
    const struct nvt_profile *found = NULL;
    for (size_t i = 0; nvt_profiles[i] != NULL && found == NULL; i++) {
        if (nvt_span_eq(name, nvt_span_str(nvt_profiles[i]->name))) {
            found = nvt_profiles[i];
        }
    }
    return found;
}
