/* SPDX-License-Identifier: MIT */
#include "netpoll/poll.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/lock.h"
#include "netpoll/loop.h"
#include "netpoll/numbers.h"
#include "os/os.h"

/* So many events in a row that nobody waits for are ignored before they are disarmed (P2). */
#ifndef GR_POLL_IGNORED
#define GR_POLL_IGNORED 64u /* data: its reader may be the last of all that one poll has brought */
#endif
#define IGNORED_ROOM 3u

struct slot {
	struct gr_wait *wait; /* NULL: nobody waits */
	uint64_t seq;
};

/* What a wait and an event touch is one cache line: all but the last two. */
struct gr_poll {
	struct gr_lock lock;
	int fd;
	struct slot slots[2]; /* reader's, writer's */
	uint32_t round;       /* of its last event */
	uint8_t deaf;         /* sides whose sleeper is not for events */
	uint8_t armed;
	uint8_t ignored;
	bool open;
	bool evicted;
	bool closing; /* the owner shall close it */
	bool posted;
	bool post;  /* who unlocks shall post it */
	bool known; /* `handle` is initialised */
	struct gr_request request;
	uv_poll_t handle;
} __attribute__((aligned(GR_CACHELINE)));

_Static_assert(offsetof(struct gr_poll, request) <= GR_CACHELINE, "one cache line");

/* The owner's half ---------------------------------------------------------------------------- */

_Static_assert((int)GR_POLL_READ == UV_READABLE && (int)GR_POLL_WRITE == UV_WRITABLE &&
		(int)GR_POLL_READ == GR_OS_READABLE && (int)GR_POLL_WRITE == GR_OS_WRITABLE,
	"sides are libuv's events, and the kernel's");

#define BOTH    (GR_POLL_READ | GR_POLL_WRITE)
#define SIDE(i) (1u << (i)) /* of slot i */

/* Under the lock: takes the sleeper out of slot i, if it can still be claimed. */
static struct gr_wait *claim(struct gr_poll *p, unsigned i, int outcome)
{
	struct slot *s = &p->slots[i];
	struct gr_wait *w = s->wait;

	if (w == NULL)
		return NULL;
	s->wait = NULL;
	if (!gr_wait_claim(w, s->seq, outcome))
		return NULL;
	gr_fiber_acquire(w);
	return w;
}

static void on_event(uv_poll_t *handle, int status, int events);

static int tell_libuv(struct gr_poll *p)
{
	int rc = uv_poll_init(gr_loop_uv(), &p->handle, p->fd);

	p->known = rc == 0;
	return rc;
}

/* P6 */
static int init_beside_the_file(struct gr_poll *p)
{
	int file = fcntl(p->fd, F_DUPFD_CLOEXEC, 0);
	int other = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rc = file < 0 || other < 0 || dup3(other, p->fd, O_CLOEXEC) < 0 ? -errno : 0;

	if (rc == 0) {
		rc = tell_libuv(p);
		if (dup3(file, p->fd, O_CLOEXEC) < 0)
			rc = -errno;
	}
	if (other >= 0)
		close(other);
	if (file >= 0)
		close(file);
	return rc;
}

static int init_handle(struct gr_poll *p)
{
	int flags = fcntl(p->fd, F_GETFL);

	return flags == -1 || flags & O_NONBLOCK ? tell_libuv(p) : init_beside_the_file(p);
}

/* Under the lock. Has libuv watch for these events and no others. */
static int arm(struct gr_poll *p, uint8_t events)
{
	int rc = 0;

	if (events == p->armed)
		return 0;
	if (!p->known)
		rc = init_handle(p);
	if (rc == 0)
		rc = events == 0 ? uv_poll_stop(&p->handle) :
				   uv_poll_start(&p->handle, events, on_event);
	gr_loop_touched();
	p->armed = rc == 0 ? events : 0;
	p->ignored = 0;
	return rc;
}

