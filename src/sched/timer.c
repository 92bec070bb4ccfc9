/* SPDX-License-Identifier: MIT */
#include "sched/timer.h"

#include <errno.h>

#include "base/compiler.h"
#include "base/heap.h"
#include "base/lock.h"
#include "base/slots.h"
#include "sched/current.h"
#include "sched/idle.h"
#include "sched/ready.h"
#include "sched/worker.h"

#ifndef GR_TIMER_SHARDS
#define GR_TIMER_SHARDS 16u
#endif
#define BATCH 64u
#define NEVER INT64_MAX

enum timer_state { IDLE, ARMED, FIRING };

#define STATE UINT64_C(3)
#define SHIFT 2

/* An entry's tag: sequence << 1 | is it a callback's? */
#define CALLBACK UINT64_C(1)

struct shard {
	int64_t earliest __attribute__((aligned(GR_CACHELINE)));
	struct gr_lock lock;
	struct gr_heap heap;
	struct gr_list aside; /* of gr_limit (T5) */
	size_t turn;          /* of gr_heap_check() */
	size_t sweep_at;      /* sweep old entries out when it has grown to this */
};

static struct shard shards[GR_TIMER_SHARDS];
static struct gr_slots timers;
static bool timers_made;    /* changed by start and stop alone */
static uint32_t next_shard; /* for timers armed by nobody in particular */

static bool current(const struct gr_heap_entry *e)
{
	uint64_t seq = e->tag >> 1;
	uint64_t word;

	if (e->tag & CALLBACK) {
		word = gr_load_relaxed(&((struct gr_timer *)e->target)->word);
		return word == (seq << SHIFT | ARMED);
	}
	word = gr_load_relaxed(&((struct gr_wait *)e->target)->word);
	return gr_wait_seq(word) == seq &&
		(gr_wait_state(word) == GR_WAIT_PARKING || gr_wait_state(word) == GR_WAIT_PARKED);
}

static bool keep(const struct gr_heap_entry *e, void *arg)
{
	(void)arg;
	return current(e);
}

#define SWEEP_MIN 64u

int gr_timer_start(void)
{
	for (unsigned i = 0; i < GR_TIMER_SHARDS; i++) {
		gr_heap_init(&shards[i].heap);
		gr_list_init(&shards[i].aside);
		shards[i].sweep_at = SWEEP_MIN;
		gr_store_relaxed(&shards[i].earliest, NEVER);
	}
	if (timers_made)
		return 0;
	timers_made = true;
	return gr_slots_init(&timers, sizeof(struct gr_timer));
}

void gr_timer_stop(void)
{
	for (unsigned i = 0; i < GR_TIMER_SHARDS; i++)
		gr_heap_fini(&shards[i].heap);
	/* A channel of time may be freed after the runtime has stopped (T1). Nobody makes a timer
	 * now, so that if none is left, none will be given back meanwhile. */
	if (gr_slots_in_use(&timers) == 0) {
		gr_slots_fini(&timers);
		timers_made = false;
	}
}

/* Under the lock (T2). */
static void publish(struct shard *s)
{
	const struct gr_heap_entry *top = gr_heap_top(&s->heap);
	int64_t earliest = top == NULL ? NEVER : top->key;

	gr_heap_check(&s->heap, s->turn++);
	for (const struct gr_list *l = s->aside.next; gr_unlikely(l != &s->aside); l = l->next) {
		int64_t key = gr_container_of(l, struct gr_limit, link)->entry.key;

		if (key < earliest)
			earliest = key;
	}
	gr_store_relaxed(&s->earliest, earliest);
}

static void sweep(struct shard *s)
{
	gr_heap_filter(&s->heap, keep, NULL);
	s->sweep_at = 2 * gr_heap_size(&s->heap);
	if (s->sweep_at < SWEEP_MIN)
		s->sweep_at = SWEEP_MIN;
}

/* Adds an entry to the heap, or, if there is a `limit`, to the list; *poke: the watcher would
 * oversleep it. */
static int add(struct shard *s, struct gr_heap_entry e, struct gr_limit *limit, bool *poke)
{
	int rc;

	gr_lock_acquire(&s->lock);
	if (gr_unlikely(gr_heap_size(&s->heap) >= s->sweep_at))
		sweep(s);
	rc = gr_heap_push(&s->heap, e);
	if (gr_unlikely(rc != 0) && limit != NULL) {
		limit->shard = s;
		limit->entry = e;
		gr_list_push_back(&s->aside, &limit->link);
		rc = 0;
	}
	publish(s);
	gr_lock_release(&s->lock);
	if (limit == NULL)          /* from anywhere; a sleeper's limit comes from a worker */
		gr_fence_seq_cst(); /* pairs with the one in keep_watch(): idle.h I7 */
	*poke = rc == 0 && gr_idle_oversleeps(e.key);
	return rc;
}

void gr_timer_limit(unsigned hint, struct gr_wait *w, uint64_t seq, int64_t deadline,
	struct gr_limit *limit, bool *poke)
{
	struct gr_heap_entry e = { .key = deadline, .target = w, .tag = seq << 1 };

	limit->shard = NULL;
	add(&shards[hint % GR_TIMER_SHARDS], e, limit, poke);
}

void gr_timer_unlimit_slow(struct gr_limit *limit)
{
	struct shard *s = limit->shard;

	gr_lock_acquire(&s->lock);
	gr_list_remove(&limit->link);
	publish(s);
	gr_lock_release(&s->lock);
}

struct gr_timer *gr_timer_make(void (*fire)(struct gr_timer *, void *arg, int64_t now), void *arg)
{
	uint32_t index;
	struct gr_timer *t = gr_slots_get(&timers, &index);

