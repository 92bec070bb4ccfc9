/* SPDX-License-Identifier: MIT */
/* compiler.h for models: the real one, but a spinning thread waits, and the compiler's talk to
 * ThreadSanitizer, which the engine listens to, does not mean that goro runs under it. */
#ifndef GR_MODEL_BASE_COMPILER_H
#define GR_MODEL_BASE_COMPILER_H

#pragma GCC system_header /* #include_next is no more than GNU C */

#define gr_cpu_relax gr_cpu_relax_real
#include_next "base/compiler.h"
#undef gr_cpu_relax
#undef GR_TSAN
#define GR_TSAN 0

void model_spin(void);
unsigned model_pause(void);

static inline void gr_cpu_relax(void)
{
	model_spin();
}

#endif
