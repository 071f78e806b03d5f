/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of the header of this name. */
#include "../fake.h"
