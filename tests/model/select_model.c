/* SPDX-License-Identifier: MIT */
/* select_model.c: a select on two channels (select.c): exactly one case happens, with one partner;
 * it leaves the lines of the others before it returns; selects that name the channels in opposite
 * orders do not wait for each other; and no channel is touched that the partner may have freed.
 *
 * Whom a coroutine wakes goes on behind it, on the same worker; whom a thread wakes, at once. */
#include <errno.h>

#include "chan/chan.h"
#include "goro/select.h"
#include "house.h"

#define LATER (INT64_MAX - 1) /* house_timer() lets it pass at any time */

static goro_chan *a, *b;
static enum { UNMADE, SENT, RECEIVED, KEPT } fate[3]; /* of elements 1 and 2; plain memory */

static void received(uint64_t number)
{
	MODEL_CHECK((number == 1 || number == 2) && fate[number] == SENT);
	fate[number] = RECEIVED;
}

/* Those who select -------------------------------------------------------------------------- */

/* Receives both, in the order in which they come, and frees the channels. A closed one has ended
 * for it. */
static void receive_both(void *unused)
{
	goro_chan *open[2] = { a, b };

	(void)unused;
	while (open[0] != NULL || open[1] != NULL) {
		uint64_t numbers[2] = { 0, 0 };
		bool ok[2] = { false, false };
		goro_case cases[] = { goro_case_recv(open[0], &numbers[0], &ok[0]),
			goro_case_recv(open[1], &numbers[1], &ok[1]) };
		int done = goro_select(cases, 2, GORO_FOREVER);

		MODEL_CHECK(done == 0 || done == 1);
		MODEL_CHECK(open[done] != NULL && numbers[1 - done] == 0);
		if (ok[done]) {
			MODEL_CHECK(numbers[done] == (uint64_t)done + 1);
			received(numbers[done]);
		}
		open[done] = NULL;
	}
	goro_chan_free(a);
	goro_chan_free(b);
}

/* Stands in a's line twice. */
static void receive_either(void *unused)
{
	uint64_t numbers[3] = { 0, 0, 0 };
	goro_case cases[] = { goro_case_recv(a, &numbers[0], NULL),
		goro_case_recv(b, &numbers[1], NULL), goro_case_recv(a, &numbers[2], NULL) };
	int done = goro_select(cases, 3, GORO_FOREVER);

	(void)unused;
	MODEL_CHECK(done == 0 || done == 2);
	received(numbers[done]);
}

static void receive_nothing(void *unused)
{
	uint64_t numbers[2] = { 0, 0 };
	goro_case cases[] = { goro_case_recv(a, &numbers[0], NULL),
		goro_case_recv(a, &numbers[1], NULL) };
	int done = goro_select(cases, 2, GORO_FOREVER);

	(void)unused;
	MODEL_CHECK(done == 0 || done == 1);
}

static void receive_until(int64_t deadline)
{
	uint64_t numbers[2] = { 0, 0 };
	goro_case cases[] = { goro_case_recv(a, &numbers[0], NULL),
		goro_case_recv(b, &numbers[1], NULL) };
	int done = goro_select(cases, 2, deadline);

	if (done == 0 || done == 1)
		received(numbers[done]);
	else
		MODEL_CHECK(done == -ETIMEDOUT || done == -ECANCELED);
}

static void receive_in_time(void *unused)
{
	(void)unused;
	receive_until(LATER);
}

static void receive_unless_cancelled(void *unused)
{
	(void)unused;
	receive_until(GORO_FOREVER);
}

/* Sends `number` to one, or receives the other's from the other. `turned`: names them the other
 * way round. */
static void exchange(uint64_t number, goro_chan *to, goro_chan *from, bool turned)
{
	uint64_t got = 0;
	goro_case send = goro_case_send(to, &number, NULL);
	goro_case recv = goro_case_recv(from, &got, NULL);
	goro_case cases[] = { turned ? recv : send, turned ? send : recv };
	int done;

	fate[number] = SENT;
	done = goro_select(cases, 2, GORO_FOREVER);
	MODEL_CHECK(done == 0 || done == 1);
	if (done == (turned ? 0 : 1)) {
		MODEL_CHECK(got == 3 - number);
		received(got);
		fate[number] = KEPT;
	}
}

/* 1 goes by a, 2 by b: each names the one it sends to first. */
static void exchange_one(void *unused)
{
	(void)unused;
	exchange(1, a, b, false);
}

static void exchange_two(void *unused)
{
	(void)unused;
	exchange(2, b, a, false);
}

static void exchange_two_turned(void *unused)
{
	(void)unused;
	exchange(2, b, a, true);
}

/* Whoever receives frees the channel; nobody comes to the other. */
static void send_one(void *unused)
{
	uint64_t number = 1, got = 0;
	goro_case cases[] = { goro_case_send(b, &number, NULL), goro_case_recv(a, &got, NULL) };

	(void)unused;
	fate[1] = SENT;
	MODEL_CHECK(goro_select(cases, 2, GORO_FOREVER) == 0);
	goro_chan_free(a);
}