/* Claims who waits for one of the events; returns those that nobody waited for. */
static uint8_t claim_for(struct gr_poll *p, uint8_t events, int outcome, struct gr_wait *woken[2])
{
	uint8_t idle = 0;

	for (unsigned i = 0; i < 2; i++) {
		woken[i] = NULL;
		if (!(events & SIDE(i)))
			continue;
		if (!(p->deaf & SIDE(i)))
			woken[i] = claim(p, i, outcome);
		if (woken[i] == NULL)
			idle |= SIDE(i);
	}
	return idle;
}

static void wake(struct gr_wait *woken[2])
{
	for (unsigned i = 0; i < 2; i++)
		if (woken[i] != NULL)
			gr_loop_ready(woken[i]);
}

/* Under the lock, which it releases. */
static void take_event(struct gr_poll *p, uint8_t events)
{
	struct gr_wait *woken[2];
	uint8_t idle = claim_for(p, events, 0, woken) & p->armed;
	unsigned patience = idle & GR_POLL_READ ? GR_POLL_IGNORED : IGNORED_ROOM;

	if (idle == 0)
		p->ignored = 0;
	else if (p->round != gr_loop_round() && ++p->ignored > patience)
		arm(p, p->armed & (uint8_t)~idle);
	p->round = gr_loop_round();
	gr_lock_release(&p->lock);
	wake(woken);
}

static void on_event(uv_poll_t *handle, int status, int events)
{
	struct gr_poll *p = gr_container_of(handle, struct gr_poll, handle);

	gr_lock_acquire(&p->lock);
	if (status != 0) { /* libuv has stopped the handle, but the kernel does not know yet */
		arm(p, 0);
		events = BOTH;
	}
	take_event(p, (uint8_t)events);
}

bool gr_poll_ready(int fd, unsigned what)
{
	struct gr_poll *p = fd < 0 ? NULL : gr_numbers_find(fd, sizeof(*p));

	if (p == NULL || (what & GR_OS_FAILED))
		return false; /* libuv has a handle to stop */
	gr_lock_acquire(&p->lock);
	if (!(p->armed & what)) {
		gr_lock_release(&p->lock);
		return false;
	}
	take_event(p, (uint8_t)(p->armed & what));
	return true;
}

static uint8_t wanted(const struct gr_poll *p)
{
	uint8_t events = 0;

	for (unsigned i = 0; i < 2; i++)
		if (p->slots[i].wait != NULL && !(p->deaf & SIDE(i)))
			events |= SIDE(i);
	return events;
}

/* Under the lock, which it releases (P5). */
static void close_it(struct gr_poll *p)
{
	int fd = p->fd;

	arm(p, 0);
	p->open = false;
	p->closing = false;
	gr_lock_release(&p->lock);
	close(fd); /* whatever it says: the number is free */
}

/* Makes it as it should be by now. */
static void settle(struct gr_request *r)
{
	struct gr_poll *p = gr_container_of(r, struct gr_poll, request);
	struct gr_wait *woken[2] = { NULL, NULL };
	int rc;

	gr_lock_acquire(&p->lock);
	p->posted = false;
	if (p->closing) {
		close_it(p);
		return;
	}
	rc = arm(p, (p->armed & GR_POLL_READ) | wanted(p));
	if (rc != 0)
		claim_for(p, BOTH, rc, woken);
	gr_lock_release(&p->lock);
	wake(woken);
}

/* The callers' half ----------------------------------------------------------------------------- */

struct gr_poll *gr_poll_open(int fd)
{
	struct gr_poll *p = gr_numbers_make(fd, sizeof(*p));

	if (p == NULL)
		return NULL;
	gr_lock_acquire(&p->lock);
	if (p->open)
		gr_check_fail("a descriptor of a connection was closed behind its back");
	p->open = true;
	p->evicted = false;
	p->fd = fd;
	if (p->request.run == NULL) /* a late request of who had it before may be read right now */
		p->request.run = settle;
	gr_lock_release(&p->lock);
	return p;
}

