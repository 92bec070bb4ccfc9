/* SPDX-License-Identifier: MIT */
/* linux_fault.c: hardware faults, and the stacks their handlers run on.
 *
 * Whoever handled these signals before keeps them when the report says "not mine": a language
 * runtime that uses SIGSEGV in its own code, a sanitizer, a crash reporter.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "os/os.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

#define HANDLER_ROOM ((size_t)32 << 10)

static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };

#define FAULTS (sizeof(faults) / sizeof(faults[0]))

static struct sigaction before[FAULTS];
static bool (*report)(const struct gr_os_fault *);

static void read_registers(struct gr_os_fault *f, const ucontext_t *uc)
{
#if defined(__x86_64__)
	f->pc = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
	f->sp = (uintptr_t)uc->uc_mcontext.gregs[REG_RSP];
	f->fp = (uintptr_t)uc->uc_mcontext.gregs[REG_RBP];
	gr_os_read_memory(&f->caller, (const void *)f->sp, sizeof(f->caller));
#elif defined(__aarch64__)
	f->pc = (uintptr_t)uc->uc_mcontext.pc;
	f->sp = (uintptr_t)uc->uc_mcontext.sp;
	f->fp = (uintptr_t)uc->uc_mcontext.regs[29];
	f->caller = (uintptr_t)uc->uc_mcontext.regs[30];
#else
#error "goro runs on x86-64 and AArch64"
#endif
}

/* The signal is blocked while its handler runs: raised now, it strikes when the handler returns,
 * with the registers of the fault, and so the core dump shows them. */
static void die(int signo)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };

	sigaction(signo, &dfl, NULL);
	raise(signo);
}

static void chain(const struct sigaction *old, int signo, siginfo_t *info, void *uc)
{
	sigset_t mask;

	if (!(old->sa_flags & SA_SIGINFO) && old->sa_handler == SIG_IGN && info->si_code <= 0)
		return; /* sent by a process and ignored; a fault cannot be ignored */
	if (!(old->sa_flags & SA_SIGINFO) &&
		(old->sa_handler == SIG_DFL || old->sa_handler == SIG_IGN)) {
		die(signo);
		return;
	}
	pthread_sigmask(SIG_BLOCK, &old->sa_mask, &mask);
	if (old->sa_flags & SA_SIGINFO)
		old->sa_sigaction(signo, info, uc);
	else
		old->sa_handler(signo);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

static void on_fault(int signo, siginfo_t *info, void *uc)
{
	struct gr_os_fault f = {
		.signo = signo,
		.code = info->si_code,
		.address = (uintptr_t)info->si_addr,
	};
	int saved = errno;

	read_registers(&f, uc);
	if (report(&f)) {
		die(signo);
	} else {
		for (size_t i = 0; i < FAULTS; i++)
			if (faults[i] == signo)
				chain(&before[i], signo, info, uc);
	}
	errno = saved;
}

static bool is_ours(const struct sigaction *a)
{
	return (a->sa_flags & SA_SIGINFO) && a->sa_sigaction == on_fault;
}

void gr_os_fault_stop(void)
{
	for (size_t i = 0; i < FAULTS; i++) {
		struct sigaction now;

		if (sigaction(faults[i], NULL, &now) == 0 && is_ours(&now))
			sigaction(faults[i], &before[i], NULL);
	}
}

int gr_os_fault_start(bool (*handler)(const struct gr_os_fault *))
{
	struct sigaction ours = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigemptyset(&ours.sa_mask);
	report = handler;
	for (size_t i = 0; i < FAULTS; i++) {
		struct sigaction now;

		if (sigaction(faults[i], NULL, &now) != 0)
			goto put_back;
		if (is_ours(&now))
			continue; /* from an earlier start; `before` still holds */
		before[i] = now;
		if (sigaction(faults[i], &ours, NULL) != 0)
			goto put_back;
	}
	return 0;

put_back:;
	int rc = -errno;
	gr_os_fault_stop();
	return rc;
}

/* Signal stacks ----------------------------------------------------------------------------- */

size_t gr_os_signal_frame(void)
{
	size_t frame = (size_t)getauxval(AT_MINSIGSTKSZ);

	return frame != 0 ? frame : (size_t)MINSIGSTKSZ; /* kernels before 5.14 on x86 */
}

/* A guard page, and above it the stack. */
static size_t signal_stack_bytes(size_t page)
{
	return page + ((gr_os_signal_frame() + HANDLER_ROOM + page - 1) & ~(page - 1));
}

int gr_os_signal_stack_start(void **token)
{
	size_t page = gr_os_page_size();
	size_t bytes = signal_stack_bytes(page);
	stack_t now, ours;
	void *p;
	int rc;

	*token = NULL;
	if (sigaltstack(NULL, &now) == 0 && !(now.ss_flags & SS_DISABLE))
		return 0;
	rc = gr_os_reserve(bytes, 0, &p);
	if (rc != 0)
		return rc;
	ours.ss_sp = (char *)p + page;
	ours.ss_size = bytes - page;
	ours.ss_flags = 0;
	if (mprotect(p, page, PROT_NONE) != 0 || sigaltstack(&ours, NULL) != 0) {
		gr_os_release(p, bytes);
		return -ENOMEM;
	}
	*token = p;
	return 0;
}

void gr_os_signal_stack_stop(void *token)
{
	size_t page = gr_os_page_size();
	stack_t now, none = { .ss_flags = SS_DISABLE };

	if (token == NULL)
		return;
	if (sigaltstack(NULL, &now) == 0 && now.ss_sp == (char *)token + page)
		sigaltstack(&none, NULL);
	gr_os_release(token, signal_stack_bytes(page));
}
