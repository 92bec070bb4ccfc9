/* SPDX-License-Identifier: MIT */
/* linux_fault_test.c: what a fault handler is told, whom a fault goes to, and the stacks that
 * handlers run on (os.h). Each test faults in a child. */
#include "../unit.h"

#include <sys/mman.h>

#include "os/os.h"

static struct gr_os_fault seen;
static uintptr_t handler_frame;
static int reports, chained_signo, chained_code;
static void *chained_address;
static bool usr1_was_blocked;
static char *page_at; /* faults until the handler before ours opens it */

static char *make_page(void)
{
	char *p = mmap(NULL, gr_os_page_size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MUST(p != MAP_FAILED);
	return p;
}

static bool note(const struct gr_os_fault *f)
{
	seen = *f;
	handler_frame = (uintptr_t)__builtin_frame_address(0);
	reports++;
	return false;
}

static bool is_reported(const struct gr_os_fault *f)
{
	static const char line[] = "reported\n";

	(void)f;
	gr_os_write_all(2, line, sizeof(line) - 1);
	return true;
}

static void open_page(int signo, siginfo_t *info, void *uc)
{
	sigset_t mask;

	(void)uc;
	chained_signo = signo;
	chained_code = info->si_code;
	chained_address = info->si_addr;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	usr1_was_blocked = sigismember(&mask, SIGUSR1) == 1;
	if (page_at != NULL)
		mprotect(page_at, gr_os_page_size(), PROT_READ | PROT_WRITE);
}

static void open_page_simply(int signo)
{
	chained_signo = signo;
	mprotect(page_at, gr_os_page_size(), PROT_READ | PROT_WRITE);
}

static void had_before(int signo, void (*action)(int, siginfo_t *, void *), void (*handler)(int))
{
	struct sigaction a = { .sa_flags = action != NULL ? SA_SIGINFO : 0 };

	sigemptyset(&a.sa_mask);
	sigaddset(&a.sa_mask, SIGUSR1);
	if (action != NULL)
		a.sa_sigaction = action;
	else
		a.sa_handler = handler;
	MUST(sigaction(signo, &a, NULL) == 0);
}

__attribute__((noinline, no_sanitize("address", "thread", "undefined"))) static void touch(
	char *p, uintptr_t *frame)
{
	*frame = (uintptr_t)__builtin_frame_address(0);
	*(volatile char *)p = 1;
	__asm__ volatile("" ::: "memory");
}

static void address_and_registers(void *arg)
{
	uintptr_t frame;

	(void)arg;
	page_at = make_page();
	had_before(SIGSEGV, open_page, NULL);
	MUST(gr_os_fault_start(note) == 0);
	errno = 4711;
	touch(page_at + 123, &frame);
	MUST(errno == 4711);
	MUST(page_at[123] == 1);
	MUST(reports == 1);
	MUST(seen.signo == SIGSEGV);
	MUST(seen.code == SEGV_ACCERR);
	MUST(seen.address == (uintptr_t)page_at + 123);
	MUST(seen.pc >= (uintptr_t)touch && seen.pc < (uintptr_t)touch + 256);
	MUST(seen.sp <= frame && frame - seen.sp < 4096);
	MUST(seen.fp == frame);

	MUST(chained_signo == SIGSEGV && chained_code == SEGV_ACCERR);
	MUST(chained_address == page_at + 123);
	MUST(usr1_was_blocked);
	open_page(0, &(siginfo_t){ 0 }, NULL);
	MUST(!usr1_was_blocked);
}

static void a_handler_learns_address_and_registers_and_passes_on_what_is_not_its_own(void **state)
{
	struct child c;

	(void)state;
	c = child_run(address_and_registers, NULL);
	assert_child_finished(c);
}

static void plain_handler_before(void *arg)
{
	uintptr_t frame;

	(void)arg;
	page_at = make_page();
	had_before(SIGSEGV, NULL, open_page_simply);
	MUST(gr_os_fault_start(note) == 0);
	touch(page_at, &frame);
	MUST(reports == 1 && chained_signo == SIGSEGV);
}

static void a_handler_of_one_argument_is_passed_faults_too(void **state)
{
	struct child c;

	(void)state;
	c = child_run(plain_handler_before, NULL);
	assert_child_finished(c);
}

static const int all_faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };

