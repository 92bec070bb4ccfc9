/* SPDX-License-Identifier: MIT */
/* sock_model.c: io/sock.c's count of users: no system call meets a file that is not the handle's, no
 * closed one, and no other one that has its number by now; the last user closes, once (K1 to K3). With
 * the real netpoll/poll.c, so a close finds users on their way into a wait, in it and out of it. */
#include "io/sock.h"

#include <errno.h>
#include <sys/socket.h>

#include "wire.h"

#define GENERATION ((size_t)1 << 28) /* as sock.h has it */

static void *handle;
static unsigned file;
static uint32_t shut_files; /* as bits */
static uint32_t closes;     /* that succeeded */

/* K2: once for each file, and before the number is free. */
int shutdown(int fd, int how)
{
	uint32_t bit = 1u << wire_file(fd);

	MODEL_CHECK(how == SHUT_RDWR && bit != 1);
	MODEL_CHECK(!(gr_fetch_or_relaxed(&shut_files, bit) & bit));
	return 0;
}

/* Coroutines ------------------------------------------------------------------------------- */

/* 0; -EBADF: it is closed. */
static int use(enum gr_poll_side side)
{
	struct gr_caller me;
	struct gr_sock *s;
	int rc = gr_sock_enter(handle, GR_SOCK_CONN, &me, &s);

	if (rc != 0)
		return rc;
	MODEL_CHECK(s->fd == 0);
	while (rc == 0 && !(side == GR_POLL_READ ? wire_read(0, file) : wire_may_write(0, file)))
		rc = gr_poll_wait(&me, s->poll, side, true, INT64_MAX, "use", s);
	if (side == GR_POLL_READ)
		s->drained = 1; /* plain, as a reader does it */
	gr_sock_leave(s);
	return rc;
}

static void read_in_vain(void *unused)
{
	(void)unused;
	MODEL_CHECK(use(GR_POLL_READ) == -EBADF);
}

static void read_one(void *unused)
{
	int rc = use(GR_POLL_READ);

	(void)unused;
	MODEL_CHECK(rc == 0 || rc == -EBADF);
}

static void write_in_vain(void *unused)
{
	(void)unused;
	MODEL_CHECK(use(GR_POLL_WRITE) == -EBADF);
}

/* By a user, who has still to leave. */
static void end_it(void *unused)
{
	struct gr_caller me;
	struct gr_sock *s;

	(void)unused;
	if (gr_sock_enter(handle, GR_SOCK_CONN, &me, &s) != 0)
		return;
	gr_sock_end(s);
	MODEL_CHECK(gr_sock_closing(s));
	gr_sock_leave(s);
}

/* Number and slot come back: the old handle means nothing, and the new one nobody has closed. */
static void make_again(void *unused)
{
	struct gr_caller me;
	struct gr_sock *s;
	unsigned second;
	void *mine;

	read_in_vain(unused);
	while ((second = wire_open(0)) == 0)
		model_spin();
	MODEL_CHECK(gr_sock_make(0, GR_SOCK_CONN, &s) == 0);
	mine = gr_sock_handle(s);
	gr_sock_leave(s);
	MODEL_CHECK(mine != handle && gr_sock_enter(handle, GR_SOCK_CONN, &me, &s) == -EBADF);
	MODEL_CHECK(gr_sock_enter(mine, GR_SOCK_CONN, &me, &s) == 0);
	MODEL_CHECK(!wire_read(s->fd, second));
	gr_sock_leave(s);
}

/* Leaves without having taken a lock, and then guesses the handle that comes next. */
static void read_and_guess(void *unused)
{
	const char *next = (const char *)handle + GENERATION;
	struct gr_caller me;
	struct gr_sock *s;

	read_one(unused);
	if (gr_sock_enter(next, GR_SOCK_CONN, &me, &s) != 0)
		return;
	MODEL_CHECK(s->fd == 0 && !wire_read(0, file + 1));
	gr_sock_leave(s);
}

/* The same, and the next one is no connection. */
static void read_and_mistake(void *unused)
{
	const char *next = (const char *)handle + GENERATION;
	struct gr_caller me;
	struct gr_sock *s;

	read_one(unused);
	MODEL_CHECK(gr_sock_enter(next, GR_SOCK_CONN, &me, &s) == -EBADF);
}

