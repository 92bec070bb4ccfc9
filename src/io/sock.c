/* SPDX-License-Identifier: MIT */
#include "io/sock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/slots.h"
#include "netpoll/loop.h"

#define USERS      ((UINT64_C(1) << 26) - 1)
#define CLOSED     (UINT64_C(1) << 26)
#define INDEX_BITS 28
#define INDEX      ((UINT64_C(1) << INDEX_BITS) - 1)

static struct gr_slots slots;
static uint64_t first_generation = 1;

void gr_sock_start(void)
{
	gr_slots_init(&slots, sizeof(struct gr_sock));
}

static struct gr_sock *sock_at(uint32_t index)
{
	return gr_slots_at(&slots, index);
}

/* Handles ------------------------------------------------------------------------------------ */

/* Generation and index + 1, so that none is NULL. */
void *gr_sock_handle(const struct gr_sock *s)
{
	uint64_t generation = gr_load_relaxed(&s->word) >> INDEX_BITS;

	return (void *)(uintptr_t)(generation << INDEX_BITS | (s->index + 1));
}

/* The slot that a handle names, whoever is in it now; NULL: no such slot. */
static struct gr_sock *slot_of(const void *handle)
{
	uint64_t index = ((uintptr_t)handle & INDEX) - 1;

	return index < gr_slots_count(&slots) ? sock_at((uint32_t)index) : NULL;
}

/* Counts in, unless the word says no; sets `more` as well. */
static struct gr_sock *count_in(const void *handle, enum gr_sock_kind kind, uint64_t more)
{
	struct gr_sock *s = slot_of(handle);
	uint64_t generation = (uintptr_t)handle >> INDEX_BITS;
	uint64_t word;

	if (s == NULL)
		return NULL;
	word = gr_load_acquire(&s->word); /* pairs with begin(): what it has set is seen */
	do {
		if (word >> INDEX_BITS != generation || word & CLOSED ||
			gr_load_relaxed(&s->kind) != kind)
			return NULL;
	} while (!gr_cas_relaxed(&s->word, &word, (word + 1) | more));
	return s;
}

/* Birth and end -------------------------------------------------------------------------------- */

/* The slot is the caller's; from here on it can be found by its handle. */
static void begin(struct gr_sock *s, int fd, enum gr_sock_kind kind, struct gr_poll *poll)
{
	uint64_t generation = (gr_load_relaxed(&s->word) >> INDEX_BITS) + 1;

	s->fd = fd;
	s->poll = poll;
	gr_store_relaxed(&s->kind, (uint8_t)kind);
	s->drained = 0;
	s->path = NULL;
	if (generation < first_generation)
		generation = first_generation;
	/* Release: pairs with count_in(), also of who guesses the handle. */
	gr_store_release(&s->word, generation << INDEX_BITS | 1);
}

int gr_sock_try(int fd, enum gr_sock_kind kind, struct gr_sock **out)
{
	int rc = gr_loop_open();
	struct gr_poll *poll;
	struct gr_sock *s;
	uint32_t index;

	if (rc != 0)
		return rc;
	s = gr_slots_get(&slots, &index);
	if (s == NULL)
		return -ENOMEM;
	s->index = index;
	poll = gr_poll_open(fd);
	if (poll == NULL) {
		gr_store_relaxed(&s->word, gr_load_relaxed(&s->word) | CLOSED); /* was it new? */
		gr_slots_put(&slots, index);
		return -ENOMEM;
	}
	begin(s, fd, kind, poll);
	*out = s;
	return 0;
}

int gr_sock_make(int fd, enum gr_sock_kind kind, struct gr_sock **out)
{
	int rc = gr_sock_try(fd, kind, out);

	if (rc != 0)
		close(fd);
	return rc;
}

/* The last user is out (K1). */
static void finish(struct gr_sock *s)
{
	gr_poll_close(s->poll);
	free(s->path);
	gr_slots_put(&slots, s->index);
}

