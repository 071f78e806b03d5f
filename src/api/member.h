/* SPDX-License-Identifier: Apache-2.0 */
/* One text out of JSON of any length, without tokens: for bodies that are longer than a pool. */
#ifndef NVT_API_MEMBER_H
#define NVT_API_MEMBER_H

#include <navette/base.h>

/* The raw text (escapes and all) of the first string member called name, in the object that json is
 * (deep: or in any object within it); empty when there is none. For JSON that was checked: anything
 * else gives some part of it, or nothing. */
struct nvt_span nvt_member_text(struct nvt_span json, struct nvt_span name, bool deep);

#endif
