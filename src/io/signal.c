/* SPDX-License-Identifier: MIT */
/* signal.c: signals that arrive through channels.
 *
 *  S1  There is one uv_signal_t a signal, the loop's owner's; it is started with the first channel, and
 *      stopped when there is none any more. Both are done by the owner, so neither overtakes the
 *      other.
 *  S2  The channels of a signal are in a list under its lock. A channel's last free takes it out, so
 *      while the lock is held those in the list are there. Lock order: signal, channel.
 *  S3  A stop takes all channels out before the loop is closed, and whoever posts does so under the
 *      lock, because he has taken one out: so nothing is posted to a loop that is closed.
 */
#include "goro/signal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/list.h"
#include "chan/match.h"
#include "io/signal.h"
#include "io/sock.h"
#include "netpoll/call.h"
#include "netpoll/loop.h"
#include "sched/asleep.h"

#define SIGNALS 65 /* 1 to 64 */

struct receiver {
	struct gr_list link;
	struct goro_chan *chan;
	int signo;
};

static struct watch {
	struct gr_lock lock;
	struct gr_list receivers; /* zero before its first use */
	bool posted;
	struct gr_request request;
	/* The owner's: */
	bool known; /* `handle` is initialised */
	bool active;
	uv_signal_t handle;
} watches[SIGNALS];

/* On the loop's owner -------------------------------------------------------------------------- */

static void on_signal(uv_signal_t *handle, int signo)
{
	struct watch *w = gr_container_of(handle, struct watch, handle);
	struct gr_match m = { .garbage = NULL };

	gr_lock_acquire(&w->lock);
	gr_list_each(link, &w->receivers)
	{
		struct goro_chan *c = gr_list_entry(link, struct receiver, link)->chan;

		gr_lock_acquire(&c->lock);
		gr_match_send(c, &signo, &m); /* full, or closed by its reader: dropped */
		gr_chan_unlock(c);
	}
	gr_lock_release(&w->lock);
	gr_match_finish(NULL, &m); /* as from outside: this worker counts as asleep (idle.h I7) */
}

static int activate(struct watch *w, int signo)
{
	int rc = w->known ? 0 : uv_signal_init(gr_loop_uv(), &w->handle);

	w->known = rc == 0;
	if (rc == 0 && !w->active)
		rc = uv_signal_start(&w->handle, on_signal, signo);
	w->active = rc == 0;
	return rc;
}

struct subscription {
	struct gr_call call;
	struct receiver *receiver;
};

static int subscribe(struct gr_call *c)
{
	struct receiver *r = gr_container_of(c, struct subscription, call)->receiver;
	struct watch *w = &watches[r->signo];
	int rc = activate(w, r->signo);

	if (rc != 0)
		return rc;
	gr_lock_acquire(&w->lock);
	if (w->receivers.next == NULL)
		gr_list_init(&w->receivers);
	gr_list_push_back(&w->receivers, &r->link);
	gr_asleep_source(1);
	gr_lock_release(&w->lock);
	gr_call_end(c, 0);
	return 0;
}

static void settle(struct gr_request *request)
{
	struct watch *w = gr_container_of(request, struct watch, request);
	bool empty;

	gr_lock_acquire(&w->lock);
	w->posted = false;
	empty = gr_list_empty(&w->receivers);
	gr_lock_release(&w->lock);
	if (empty && w->active) {
		uv_signal_stop(&w->handle);
		w->active = false;
	}
}

/* The channel's end ---------------------------------------------------------------------------- */

/* Under the lock. */
static void take_out(struct receiver *r)
{
	gr_list_remove(&r->link);
	gr_asleep_source(-1);
}

static void end(void *arg)
{
	struct receiver *r = arg;
	struct watch *w = &watches[r->signo];

	gr_lock_acquire(&w->lock);
	if (gr_list_linked(&r->link)) {
		take_out(r);
		if (gr_list_empty(&w->receivers) && !w->posted) {
			w->posted = true;
			w->request.run = settle;
			gr_loop_post(&w->request); /* S3 */
		}
	}
	gr_lock_release(&w->lock);
	free(r);
}

void gr_signal_stop(void)
{
	for (int i = 1; i < SIGNALS; i++) {
		struct watch *w = &watches[i];

		gr_lock_acquire(&w->lock);
		while (w->receivers.next != NULL && !gr_list_empty(&w->receivers))
			take_out(gr_list_entry(w->receivers.next, struct receiver, link));
		w->known = false;
		w->active = false;
		gr_lock_release(&w->lock);
	}
}

/* The beginning -------------------------------------------------------------------------------- */

static bool can_be_caught(int signo)
{
	switch (signo) {
	case SIGKILL:
	case SIGSTOP:
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGTRAP:
	case SIGSYS:
	case SIGABRT:
		return false;
	default:
		return signo > 0 && signo < SIGNALS;
	}
}

static struct receiver *make_receiver(int signo)
{
	struct receiver *r = malloc(sizeof(*r));

	if (r == NULL)
		return NULL;
	gr_list_init(&r->link);
	r->signo = signo;
	r->chan = goro_chan_make(sizeof(int), 1);
	if (r->chan == NULL) {
		free(r);
		return NULL;
	}
	r->chan->ended = end;
	r->chan->ended_arg = r;
	return r;
}

int goro_signal(goro_signal_chan *c, int signo)
{
	struct subscription s = { .call.begin = subscribe };
	struct gr_caller me;
	int rc;

	if (c == NULL || !can_be_caught(signo))
		return -EINVAL;
	rc = gr_sock_caller(&me);
	if (rc != 0)
		return rc;
	s.receiver = make_receiver(signo);
	if (s.receiver == NULL)
		return -ENOMEM;
	rc = gr_call_finish(&me, &s.call, "signal", NULL);
	if (rc == 0)
		*c = (goro_signal_chan)(void *)s.receiver->chan;
	else
		goro_chan_free(s.receiver->chan);
	return rc;
}
