/* SPDX-License-Identifier: MIT */
/* select.c: wait for several channels, and do exactly one thing.
 *
 * Three passes, as in Go: look at all cases with all channels locked, in a random order, and do
 * the first that can be done; if there is none, stand in all lines and sleep; when back, leave the
 * lines of those channels that did not wake us.
 *
 *  S1  Locks are taken in the order of the channels' addresses, each once: two selects never wait
 *      for each other. A select releases them in the commit, when it can be resumed.
 *  S2  While a select sleeps its nodes stand in several lines, before one word (wait.h): one claim
 *      wins. The claimer takes all nodes on its own channel out (match.h M1), so that this channel
 *      is not touched again; the select takes out those on the others before it returns.
 *  S3  It never pairs with itself: when it looks at its cases it stands in no line, and while it
 *      stands there it looks at none.
 *  S4  Of the cases that can be done each is chosen with the same probability: they are tried in a
 *      random order, drawn as far as it is needed (Fisher, Yates).
 *
 * The list of cases lies in the cases (case.h), so n may be anything and nothing is allocated.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "chan/case.h"
#include "chan/match.h"
#include "sched/sim.h"

/* The cases in order ------------------------------------------------------------------------- */

static goro_case *merge(goro_case *a, goro_case *b)
{
	goro_case *first;
	goro_case **end = &first;

	while (a != NULL && b != NULL) {
		goro_case **less = (uintptr_t)b->chan < (uintptr_t)a->chan ? &b : &a;

		*end = *less;
		end = (goro_case **)(void *)&gr_case_of(*less)->next;
		*less = *end;
	}
	*end = a != NULL ? a : b;
	return first;
}

#define RUNS 32 /* sorted runs of 1, 2, 4 … cases */

/* Links the cases that have a channel, by address (S1). Merge sort; the cases of one channel keep
 * their order. */
static goro_case *link_cases(goro_case *cases, int n)
{
	goro_case *runs[RUNS];
	goro_case *all = NULL;
	int used = 0;

	for (int i = 0; i < n; i++) {
		goro_case *run = &cases[i];
		int r = 0;

		if (run->chan == NULL)
			continue;
		gr_case_of(run)->next = NULL;
		for (; r < used && runs[r] != NULL; r++) {
			run = merge(runs[r], run);
			runs[r] = NULL;
		}
		if (r == used)
			used++;
		runs[r] = run;
	}
	for (int r = 0; r < used; r++)
		all = runs[r] == NULL ? all : merge(runs[r], all);
	return all;
}

/* The first case of the next channel. */
static goro_case *next_channel(goro_case *k)
{
	const goro_chan *c = k->chan;

	do
		k = gr_case_of(k)->next;
	while (k != NULL && k->chan == c);
	return k;
}

static void lock_all(goro_case *first)
{
	for (goro_case *k = first; k != NULL; k = next_channel(k))
		gr_lock_acquire(&k->chan->lock);
}

/* A channel may be gone once its lock is free: only pointers to it are compared. */
static void unlock_all(void *first)
{
	for (goro_case *k = first; k != NULL; k = next_channel(k))
		gr_chan_unlock(k->chan);
}

/* First pass --------------------------------------------------------------------------------- */

static void *element_of(goro_case *k)
{
	return k->kind == GORO_CASE_SEND_VALUE ? k->value : k->elem;
}

static uint32_t random_below(struct gr_caller *me, uint32_t n)
{
	return n == 1 ? 0 : gr_random_below(gr_caller_random(me), n);
}

/* Does one of the cases (S4). Returns what gr_match_…() said of it, and which in *chosen; -EAGAIN:
 * none can be done. All channels are locked. */
static int try_cases(struct gr_caller *me, goro_case *cases, int n, int *chosen, struct gr_match *m)
{
	for (int i = 0; i < n; i++)
		gr_case_of(&cases[i])->turn = (uint32_t)i;
	for (int i = 0; i < n; i++) {
		uint32_t drawn = (uint32_t)i + random_below(me, (uint32_t)(n - i));
		uint32_t at = gr_case_of(&cases[drawn])->turn;
		goro_case *k = &cases[at];
		int rc;

		gr_case_of(&cases[drawn])->turn = gr_case_of(&cases[i])->turn;
		if (k->chan == NULL)
			continue;
		rc = gr_case_sends(k) ? gr_match_send(k->chan, element_of(k), m) :
					gr_match_recv(k->chan, element_of(k), m);
		*chosen = (int)at;
		if (rc != -EAGAIN)
			return rc;
	}
	return -EAGAIN;
}

/* Second and third pass ---------------------------------------------------------------------- */

static void stand_in_lines(struct gr_caller *me, goro_case *first)
{
	uint64_t seq = gr_park_begin(me);
	goro_case *of_channel = first;

	for (goro_case *k = first; k != NULL; k = gr_case_of(k)->next) {
		if (k->chan != of_channel->chan)
			of_channel = k;
		gr_case_of(k)->node = (struct gr_waitnode){
			.wait = me->wait,
			.seq = seq,
			.elem = element_of(k),
			.select = of_channel,
		};
		gr_waitq_push(gr_case_queue(k), &gr_case_of(k)->node);
	}
}

