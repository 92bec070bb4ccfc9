/* SPDX-License-Identifier: MIT */
#include "base/lock.h"

#include "os/os.h"

#define SPINS   7u /* 1 + 2 + ... + 64 turns: a few microseconds */
#define NAP_MIN INT64_C(20000)
#define NAP_MAX INT64_C(1000000)

void gr_backoff_wait(struct gr_backoff *b)
{
	unsigned n = b->n;
	int64_t nap;

	if (n < SPINS) {
		b->n++;
		for (unsigned i = 0; i < 1u << n; i++)
			gr_cpu_relax();
		return;
	}
	nap = NAP_MIN << (n - SPINS);
	if (nap < NAP_MAX)
		b->n++;
	else
		nap = NAP_MAX;
	gr_os_nap(nap);
}

void gr_lock_acquire_slow(struct gr_lock *lock)
{
	struct gr_backoff b = { 0 };

	do {
		while (gr_load_relaxed(&lock->word) != 0)
			gr_backoff_wait(&b);
	} while (!gr_lock_try(lock));
}
