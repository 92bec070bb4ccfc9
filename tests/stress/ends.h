/* SPDX-License-Identifier: MIT */
/* ends.h: what the stress tests of the outside world share: who ends a call, from where, and when.
 *
 * A call has a moment in which it has not begun, is on its way to sleep, sleeps, is being woken, and
 * is over. Nobody can say which it is; so the moments are tried at random, the delays of the chaos
 * build (base/chaos.h) make each of them longer, and a call in any of them has to end as its header
 * says.
 */
#ifndef GORO_STRESS_ENDS_H
#define GORO_STRESS_ENDS_H

#include "stress.h"

/* Until some moment: now; soon; when the others have had a turn or twenty. */
static inline void stress_moment(uint64_t *random)
{
	for (size_t n = stress_below(random, 20); stress_below(random, 2) && n > 0; n--)
		goro_yield();
	for (volatile size_t spin = stress_below(random, 3000); spin > 0; spin--)
		;
}

struct stress_ender {
	void (*fn)(void *);
	void *arg;
	uint64_t random;
	goro_waitgroup done;
};

static inline void stress_end_there(struct stress_ender *e)
{
	stress_moment(&e->random);
	e->fn(e->arg);
	goro_waitgroup_done(&e->done);
}

static inline void stress_end_outside(void *arg)
{
	struct stress_ender *e = arg;

	for (volatile size_t spin = stress_below(&e->random, 3000); spin > 0; spin--)
		;
	e->fn(e->arg);
}

/* fn(arg) at some moment: here, in another coroutine, or in another thread. It is over when this
 * returns. */
static inline void stress_end(uint64_t *random, void (*fn)(void *), void *arg)
{
	struct stress_ender e = { fn, arg, test_random(random), GORO_WAITGROUP_INIT };
	struct test_thread t;

	switch (stress_below(random, 4)) {
	case 0:
		test_thread_start(&t, stress_end_outside, &e);
		test_thread_join(&t);
		break;
	case 1:
		goro_waitgroup_add(&e.done, 1);
		CHECK_EQ(go(stress_end_there, &e), 0);
		CHECK_EQ(goro_waitgroup_wait(&e.done), 0);
		break;
	default:
		stress_moment(random);
		fn(arg);
	}
}

#endif
