/* SPDX-License-Identifier: MIT */
/* coro.h: the descriptor of a coroutine.
 *
 * A descriptor is a slot of type-stable memory (base/slots.h), apart from the stack, so that
 * queues, wakes, dumps and walks touch dense lines and a dead coroutine's word can still be
 * read by a late claimer. The id handed to users is the handle: slot index and generation.
 * A coroutine gets its stack when it first runs.
 *
 * Who touches what, and when
 *
 *   field            written by                                   read by
 *   wait.word        by the rules of wait.h                       anybody, at any time
 *   wait.outcome,    the claimer between claim and deliver        the sleeper when it is back
 *   wait.node
 *   context, fiber,  the worker that runs it, or the commit of    the worker that resumes it,
 *   error            its park (the registers are saved then)      after taking it from a queue
 *   next             whoever holds it outside a worker (inject    the same
 *                    queue, free list)
 *   stack            the worker that starts or ends it            the same; dump, fault
 *   life             creation and end: the worker that does it;   anybody, at any time
 *                    the cancelled bit: anybody, by compare-exchange;
 *                    GIVES_WAY: itself
 *   entry, site      its creator, before it is pushed             its first worker; dump
 *   place            who moves it from one place to the other      the same
 *   name             itself                                       dump (may see a torn name)
 *   why, what, since itself, before it parks                      dump (checked against the word)
 *   locals, scope    itself                                       itself
 */
#ifndef GR_SCHED_CORO_H
#define GR_SCHED_CORO_H

#include "base/compiler.h"
#include "base/slots.h"
#include "context/context.h"
#include "context/enter.h"
#include "context/sanitizer.h"
#include "context/stack.h"
#include "sched/wait.h"

#define GR_CORO_NAME 16

/* A switch, a park and a wake touch the first two cache lines only. */
struct gr_coro {
	struct gr_wait wait;
	struct gr_context context;
	struct gr_coro *next;
	void *stack; /* high end; NULL until it first runs */
	uint64_t life;
	uint32_t index;
	int error; /* errno while it is off its worker */
	uint8_t stack_class;
	uint8_t place; /* enum gr_coro_place; of checked builds */
	const char *why;
	const void *what;
	int64_t since;
	void *locals; /* task/local.c */
	void *scope;  /* defers and tries: room for panic.c */
	struct gr_entry entry;
	struct gr_fiber fiber;
	void *site; /* code address of its go() */
	char name[GR_CORO_NAME];
} __attribute__((aligned(GR_CACHELINE)));

/* life: four flags; the rest is a generation that grows with each use of the slot. */
#define GR_CORO_LIVE       UINT64_C(1)
#define GR_CORO_CANCELLED  UINT64_C(2)
#define GR_CORO_PLAYED     UINT64_C(4) /* deterministic mode: its calls are scheduling points */
#define GR_CORO_GIVES_WAY  UINT64_C(8) /* its next call that may wait lets others run (ready.h) */
#define GR_CORO_LIFE_SHIFT 4

/* An id: generation above, index + 1 below, so that none is 0. */
#define GR_CORO_ID_SHIFT 28

enum gr_coro_place { GR_CORO_ASLEEP, GR_CORO_QUEUED, GR_CORO_RUNNING };

GR_COLD GR_NORETURN void gr_coro_misplaced(const struct gr_coro *co, uint8_t found, uint8_t from);

/* In checked builds: it was `from` (ASLEEP: no queue has it; it has not begun, sleeps or is over)
 * and is `to` now. So one that is made runnable twice, or resumed while it runs, is told. QUEUED
 * is said before it can be seen in a queue, and taken back by who took it out. */
static inline void gr_coro_move(struct gr_coro *co, enum gr_coro_place from, enum gr_coro_place to)
{
#ifdef GORO_DEBUG
	uint8_t found = gr_exchange_relaxed(&co->place, (uint8_t)to);

	if (gr_unlikely(found != from))
		gr_coro_misplaced(co, found, from);
#else
	(void)co, (void)from, (void)to;
#endif
}

/* A free list of descriptors that only its worker touches. */
struct gr_coro_cache {
	struct gr_coro *first;
	unsigned count;
};

#define GR_CORO_CACHE_MAX 1024u

/* Makes a descriptor for `entry`; `flags`: CANCELLED, PLAYED. NULL: out of memory. `cache` and
 * `stacks` are the caller's worker's, or NULL from outside. The stack is promised here (D7):
 * what is out of memory is told now, not when the coroutine first runs. */
struct gr_coro *gr_coro_make(struct gr_coro_cache *cache, struct gr_stack_cache *stacks,
	const struct gr_entry *entry, int stack_class, uint64_t flags);

/* Ends it: the descriptor and, if it has one, the stack go back to the caches. Called when
 * nothing runs on that stack any more. */
void gr_coro_end(struct gr_coro_cache *cache, struct gr_stack_cache *stacks, struct gr_coro *co);

/* Gives the descriptor back, but not the stack (which the caller has passed on). */
void gr_coro_free(struct gr_coro_cache *cache, struct gr_coro *co);

/* Hands a cache's descriptors to the global free list (a worker leaves). */
void gr_coro_cache_flush(struct gr_coro_cache *cache);

uint64_t gr_coro_id(const struct gr_coro *co);

/* Walks the registry: the index after the last slot ever used, and the slot itself, which may
 * be dead (its life says so). */
uint32_t gr_coro_count(void);
struct gr_coro *gr_coro_at(uint32_t index);

int gr_coro_start(void);
void gr_coro_stop(void);

static inline bool gr_coro_live(const struct gr_coro *co)
{
	return gr_load_acquire(&co->life) & GR_CORO_LIVE;
}

#endif
