/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing and wiping secrets. */
#include <navette/base.h>

bool nvt_ct_equal(const void *a, const void *b, size_t len)
{
    /* Volatile, so that no compiler leaves the loop at the first difference. */
    const volatile uint8_t *left = (const volatile uint8_t *)a;
    const volatile uint8_t *right = (const volatile uint8_t *)b;
    unsigned diff = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned l = left[i];
        unsigned r = right[i];
        diff |= l ^ r;
    }
    return diff == 0U;
}

void nvt_wipe(void *mem, size_t len)
{
    /* Through a volatile pointer the compiler cannot know which function this is, so it cannot
     * drop the call; a loop over volatile bytes would be ten times slower. On the stack, since the
     * library keeps no memory of its own that can be written. */
    void *(*volatile wipe_fn)(void *, int, size_t) = memset;
    if (len != 0U) {
        (void)wipe_fn(mem, 0, len);
    }
}
