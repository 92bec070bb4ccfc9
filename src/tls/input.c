/* SPDX-License-Identifier: MIT */
#include "tls/input.h"

#include "base/atomic.h"
#include "tls/brief.h"

uint64_t gr_input_count(struct gr_input *in)
{
	return gr_load_acquire(&in->count); /* pairs with end() */
}

int gr_input_begin(struct gr_input *in, uint64_t seen, int64_t deadline)
{
	int rc = 0;

	gr_brief_lock(&in->lock);
	while (rc == 0 && in->awaited && in->count == seen)
		rc = goro_cond_wait_until(&in->changed, &in->lock, deadline);
	if (in->count != seen)
		rc = GR_INPUT_CAME;
	else if (rc == 0)
		in->awaited = true;
	goro_mutex_unlock(&in->lock);
	return rc;
}

void gr_input_end(struct gr_input *in)
{
	gr_brief_lock(&in->lock);
	in->awaited = false;
	gr_store_release(&in->count, in->count + 1);
	goro_cond_broadcast(&in->changed);
	goro_mutex_unlock(&in->lock);
}
