/* SPDX-License-Identifier: MIT */
#include "sched/idle.h"

#include <errno.h>
#include <stdlib.h>

#include "base/atomic.h"
#include "base/chaos.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/compiler.h"
#include "base/lock.h"
#include "os/os.h"
#include "sched/ports.h"
#include "sched/witness.h"

/* Bits of a seat's futex word. */
#define WOKEN   1u /* taken out of the list; counts as searching */
#define POKED   2u /* an earlier timer, or a poller: look again */
#define POLLING 4u /* it sleeps in the poller (I6) */

#define SEARCHING UINT64_C(1)
#define SLEEPING  (UINT64_C(1) << 16)
#define TAKEN     (UINT64_C(1) << 32)

#define searching(state) ((unsigned)((state) % SLEEPING))
#define sleeping(state)  ((unsigned)((state) % TAKEN / SLEEPING))
#define awake(state)     ((unsigned)((state) / TAKEN) - sleeping(state))

#define NOBODY INT64_MIN /* watch_until: no sleeper watches the timers */

struct seat {
	uint32_t futex __attribute__((aligned(GR_CACHELINE)));
	bool asleep; /* in the list; under the lock */
	unsigned below;
};

static struct {
	uint64_t state __attribute__((aligned(GR_CACHELINE)));
	int64_t watch_until __attribute__((aligned(GR_CACHELINE)));
	uint32_t watcher; /* seat + 1, 0: nobody; the holder's to clear */
	struct gr_lock lock __attribute__((aligned(GR_CACHELINE)));
	unsigned top; /* the list of sleepers, last in first out: seat + 1 */
	struct seat *seats;
	unsigned count;
	uint64_t wakes;        /* under the lock; read without */
	uint32_t guard_asleep; /* futex */
	uint32_t poller;       /* there is one */
} idle = { .watch_until = NOBODY };

int gr_idle_start(unsigned count)
{
	idle.seats = aligned_alloc(GR_CACHELINE, count * sizeof *idle.seats);
	if (idle.seats == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++)
		idle.seats[i] = (struct seat){ .futex = 0 };
	idle.count = count;
	idle.top = 0;
	gr_store_relaxed(&idle.wakes, UINT64_C(0));
	gr_store_relaxed(&idle.state, UINT64_C(0));
	gr_store_relaxed(&idle.watcher, 0u);
	gr_store_relaxed(&idle.watch_until, NOBODY);
	return 0;
}

void gr_idle_stop(void)
{
	free(idle.seats);
	idle.seats = NULL;
	idle.count = 0;
}

void gr_idle_join(unsigned seat)
{
	GR_CHECK(seat < idle.count);
	gr_fetch_add_relaxed(&idle.state, TAKEN);
	gr_fence_seq_cst(); /* pairs with the one in keep_watch(): I7 */
}

void gr_idle_leave(unsigned seat)
{
	GR_CHECK(seat < idle.count);
	gr_fetch_sub_release(&idle.state, TAKEN); /* pairs with the acquire in keep_watch(): I7 */
	if (!gr_idle_watched())
		gr_idle_kick(); /* the last one awake must not go without leaving a watcher (I4) */
}

unsigned gr_idle_sleeping(void)
{
	return sleeping(gr_load_relaxed(&idle.state));
}

unsigned gr_idle_searching(void)
{
	return searching(gr_load_relaxed(&idle.state));
}

unsigned gr_idle_awake(void)
{
	return awake(gr_load_relaxed(&idle.state));
}

uint64_t gr_idle_wakes(void)
{
	return gr_load_relaxed(&idle.wakes);
}

bool gr_idle_watched(void)
{
	return gr_load_relaxed(&idle.watcher) != 0;
}

/* In checked builds, under the lock: the list is as long as the count says, and no more search than
 * there are seats awake. */
static void check_counts(uint64_t state)
{
	(void)state;
#ifdef GORO_DEBUG
	unsigned listed = 0;

	for (unsigned at = idle.top; at != 0; at = idle.seats[at - 1].below, listed++)
		GR_CHECK(idle.seats[at - 1].asleep && listed < idle.count);
	GR_CHECK(listed == sleeping(state));
	GR_CHECK(sleeping(state) + searching(state) <= idle.count);
#endif
}

/* Under the lock: takes seat `at`, whose predecessor's link is *link, out of the list (I2). */
static void unlink_seat(unsigned *link, bool to_search)
{
	struct seat *s = &idle.seats[*link - 1];
	uint64_t step = SLEEPING - (to_search ? SEARCHING : 0);

	gr_witness_move();
	*link = s->below;
	s->asleep = false;
	check_counts(gr_fetch_sub_relaxed(&idle.state, step) - step);
}

