/* SPDX-License-Identifier: MIT */
/* wait.h: the word that decides who wakes a sleeper, exactly once.
 *
 * A sleeper is a coroutine, or an OS thread that called in from outside. It sleeps on one
 * occasion at a time and so owns one word, which it uses again and again; a select puts many
 * queue nodes before the same word. A sender, a closer, a deadline, a canceller and the end
 * of the runtime may all want the sleeper at the same moment: the word picks one of them.
 *
 *                 ┌────────claim────────► PARKING_CLAIMED ──deliver──► DELIVERED
 *   RUNNING ──► PARKING                         │ commit                   │ commit: push
 *                 └─commit─► PARKED ──claim──► CLAIMED ──deliver: push     │
 *      ▲                                          └────────────────────────┴──► (resumed)
 *      └──────────────────────────────── end ◄──────────────────────────────────────┘
 *
 * Layout: bits 0–2 state, bit 3 "not cancellable", bits 4–63 a sequence that grows by one with
 * each wait and is never reset, not even when the descriptor serves another coroutine.
 *
 * Invariants
 *  W1  Only the sleeper leaves RUNNING and comes back to it. Nobody pushes a coroutine whose
 *      registers are not saved: while the word says PARKING or PARKING_CLAIMED, only the
 *      commit, which runs on the stack switched to, may end that state.
 *  W2  To claim and to make runnable are two steps. Of all claims of one sequence one wins.
 *      The winner, in this order: outcome, copy of the element, unlink of the node, unlock,
 *      gr_wait_deliver(). It writes nothing before it has won. A loser touches nothing.
 *  W3  From its claim to its delivery the winner alone may touch the sleeper's frame.
 *  W4  Whoever claims through a queue node holds that queue's lock; who claims without one
 *      (deadline, cancel, stop) holds a copy of (word, sequence) and goes by the sequence.
 *      A canceller claims PARKED only: one that is still PARKING looks at its flag itself.
 *  W5  A sleeper with no deadline, whose nodes all stand behind one lock that the commit will
 *      release, is nobody's to claim while it is PARKING (W4). Then the commit stores PARKED
 *      plainly, and releases that lock afterwards.
 *  W6  Descriptors are type-stable, so a late claim reads a word, never foreign memory; the
 *      sequence makes it lose.
 *
 * Orderings: a claim acquires what the sleeper did before its wait, and what the commit saved; it
 * releases nothing (W2: the outcome comes after it). Deliver's release pairs with the fence in
 * commit (DELIVERED) or with the run queue's acquire (push), its acquire with a commit that came
 * between claim and delivery. A commit releases the saved registers, and acquires nothing unless
 * it is to push. It is the store half of the cancel flag's store–load pair (cancel.h), whose fence
 * follows it. The store of W5 is a release, and the lock's release after it is another: pairs with
 * the claim's acquire.
 *
 * Checked as a model: the two-step claim is what makes `recv; free` legal. A one-step claim
 * whose commit readies the sleeper resumes it before its outcome is written.
 */
#ifndef GR_SCHED_WAIT_H
#define GR_SCHED_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomic.h"
#include "base/chaos.h"
#include "base/check.h"

enum gr_wait_state {
	GR_WAIT_RUNNING,
	GR_WAIT_PARKING,
	GR_WAIT_PARKED,
	GR_WAIT_CLAIMED,
	GR_WAIT_PARKING_CLAIMED,
	GR_WAIT_DELIVERED,
};

#define GR_WAIT_STATE    UINT64_C(7)
#define GR_WAIT_NOCANCEL UINT64_C(8)
#define GR_WAIT_SHIFT    4

enum gr_wait_kind { GR_WAIT_CORO, GR_WAIT_THREAD };

struct gr_wait {
	uint64_t word;
	int outcome;            /* written by the claimer, read by the sleeper after it is back */
	enum gr_wait_kind kind; /* constant */
	void *node;             /* the node through which it was claimed, NULL: none (as outcome) */
	struct gr_wait *next;   /* the claimer's, until it delivers (W3) */
};

/* Sleepers that somebody has claimed, in the order of the claims. */
struct gr_waits {
	struct gr_wait *first;
	struct gr_wait *last;
};

static inline void gr_waits_add(struct gr_waits *all, struct gr_wait *w)
{
	w->next = NULL;
	if (all->first == NULL)
		all->first = w;
	else
		all->last->next = w;
	all->last = w;
}

static inline uint64_t gr_wait_seq(uint64_t word)
{
	return word >> GR_WAIT_SHIFT;
}

static inline enum gr_wait_state gr_wait_state(uint64_t word)
{
	return (enum gr_wait_state)(word & GR_WAIT_STATE);
}

/* A step that the picture above does not have: memory was overwritten, or there were two winners. */
GR_COLD GR_NORETURN void gr_wait_broken(uint64_t from, uint64_t to);