static void make(enum gr_sock_kind kind)
{
	struct gr_sock *s;

	while (wire_open(0) == 0)
		model_spin();
	MODEL_CHECK(gr_sock_make(0, kind, &s) == 0);
	gr_sock_leave(s);
}

static void make_another(void *unused)
{
	(void)unused;
	make(GR_SOCK_CONN);
}

static void make_listener(void *unused)
{
	(void)unused;
	make(GR_SOCK_LISTENER);
}

/* Others ----------------------------------------------------------------------------------- */

static void close_it(void *unused)
{
	int rc = gr_sock_close(handle, GR_SOCK_CONN);

	(void)unused;
	MODEL_CHECK(rc == 0 || rc == -EBADF);
	if (rc == 0)
		gr_fetch_add_relaxed(&closes, 1u);
}

/* A plain thread: counts in, only to be told that it is none. */
static void ask(void *unused)
{
	struct gr_caller me;
	struct gr_sock *s;
	int rc = gr_sock_enter_any(handle, GR_SOCK_CONN, &me, &s);

	(void)unused;
	MODEL_CHECK(rc == -EPERM || rc == -EBADF);
}

static void put(void *unused)
{
	(void)unused;
	wire_put(0);
}

/* ------------------------------------------------------------------------------------------- */

static void furnish(void (*first)(void *), void (*second)(void *))
{
	struct gr_sock *s;

	house_open(2);
	wire_ready = gr_poll_ready;
	gr_sock_start();
	file = wire_open(0);
	MODEL_CHECK(gr_sock_make(0, GR_SOCK_CONN, &s) == 0);
	handle = gr_sock_handle(s);
	model_name(&s->word, sizeof(s->word), "users");
	model_name(s->poll, sizeof(struct gr_lock), "entry's lock");
	gr_sock_leave(s);
	house_spawn(0, first, NULL, "first's word");
	if (second != NULL)
		house_spawn(1, second, NULL, "second's word");
}

HOUSE_SETUP(one, read_in_vain, NULL)
HOUSE_SETUP(served, read_one, NULL)
HOUSE_SETUP(two, read_in_vain, write_in_vain)
HOUSE_SETUP(end, end_it, NULL)
HOUSE_SETUP(again, make_again, NULL)

static void setup_passed_on(void)
{
	furnish(read_and_guess, make_another);
	wire_put(0);
}

static void setup_mistaken(void)
{
	furnish(read_and_mistake, make_listener);
	wire_put(0);
}

static void check_closed(void)
{
	house_close();
	MODEL_CHECK(wire_file(0) == 0 && closes == 1);
}

static void check_ended(void)
{
	house_close();
	MODEL_CHECK(wire_file(0) == 0 && closes <= 1);
}

static void check_second(void)
{
	house_close();
	MODEL_CHECK(wire_file(0) == file + 1 && closes == 1);
}

/* clang-format off */
#define T(function) { .name = #function, .run = (function) }
#define SOCK(title, start, end, switches, olds, ...) \
	{ .name = "sock, " title, .setup = (start), .check = (end), .preemptions = (switches), \
		.stale = (olds), .threads = { HOUSE_WORKER(0), WIRE_OWNER, __VA_ARGS__ } }
#define PASSED_ON(title, start) \
	{ .name = "sock, " title, .setup = (start), .check = check_second, .preemptions = 1, \
		.stale = 1, .threads = { HOUSE_WORKER(0), HOUSE_WORKER(1), T(close_it) } }

static const struct model models[] = {
	SOCK("close", setup_one, check_closed, 2, MODEL_NONE, T(close_it)),
	SOCK("close, served", setup_served, check_closed, MODEL_NONE, 1, T(close_it), T(put)),
	SOCK("two close", setup_one, check_closed, 1, MODEL_NONE, T(close_it), T(close_it)),
	SOCK("two users", setup_two, check_closed, MODEL_NONE, 1, HOUSE_WORKER(1), T(close_it)),
	SOCK("a thread asks", setup_one, check_closed, 1, MODEL_NONE, T(close_it), T(ask)),
	SOCK("a user ends it", setup_end, check_ended, 2, 1, T(close_it)),
	PASSED_ON("slot passed on", setup_passed_on),
	PASSED_ON("slot of another kind", setup_mistaken),
	SOCK("slot again", setup_again, check_second, MODEL_NONE, 1, T(close_it), T(close_it)),
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
