/* SPDX-License-Identifier: MIT */
/* fault.c: a hardware fault in a coroutine: which one, and whether its stack overflowed.
 *
 *   goro: SIGSEGV in coroutine 7 "parser": stack overflow
 *   goro: address 0x7f.., pc 0x55.., sp 0x7f..; its stack: 0x7f..-0x7f.., 192 KiB
 *   goro: it was begun at app+0x1a2b (main+0x3b); it was in
 *           app+0x2f10 (parse+0x80)
 *
 *  V1  The first two lines need nothing but the descriptor and the registers; they are out before
 *      the loader is asked for names (N1), which is not signal-safe in the letter.
 *  V2  A fault that is not a coroutine's, and a signal that a process sent, go to whoever had the
 *      signal before.
 *  V3  One report at a time: its room is static, since the signal stack may be the user's and
 *      small. A second thread that faults meanwhile waits to be killed by the first.
 */
#include <signal.h>

#include "base/atomic.h"
#include "context/stack.h"
#include "inspect/backtrace.h"
#include "inspect/inspect.h"
#include "os/os.h"
#include "sched/worker.h"

#define PATIENCE (2 * INT64_C(1000000000)) /* for another thread's report */

static struct gr_text report;
static uint32_t reporting;

static const char *signal_name(int signo)
{
	switch (signo) {
	case SIGSEGV:
		return "SIGSEGV";
	case SIGBUS:
		return "SIGBUS";
	case SIGFPE:
		return "SIGFPE";
	case SIGILL:
		return "SIGILL";
	default:
		return "a signal";
	}
}

/* Is it in the guard of the stack [low, high)? */
static bool in_guard_of(uintptr_t address, uintptr_t low)
{
	uintptr_t l, h;
	bool in_guard;

	return gr_stack_find(address, &l, &h, &in_guard) && in_guard && l == low;
}

static const char *reason(const struct gr_os_fault *f, uintptr_t low, uintptr_t high)
{
	if (f->signo == SIGFPE)
		return "arithmetic error";
	if (f->signo == SIGILL)
		return "illegal instruction";
	if (in_guard_of(f->address, low) || in_guard_of(f->sp, low))
		return "stack overflow";
	if (f->sp < low || f->sp > high)
		return "the stack pointer is not on its stack";
	if (f->signo == SIGSEGV && f->code != SEGV_MAPERR && f->code != SEGV_ACCERR)
		return "invalid address, not told which"; /* one that no page can have */
	return f->address < gr_os_page_size() ? "null pointer, or near it" : "invalid address";
}

static void print_facts(struct gr_text *t, const struct gr_os_fault *f, const struct gr_coro *co,
	uintptr_t low, uintptr_t high)
{
	gr_text_str(t, "goro: ");
	gr_text_str(t, signal_name(f->signo));
	gr_text_str(t, " in coroutine ");
	gr_text_dec(t, gr_coro_id(co));
	gr_text_name(t, co->name, sizeof co->name);
	gr_text_str(t, ": ");
	gr_text_str(t, reason(f, low, high));
	gr_text_str(t, "\ngoro: address ");
	gr_text_hex(t, f->address);
	gr_text_str(t, ", pc ");
	gr_text_hex(t, f->pc);
	gr_text_str(t, ", sp ");
	gr_text_hex(t, f->sp);
	gr_text_str(t, "; its stack: ");
	gr_text_hex(t, low);
	gr_text_str(t, "-");
	gr_text_hex(t, high);
	gr_text_str(t, ", ");
	gr_text_bytes(t, gr_stack_usable(co->stack_class));
	gr_text_str(t, "\n");
	gr_text_flush(t);
}

static void print_places(
	struct gr_text *t, const struct gr_os_fault *f, const struct gr_coro *co, uintptr_t high)
{
	struct gr_frames frames = {
		.here = { .pc = f->pc, .fp = f->fp, .sp = f->sp },
		/* A call through a pointer to nowhere: it has no frame yet. */
		.caller = f->pc == f->address && f->signo == SIGSEGV ? f->caller : 0,
		.high = high,
	};

	gr_text_str(t, "goro: it was begun at ");
	gr_backtrace_name(t, (uintptr_t)co->site, true);
	gr_text_str(t, "; it was in\n");
	gr_backtrace_print(t, &frames);
	gr_text_flush(t);
}

/* On the signal stack. The descriptor is this thread's own: it runs that coroutine. */
static bool on_fault(const struct gr_os_fault *f)
{
	const struct gr_coro *co = f->code > 0 ? gr_running() : NULL;
	uintptr_t low, high;

	if (co == NULL || co->stack == NULL)
		return false; /* V2 */
	if (gr_exchange_acq_rel(&reporting, 1u) != 0) {
		gr_os_nap(PATIENCE); /* V3 */
		return true;
	}
	gr_stack_bounds(co->stack_class, co->stack, &low, &high);
	gr_text_init(&report, 2);
	print_facts(&report, f, co, low, high);
	print_places(&report, f, co, high);
	return true;
}

int gr_fault_start(void)
{
	gr_store_relaxed(&reporting, 0u);
	return gr_os_fault_start(on_fault);
}

void gr_fault_stop(void)
{
	gr_os_fault_stop();
}