/* Under the lock: the link to the seat that is woken next, the one that lay down last. */
static unsigned *next_to_wake(void)
{
	unsigned *link = &idle.top;

	while (gr_chaos(GR_CHAOS_ORDER, 2) && *link != 0 && idle.seats[*link - 1].below != 0)
		link = &idle.seats[*link - 1].below;
	return link;
}

/* Gets it out of its sleep, wherever it sleeps. Release: I5; acquire: I6. */
static void rouse(struct seat *s, uint32_t why)
{
	unsigned seat = (unsigned)(s - idle.seats);
	uint32_t before = gr_witness_tell(seat);

	if (gr_fetch_or_acq_rel(&s->futex, why) & POLLING)
		gr_ports.poll_wake();
	else if (!gr_witness_loses(GR_LOSS_WAKE))
		gr_os_futex_wake(&s->futex, 1);
	gr_witness_told(seat, before);
}

static bool wake_one(bool in_any_case)
{
	struct seat *s = NULL;

	gr_lock_acquire(&idle.lock);
	if (idle.top != 0 && (in_any_case || searching(gr_load_relaxed(&idle.state)) == 0)) {
		unsigned *link = next_to_wake();

		s = &idle.seats[*link - 1];
		unlink_seat(link, true);
		gr_store_relaxed(&idle.wakes, idle.wakes + 1);
	}
	gr_lock_release(&idle.lock);
	if (s != NULL)
		rouse(s, WOKEN);
	return s != NULL;
}

void gr_idle_notify(void)
{
	uint64_t state;

#ifdef GORO_DEBUG
	if (gr_load_relaxed(&idle.guard_asleep))
		gr_idle_rouse(); /* the watchdog looks on */
#endif
	if (gr_witness_loses(GR_LOSS_NOTIFY))
		return;
	gr_fence_light(); /* pairs with gr_fence_heavy() in gr_idle_lie_down(): I3 */
	state = gr_load_relaxed(&idle.state);
	if (gr_unlikely(sleeping(state) != 0 && searching(state) == 0))
		wake_one(false);
}

bool gr_idle_kick(void)
{
	return wake_one(true);
}

void gr_idle_wake_all(void)
{
	while (wake_one(true))
		;
}

bool gr_idle_search_begin(void)
{
	uint64_t state = gr_load_relaxed(&idle.state);

	if (gr_chaos(GR_CHAOS_STEAL, 8))
		return false;
	do {
		if (2 * searching(state) >= awake(state))
			return false;
	} while (!gr_cas_relaxed(&idle.state, &state, state + SEARCHING));
	gr_witness_move();
	return true;
}

bool gr_idle_search_end(void)
{
	uint64_t before;

	gr_witness_move();
	before = gr_fetch_sub_relaxed(&idle.state, SEARCHING);
	GR_DEBUG(searching(before) != 0);
	return searching(before) == 1;
}

bool gr_idle_lie_down(unsigned seat, bool was_searching)
{
	uint64_t step = SLEEPING - (was_searching ? SEARCHING : 0), before;
	struct seat *s = &idle.seats[seat];

	gr_store_relaxed(&s->futex, 0u); /* nobody wakes a seat that is not in the list */
	gr_witness_move();
	gr_lock_acquire(&idle.lock);
	s->asleep = true;
	s->below = idle.top;
	idle.top = seat + 1;
	/* Release: pairs with the acquire in keep_watch(). */
	before = gr_fetch_add_release(&idle.state, step);
	check_counts(before + step);
	gr_lock_release(&idle.lock);
	gr_chaos_delay();
	gr_fence_seq_cst(); /* pairs with the one in gr_inject_push(): I7 */
	if (awake(before) != 1)
		gr_fence_heavy(); /* pairs with gr_fence_light() in gr_idle_notify(): I3 */
	return was_searching ? searching(before) == 1 : searching(before) == 0;
}

bool gr_idle_get_up(unsigned seat)
{
	unsigned *link = &idle.top;
	bool woken;

	gr_lock_acquire(&idle.lock);
	while (*link != 0 && *link != seat + 1)
		link = &idle.seats[*link - 1].below;
	woken = *link == 0;
	if (!woken)
		unlink_seat(link, false);
	gr_lock_release(&idle.lock);
	return woken;
}

static bool take_watch(unsigned seat)
{
	uint32_t nobody = 0;

	return gr_load_relaxed(&idle.watcher) == 0 &&
		gr_cas_acquire(&idle.watcher, &nobody, seat + 1); /* after his last `watch_until` */
}