	if (t == NULL)
		return NULL;
	t->index = index;
	t->fire = fire;
	t->arg = arg;
	return t; /* its word goes on from its last use (T1): idle */
}

void gr_timer_free(struct gr_timer *t)
{
	if (gr_load_relaxed(&gr_sched.state) == GR_SCHED_FORKED)
		return; /* no timers here; the slots may be half changed */
	GR_CHECK((gr_load_relaxed(&t->word) & STATE) == IDLE);
	gr_slots_put(&timers, t->index);
}

/* Relaxed: it is the callback, or has made or disarmed the timer. */
int gr_timer_arm(struct gr_timer *t, int64_t when)
{
	uint64_t found = gr_load_relaxed(&t->word);
	uint64_t seq = (found >> SHIFT) + 1;
	uint64_t armed = seq << SHIFT | ARMED;
	struct gr_heap_entry e = { .key = when, .target = t, .tag = seq << 1 | CALLBACK };
	struct shard *s = &shards[gr_fetch_add_relaxed(&next_shard, 1u) % GR_TIMER_SHARDS];
	bool poke;
	int rc;

	GR_CHECK((found & STATE) != ARMED);
	gr_store_release(&t->word, armed);
	rc = add(s, e, NULL, &poke);
	/* Idle, or the callback goes on; but if it has been disarmed meanwhile it may be gone, with all
	 * that its callback knows: then nobody is to be told that it could not be armed. */
	if (rc != 0)
		return gr_cas_relaxed(&t->word, &armed, found) ? rc : 0;
	if (poke)
		gr_idle_poke();
	return 0;
}

void gr_timer_disarm(struct gr_timer *t)
{
	struct gr_backoff b = { 0 };
	uint64_t word = gr_load_acquire(&t->word);

	if (gr_load_relaxed(&gr_sched.state) == GR_SCHED_FORKED)
		return; /* who fires it stayed in the parent */
	for (;;) {
		switch (word & STATE) {
		case IDLE:
			return;
		case ARMED:
			if (gr_cas_acquire(&t->word, &word, (word & ~STATE) | IDLE))
				return;
			break;
		default: /* it fires: its end is near, since it can't park */
			gr_backoff_wait(&b);
			word = gr_load_acquire(&t->word);
		}
	}
}

static void call_back(struct gr_timer *t, uint64_t seq, int64_t now)
{
	uint64_t armed = seq << SHIFT | ARMED;
	uint64_t firing = seq << SHIFT | FIRING;

	/* Relaxed: what came before the arming came with the entry, through the shard's lock. */
	if (!gr_cas_relaxed(&t->word, &armed, firing))
		return; /* disarmed, or armed anew: not this entry's */
	t->fire(t, t->arg, now);
	gr_cas_release(&t->word, &firing, seq << SHIFT | IDLE); /* fails if it armed itself */
}

/* Takes what is due out of a shard. */
static unsigned take_due(struct shard *s, int64_t now, struct gr_heap_entry *due)
{
	unsigned n = 0;

	gr_lock_acquire(&s->lock);
	while (n < BATCH) {
		const struct gr_heap_entry *top = gr_heap_top(&s->heap);

		if (top == NULL || top->key > now)
			break;
		due[n++] = *top;
		gr_heap_pop(&s->heap);
	}
	for (struct gr_list *l = s->aside.next; gr_unlikely(l != &s->aside); l = l->next) {
		struct gr_heap_entry *e = &gr_container_of(l, struct gr_limit, link)->entry;

		if (n == BATCH || e->key > now)
			continue;
		due[n++] = *e;
		e->key = NEVER; /* it stays in the list: the sleeper takes it out */
	}
	publish(s);
	gr_lock_release(&s->lock);
	return n;
}

static unsigned fire_shard(struct shard *s, int64_t now)
{
	struct gr_heap_entry due[BATCH];
	struct gr_ready_batch woken = { .first = NULL };
	unsigned n = take_due(s, now, due);

	for (unsigned i = 0; i < n; i++) {
		if (due[i].tag & CALLBACK)
			call_back(due[i].target, due[i].tag >> 1, now);
		else if (gr_wait_claim(due[i].target, due[i].tag >> 1, -ETIMEDOUT))
			gr_ready_batch_wake(&woken, due[i].target);
	}
	gr_ready_batch_flush(gr_current_worker(), &woken);
	return n;
}

unsigned gr_timer_fire(int64_t now)
{
	unsigned fired = 0;

	for (unsigned i = 0; i < GR_TIMER_SHARDS; i++)
		while (gr_load_relaxed(&shards[i].earliest) <= now) {
			unsigned n = fire_shard(&shards[i], now);

			fired += n;
			if (n < BATCH)
				break; /* the rest came due or was taken meanwhile */
		}
	return fired;
}

int64_t gr_timer_earliest(void)
{
	int64_t earliest = NEVER;

	for (unsigned i = 0; i < GR_TIMER_SHARDS; i++) {
		int64_t e = gr_load_relaxed(&shards[i].earliest);

		if (e < earliest)
			earliest = e;
	}
	return earliest;
}

int64_t gr_timer_next(void)
{
	for (unsigned i = 0; i < GR_TIMER_SHARDS; i++) {
		struct shard *s = &shards[i];
		const struct gr_heap_entry *top;

		if (gr_load_relaxed(&s->earliest) == NEVER)
			continue;
		gr_lock_acquire(&s->lock);
		while ((top = gr_heap_top(&s->heap)) != NULL && !current(top))
			gr_heap_pop(&s->heap);
		publish(s);
		gr_lock_release(&s->lock);
	}
	return gr_timer_earliest();
}
