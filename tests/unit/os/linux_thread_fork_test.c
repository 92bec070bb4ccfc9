/* SPDX-License-Identifier: MIT */
/* linux_thread_fork_test.c: what runs in the child of a fork (os.h). */
#include "../unit.h"

#include "os/os.h"

static volatile int first_calls, second_calls;

static void first_in_child(void)
{
	first_calls++;
}

static void second_in_child(void)
{
	second_calls++;
}

static void forks_twice(void *arg)
{
	(void)arg;
	MUST(gr_os_at_fork(first_in_child) == 0);
	MUST(gr_os_at_fork(first_in_child) == 0);
	MUST(gr_os_at_fork(second_in_child) == 0);
	for (int depth = 1; depth <= 2; depth++) { /* each in the child of the one before */
		int status;
		pid_t pid = fork();

		MUST(pid >= 0);
		if (pid > 0) {
			MUST(first_calls == depth - 1 && second_calls == 0);
			MUST(waitpid(pid, &status, 0) == pid);
			MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0);
			if (depth > 1)
				_exit(0);
			return;
		}
		MUST(first_calls == depth && second_calls == 0);
	}
	_exit(0);
}

static void the_handler_of_forks_is_called_once_in_each_child_and_never_replaced(void **state)
{
	struct child c;

	(void)state;
	c = child_run(forks_twice, NULL);
	assert_child_finished(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_handler_of_forks_is_called_once_in_each_child_and_never_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
