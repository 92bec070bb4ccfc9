/* SPDX-License-Identifier: MIT */
/* sleeper.h: sleepers made by hand, so that a test can put a line into any state, also one that
 * a race would leave for an instant only: a sleeper that has given up and not come back yet. */
#ifndef GR_TESTS_SLEEPER_H
#define GR_TESTS_SLEEPER_H

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "sched/worker.h"
#include "sync/waitline.h"

struct sleeper {
	struct gr_waitnode node; /* first, and before `since`: a waiter of mutex.c looks so */
	int64_t since;
	struct gr_thread thread;
};

/* Stands in the line, asleep, as the last. */
static inline void sleeper_join(struct sleeper *s, struct gr_line l)
{
	uint64_t word = gr_line_lock(l);
	struct gr_waitq q = gr_line_queue(l);

	gr_thread_init(&s->thread, false);
	s->thread.futex = 0;
	s->node.wait = &s->thread.wait;
	s->node.seq = gr_wait_begin(&s->thread.wait, true);
	s->since = gr_now();
	gr_waitq_push(&q, &s->node);
	gr_line_set_queue(l, q);
	gr_bitlock_release(l.word, word | GR_LINE_WAITERS);
}

/* Its deadline passes now; its node stays in line until it comes for it. */
static inline void sleeper_give_up(struct sleeper *s)
{
	assert_true(gr_wait_claim(&s->thread.wait, s->node.seq, -ETIMEDOUT));
}

static inline int sleeper_awake(const struct sleeper *s)
{
	return gr_load_acquire(&s->thread.futex) == 1;
}

static inline int sleeper_linked(const struct sleeper *s)
{
	return s->node.wait != NULL;
}

/* Threads may call, though no worker runs: all that they need is the state. */
static inline int open_for_threads(void **state)
{
	(void)state;
	gr_store_seq_cst(&gr_sched.state, (uint32_t)GR_SCHED_RUNNING);
	return 0;
}

static inline int close_again(void **state)
{
	(void)state;
	gr_store_seq_cst(&gr_sched.state, (uint32_t)GR_SCHED_OFF);
	return 0;
}

/* Until the word, without the lock's bit, is this. */
static inline void await_word(const uint64_t *word, uint64_t wanted)
{
	while (gr_load_acquire(word) != wanted)
		sched_yield();
}

#endif