static void reported_as(void *arg)
{
	MUST(gr_os_fault_start(is_reported) == 0);
	raise(*(int *)arg);
	dprintf(2, "survived\n");
}

static void unreported_as(void *arg)
{
	MUST(gr_os_fault_start(note) == 0);
	raise(*(int *)arg);
	dprintf(2, "survived\n");
}

static void what_is_reported_and_what_nobody_had_before_kills_by_its_signal(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		int signo = all_faults[i];
		struct child c = child_run(reported_as, &signo);

		assert_child_died_of(c, signo);
		assert_non_null(strstr(c.said, "reported\n"));
		assert_null(strstr(c.said, "survived"));
		c = child_run(unreported_as, &signo);
		assert_child_died_of(c, signo);
		assert_null(strstr(c.said, "survived"));
	}
}

static void ignored_before(void *arg)
{
	uintptr_t frame;

	(void)arg;
	had_before(SIGSEGV, NULL, SIG_IGN);
	MUST(gr_os_fault_start(note) == 0);
	MUST(raise(SIGSEGV) == 0);
	MUST(reports == 1 && seen.code <= 0);
	dprintf(2, "still here\n");
	touch(make_page(), &frame);
	dprintf(2, "survived\n");
}

static void a_signal_sent_may_be_ignored_but_not_a_fault(void **state)
{
	struct child c;

	(void)state;
	c = child_run(ignored_before, NULL);
	assert_child_died_of(c, SIGSEGV);
	assert_non_null(strstr(c.said, "still here"));
	assert_null(strstr(c.said, "survived"));
}

static bool has(int signo, void (*action)(int, siginfo_t *, void *))
{
	struct sigaction a;

	MUST(sigaction(signo, NULL, &a) == 0);
	return (a.sa_flags & SA_SIGINFO) && a.sa_sigaction == action;
}

static void start_and_stop(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < 4; i++)
		had_before(all_faults[i], open_page, NULL);
	gr_os_fault_stop(); /* never started: changes nothing */
	for (size_t i = 0; i < 4; i++)
		MUST(has(all_faults[i], open_page));

	MUST(gr_os_fault_start(note) == 0);
	MUST(gr_os_fault_start(note) == 0); /* again: what was before is remembered */
	for (size_t i = 0; i < 4; i++)
		MUST(!has(all_faults[i], open_page));
	gr_os_fault_stop();
	for (size_t i = 0; i < 4; i++)
		MUST(has(all_faults[i], open_page));
	raise(SIGBUS);
	MUST(reports == 0 && chained_signo == SIGBUS);

	MUST(gr_os_fault_start(note) == 0); /* a second run */
	raise(SIGBUS);
	MUST(reports == 1);
	had_before(SIGBUS, NULL, open_page_simply);
	gr_os_fault_stop(); /* SIGBUS is not ours any more */
	MUST(!has(SIGBUS, open_page));
	MUST(has(SIGSEGV, open_page) && has(SIGFPE, open_page) && has(SIGILL, open_page));
}

static void stop_puts_back_what_was_there_where_it_is_still_ours(void **state)
{
	struct child c;

	(void)state;
	c = child_run(start_and_stop, NULL);
	assert_child_finished(c);
}

/* Signal stacks ----------------------------------------------------------------------------- */

static void without_signal_stack(void)
{
	stack_t none = { .ss_flags = SS_DISABLE };

	MUST(sigaltstack(&none, NULL) == 0); /* a sanitizer's */
}

