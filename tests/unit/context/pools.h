/* SPDX-License-Identifier: MIT */
/* pools.h: two pools of stacks of two pages, and their functions with the lock taken. */
#ifndef GR_UNIT_POOLS_H
#define GR_UNIT_POOLS_H

#include "../unit.h"

#include "context/pool.h"
#include "os/os.h"

static struct gr_pool pool, other;

static inline struct gr_slot_shape shape_of(size_t usable_pages)
{
	size_t page = gr_os_page_size();

	return (struct gr_slot_shape){ page, usable_pages * page, page };
}

static inline int start(void **state)
{
	struct gr_slot_shape shape = shape_of(2);

	(void)state;
	gr_segment_start();
	gr_pool_guards(SIZE_MAX);
	gr_pool_init(&pool, 0, &shape);
	gr_pool_init(&other, 1, &shape);
	return 0;
}

static inline int stop(void **state)
{
	(void)state;
	gr_pool_fini(&pool);
	gr_pool_fini(&other);
	gr_segment_stop();
	return 0;
}

static inline int promise(struct gr_pool *p, size_t n)
{
	int rc;

	gr_lock_acquire(&p->lock);
	rc = gr_pool_promise_locked(p, n);
	gr_lock_release(&p->lock);
	return rc;
}

static inline void unpromise(struct gr_pool *p, size_t n)
{
	gr_lock_acquire(&p->lock);
	gr_pool_unpromise_locked(p, n);
	gr_lock_release(&p->lock);
}

static inline uintptr_t take(struct gr_pool *p)
{
	uintptr_t entry;

	gr_lock_acquire(&p->lock);
	entry = gr_pool_take_locked(p);
	gr_lock_release(&p->lock);
	return entry;
}

static inline uintptr_t take_warm(struct gr_pool *p)
{
	uintptr_t entry;

	gr_lock_acquire(&p->lock);
	entry = gr_pool_take_warm_locked(p);
	gr_lock_release(&p->lock);
	return entry;
}

/* As long as the monitor looks before it believes that nobody wants them. */
static inline void tidy(struct gr_pool *p)
{
	gr_lock_acquire(&p->lock);
	for (unsigned i = 0; i < GR_POOL_LOOKS; i++)
		gr_pool_tidy_locked(p);
	gr_lock_release(&p->lock);
}

static inline void put(struct gr_pool *p, uintptr_t entry)
{
	gr_lock_acquire(&p->lock);
	gr_pool_put_locked(p, (void *)(entry & ~GR_POOL_UNGUARDED));
	gr_lock_release(&p->lock);
	tidy(p);
	tidy(p);
}

#define one_start(test) cmocka_unit_test_setup_teardown(test, start, stop)

#endif
