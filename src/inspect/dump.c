/* SPDX-License-Identifier: MIT */
/* dump.c: what every coroutine is doing, one line each and below it the frames of those that wait.
 *
 *   coroutine 7 "parser": waiting, chan recv 0x55d0c8a2 for 1.250 s; begun at app+0x1a2b (main+
 *   0x3b); stack 0x7f3a10000-0x7f3a41000, 192 KiB                               (all one line)
 *           app+0x2f10 (goro_chan_recv+0x80)
 *           app+0x1b44 (read_all+0x14)
 *
 *  U1  The walk stops nobody. Each line is a copy of one descriptor that was the same coroutine
 *      before and after, and, if it says "waiting", the same wait (N2).
 *  U2  Lines and copies lie in memory of their own, from the kernel: a coroutine with a small
 *      stack may dump, and one that is stuck in malloc() does not hold up the dump.
 */
#include <errno.h>

#include "base/clock.h"
#include "goro/inspect.h"
#include "inspect/backtrace.h"
#include "inspect/inspect.h"
#include "sched/park.h"

#define STACK_COPY ((size_t)32 << 10)
#define TRIES      3 /* to catch a descriptor between two changes */

struct dump {
	struct gr_text text;
	struct gr_coro seen; /* a copy; its word and life are those of `word` and `life` */
	uint64_t word;
	char stack[STACK_COPY];
};

static struct dump *make_dump(int fd)
{
	struct dump *d = NULL;
	void *memory;

	if (gr_os_reserve(sizeof *d, 0, &memory) == 0) {
		d = memory;
		gr_text_init(&d->text, fd);
	}
	return d;
}

static int free_dump(struct dump *d)
{
	int rc = gr_text_flush(&d->text);

	gr_os_release(d, sizeof *d);
	return rc;
}

/* A coroutine ------------------------------------------------------------------------------- */

/* False: it has ended, or could not be read. */
static bool look_at(struct dump *d, const struct gr_coro *co)
{
	for (int i = 0; i < TRIES; i++) {
		uint64_t life = gr_load_acquire(&co->life);

		if (!(life & GR_CORO_LIVE))
			return false;
		d->word = gr_load_acquire(&co->wait.word);
		if (gr_os_read_memory(&d->seen, co, sizeof d->seen) != sizeof d->seen)
			return false;
		gr_fence_seq_cst();
		d->seen.life = life;
		if (gr_load_relaxed(&co->life) >> GR_CORO_LIFE_SHIFT != life >> GR_CORO_LIFE_SHIFT)
			continue; /* another lives here now */
		if (gr_load_relaxed(&co->wait.word) == d->word)
			return true;
	}
	/* It never keeps still: its name and origin hold, what it waits for does not. */
	d->word = GR_WAIT_RUNNING;
	return gr_load_relaxed(&co->life) >> GR_CORO_LIFE_SHIFT ==
		d->seen.life >> GR_CORO_LIFE_SHIFT;
}

static int worker_of(const struct gr_coro *co)
{
	for (unsigned i = 0; i < gr_sched.seats; i++)
		if (gr_load_relaxed(&gr_sched.workers[i].running) == co)
			return (int)i;
	return -1;
}

static void print_wait(struct dump *d)
{
	struct gr_text *t = &d->text;

	gr_text_str(t, "waiting");
	if (d->seen.why != NULL) {
		gr_text_str(t, ", ");
		gr_text_str(t, d->seen.why);
	}
	if (d->seen.what != NULL) {
		gr_text_str(t, " ");
		gr_text_hex(t, (uintptr_t)d->seen.what);
	}
	gr_text_str(t, " for ");
	gr_text_ns(t, gr_now() - d->seen.since);
}

static void print_state(struct dump *d, const struct gr_coro *co)
{
	struct gr_text *t = &d->text;
	int worker;

	switch (gr_wait_state(d->word)) {
	case GR_WAIT_PARKED:
		print_wait(d);
		break;
	case GR_WAIT_CLAIMED:
	case GR_WAIT_DELIVERED:
		gr_text_str(t, "runnable, woken");
		break;
	default:
		worker = worker_of(co);
		gr_text_str(t, worker >= 0 ? "running on worker " : "runnable");
		if (worker >= 0)
			gr_text_dec(t, (uint64_t)worker);
		break;
	}
	if (d->seen.life & GR_CORO_CANCELLED)
		gr_text_str(t, ", cancelled");
}

