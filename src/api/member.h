/* SPDX-License-Identifier: Apache-2.0 */
/* One text out of JSON of any length, without tokens: for bodies that are longer than a pool. */
#ifndef NVT_API_MEMBER_H
#define NVT_API_MEMBER_H

#include <navette/base.h>

/* The raw text (escapes and all) of the first string member called name, in the object that json is
 * (deep: or in any object within it); empty when there is none. For JSON that was checked: anything
 * else gives some part of it, or nothing. */
struct nvt_span nvt_member_text(struct nvt_span json, struct nvt_span name, bool deep);

/* The first member called name of the object that json is, when that is an object too: from its
 * brace on to json's end; empty when it is not. The first text that nvt_member_text finds in there
 * at depth 1 is its own, as long as it has a member of that name. */
struct nvt_span nvt_member_object(struct nvt_span json, struct nvt_span name);

#endif
