/* SPDX-License-Identifier: MIT */
/* context.h for models: the real one; the engine is told of each switch, which the assembly does
 * unseen: it writes `from`, reads `to`, and `to` is not resumed again before it was stored again. */
#ifndef GR_MODEL_CONTEXT_CONTEXT_H
#define GR_MODEL_CONTEXT_CONTEXT_H

#pragma GCC system_header /* #include_next is no more than GNU C */

#include_next "context/context.h"

void *model_context_switch(struct gr_context *from, const struct gr_context *to, void *message);

#ifndef MODEL_ENGINE
#define gr_context_switch model_context_switch
#endif

#endif