static void print_stack(struct dump *d)
{
	struct gr_text *t = &d->text;
	uintptr_t low, high;

	if (d->seen.stack == NULL) {
		gr_text_str(t, "; not begun, no stack yet\n");
		return;
	}
	gr_stack_bounds(d->seen.stack_class, d->seen.stack, &low, &high);
	gr_text_str(t, "; stack ");
	gr_text_hex(t, low);
	gr_text_str(t, "-");
	gr_text_hex(t, high);
	gr_text_str(t, ", ");
	gr_text_bytes(t, gr_stack_usable(d->seen.stack_class));
	gr_text_str(t, "\n");
}

/* N2. Once it has been woken its stack is its own again, and nothing is shown. */
static void print_frames(struct dump *d, const struct gr_coro *co)
{
	struct gr_frames f = { .copy = d->stack, .at = (uintptr_t)d->seen.context.sp };
	uintptr_t low;

	if (gr_wait_state(d->word) != GR_WAIT_PARKED || d->seen.stack == NULL)
		return;
	gr_stack_bounds(d->seen.stack_class, d->seen.stack, &low, &f.high);
	if (f.at < low || f.at > f.high)
		return;
	f.size = f.high - f.at < STACK_COPY ? f.high - f.at : STACK_COPY;
	f.size = gr_os_read_memory(d->stack, (const void *)f.at, f.size);
	gr_fence_seq_cst();
	if (gr_load_relaxed(&co->wait.word) != d->word || f.size < GR_CONTEXT_FRAME)
		return;
	f.here = gr_context_where(d->stack, f.at);
	gr_backtrace_print(&d->text, &f);
}

/* True: it lives, and was printed. */
static bool print_coro(struct dump *d, const struct gr_coro *co)
{
	struct gr_text *t = &d->text;

	if (!look_at(d, co))
		return false;
	gr_text_str(t, "coroutine ");
	gr_text_dec(t, gr_coro_id(&d->seen));
	gr_text_name(t, d->seen.name, sizeof d->seen.name);
	gr_text_str(t, ": ");
	print_state(d, co);
	gr_text_str(t, "; begun at ");
	gr_backtrace_name(t, (uintptr_t)d->seen.site, true);
	print_stack(d);
	print_frames(d, co);
	return true;
}

/* As many as `most`, and a word if there are more. */
static void print_coros(struct dump *d, uint64_t most)
{
	uint64_t alive = gr_sched_alive();
	uint32_t count = gr_coro_count();
	uint64_t printed = 0;

	for (uint32_t i = 0; i < count && printed < most && d->text.rc == 0; i++)
		printed += print_coro(d, gr_coro_at(i));
	if (printed == most && alive > printed) {
		gr_text_str(&d->text, "... and ");
		gr_text_dec(&d->text, alive - printed);
		gr_text_str(&d->text, " more\n");
	}
}

/* A report that nobody has asked for stays readable. */
#define REPORT_MOST 100

/* Reports ----------------------------------------------------------------------------------- */

void gr_asleep_report(void)
{
	struct dump *d = make_dump(2);
	uint64_t alive = gr_sched_alive();

	if (d == NULL)
		return;
	gr_text_str(&d->text, "goro: all ");
	gr_text_dec(&d->text, alive);
	gr_text_str(&d->text, alive == 1 ? " coroutine is" : " coroutines are");
	gr_text_str(&d->text, " asleep and nothing can wake them\n");
	print_coros(d, REPORT_MOST);
	free_dump(d);
}

void gr_dump_stragglers(int64_t waited_ns)
{
	struct dump *d = make_dump(2);

	if (d == NULL)
		return;
	gr_text_str(&d->text, "goro: stop: ");
	gr_text_dec(&d->text, gr_sched_alive());
	gr_text_str(&d->text, " coroutine(s) and ");
	gr_text_dec(&d->text, gr_thread_count());
	gr_text_str(&d->text, " calling thread(s) have not ended after ");
	gr_text_ns(&d->text, waited_ns);
	gr_text_str(&d->text, "\n");
	print_coros(d, REPORT_MOST);
	free_dump(d);
}

static int dump(int fd)
{
	struct dump *d = make_dump(fd);

	if (d == NULL)
		return -ENOMEM;
	gr_text_str(&d->text, "goro: ");
	gr_text_dec(&d->text, gr_sched_alive());
	gr_text_str(&d->text, " coroutine(s), ");
	gr_text_dec(&d->text, gr_sched.configured);
	gr_text_str(&d->text, " worker(s)\n");
	print_coros(d, UINT64_MAX);
	return free_dump(d);
}

int goro_dump(int fd)
{
	struct gr_caller me;
	int rc = gr_os_writable(fd);

	if (rc == 0)
		rc = gr_caller_enter_try(&me);
	if (rc != 0)
		return rc;
	rc = dump(fd);
	gr_caller_leave(&me);
	return rc;
}

void gr_dump_all(void)
{
	dump(2);
}
