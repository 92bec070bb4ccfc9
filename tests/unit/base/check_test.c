/* SPDX-License-Identifier: MIT */
/* check_test.c: what must hold, and what is said when it does not (check.h). */
#include "../unit.h"

#include "base/check.h"

static int evaluated;

static int count(int value)
{
	evaluated++;
	return value;
}

static void what_holds_is_evaluated_once_and_goes_on(void **state)
{
	(void)state;
	evaluated = 0;
	GR_CHECK(count(1));
	GR_CHECK(count(1) == 1);
	assert_int_equal(evaluated, 2);
}

/* sizeof sees the expression, so that it compiles; nobody runs it. */
static void a_debug_check_costs_nothing_in_a_release(void **state)
{
	(void)state;
	evaluated = 0;
	GR_DEBUG(count(1));
#ifdef GORO_DEBUG
	assert_int_equal(evaluated, 1);
#else
	GR_DEBUG(count(0));
	assert_int_equal(evaluated, 0);
#endif
}

static void broken(void *arg)
{
	GR_CHECK(arg == NULL && "it holds");
}

static void broken_in_src(void *arg)
{
	(void)arg;
	gr_check_broken("/home/someone/src/goro/src/base/heap.c", 40, "size > 0");
}

static void failed(void *arg)
{
	gr_check_fail("%s of %d", (const char *)arg, 7);
}

static void failed_at_length(void *arg)
{
	(void)arg;
	gr_check_fail("%5000s", "end");
}

static void broken_at_length(void *arg)
{
	static char cond[5000];

	(void)arg;
	memset(cond, 'x', sizeof(cond) - 1);
	gr_check_broken("base/heap.c", 40, cond);
}

static void what_does_not_hold_aborts_and_says_where(void **state)
{
	struct child c;

	(void)state;
	c = child_run(broken, &evaluated);
	assert_child_died_of(c, SIGABRT);
	assert_non_null(strstr(c.said, "goro: "));
	assert_non_null(strstr(c.said, "check_test.c:"));
	assert_non_null(strstr(c.said, ": arg == NULL && \"it holds\"\n"));

	c = child_run(broken_in_src, NULL);
	assert_child_died_of(c, SIGABRT);
	assert_non_null(strstr(c.said, "goro: base/heap.c:40: size > 0\n"));
}

static void a_failure_of_the_caller_aborts_with_the_message(void **state)
{
	struct child c;

	(void)state;
	c = child_run(failed, (void *)(uintptr_t) "unlock");
	assert_child_died_of(c, SIGABRT);
	assert_non_null(strstr(c.said, "goro: unlock of 7\n"));
}

static void what_is_said_is_cut_to_one_line(void **state)
{
	struct child c;

	(void)state;
	c = child_run(failed_at_length, NULL);
	assert_child_died_of(c, SIGABRT);
	assert_int_equal(strspn(c.said, "goro: "), strcspn(c.said, "\n"));
	c = child_run(broken_at_length, NULL);
	assert_child_died_of(c, SIGABRT);
	assert_true(strncmp(c.said, "goro: base/heap.c:40: xxx", 25) == 0);
	assert_in_range(strcspn(c.said, "\n"), 100, 511);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_holds_is_evaluated_once_and_goes_on),
		cmocka_unit_test(a_debug_check_costs_nothing_in_a_release),
		cmocka_unit_test(what_does_not_hold_aborts_and_says_where),
		cmocka_unit_test(a_failure_of_the_caller_aborts_with_the_message),
		cmocka_unit_test(what_is_said_is_cut_to_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
