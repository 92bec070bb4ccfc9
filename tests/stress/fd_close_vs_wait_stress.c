/* SPDX-License-Identifier: MIT */
/* fd_close_vs_wait: a descriptor of somebody else's is closed, and its number used again, while coroutines wait
 * for it. A wait that began before goes on with what it began with, and ends when something happens there;
 * one that begins after it means the new one. Each ends as its header says, and none is told of
 * what happened to another descriptor with the same number.
 */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ends.h"

#define PLACES  4
#define WAITERS 3

/* A number, and who waits for it. The number belongs to one socket after the other. */
struct place {
	int fd;
	uint64_t seed;
	unsigned changes;      /* of hands */
	uint64_t ids[WAITERS]; /* atomic */
	bool over;             /* atomic */
	goro_waitgroup gone;
};

static bool is_over(const struct place *p)
{
	return __atomic_load_n(&p->over, __ATOMIC_ACQUIRE);
}

static void wait_on(struct place *p, size_t i)
{
	uint64_t random = p->seed ^ i ^ (uint64_t)goro_now();
	int rc;

	__atomic_store_n(&p->ids[i], goro_id(), __ATOMIC_RELEASE);
	do {
		int events = stress_below(&random, 4) ? GORO_READ : GORO_READ | GORO_WRITE;

		rc = goro_fd_wait(p->fd, events,
			stress_below(&random, 2) ? GORO_FOREVER : stress_deadline(&random));
		CHECK_TRUE((rc > 0 && (rc & ~events) == 0) || rc == -ETIMEDOUT || rc == -EBADF ||
			rc == -ECANCELED);
		stress_pause(&random);
	} while (rc != -ECANCELED && !is_over(p));
	if (rc == -ECANCELED && !is_over(p))
		CHECK_EQ(go(wait_on, p, i), 0);
	else
		goro_waitgroup_done(&p->gone);
}

/* Gives the number to a new socket, and ends the old one, so that who waits for that is told. */
static void replace(void *arg)
{
	struct place *p = arg;
	int fds[2];
	int peer;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	shutdown(p->fd, SHUT_RDWR); /* who waits for the old one */
	peer = dup3(fds[0], p->fd, O_CLOEXEC);
	CHECK_EQ(peer, p->fd);
	close(fds[0]);
	if (++p->changes % 2)
		CHECK_EQ(write(fds[1], "x", 1), 1);
	close(fds[1]); /* the end of it, so it is readable */
}

static void cancel_waiter(void *arg)
{
	test_cancel(__atomic_load_n((uint64_t *)arg, __ATOMIC_ACQUIRE));
}

static void wait_again_and_again(int actor)
{
	uint64_t random = stress_seed(1, (size_t)actor);
	struct place p = { .seed = random, .gone = GORO_WAITGROUP_INIT };
	int fds[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	p.fd = fds[0];
	goro_waitgroup_add(&p.gone, WAITERS);
	for (size_t i = 0; i < WAITERS; i++)
		CHECK_EQ(go(wait_on, &p, i), 0);
	for (size_t round = stress_times(300); round > 0; round--) {
		stress_end(&random, replace, &p);
		if (stress_below(&random, 2))
			stress_end(&random, cancel_waiter, &p.ids[stress_below(&random, WAITERS)]);
	}
	__atomic_store_n(&p.over, true, __ATOMIC_RELEASE);
	replace(&p);
	CHECK_EQ(goro_waitgroup_wait(&p.gone), 0);
	close(p.fd);
	close(fds[1]);
}

static void wait_in_all_places(void)
{
	for (int i = 0; i < PLACES; i++)
		CHECK_EQ(go(wait_again_and_again, i), 0);
	await_alive(1);
}

/* libuv keeps two descriptors from the first loop on. */
static void open_a_loop(void)
{
	int fds[2];

	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	CHECK_EQ(goro_fd_wait(fds[0], GORO_READ, goro_after(GORO_MILLISECOND)), -ETIMEDOUT);
	close(fds[0]);
	close(fds[1]);
}

GORO_TEST_OUTSIDE(who_waits_for_a_number_that_changes_hands_is_told_and_holds_nothing)
{
	unsigned before;

	test_run(test_workers(), open_a_loop);
	before = test_count_fds();
	test_run(test_workers(), wait_in_all_places);
	CHECK_EQ(test_count_fds(), before);
}

/* The stranger --------------------------------------------------------------------------------- */

static int quiet, loud;

static void wait_for_the_quiet_one(goro_waitgroup *gone)
{
	CHECK_EQ(goro_fd_wait(quiet, GORO_READ, GORO_FOREVER), GORO_READ);
	goro_waitgroup_done(gone);
}

/* Each round the number of the one that is waited for goes to one that is ready at once: whoever is woken
 * by that was told of a stranger's event. */
GORO_TEST(a_wait_is_not_ended_by_what_happens_to_the_next_with_its_number)
{
	for (size_t round = stress_times(200); round > 0; round--) {
		goro_waitgroup gone = GORO_WAITGROUP_INIT;
		uint64_t one = 1;
		int copy;

		quiet = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		copy = dup(quiet);
		loud = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
		goro_waitgroup_add(&gone, 1);
		CHECK_EQ(go(wait_for_the_quiet_one, &gone), 0);
		await_parked(1, "fd wait");
		CHECK_EQ(dup3(loud, quiet, O_CLOEXEC), quiet);
		CHECK_EQ(goro_fd_wait(quiet, GORO_READ, GORO_FOREVER), GORO_READ);
		goro_yield();
		CHECK_TRUE(are_parked(1, "fd wait"));
		CHECK_EQ(write(copy, &one, sizeof(one)), sizeof(one));
		CHECK_EQ(goro_waitgroup_wait(&gone), 0);
		close(copy);
		close(quiet);
		close(loud);
	}
}
