/* SPDX-License-Identifier: MIT */
/* config.h: what the user asked for, checked and completed with defaults and environment. */
#ifndef GR_RUNTIME_CONFIG_H
#define GR_RUNTIME_CONFIG_H

#include "goro/runtime.h"
#include "sched/worker.h"

struct gr_config {
	struct gr_sched_config sched;
	int64_t drain;
	void (*on_panic)(const goro_error *, void *);
	void *on_panic_arg;
};

/* `user` may be NULL. -EINVAL for values that make no sense; -ENOTSUP for what this version does
 * not have yet (trapped faults). Needs the stack room started. */
int gr_config_read(const goro_config *user, struct gr_config *out);

#endif