/* Says until when it sleeps, and makes sure that this is still right (I4). */
static int64_t keep_watch(int64_t (*earliest)(void))
{
	int64_t again = earliest(), until;

	do {
		until = again;
		gr_store_relaxed(&idle.watch_until, until);
		gr_fence_seq_cst(); /* pairs with the one of who gets up, joins, is outside: I7 */
		if (awake(gr_load_acquire(&idle.state)) != 0)
			gr_fence_heavy(); /* pairs with gr_fence_light() in gr_idle_oversleeps(): I4 */
		again = earliest();
	} while (again < until);
	return until;
}

bool gr_idle_poller(void)
{
	return gr_load_acquire(&idle.poller); /* whoever polls finds it complete */
}

void gr_idle_poller_set(bool there)
{
	gr_store_release(&idle.poller, (uint32_t)there);
	gr_fence_seq_cst(); /* pairs with the one in keep_watch(), before `poller` is read */
	gr_idle_poke();     /* who keeps the watch on its futex goes to the poller */
}

/* The holder of the watch sleeps in the poller (I6). True: it has brought something, or it is time. */
static bool sleep_in_poller(struct seat *s, int64_t until, bool (*poll)(int64_t))
{
	uint32_t seen = gr_fetch_or_release(&s->futex, POLLING);
	bool brought = !(seen & (WOKEN | POKED)) && poll(until);

	gr_fetch_and_relaxed(&s->futex, ~(POLLING | POKED));
	return brought || until <= gr_now();
}

/* Gets up by itself. True: somebody was faster, and has said so by now; that is slept for, not spun. */
static bool rise(unsigned seat)
{
	uint32_t *futex = &idle.seats[seat].futex, seen;

	if (!gr_idle_get_up(seat))
		return false;
	while (!((seen = gr_load_relaxed(futex)) & WOKEN))
		gr_os_futex_wait(futex, seen, INT64_MAX);
	return true;
}

bool gr_idle_sleep(unsigned seat, int64_t (*earliest)(void), bool (*poll)(int64_t until))
{
	struct seat *s = &idle.seats[seat];
	bool watch = take_watch(seat);
	bool woken = true;

	while (!(gr_load_relaxed(&s->futex) & WOKEN)) {
		int64_t until = watch ? keep_watch(earliest) : INT64_MAX;
		bool timed_out;
		uint32_t seen;

		if (watch && gr_idle_poller()) {
			if (!sleep_in_poller(s, until, poll))
				continue;
			woken = rise(seat);
			break;
		}
		seen = gr_load_relaxed(&s->futex);
		if (seen & WOKEN)
			break;
		if (seen & POKED) {
			gr_fetch_and_relaxed(&s->futex, ~POKED);
			continue;
		}
		if (gr_chaos(GR_CHAOS_WAKE, 8))
			continue; /* as if woken for no reason */
		gr_witness_stand(seat, &s->futex);
		timed_out = gr_os_futex_wait(&s->futex, seen, until) == -ETIMEDOUT;
		gr_witness_stand(seat, &s->futex);
		if (timed_out) {
			woken = rise(seat);
			break;
		}
	}
	if (watch) {
		gr_store_relaxed(&idle.watch_until, NOBODY);
		gr_store_release(&idle.watcher, 0u);
	}
	gr_fence_seq_cst(); /* pairs with those in gr_idle_await_waking(): I5, and keep_watch(): I7 */
	if (gr_unlikely(gr_load_relaxed(&idle.guard_asleep)))
		gr_idle_rouse();
	return woken;
}

void gr_idle_rouse(void)
{
	if (gr_exchange_relaxed(&idle.guard_asleep, 0u))
		gr_os_futex_wake(&idle.guard_asleep, 1);
}

void gr_idle_await_waking(const uint32_t *quit)
{
	gr_store_relaxed(&idle.guard_asleep, 1u);
	gr_fence_seq_cst(); /* pairs with the one in gr_idle_sleep(), and with who sets *quit */
	while (gr_load_relaxed(&idle.guard_asleep) && gr_idle_awake() == 0 &&
		!gr_load_relaxed(quit))
		gr_os_futex_wait(&idle.guard_asleep, 1, INT64_MAX);
	gr_store_relaxed(&idle.guard_asleep, 0u);
}

bool gr_idle_oversleeps(int64_t when)
{
	gr_fence_light(); /* pairs with gr_fence_heavy() in keep_watch(): I4 */
	return when < gr_load_relaxed(&idle.watch_until);
}

void gr_idle_poke(void)
{
	uint32_t watcher = gr_load_relaxed(&idle.watcher); /* behind a fence: I4 */

	if (watcher != 0) /* else it is awake, and looks before it sleeps again */
		rouse(&idle.seats[watcher - 1], POKED);
}
