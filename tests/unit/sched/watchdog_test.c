/* SPDX-License-Identifier: MIT */
/* watchdog_test.c: a sleeper that was told, and what the watchdog makes of it. The real source, with a
 * kernel that does what it is told to. */
#include "../unit.h"

#include "os/os.h"
#include "sched/witness.h"

#ifdef GORO_DEBUG

static void (*meanwhile)(void); /* before the wake comes to the kernel */
static int asleep;              /* how many it finds */

static int wake(const uint32_t *futex, int n)
{
	(void)futex, (void)n;
	if (meanwhile != NULL)
		meanwhile();
	return asleep;
}

static void nap(int64_t ns)
{
	(void)ns;
}

#define gr_os_futex_wake wake
#define gr_os_nap        nap

#include "sched/watchdog.c"

#define SEAT 3u

static uint32_t futex;

/* Asleep, and told so. */
static int tell(void **state)
{
	uint32_t before;

	(void)state;
	meanwhile = NULL;
	asleep = 1;
	gr_witness_stand(SEAT, &futex);
	before = gr_witness_tell(SEAT);
	gr_witness_told(SEAT, before);
	return 0;
}

static int get_up(void **state)
{
	(void)state;
	if (gr_witness_tell(SEAT) % 2 == 1)
		gr_witness_stand(SEAT, &futex);
	return 0;
}

static void look(void *arg)
{
	(void)arg;
	gr_watchdog_look();
}

static void must_bark(void)
{
	struct child c = child_run(look, NULL);

	assert_child_died_of(c, SIGABRT);
	assert_non_null(strstr(c.said, "watchdog: a worker was told to wake up, and nobody woke"));
}

static void one_who_sleeps_though_he_was_told_is_found(void **state)
{
	(void)state;
	must_bark();
}

static void leave(void)
{
	gr_witness_stand(SEAT, &futex);
}

static void also_if_he_gets_up_at_once(void **state)
{
	(void)state;
	meanwhile = leave;
	must_bark();
}

static void one_who_waits_for_a_processor_is_not(void **state)
{
	(void)state;
	asleep = 0;
	look(NULL);
}

static void leave_and_sleep_anew(void)
{
	leave();
	gr_witness_stand(SEAT, &futex);
}

static void nor_one_who_has_gone_and_come_to_sleep_anew_before_the_wake(void **state)
{
	(void)state;
	meanwhile = leave_and_sleep_anew;
	look(NULL);
}

static void nor_one_who_has_gone(void **state)
{
	(void)state;
	leave();
	look(NULL);
}

#define TOLD(test) cmocka_unit_test_setup_teardown(test, tell, get_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TOLD(one_who_sleeps_though_he_was_told_is_found),
		TOLD(also_if_he_gets_up_at_once),
		TOLD(one_who_waits_for_a_processor_is_not),
		TOLD(nor_one_who_has_gone_and_come_to_sleep_anew_before_the_wake),
		TOLD(nor_one_who_has_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void there_is_none_in_this_build(void **state)
{
	(void)state;
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_is_none_in_this_build),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
