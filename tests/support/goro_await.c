/* SPDX-License-Identifier: MIT */
/* goro_await.c: ask the runtime what its coroutines wait for, and cancel one of them. The one part of
 * the tests' support that looks behind the public headers.
 *
 * The descriptor of a coroutine is type-stable memory and may be looked at any time. What it waits
 * for is true if its wait word says PARKED before and is the same afterwards (inspect.h N2).
 */
#include "goro_test.h"

#include <sched.h>
#include <string.h>

#include "os/os.h"
#include "sched/cancel.h"
#include "sched/thread.h"
#include "sched/worker.h"

void test_relax(void)
{
	goro_yield();
	sched_yield();
}

static bool is_parked(const struct gr_coro *co, const char *why)
{
	uint64_t word = gr_load_acquire(&co->wait.word);
	struct gr_coro copy;

	if (!gr_coro_live(co) || gr_wait_state(word) != GR_WAIT_PARKED)
		return false;
	if (gr_os_read_memory(&copy, co, sizeof(copy)) != sizeof(copy))
		return false;
	gr_fence_seq_cst();
	return gr_load_relaxed(&co->wait.word) == word && copy.why != NULL &&
		strcmp(copy.why, why) == 0;
}

static unsigned count_parked(const char *why)
{
	uint32_t count = gr_coro_count();
	unsigned n = 0;

	for (uint32_t i = 0; i < count; i++)
		n += is_parked(gr_coro_at(i), why);
	return n;
}

bool are_parked(unsigned n, const char *why)
{
	return count_parked(why) >= n;
}

void await_parked(unsigned n, const char *why)
{
	AWAIT(are_parked(n, why));
}

void await_threads_parked(unsigned n)
{
	AWAIT(gr_thread_waiting() >= n);
}

void await_alive(unsigned n)
{
	AWAIT(gr_sched_alive() <= n);
}

/* An id is its slot and the generation that its life begins with. */
void test_cancel(uint64_t id)
{
	uint64_t index = (id & ((UINT64_C(1) << GR_CORO_ID_SHIFT) - 1)) - 1;
	uint64_t generation = (id >> GR_CORO_ID_SHIFT) + 1;

	if (index < gr_coro_count())
		gr_cancel(gr_coro_at((uint32_t)index), generation << GR_CORO_LIFE_SHIFT);
}