void gr_sock_leave(struct gr_sock *s)
{
	/* Acquire and release: the last one closes behind all that the others did. */
	uint64_t before = gr_fetch_sub_acq_rel(&s->word, UINT64_C(1));

	if (gr_unlikely((before & (CLOSED | USERS)) == (CLOSED | 1)))
		finish(s);
}

/* CLOSED is set, and the caller is a user. */
static void shut(struct gr_sock *s)
{
	if (s->path != NULL)
		unlink(s->path);
	shutdown(s->fd, SHUT_RDWR); /* K2; what it says does not matter */
	gr_poll_evict(s->poll);
}

void gr_sock_end(struct gr_sock *s)
{
	if (!(gr_fetch_or_relaxed(&s->word, CLOSED) & CLOSED))
		shut(s);
}

/* Callers -------------------------------------------------------------------------------------- */

/* For one who is no coroutine: is there a runtime in which the handle could mean something (K3)? Then
 * he is counted in. */
static int enter_outside(void)
{
	if (gr_load_relaxed(&gr_sched.state) == GR_SCHED_FORKED)
		return -EPERM;
	return gr_thread_enter(false) ? 0 : -EBADF;
}

/* A plain thread: only the handle is looked at. */
static int refuse(const void *handle, enum gr_sock_kind kind)
{
	int rc = handle == NULL ? -EBADF : enter_outside();
	struct gr_sock *s;

	if (rc != 0)
		return rc;
	s = count_in(handle, kind, 0);
	if (s != NULL)
		gr_sock_leave(s);
	gr_thread_leave();
	return s == NULL ? -EBADF : -EPERM;
}

int gr_sock_caller(struct gr_caller *me)
{
	return gr_caller_is_coro(me) ? gr_caller_enter(me) : -EPERM;
}

bool gr_sock_closing(const struct gr_sock *s)
{
	/* Relaxed: who asks comes from the socket, or from the poller's lock, where shut() has been. */
	return gr_load_relaxed(&s->word) & CLOSED;
}

int gr_sock_enter_any(
	const void *handle, enum gr_sock_kind kind, struct gr_caller *me, struct gr_sock **out)
{
	if (gr_unlikely(!gr_caller_is_coro(me)))
		return refuse(handle, kind);
	*out = count_in(handle, kind, 0);
	return gr_likely(*out != NULL) ? 0 : -EBADF;
}

int gr_sock_number(const void *handle, enum gr_sock_kind kind)
{
	struct gr_caller me;
	struct gr_sock *s;
	int rc = gr_sock_enter_any(handle, kind, &me, &s);

	if (rc != 0)
		return rc;
	rc = s->number;
	gr_sock_leave(s);
	return rc;
}

int gr_sock_enter(
	const void *handle, enum gr_sock_kind kind, struct gr_caller *me, struct gr_sock **out)
{
	int rc = gr_sock_enter_any(handle, kind, me, out);

	if (gr_unlikely(rc != 0))
		return rc;
	rc = gr_caller_enter(me);
	if (gr_unlikely(rc != 0))
		gr_sock_leave(*out);
	return rc;
}

int gr_sock_close(const void *handle, enum gr_sock_kind kind)
{
	bool outside = gr_running() == NULL;
	int rc = handle == NULL ? -EBADF : outside ? enter_outside() : 0;
	struct gr_sock *s;

	if (rc != 0)
		return rc;
	s = count_in(handle, kind, CLOSED);
	if (s != NULL) {
		shut(s);
		gr_sock_leave(s);
	}
	if (outside)
		gr_thread_leave();
	return s == NULL ? -EBADF : 0;
}

/* Stop ----------------------------------------------------------------------------------------- */

void gr_sock_stop(void)
{
	for (uint32_t i = 0; i < gr_slots_count(&slots); i++) {
		struct gr_sock *s = sock_at(i);
		uint64_t generation = s->word >> INDEX_BITS;

		if (!(s->word & CLOSED)) {
			s->word = (s->word | CLOSED) + 1;
			shut(s);
			gr_sock_leave(s);
		}
		if (generation >= first_generation)
			first_generation = generation + 1;
	}
	gr_slots_fini(&slots);
}