/* Under the lock: it is to be posted, and by whom. */
static void want_post(struct gr_poll *p)
{
	p->post = !p->posted;
	p->posted = true;
}

/* In the commit of a park too: posting may be a system call, so it comes after the lock. */
static void unlock_and_post(void *arg)
{
	struct gr_poll *p = arg;
	bool post = p->post;

	p->post = false;
	gr_lock_release(&p->lock);
	if (post)
		gr_loop_post(&p->request);
}

/* What the sleeper left in its slots (P4). */
static void clear_slots(struct gr_poll *p, const struct gr_wait *w, uint64_t seq)
{
	gr_lock_acquire(&p->lock);
	for (unsigned i = 0; i < 2; i++)
		if (p->slots[i].wait == w && p->slots[i].seq == seq)
			p->slots[i].wait = NULL;
	gr_lock_release(&p->lock);
}

/* Under the lock, which it releases: sleeps in the slots of these sides. */
static int sleep_in_slots(struct gr_caller *me, struct gr_poll *p, unsigned sides, bool deaf,
	int64_t deadline, const char *why, const void *what)
{
	uint64_t seq = gr_park_begin(me);
	int rc;

	for (unsigned i = 0; i < 2; i++) {
		if (!(sides & SIDE(i)))
			continue;
		GR_DEBUG(p->slots[i].wait == NULL);
		p->slots[i] = (struct slot){ .wait = me->wait, .seq = seq };
	}
	p->deaf = (uint8_t)(deaf ? p->deaf | sides : p->deaf & ~sides);
	gr_worker_outside(me->worker);
	rc = gr_park_locked(me, deadline, unlock_and_post, p, why, what);
	gr_worker_answered(me->worker);
	if (rc != 0 || sides == BOTH)
		clear_slots(p, me->wait, seq);
	return rc;
}

int gr_poll_wait(struct gr_caller *me, struct gr_poll *p, unsigned sides, bool looked,
	int64_t deadline, const char *why, const void *what)
{
	bool armed, evicted;

	if (deadline != INT64_MAX && deadline <= gr_now())
		return looked ? -ETIMEDOUT : 0;
	gr_lock_acquire(&p->lock);
	armed = (p->armed & sides) == sides;
	evicted = p->evicted;
	if (evicted || (!armed && !looked)) {
		gr_lock_release(&p->lock);
		return evicted ? -EBADF : 0;
	}
	p->ignored = 0;
	if (!armed)
		want_post(p);
	return sleep_in_slots(me, p, sides, false, deadline, why, what);
}

int gr_poll_pause(struct gr_caller *me, struct gr_poll *p, unsigned sides, int64_t deadline,
	const char *why, const void *what)
{
	int rc;

	gr_lock_acquire(&p->lock);
	if (p->evicted) {
		gr_lock_release(&p->lock);
		return -EBADF;
	}
	rc = sleep_in_slots(me, p, sides, true, deadline, why, what);
	return rc == -ETIMEDOUT ? 0 : rc;
}

void gr_poll_evict(struct gr_poll *p)
{
	struct gr_wait *woken[2];

	gr_lock_acquire(&p->lock);
	p->evicted = true;
	for (unsigned i = 0; i < 2; i++)
		woken[i] = claim(p, i, -EBADF);
	gr_lock_release(&p->lock);
	for (unsigned i = 0; i < 2; i++)
		if (woken[i] != NULL)
			gr_wake(gr_current_worker(), woken[i]);
}

void gr_poll_close(struct gr_poll *p)
{
	bool post;

	gr_lock_acquire(&p->lock);
	if (p->armed == 0) {
		close_it(p);
		return;
	}
	p->closing = true;
	post = !p->posted;
	p->posted = true;
	gr_lock_release(&p->lock);
	if (post)
		gr_loop_post_or_run(&p->request);
}

void gr_poll_stop(void)
{
	gr_numbers_stop(sizeof(struct gr_poll));
}
