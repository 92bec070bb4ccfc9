/* SPDX-License-Identifier: MIT */
/* ticker.c: time that arrives through a channel.
 *
 * A channel of capacity 1 and a callback timer (sched/timer.h) that tries to send to it: a value
 * that has not been taken is still there, and the new one is dropped.
 *
 *  K1  The channel outlives the timer: its last free disarms, which waits for a callback that is
 *      under way, before anything is freed. A callback can't park, so that wait is short.
 *  K2  A ticker arms itself again when the channel is unlocked and before it wakes the receiver;
 *      after that it touches nothing of its own, for the next callback may run already.
 *  K3  Ticks lie on a grid that begins with the creation: one that comes late does not shift those
 *      behind it, and those it has missed are left out.
 */
#include "goro/timer.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "chan/match.h"
#include "goro/time.h"
#include "sched/timer.h"

struct ticker {
	struct gr_timer *timer;
	struct goro_chan *chan;
	int64_t due;
	int64_t period; /* 0: only once */
};

/* now >= due, or it would not have fired. */
static int64_t next_tick(int64_t due, int64_t period, int64_t now)
{
	int64_t missed = (now - due) / period;

	return gr_clock_after(due, (missed + 1) * period);
}

static void fire(struct gr_timer *timer, void *arg, int64_t now)
{
	struct ticker *t = arg;
	struct goro_chan *c = t->chan;
	struct gr_match m = { .garbage = NULL };

	gr_lock_acquire(&c->lock);
	gr_match_send(c, &now, &m); /* full, or closed by its reader: dropped */
	gr_chan_unlock(c);
	if (t->period != 0) {
		t->due = next_tick(t->due, t->period, now);
		if (gr_timer_arm(timer, t->due) != 0)
			goro_chan_close(c); /* no memory for the next one: the reader is told */
	}
	gr_match_finish(gr_current_worker(), &m); /* K2 */
}

static void end(void *arg)
{
	struct ticker *t = arg;

	gr_timer_disarm(t->timer); /* K1 */
	gr_timer_free(t->timer);
	free(t);
}

static int arm(struct ticker *t)
{
	t->timer = gr_timer_make(fire, t);
	if (t->timer == NULL)
		return -ENOMEM;
	if (t->due == GORO_FOREVER || gr_timer_arm(t->timer, t->due) == 0)
		return 0;
	gr_timer_free(t->timer);
	return -ENOMEM;
}

static struct goro_chan *make(int64_t due, int64_t period)
{
	struct ticker *t = malloc(sizeof *t);
	struct goro_chan *c = t == NULL ? NULL : goro_chan_make(sizeof(int64_t), 1);

	if (c == NULL)
		goto free_ticker;
	*t = (struct ticker){ .chan = c, .due = due, .period = period };
	if (arm(t) != 0)
		goto free_chan;
	c->ended = end;
	c->ended_arg = t;
	return c;

free_chan:
	goro_chan_free(c);
free_ticker:
	free(t);
	return NULL;
}

static goro_time_chan begin(int64_t first, int64_t period)
{
	struct gr_caller me;
	struct goro_chan *c;

	if (gr_caller_enter_try(&me) != 0)
		return NULL;
	c = make(gr_clock_after(gr_now(), first), period);
	gr_caller_leave(&me);
	return (goro_time_chan)(void *)c;
}

goro_time_chan goro_timer(int64_t ns)
{
	return begin(ns < 0 ? 0 : ns, 0);
}

goro_time_chan goro_ticker(int64_t period)
{
	return period <= 0 ? NULL : begin(period, period);
}
