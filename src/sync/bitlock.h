/* SPDX-License-Identifier: MIT */
/* bitlock.h: a short lock in bit 0 of a 64-bit word whose other bits its holder guards.
 *
 * Count, flags and the lock of the queue stand in one word (D4), so that what lets the next one
 * in and what releases the lock is a single store. With two words, "unlock; the next owner frees"
 * is a use after free.
 *
 *  B1  While the bit is set only its holder changes the word: a fast path's compare-exchange
 *      expects the bit clear. So the holder may compute the next word at leisure.
 *  B2  gr_bitlock_release() is the holder's last access to the object. Who finds the bit clear
 *      may free the object, as far as the other bits allow.
 *  B3  Not held while its holder waits for anything. A park hands it to the commit, which drops
 *      it with gr_bitlock_drop() when the sleeper's registers are saved.
 *
 * Orderings: acquire, in gr_bitlock_acquire() and in the fast paths, pairs with the release of
 * whoever changed the word last; all changes are read-modify-writes, or stores of a holder who has
 * acquired what was there, so nothing that an earlier one released gets lost.
 */
#ifndef GR_SYNC_BITLOCK_H
#define GR_SYNC_BITLOCK_H

#include <stdint.h>

#include "base/atomic.h"
#include "base/check.h"
#include "base/lock.h"

#define GR_BITLOCK UINT64_C(1)

/* Returns the word, without the bit. */
static inline uint64_t gr_bitlock_acquire(uint64_t *word)
{
	struct gr_backoff backoff = { 0 };
	uint64_t seen = gr_load_relaxed(word);

	for (;;) {
		if (seen & GR_BITLOCK) {
			gr_backoff_wait(&backoff);
			seen = gr_load_relaxed(word);
		} else if (!gr_chaos(GR_CHAOS_CLAIM, 8) &&
			gr_cas_acquire(word, &seen, seen | GR_BITLOCK)) {
			return seen;
		}
	}
}

/* Stores `next`, which has the bit clear. */
static inline void gr_bitlock_release(uint64_t *word, uint64_t next)
{
	GR_DEBUG(gr_load_relaxed(word) & GR_BITLOCK && !(next & GR_BITLOCK));
	gr_store_release(word, next); /* B2 */
}

/* Clears the bit alone, for the commit of a park: gr_park()'s `unlock`. */
static inline void gr_bitlock_drop(void *word)
{
	GR_DEBUG(gr_load_relaxed((uint64_t *)word) & GR_BITLOCK);
	gr_fetch_and_release((uint64_t *)word, ~GR_BITLOCK);
}

#endif
