/* SPDX-License-Identifier: MIT */
/* What the report of a fault says of its kind: an address that nobody has, one that no page can have, a
 * file that has ended, a stack pointer that is nowhere; and that of two at once only one is reported.
 */
#include "violent.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct child child;
static volatile int nothing; /* 0, but no compiler knows */
static void (*deed)(void);

static UNSANITIZED void write_into_nowhere(void)
{
	char *p = mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*(volatile char *)(p + (1 << 19)) = 1;
}

static UNSANITIZED void write_behind_the_file(void)
{
	char path[] = "/tmp/goro-test-XXXXXX";
	int fd = mkstemp(path);
	char *p;

	unlink(path);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	*(volatile char *)p = 1;
}

#if defined(__x86_64__)
static UNSANITIZED void write_where_no_page_can_be(void)
{
	*(volatile char *)(UINT64_C(0x1234) << 48) = 1;
}

static UNSANITIZED void lose_the_stack(void)
{
	__asm__ volatile("movq $4096, %%rsp; pushq %%rax" : : : "memory");
}
#endif

static void runner(void *arg)
{
	(void)arg;
	goro_set_name("runner");
	notes->id = goro_id();
	deed();
	nothing = 0; /* no tail call */
}

static void root(void *arg)
{
	(void)arg;
	goro_go(runner, NULL);
	goro_sleep(60 * GORO_SECOND);
}

static void run_root(void)
{
	goro_run(root, NULL);
}

static void suffer(void (*what)(void), int signo, const char *text)
{
	char name[64];

	deed = what;
	run_child(&child, run_root, NULL);
	assert_killed_by(&child, signo);
	snprintf(
		name, sizeof name, "in coroutine %llu \"runner\": ", (unsigned long long)notes->id);
	assert_says(&child, name);
	assert_says(&child, text);
	assert_says_not(&child, "overflow");
}

static void an_address_that_nobody_has_is_told(void **state)
{
	(void)state;
	suffer(write_into_nowhere, SIGSEGV, "invalid address\n");
}

static void a_file_that_has_ended_is_told(void **state)
{
	(void)state;
	suffer(write_behind_the_file, SIGBUS, "goro: SIGBUS");
}

#if defined(__x86_64__)
static void an_address_that_no_page_can_have_is_told(void **state)
{
	(void)state;
	suffer(write_where_no_page_can_be, SIGSEGV, "invalid address, not told which\n");
}

static void a_stack_pointer_that_is_nowhere_is_told(void **state)
{
	(void)state;
	suffer(lose_the_stack, SIGSEGV, "the stack pointer is not on its stack\n");
}
#endif

/* Two at once ---------------------------------------------------------------------------------- */

static int ready;

static void fault_together(void *arg)
{
	(void)arg;
	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < 2)
		;
	write_into_nowhere();
	nothing = 0;
}

static void root_of_two(void *arg)
{
	(void)arg;
	goro_go(fault_together, NULL);
	goro_go(fault_together, NULL);
	goro_sleep(60 * GORO_SECOND);
}

static void run_two(void)
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = 3;
	goro_run_config(&config, root_of_two, NULL);
}

static void of_two_at_once_one_is_reported(void **state)
{
	(void)state;
	run_child(&child, run_two, NULL);
	assert_killed_by(&child, SIGSEGV);
	assert_int_equal(count_of(&child, "in coroutine"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_that_nobody_has_is_told),
		cmocka_unit_test(a_file_that_has_ended_is_told),
#if defined(__x86_64__)
		cmocka_unit_test(an_address_that_no_page_can_have_is_told),
		cmocka_unit_test(a_stack_pointer_that_is_nowhere_is_told),
#endif
		cmocka_unit_test(of_two_at_once_one_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
