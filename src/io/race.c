/* SPDX-License-Identifier: MIT */
#include "io/race.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/lock.h"
#include "goro/chan.h"
#include "goro/go.h"
#include "goro/time.h"
#include "io/sock.h"
#include "sched/cancel.h"
#include "task/go.h"

#define DELAY       (250 * GORO_MILLISECOND)
#define DELAY_LEAST (10 * GORO_MILLISECOND)

struct race;

struct attempt {
	struct race *race;
	struct gr_coro *co; /* NULL: not begun; with `life` under the lock until it is over (A3) */
	uint64_t life;
	struct gr_address address;
};

struct outcome {
	int rc;
	int turn; /* of the attempt, 0: the first address */
	void *handle;
};

struct race {
	uint32_t users;
	struct gr_lock lock;
	bool over;
	goro_net_options options;
	int64_t deadline;
	goro_chan *outcomes; /* has room for all */
	int n;
	struct attempt attempts[];
};

/* The order -------------------------------------------------------------------------------------- */

static int next_of(const struct gr_address *found, int n, int from, bool first_family)
{
	while (from < n &&
		(found[from].sa.any.sa_family == found[0].sa.any.sa_family) != first_family)
		from++;
	return from;
}

/* A1 */
static void take_turns(struct race *r, const struct gr_address *found)
{
	int at[2] = { next_of(found, r->n, 0, false), 0 };

	for (int i = 0; i < r->n; i++) {
		bool first_family = i % 2 == 0 ? at[1] < r->n : at[0] == r->n;
		int *cursor = &at[first_family];

		r->attempts[i].race = r;
		r->attempts[i].address = found[*cursor];
		*cursor = next_of(found, r->n, *cursor + 1, first_family);
	}
}

/* Birth and end ---------------------------------------------------------------------------------- */

static struct race *make(const struct gr_dial *d, const struct gr_address *found, int n)
{
	struct race *r = calloc(1, sizeof(*r) + (size_t)n * sizeof(r->attempts[0]));

	if (r == NULL)
		return NULL;
	r->outcomes = goro_chan_make(sizeof(struct outcome), (size_t)n);
	if (r->outcomes == NULL) {
		free(r);
		return NULL;
	}
	r->users = 1;
	r->options = *d->options;
	r->deadline = d->deadline;
	r->n = n;
	take_turns(r, found);
	return r;
}

static void leave(struct race *r)
{
	struct outcome o;

	if (gr_fetch_sub_acq_rel(&r->users, 1u) != 1) /* pairs with itself, in the others */
		return;
	while (goro_chan_try_recv(r->outcomes, &o) == 0)
		if (o.rc == 0)
			gr_sock_close(o.handle, GR_SOCK_CONN); /* A2 */
	goro_chan_free(r->outcomes);
	free(r);
}

/* Attempts --------------------------------------------------------------------------------------- */

/* A3. False: it is over. */
static bool enrol(struct attempt *a)
{
	struct gr_coro *co = gr_running();
	bool over;

	gr_lock_acquire(&a->race->lock);
	over = a->race->over;
	if (!over) {
		a->life = gr_load_relaxed(&co->life);
		a->co = co;
	}
	gr_lock_release(&a->race->lock);
	return !over;
}

static void try_address(void *arg)
{
	struct attempt *a = arg;
	struct race *r = a->race;
	struct outcome o = { .rc = -ECANCELED, .turn = (int)(a - r->attempts) };
	struct gr_caller me;

	goro_set_name("dial");
	if (enrol(a))
		o.rc = gr_sock_caller(&me);
	if (o.rc == 0)
		o.rc = gr_dial_address(
			&(struct gr_dial){ &me, &r->options, r->deadline }, &a->address, &o.handle);
	goro_chan_try_send(r->outcomes, &o);
	leave(r);
}

/* There is no memory for it, or the kernel refuses the guard of its stack. */
static void unborn(void *arg)
{
	struct attempt *a = arg;

	goro_chan_try_send(a->race->outcomes,
		&(struct outcome){ .rc = -ENOMEM, .turn = (int)(a - a->race->attempts) });
	leave(a->race);
}

static void begin(struct race *r, int turn)
{
	struct attempt *a = &r->attempts[turn];

	gr_fetch_add_relaxed(&r->users, 1u); /* the caller is one: it cannot end meanwhile */
	if (gr_go_watched(try_address, a, unborn) != 0)
		unborn(a);
}

/* Afterwards no attempt enrols, so that those who have are not written to any more. */
static void end(struct race *r)
{
	gr_lock_acquire(&r->lock);
	r->over = true;
	gr_lock_release(&r->lock);
	for (int i = 0; i < r->n; i++)
		if (r->attempts[i].co != NULL)
			gr_cancel(r->attempts[i].co, r->attempts[i].life);
}

/* The caller ------------------------------------------------------------------------------------- */

/* Until when the next of `left` waits. */
static int64_t turn_of(int64_t deadline, int left)
{
	int64_t now = gr_now();
	int64_t delay = DELAY;

	if (deadline != GORO_FOREVER && (deadline - now) / (left + 1) < DELAY)
		delay = (deadline - now) / (left + 1);
	if (delay < DELAY_LEAST)
		delay = DELAY_LEAST;
	return now + delay < deadline ? now + delay : deadline;
}

static int run(struct race *r, void **handle)
{
	struct outcome o = { .turn = -1 };
	int begun = 0, failed = 0, said = 0;
	int64_t until = r->deadline;

	while (failed < r->n) {
		int rc;

		if (begun < r->n && (o.turn == begun - 1 || until <= gr_now())) {
			begin(r, begun++);
			until = begun < r->n ? turn_of(r->deadline, r->n - begun) : r->deadline;
		}
		rc = goro_chan_recv_until(r->outcomes, &o, until);
		if (rc == -ETIMEDOUT && until != r->deadline)
			continue;
		if (rc != 0)
			return rc;
		*handle = o.handle;
		if (o.rc == 0)
			return 0;
		failed++;
		if (said == 0 || o.turn == 0)
			said = o.rc;
	}
	if (r->deadline <= gr_now()) /* the attempts have the same, and were first to see it */
		return -ETIMEDOUT;
	return said;
}

int gr_race(const struct gr_dial *d, const struct gr_address *found, int n, void **handle)
{
	struct race *r = make(d, found, n);
	int rc;

	if (r == NULL)
		return -ENOMEM;
	rc = run(r, handle);
	end(r);
	leave(r);
	return rc;
}
