/* SPDX-License-Identifier: MIT */
#include "base/atomic.h"

#include <stddef.h>

bool gr_atomic_asymmetric;
void (*gr_atomic_heavy)(void);

void gr_atomic_start(void (*heavy)(void))
{
	gr_atomic_heavy = heavy;
	gr_atomic_asymmetric = heavy != NULL;
}
