/* SPDX-License-Identifier: MIT */
#include "tls/handles.h"

#include <stddef.h>

#include "base/lock.h"
#include "base/slots.h"

#define INDEX_BITS 28
#define INDEX      ((UINT64_C(1) << INDEX_BITS) - 1)

struct slot {
	struct gr_lock lock;
	/* Under the lock: */
	bool open;
	uint32_t users;      /* while it is open there may be none */
	uint64_t generation; /* 36 bits */
	struct gr_tls *session;
};

static struct gr_slots slots = { .slot_size = sizeof(struct slot) };

/* Generation and index + 1, so that none is NULL. */
static void *handle_of(uint64_t generation, uint32_t index)
{
	return (void *)(uintptr_t)(generation << INDEX_BITS | (index + 1));
}

static uint32_t index_of(const void *handle)
{
	return (uint32_t)((uintptr_t)handle & INDEX) - 1;
}

static struct slot *slot_of(const void *handle)
{
	uint32_t index = index_of(handle);

	return index < gr_slots_count(&slots) ? gr_slots_at(&slots, index) : NULL;
}

void *gr_handles_open(struct gr_tls *session)
{
	uint32_t index;
	struct slot *s = gr_slots_get(&slots, &index);
	uint64_t generation;

	if (s == NULL)
		return NULL;
	gr_lock_acquire(&s->lock);
	generation = ++s->generation;
	s->open = true;
	s->users = 0;
	s->session = session;
	gr_lock_release(&s->lock);
	return handle_of(generation, index);
}

static struct gr_tls *enter(const void *handle, bool close)
{
	struct slot *s = slot_of(handle);
	struct gr_tls *session = NULL;

	if (s == NULL)
		return NULL;
	gr_lock_acquire(&s->lock);
	if (s->generation == (uintptr_t)handle >> INDEX_BITS && s->open) {
		session = s->session;
		s->users++;
		s->open = !close;
	}
	gr_lock_release(&s->lock);
	return session;
}

struct gr_tls *gr_handles_enter(const void *handle)
{
	return enter(handle, false);
}

struct gr_tls *gr_handles_close(const void *handle)
{
	return enter(handle, true);
}

bool gr_handles_leave(const void *handle)
{
	struct slot *s = slot_of(handle);
	bool last;

	gr_lock_acquire(&s->lock);
	last = --s->users == 0 && !s->open;
	gr_lock_release(&s->lock);
	if (last)
		gr_slots_put(&slots, index_of(handle));
	return last;
}