/* Takes the nodes out that nobody has taken out: not those on `done` (S2). */
static void leave_lines(goro_case *first, const goro_chan *done)
{
	for (goro_case *k = first, *next; k != NULL; k = next) {
		goro_chan *c = k->chan;

		next = next_channel(k);
		if (c == done)
			continue;
		gr_lock_acquire(&c->lock);
		for (; k != next; k = gr_case_of(k)->next)
			gr_waitq_remove(gr_case_queue(k), &gr_case_of(k)->node);
		gr_chan_unlock(c);
	}
}

/* All channels are locked. Returns as try_cases(), or why it gave up. */
static int sleep_on_cases(
	struct gr_caller *me, goro_case *cases, goro_case *first, int64_t deadline, int *chosen)
{
	struct gr_waitnode *woken_by;
	goro_case *k = NULL;
	int rc;

	stand_in_lines(me, first);
	rc = gr_park(me, deadline, unlock_all, first, "select", cases);
	woken_by = me->wait->node;
	if (woken_by != NULL) {
		k = gr_case_of_node(woken_by);
		*chosen = (int)(k - cases);
	}
	leave_lines(first, k == NULL ? NULL : k->chan);
	return rc;
}

/* The whole ---------------------------------------------------------------------------------- */

static bool usable(goro_case *k)
{
	size_t size;

	if (k->kind < GORO_CASE_RECV || k->kind > GORO_CASE_SEND_VALUE)
		return false;
	if (k->chan == NULL)
		return true;
	size = k->chan->elem_size;
	if (k->size != GORO_CASE_ANY_SIZE && k->size != (uint32_t)size)
		return false;
	if (k->kind == GORO_CASE_SEND_VALUE)
		return size <= sizeof k->value;
	return k->elem != NULL || size == 0;
}

static int check(goro_case *cases, int n)
{
	if (n < 0 || (cases == NULL && n != 0))
		return -EINVAL;
	for (int i = 0; i < n; i++)
		if (!usable(&cases[i]))
			return -EINVAL;
	return 0;
}

static bool passed(int64_t deadline)
{
	return deadline != GORO_FOREVER && deadline <= gr_now();
}

/* Returns as try_cases(). */
static int choose(
	struct gr_caller *me, goro_case *cases, int n, int64_t deadline, bool may_wait, int *chosen)
{
	goro_case *first = link_cases(cases, n);

	for (;;) {
		struct gr_match m = { .garbage = NULL };
		int rc;

		lock_all(first);
		rc = try_cases(me, cases, n, chosen, &m);
		if (rc == -EAGAIN && may_wait && !passed(deadline))
			return sleep_on_cases(me, cases, first, deadline, chosen);
		unlock_all(first);
		gr_match_finish(me->worker, &m);
		if (rc == -EAGAIN && may_wait)
			return -ETIMEDOUT;
		if (rc != GR_MATCH_GROW)
			return rc;
		rc = gr_chan_grow(cases[*chosen].chan);
		if (rc != 0)
			return rc;
	}
}

/* Case k was chosen, and its channel was open (0) or closed (-EPIPE). */
static int outcome(goro_case *k, int index, int rc)
{
	if (k->ok != NULL)
		*k->ok = rc == 0;
	else if (rc != 0 && gr_case_sends(k))
		return rc;
	return index;
}

static int run(goro_case *cases, int n, int64_t deadline, bool may_wait)
{
	struct gr_caller me;
	int chosen = -1;
	int rc;

	/* The cases were written as goro_case, and their room is used as gr_case from here on: no
	 * compiler may reorder the one with the other, not even when it sees both. */
	__asm__ volatile("" : "+r"(cases) : : "memory");
	rc = check(cases, n);
	if (rc != 0)
		return rc;
	rc = may_wait ? gr_caller_enter(&me) : gr_caller_enter_try(&me);
	if (rc != 0)
		return rc;
	rc = choose(&me, cases, n, deadline, may_wait, &chosen);
	if (gr_unlikely(gr_played()) && chosen >= 0)
		gr_sim_chose(gr_current_worker(), chosen);
	gr_caller_leave(&me);
	__asm__ volatile("" : : : "memory");
	return rc == 0 || rc == -EPIPE ? outcome(&cases[chosen], chosen, rc) : rc;
}

int goro_select(goro_case *cases, int n, int64_t deadline)
{
	return run(cases, n, deadline, true);
}

int goro_try_select(goro_case *cases, int n)
{
	return run(cases, n, INT64_MIN, false);
}

goro_case goro_case_recv(goro_chan *c, void *elem, bool *ok)
{
	return goro_case_of(GORO_CASE_RECV, c, GORO_CASE_ANY_SIZE, elem, ok);
}

goro_case goro_case_send(goro_chan *c, const void *elem, bool *ok)
{
	return goro_case_of(GORO_CASE_SEND, c, GORO_CASE_ANY_SIZE, (void *)(uintptr_t)elem, ok);
}
