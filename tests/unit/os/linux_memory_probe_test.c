/* SPDX-License-Identifier: MIT */
/* linux_memory_probe_test.c: whether guards are markers does not depend on what the process happens
 * to have left when it is first asked. It is asked once in a process: hence children.
 */
#include "../unit.h"

#include <sys/mman.h>

static bool *answer; /* of a child: memory of both */

static void ask(void *descriptors)
{
	struct rlimit none = { 0, 0 };

	MUST(descriptors != NULL || setrlimit(RLIMIT_NOFILE, &none) == 0);
	*answer = gr_os_guard_is_marker();
}

static void read_without_descriptors(void *arg)
{
	struct rlimit none = { 0, 0 };
	char byte = 1, copy = 0;

	(void)arg;
	MUST(setrlimit(RLIMIT_NOFILE, &none) == 0);
	*answer = gr_os_read_memory(&copy, &byte, 1) == 1;
}

static bool answer_of(void (*fn)(void *), void *arg)
{
	assert_true(child_run(fn, arg).finished);
	return *answer;
}

static void guards_are_the_same_without_free_descriptors(void **state)
{
	static int descriptors;

	(void)state;
	if (!answer_of(read_without_descriptors, NULL))
		skip(); /* here memory is read through a pipe */
	assert_int_equal(answer_of(ask, NULL), answer_of(ask, &descriptors));
}

static int share_answer(void **state)
{
	(void)state;
	answer = mmap(
		NULL, sizeof(*answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return answer == MAP_FAILED ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guards_are_the_same_without_free_descriptors),
	};

	return cmocka_run_group_tests(tests, share_answer, NULL);
}
