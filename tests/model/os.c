/* SPDX-License-Identifier: MIT */
/* os.c: what the models have instead of the kernel (os/os.h). */
#include "os/os.h"

#include <errno.h>
#include <string.h>

#include "engine.h"

/* Not modelled: what spins goes on when something has changed. */
void gr_os_nap(int64_t ns)
{
	(void)ns;
	model_spin();
}

/* A deadline may pass at any moment, and then it is that late. */
int64_t gr_os_now(void)
{
	return engine->time;
}

int *gr_os_errno(void)
{
	return &engine->self->error;
}

/* The kernel's look at the word finds the newest value; no order comes with it. */
int gr_os_futex_wait(const uint32_t *addr, uint32_t expected, int64_t deadline)
{
	struct thread *t = engine->self;
	uint32_t value;

	engine_point(addr, false);
	engine_access(addr, sizeof(*addr), ACCESS_READ | ACCESS_ATOMIC, "futex wait");
	memcpy(&value, addr, sizeof(value));
	engine_trace("futex wait [%s]: %#x, expects %#x", engine_describe(addr), value, expected);
	if (value != expected)
		return 0;
	t->state = STATE_SLEEPS;
	t->futex = addr;
	t->woken = false;
	t->timed = deadline != GR_OS_FOREVER;
	engine_block();
	t->state = STATE_READY;
	if (!t->woken && engine->time < deadline)
		engine->time = deadline;
	engine_trace("futex wait ends: %s", t->woken ? "woken" : "the deadline");
	return t->woken ? 0 : -ETIMEDOUT;
}

int gr_os_futex_wake(const uint32_t *addr, int n)
{
	int woken = 0;

	engine_point(addr, true);
	engine_trace("futex wake [%s] %d", engine_describe(addr), n);
	for (unsigned i = 0; i < THREADS && n > 0; i++) {
		struct thread *t = &engine->threads[i];

		if (t->state == STATE_SLEEPS && t->futex == addr && !t->woken) {
			t->woken = true;
			woken++;
			n--;
		}
	}
	return woken;
}

/* Small pages, since memory is zeroed in each execution. */
size_t gr_os_page_size(void)
{
	return 64;
}

int gr_os_reserve(size_t bytes, size_t align, void **out)
{
	if (align > 64)
		engine_broken("no memory is aligned to %zu", align);
	*out = model_alloc(bytes);
	return 0;
}

void gr_os_release(void *addr, size_t bytes)
{
	(void)bytes;
	model_free(addr);
}