static void send_in_vain(void *unused)
{
	uint64_t number = 1, got = 0;
	goro_case cases[] = { goro_case_send(a, &number, NULL), goro_case_recv(b, &got, NULL) };

	(void)unused;
	MODEL_CHECK(goro_select(cases, 2, GORO_FOREVER) == -EPIPE);
	goro_chan_free(a);
	goro_chan_free(b);
}

/* Their partners ---------------------------------------------------------------------------- */

static void send_number(goro_chan *to, uint64_t number)
{
	fate[number] = SENT;
	MODEL_CHECK(goro_chan_send(to, &number) == 0);
}

static void send_a(void *unused)
{
	(void)unused;
	send_number(a, 1);
}

static void send_b(void *unused)
{
	(void)unused;
	send_number(b, 2);
}

static void try_send(goro_chan *to, uint64_t number)
{
	int rc;

	fate[number] = SENT;
	rc = goro_chan_try_send(to, &number);
	MODEL_CHECK(rc == 0 || rc == -EAGAIN);
	if (rc != 0)
		fate[number] = KEPT;
}

static void try_send_a(void *unused)
{
	(void)unused;
	try_send(a, 1);
}

static void try_send_b(void *unused)
{
	(void)unused;
	try_send(b, 2);
}

static void send_a_and_try(void *unused)
{
	send_a(unused);
	try_send(a, 2);
}

static void close_a(void *unused)
{
	(void)unused;
	MODEL_CHECK(goro_chan_close(a) == 0);
}

static void receive_and_free(void *unused)
{
	uint64_t number = 0;

	(void)unused;
	MODEL_CHECK(goro_chan_recv(b, &number) == 0);
	received(number);
	goro_chan_free(b);
}

/* ------------------------------------------------------------------------------------------- */

static goro_chan *make(const char *name)
{
	goro_chan *c = goro_chan_make(sizeof(uint64_t), 0);

	MODEL_CHECK(c != NULL);
	model_name(&c->lock, sizeof(c->lock), name);
	return c;
}

/* A select tries its cases in either order. */
static void seed(unsigned worker)
{
	struct gr_random *random = &gr_sched.workers[worker].random;
	unsigned first = model_choose(2);

	for (uint64_t s = 0;; s++) {
		gr_random_seed(random, s);
		if (gr_random_below(random, 2) == first) {
			gr_random_seed(random, s);
			return;
		}
	}
}

static void furnish(void (*first)(void *), void (*second)(void *))
{
	house_open(2);
	a = make("lock of a");
	b = make("lock of b");
	seed(0);
	house_spawn(0, first, NULL, "first's word");
	if (second != NULL)
		house_spawn(1, second, NULL, "second's word");
}

HOUSE_SETUP(both, receive_both, NULL)
HOUSE_SETUP(either, receive_either, NULL)
HOUSE_SETUP(in_time, receive_in_time, NULL)
HOUSE_SETUP(cancelled, receive_unless_cancelled, NULL)
HOUSE_SETUP(send, send_one, NULL)
HOUSE_SETUP(vain, send_in_vain, NULL)
HOUSE_SETUP(closed, receive_nothing, NULL)
HOUSE_SETUP(one, exchange_one, NULL)
HOUSE_SETUP(opposite, exchange_one, exchange_two)
HOUSE_SETUP(alike, exchange_one, exchange_two_turned)

static void check_received(void)
{
	house_close();
	MODEL_CHECK(fate[1] != SENT && fate[2] != SENT);
}

static bool nobody_waits_at(const goro_chan *c)
{
	return gr_waitq_empty(&c->receivers) && gr_waitq_empty(&c->senders);
}

static void check_lines(void)
{
	check_received();
	MODEL_CHECK(nobody_waits_at(a) && nobody_waits_at(b));
}

static void check_one(void)
{
	check_lines();
	MODEL_CHECK((fate[1] == RECEIVED) + (fate[2] == RECEIVED) == 1);
}

/* clang-format off */
#define T(function) { .name = #function, .run = (function) }
#define SELECT(title, start, end, switches, ...) \
	{ .name = "select, " title, .setup = (start), .check = (end), .preemptions = (switches), \
		.threads = { HOUSE_WORKER(0), __VA_ARGS__ } }

static const struct model models[] = {
	SELECT("partner frees", setup_send, check_received, 3, T(receive_and_free)),
	SELECT("close", setup_vain, check_received, 3, T(close_a)),
	SELECT("siblings", setup_either, check_one, 2, T(send_a_and_try)),
	SELECT("closed siblings", setup_closed, check_lines, 2, T(close_a)),
	SELECT("two senders", setup_both, check_received, 1, T(send_a), T(send_b)),
	SELECT("sender and close", setup_both, check_received, 1, T(close_a), T(send_b)),
	SELECT("two try, cancel", setup_cancelled, check_lines, 1, T(try_send_a), T(try_send_b),
		T(house_cancel)),
	SELECT("deadline", setup_in_time, check_lines, 1, T(try_send_a), HOUSE_TIMER),
	SELECT("cancel", setup_cancelled, check_lines, 2, T(try_send_a), T(house_cancel)),
	SELECT("select of a thread", setup_one, check_one, 2, T(exchange_two)),
	SELECT("selects, opposite", setup_opposite, check_one, 2, HOUSE_WORKER(1)),
	SELECT("selects, alike", setup_alike, check_one, 2, HOUSE_WORKER(1)),
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
