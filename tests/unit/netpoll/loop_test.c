/* SPDX-License-Identifier: MIT */
/* loop_test.c: who owns the loop, what others post, and how long it blocks. There are no workers
 * here: the test's thread owns the loop when it likes. */
#include "../unit.h"

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <uv.h>

#include "base/clock.h"
#include "goro/time.h"
#include "netpoll/loop.h"

static struct gr_ready_batch nobody;

static int open_loop(void **state)
{
	(void)state;
	return gr_loop_open();
}

static int close_loop(void **state)
{
	(void)state;
	gr_loop_stop();
	return 0;
}

/* Requests ----------------------------------------------------------------------------------- */

static struct note {
	struct gr_request request;
	int number;
} notes[1000];

static int seen[1000], nseen;

static void take_down(struct gr_request *r)
{
	seen[nseen] = gr_container_of(r, struct note, request)->number;
	gr_store_release(&nseen, nseen + 1);
}

static void prepare_notes(void)
{
	nseen = 0;
	for (int i = 0; i < 1000; i++)
		notes[i] = (struct note){ .request.run = take_down, .number = i };
}

static void what_is_posted_runs_in_order_when_somebody_polls(void **state)
{
	(void)state;
	prepare_notes();
	for (int i = 0; i < 1000; i++)
		gr_loop_post(&notes[i].request);
	assert_int_equal(nseen, 0);
	gr_loop_poll(INT64_MIN, &nobody);
	assert_int_equal(nseen, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(seen[i], i);
}

static void where_nobody_has_the_loop_the_poster_runs_it(void **state)
{
	(void)state;
	prepare_notes();
	gr_loop_post(&notes[0].request);
	gr_loop_post_or_run(&notes[1].request);
	assert_int_equal(nseen, 2);
	assert_int_equal(seen[0], 0);
}

static bool all_posted;

/* The next one only when the last one has run: if it were not, both would wait for ever. */
static void *post_all(void *unused)
{
	for (int i = 0; i < 1000; i++) {
		gr_loop_post(&notes[i].request);
		while (gr_load_acquire(&nseen) == i)
			sched_yield();
	}
	gr_store_release(&all_posted, true);
	gr_loop_wake();
	return unused;
}

static void who_blocks_is_woken_by_each_post(void **state)
{
	size_t rounds = 20 / test_scale() + 1;

	(void)state;
	for (size_t n = 0; n < rounds; n++) {
		pthread_t poster;

		prepare_notes();
		all_posted = false;
		assert_int_equal(pthread_create(&poster, NULL, post_all, NULL), 0);
		while (!gr_load_acquire(&all_posted))
			gr_loop_poll(INT64_MAX, &nobody);
		assert_int_equal(pthread_join(poster, NULL), 0);
		for (int i = 0; i < 1000; i++)
			assert_int_equal(seen[i], i);
	}
}

/* Time --------------------------------------------------------------------------------------- */

static void a_poll_blocks_until_its_time_and_not_much_less(void **state)
{
	(void)state;
	for (int64_t ns = 10 * GORO_MICROSECOND; ns < 30 * GORO_MILLISECOND; ns *= 3) {
		int64_t until = gr_now() + ns;

		/* It may be early by what libuv rounds; then the rest is waited for precisely. */
		for (int polls = 0; gr_now() < until; polls++) {
			assert_true(polls < 3);
			gr_loop_poll(until, &nobody);
		}
	}
}

/* As if the thread got no CPU directly before it enters libuv. */
static int64_t pause_before_run;
static unsigned runs;

int uv_run(uv_loop_t *loop, uv_run_mode mode)
{
	static int (*real)(uv_loop_t *, uv_run_mode);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "uv_run");
	runs++;
	gr_os_nap(pause_before_run);
	return real(loop, mode);
}

static void a_poll_ends_though_its_time_passes_before_it_blocks(void **state)
{
	(void)state;
	for (int64_t ms = 1; ms < 8; ms++) {
		int64_t until = gr_now() + 3 * GORO_MILLISECOND;

		pause_before_run = ms * GORO_MILLISECOND;
		do
			gr_loop_poll(until, &nobody);
		while (gr_now() < until);
	}
	pause_before_run = 0;
}

static void a_poll_whose_time_has_passed_does_not_block(void **state)
{
	static const int64_t past[] = { INT64_MIN, -1, 0, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(past) / sizeof(*past); i++)
		gr_loop_poll(past[i], &nobody);
}

static void a_wake_before_the_poll_ends_it(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		gr_loop_wake();
		gr_loop_poll(INT64_MAX, &nobody);
	}
}

/* As when another worker only looks, while who is woken is on his way. */
static void a_wake_is_not_taken_by_who_only_looks(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		gr_loop_wake();
		gr_loop_poll(INT64_MIN, &nobody);
		gr_loop_poll(INT64_MAX, &nobody);
	}
}

/* Which would ask the kernel for all that is ready, and again and again (L6). */
static void libuv_is_not_run_for_a_wake(void **state)
{
	unsigned before;

	(void)state;
	gr_loop_poll(INT64_MIN, &nobody); /* what is begun is told to libuv */
	before = runs;
	for (int i = 0; i < 100; i++) {
		gr_loop_wake();
		gr_loop_poll(INT64_MAX, &nobody);
	}
	assert_int_equal(runs, before);
}

/* Open and closed ------------------------------------------------------------------------------ */

static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static void a_loop_can_be_closed_and_opened_again(void **state)
{
	int before;

	(void)state;
	gr_loop_stop();
	before = count_descriptors();
	for (int i = 0; i < 100; i++) {
		assert_int_equal(gr_loop_open(), 0);
		assert_int_equal(gr_loop_open(), 0);
		gr_loop_poll(INT64_MIN, &nobody);
		gr_loop_stop();
		gr_loop_stop();
	}
	assert_int_equal(count_descriptors(), before);
	assert_int_equal(gr_loop_open(), 0);
}

#define OPEN(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OPEN(what_is_posted_runs_in_order_when_somebody_polls),
		OPEN(where_nobody_has_the_loop_the_poster_runs_it),
		OPEN(who_blocks_is_woken_by_each_post),
		OPEN(a_poll_blocks_until_its_time_and_not_much_less),
		OPEN(a_poll_ends_though_its_time_passes_before_it_blocks),
		OPEN(a_poll_whose_time_has_passed_does_not_block),
		OPEN(a_wake_before_the_poll_ends_it),
		OPEN(a_wake_is_not_taken_by_who_only_looks),
		OPEN(libuv_is_not_run_for_a_wake),
		OPEN(a_loop_can_be_closed_and_opened_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