/* In checked builds: may the word go from `from` to `to`? */
static inline void gr_wait_step(uint64_t from, uint64_t to)
{
#ifdef GORO_DEBUG
	static const uint8_t next[] = {
		[GR_WAIT_RUNNING] = 1u << GR_WAIT_PARKING,
		[GR_WAIT_PARKING] = 1u << GR_WAIT_PARKED | 1u << GR_WAIT_PARKING_CLAIMED,
		[GR_WAIT_PARKED] = 1u << GR_WAIT_CLAIMED,
		[GR_WAIT_CLAIMED] = 1u << GR_WAIT_RUNNING,
		[GR_WAIT_PARKING_CLAIMED] = 1u << GR_WAIT_CLAIMED | 1u << GR_WAIT_DELIVERED,
		[GR_WAIT_DELIVERED] = 1u << GR_WAIT_RUNNING,
	};
	uint64_t begins = gr_wait_state(to) == GR_WAIT_PARKING;

	if (gr_wait_state(from) > GR_WAIT_DELIVERED ||
		!(next[gr_wait_state(from)] >> gr_wait_state(to) & 1) ||
		gr_wait_seq(to) != gr_wait_seq(from) + begins)
		gr_wait_broken(from, to);
#else
	(void)from, (void)to;
#endif
}

/* The sleeper begins a wait; returns its sequence. From here on it can be claimed. Release:
 * pairs with the claim's acquire (the sleeper's frame is readable by who wins). */
static inline uint64_t gr_wait_begin(struct gr_wait *w, bool cancellable)
{
	uint64_t before = gr_load_relaxed(&w->word);
	uint64_t seq = gr_wait_seq(before) + 1;
	uint64_t word =
		seq << GR_WAIT_SHIFT | (cancellable ? 0 : GR_WAIT_NOCANCEL) | GR_WAIT_PARKING;

	gr_wait_step(before, word);
	w->node = NULL;
	gr_store_release(&w->word, word);
	return seq;
}

/* The sleeper is back. Relaxed: what the claimer wrote came with the push or the commit. */
static inline void gr_wait_end(struct gr_wait *w)
{
	uint64_t word = gr_load_relaxed(&w->word);

	gr_wait_step(word, (word >> GR_WAIT_SHIFT) << GR_WAIT_SHIFT);
	gr_store_relaxed(&w->word, (word >> GR_WAIT_SHIFT) << GR_WAIT_SHIFT);
}

/* Tries to become the one who wakes wait `seq`. A winner writes the outcome (W2), and must
 * call gr_wait_deliver() after its last access to the sleeper's frame. */
static inline bool gr_wait_claim(struct gr_wait *w, uint64_t seq, int outcome)
{
	uint64_t word = gr_load_relaxed(&w->word);
	uint64_t claimed;

	do {
		/* The state, if the sequence is the same; else something larger. */
		uint64_t state = (word ^ seq << GR_WAIT_SHIFT) & ~GR_WAIT_NOCANCEL;

		if (gr_likely(state == GR_WAIT_PARKED))
			claimed = word + (GR_WAIT_CLAIMED - GR_WAIT_PARKED);
		else if (state == GR_WAIT_PARKING)
			claimed = word + (GR_WAIT_PARKING_CLAIMED - GR_WAIT_PARKING);
		else
			return false;
	} while (gr_unlikely(
		gr_chaos(GR_CHAOS_CLAIM, 8) || !gr_cas_acquire(&w->word, &word, claimed)));
	w->outcome = outcome;
	return true;
}

/* Second step of the winner. Returns true if it has to make the sleeper runnable now; false:
 * the commit, which has not happened yet, will do so. After this the sleeper is not ours. */
static inline bool gr_wait_deliver(struct gr_wait *w)
{
	uint64_t word = gr_load_acquire(&w->word);

	while (gr_wait_state(word) == GR_WAIT_PARKING_CLAIMED)
		if (!gr_chaos(GR_CHAOS_CLAIM, 8) &&
			gr_cas_acq_rel(
				&w->word, &word, (word & ~GR_WAIT_STATE) | GR_WAIT_DELIVERED))
			return false;
	if (gr_unlikely(gr_wait_state(word) != GR_WAIT_CLAIMED))
		gr_wait_broken(word, (word & ~GR_WAIT_STATE) | GR_WAIT_DELIVERED);
	return true;
}

/* On the stack switched to: the sleeper's registers are saved. Returns true if the caller must
 * make it runnable at once, since a claimer has already delivered. */
static inline bool gr_wait_commit(struct gr_wait *w)
{
	uint64_t word = gr_load_relaxed(&w->word);
	enum gr_wait_state next;

	do {
		switch (gr_wait_state(word)) {
		case GR_WAIT_PARKING:
			next = GR_WAIT_PARKED;
			break;
		case GR_WAIT_PARKING_CLAIMED:
			next = GR_WAIT_CLAIMED;
			break;
		default:
			if (gr_unlikely(gr_wait_state(word) != GR_WAIT_DELIVERED))
				gr_wait_broken(word, (word & ~GR_WAIT_STATE) | GR_WAIT_PARKED);
			gr_fence_acquire(); /* pairs with the release in gr_wait_deliver() */
			return true;
		}
	} while (gr_chaos(GR_CHAOS_CLAIM, 8) ||
		!gr_cas_release(&w->word, &word, (word & ~GR_WAIT_STATE) | next));
	return false;
}

/* The same for a sleeper that nobody can have claimed (W5). Returns the word. */
static inline uint64_t gr_wait_commit_unclaimed(struct gr_wait *w)
{
	uint64_t word = gr_load_relaxed(&w->word);

	gr_wait_step(word, word + (GR_WAIT_PARKED - GR_WAIT_PARKING));
	word += GR_WAIT_PARKED - GR_WAIT_PARKING;
	gr_store_release(&w->word, word);
	return word;
}

#endif