static void handler_on_its_stack(void *arg)
{
	uintptr_t frame;
	stack_t now;
	void *token;

	(void)arg;
	without_signal_stack();
	MUST(gr_os_signal_stack_start(&token) == 0);
	MUST(token != NULL);
	MUST(sigaltstack(NULL, &now) == 0 && !(now.ss_flags & SS_DISABLE));
	MUST(now.ss_size >= gr_os_signal_frame() + (32 << 10));

	page_at = make_page();
	had_before(SIGSEGV, open_page, NULL);
	MUST(gr_os_fault_start(note) == 0);
	touch(page_at, &frame);
	MUST(handler_frame >= (uintptr_t)now.ss_sp);
	MUST(handler_frame < (uintptr_t)now.ss_sp + now.ss_size);
	gr_os_fault_stop();
	gr_os_signal_stack_stop(token);
	MUST(sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE));
}

static void a_handler_runs_on_the_signal_stack_until_it_is_stopped(void **state)
{
	struct child c;

	(void)state;
	c = child_run(handler_on_its_stack, NULL);
	assert_child_finished(c);
}

static void below_the_signal_stack(void *arg)
{
	stack_t now;
	void *token;

	(void)arg;
	without_signal_stack();
	MUST(gr_os_signal_stack_start(&token) == 0);
	MUST(sigaltstack(NULL, &now) == 0);
	((volatile char *)now.ss_sp)[0] = 1;
	((volatile char *)now.ss_sp)[now.ss_size - 1] = 1;
	dprintf(2, "whole\n");
	((volatile char *)now.ss_sp)[-1] = 1;
}

static void below_a_signal_stack_lies_a_guard(void **state)
{
	struct child c;

	(void)state;
	c = child_run(below_the_signal_stack, NULL);
	assert_child_died_of(c, SIGSEGV);
	assert_non_null(strstr(c.said, "whole"));
}

static void of_its_own(void *arg)
{
	static char own[64 << 10], other[64 << 10];
	stack_t theirs = { .ss_sp = own, .ss_size = sizeof(own) }, now;
	void *token = arg;

	without_signal_stack();
	MUST(sigaltstack(&theirs, NULL) == 0);
	MUST(gr_os_signal_stack_start(&token) == 0);
	MUST(token == NULL);
	MUST(sigaltstack(NULL, &now) == 0 && now.ss_sp == own);
	gr_os_signal_stack_stop(token);
	MUST(sigaltstack(NULL, &now) == 0 && now.ss_sp == own);

	without_signal_stack();
	MUST(gr_os_signal_stack_start(&token) == 0);
	theirs.ss_sp = other; /* replaced meanwhile: it stays when ours goes */
	MUST(sigaltstack(&theirs, NULL) == 0);
	gr_os_signal_stack_stop(token);
	MUST(sigaltstack(NULL, &now) == 0 && now.ss_sp == other);
	MUST(!(now.ss_flags & SS_DISABLE));
}

static void a_thread_that_has_a_signal_stack_keeps_it(void **state)
{
	static int something;
	struct child c;

	(void)state;
	c = child_run(of_its_own, &something);
	assert_child_finished(c);
}

static void the_frame_of_a_signal_is_no_smaller_than_the_registers(void **state)
{
	(void)state;
	assert_true(gr_os_signal_frame() >= 512); /* fxsave alone; AArch64's is larger */
	assert_true(gr_os_signal_frame() <= 1 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_handler_learns_address_and_registers_and_passes_on_what_is_not_its_own),
		cmocka_unit_test(a_handler_of_one_argument_is_passed_faults_too),
		cmocka_unit_test(what_is_reported_and_what_nobody_had_before_kills_by_its_signal),
		cmocka_unit_test(a_signal_sent_may_be_ignored_but_not_a_fault),
		cmocka_unit_test(stop_puts_back_what_was_there_where_it_is_still_ours),
		cmocka_unit_test(a_handler_runs_on_the_signal_stack_until_it_is_stopped),
		cmocka_unit_test(below_a_signal_stack_lies_a_guard),
		cmocka_unit_test(a_thread_that_has_a_signal_stack_keeps_it),
		cmocka_unit_test(the_frame_of_a_signal_is_no_smaller_than_the_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
