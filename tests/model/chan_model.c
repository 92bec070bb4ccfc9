/* SPDX-License-Identifier: MIT */
/* chan_model.c: channels (chan.h, match.h): each element is received once, in order, or still with
 * its sender or in the channel; close wakes all; and nobody touches a channel that was freed by
 * whoever received its last element or was told of its close (D4).
 *
 * Elements are numbers from 1. What became of each stands in fate[], in plain memory: one who
 * receives and does not see what the sender did before is a race, and so is an element that two
 * have. */
#include <errno.h>

#include "chan/chan.h"
#include "goro/time.h"
#include "house.h"
#include "sched/cancel.h"

#define ELEMENTS 4
#define LATER    (INT64_MAX - 1) /* house_timer() lets it pass at any time */
#define LARGE    1400            /* bytes of an element of which two make a block */

static goro_chan *chan;
static enum { UNMADE, SENT, RECEIVED, KEPT } fate[ELEMENTS + 1];
static int64_t deadline = GORO_FOREVER; /* of S and R */
static unsigned ends;
static struct gr_coro *first;
static uint64_t first_life;

/* What a coroutine or thread does is a text of steps, each a letter and perhaps an element. ---- */

static int send(uint64_t number, int64_t until)
{
	union {
		uint64_t number;
		char room[LARGE];
	} elem = { number };
	int rc;

	fate[number] = SENT;
	rc = goro_chan_send_until(chan, &elem, until);
	if (rc != 0)
		fate[number] = KEPT;
	return rc;
}

static void received(uint64_t number)
{
	MODEL_CHECK(number >= 1 && number <= ELEMENTS && fate[number] == SENT);
	fate[number] = RECEIVED;
}

/* `expected`: 0: any. */
static int receive(uint64_t expected, int64_t until)
{
	union {
		uint64_t number;
		char room[LARGE];
	} elem = { ELEMENTS + 1 };
	int rc = goro_chan_recv_until(chan, &elem, until);

	if (rc == 0) {
		MODEL_CHECK(expected == 0 || elem.number == expected);
		received(elem.number);
	} else if (rc == -EPIPE) {
		MODEL_CHECK(elem.number == 0);
	}
	return rc;
}

/* Three elements at once, however often that has to be tried. */
static void send_many(void)
{
	static const uint64_t numbers[] = { 1, 2, 3 };

	for (size_t sent = 0; sent < 3;) {
		int rc = goro_chan_send_many(chan, numbers + sent, 3 - sent);

		MODEL_CHECK(rc > 0 && (size_t)rc <= 3 - sent);
		sent += (size_t)rc;
	}
}

static void receive_many(void)
{
	uint64_t numbers[3] = { 0 };

	for (uint64_t next = 1; next <= 3;) {
		int rc = goro_chan_recv_many(chan, numbers, 3);

		MODEL_CHECK(rc > 0 && rc <= 3);
		for (int i = 0; i < rc; i++, next++)
			MODEL_CHECK(numbers[i] == next);
	}
}

static bool gave_up(int rc)
{
	return rc == -ETIMEDOUT || rc == -ECANCELED;
}

static void cancel_first(void)
{
	int rc = gr_cancel(first, first_life);

	MODEL_CHECK(rc == 0 || rc == -ESRCH);
}

static void try_receive(void)
{
	uint64_t number;
	int rc = goro_chan_try_recv(chan, &number);

	if (rc == 0)
		received(number);
	else
		MODEL_CHECK(rc == -EAGAIN);
}

static void step(char what, uint64_t number)
{
	int rc;

	switch (what) {
	case 's': /* send */
		MODEL_CHECK(send(number, GORO_FOREVER) == 0);
		break;
	case 'S': /* send, or give up */
		rc = send(number, deadline);
		MODEL_CHECK(rc == 0 || gave_up(rc));
		break;
	case 'x': /* send to a channel that is or will be closed */
		MODEL_CHECK(send(number, GORO_FOREVER) == -EPIPE);
		break;
	case 'r': /* receive that one */
		MODEL_CHECK(receive(number, GORO_FOREVER) == 0);
		break;
	case 'R': /* receive, or give up */
		rc = receive(number, deadline);
		MODEL_CHECK(rc == 0 || gave_up(rc));
		break;
	case 'e': /* receive the end, or give up */
		rc = receive(0, GORO_FOREVER);
		MODEL_CHECK(rc == -EPIPE || gave_up(rc));
		break;
	case 't':
		try_receive();
		break;
	case 'M':
		send_many();
		break;
	case 'm':
		receive_many();
		break;
	case 'c':
		MODEL_CHECK(goro_chan_close(chan) == 0);
		break;
	case 'f':
		goro_chan_free(chan);
		break;
	default: /* 'C' */
		cancel_first();
	}
}

static void play(void *steps)
{
	for (const char *s = steps; *s != '\0'; s++) {
		char what = *s;

		step(what, s[1] >= '0' && s[1] <= '9' ? (uint64_t)(*++s - '0') : 0);
	}
}

/* ------------------------------------------------------------------------------------------- */

static void furnish_for(size_t elem_size, size_t cap, unsigned workers)
{
	house_open(workers);
	chan = goro_chan_make(elem_size, cap);
	MODEL_CHECK(chan != NULL);
	model_name(&chan->lock, sizeof(chan->lock), "lock");
	model_name(&chan->refs, sizeof(chan->refs), "refs");
	model_name(&chan->count, sizeof(chan->count), "count");
	model_name(chan, sizeof(*chan), "channel");
}

/* Up to three coroutines, on worker 0, 1 and 2. Whom they wake goes on behind them, on the same
 * worker; whom a thread wakes, at once. */
static void furnish(size_t cap, const char *a, const char *b, const char *c)
{
	furnish_for(sizeof(uint64_t), cap, 3);
	first = house_spawn(0, play, (void *)(uintptr_t)a, "first's word");
	first_life = gr_load_relaxed(&first->life);
	if (b != NULL)
		house_spawn(1, play, (void *)(uintptr_t)b, "second's word");
	if (c != NULL)
		house_spawn(2, play, (void *)(uintptr_t)c, "third's word");
}

static void furnish_blocks(const char *a, const char *b)
{
	furnish_for(LARGE, GORO_CHAN_UNBOUNDED, 2);
	house_spawn(0, play, (void *)(uintptr_t)a, "first's word");
	house_spawn(1, play, (void *)(uintptr_t)b, "second's word");
}

static void setup_rendezvous(void)
{
	furnish(0, "r1f", NULL, NULL);
}

static void setup_both_ways(void)
{
	furnish(0, "r1s2", "s1r2f", NULL);
}

static void setup_buffered(void)
{
	furnish(1, "r1r2f", "s1s2", NULL);
}

static void setup_close_receiver(void)
{
	furnish(0, "ef", NULL, NULL);
}

static void setup_close_sender(void)
{
	furnish(0, "x1f", NULL, NULL);
}

static void setup_drain(void)
{
	furnish(1, "r1r2ef", "s1s2c", NULL);
}

static void setup_turn(void)
{
	furnish(1, "s1s2", NULL, NULL);
}

static void setup_two_turns(void)
{
	furnish(1, "s1s2", "r", "r");
}

static void setup_two_receive(void)
{
	furnish(0, "r", "r", "s1s2");
}

static void setup_close_two(void)
{
	furnish(0, "e", "e", NULL);
}

static void setup_thread(void)
{
	furnish(0, "s1", NULL, NULL);
}

static void setup_receive_late(void)
{
	furnish(1, "R1", "s1", NULL);
	deadline = LATER;
}

static void setup_send_late(void)
{
	furnish(0, "S1", "t", NULL);
	deadline = LATER;
}

static void setup_receive_cancelled(void)
{
	furnish(1, "R1", "s1", NULL);
}

static void setup_send_cancelled(void)
{
	furnish(0, "S1", "t", NULL);
}

static void setup_blocks(void)
{
	furnish_blocks("r1r2r3f", "s1s2s3");
}

static void setup_two_grow(void)
{
	furnish_blocks("s1", "s2");
}

static void setup_many(void)
{
	furnish(2, "mf", NULL, NULL);
}

/* All that any holder did comes before the end, which comes once. */
static void look_back(void *unused)
{
	(void)unused;
	MODEL_CHECK(++ends == 1);
	MODEL_CHECK(fate[1] == RECEIVED && fate[2] == SENT);
	fate[1] = fate[2] = UNMADE;
}

static void setup_references(void)
{
	furnish(2, "s1s2f", "r1f", NULL);
	goro_chan_ref(chan);
	chan->ended = look_back;
}

/* An element without a receiver is in the channel. */
static unsigned undelivered(void)
{
	unsigned n = 0;

	for (unsigned i = 1; i <= ELEMENTS; i++)
		n += fate[i] == SENT;
	return n;
}

static void check_all_received(void)
{
	house_close();
	MODEL_CHECK(undelivered() == 0);
}

static void check_nothing_lost(void)
{
	house_close();
	MODEL_CHECK(chan->count == undelivered());
	MODEL_CHECK(gr_waitq_empty(&chan->receivers) && gr_waitq_empty(&chan->senders));
	goro_chan_free(chan);
}

static void check_ended(void)
{
	house_close();
	MODEL_CHECK(ends == 1);
}

/* clang-format off */
#define T(steps) { .name = steps, .run = play, .arg = (void *)(uintptr_t)steps }
#define CHAN(title, start, end, switches, ...) \
	{ .name = "chan, " title, .setup = (start), .check = (end), .preemptions = (switches), \
		.threads = { HOUSE_WORKER(0), __VA_ARGS__ } }

static const struct model models[] = {
	CHAN("thread sends, free", setup_rendezvous, check_all_received, 3, T("s1")),
	CHAN("both ways, free", setup_both_ways, check_all_received, 2, HOUSE_WORKER(1)),
	CHAN("buffered, free", setup_buffered, check_all_received, 2, HOUSE_WORKER(1)),
	CHAN("close, receiver frees", setup_close_receiver, check_all_received, 3, T("c")),
	CHAN("close, sender frees", setup_close_sender, check_all_received, 3, T("c")),
	CHAN("drain, free", setup_drain, check_all_received, 2, HOUSE_WORKER(1)),
	CHAN("thread receives, frees", setup_thread, check_all_received, 3, T("r1f")),
	CHAN("references", setup_references, check_ended, 2, HOUSE_WORKER(1)),
	CHAN("many, free", setup_many, check_all_received, 2, T("M")),
	CHAN("blocks, free", setup_blocks, check_all_received, 1, HOUSE_WORKER(1)),
	CHAN("two grow", setup_two_grow, check_nothing_lost, 2, HOUSE_WORKER(1)),
	CHAN("receive, deadline", setup_receive_late, check_nothing_lost, 1,
		HOUSE_WORKER(1), HOUSE_TIMER),
	CHAN("send, deadline", setup_send_late, check_nothing_lost, 1,
		HOUSE_WORKER(1), HOUSE_TIMER),
	CHAN("receive, cancel", setup_receive_cancelled, check_nothing_lost, 2,
		HOUSE_WORKER(1), T("C")),
	CHAN("send, cancel", setup_send_cancelled, check_nothing_lost, 2, HOUSE_WORKER(1), T("C")),
	CHAN("a sender's turn", setup_turn, check_nothing_lost, 2, T("r1")),
	CHAN("two turns", setup_two_turns, check_nothing_lost, 1,
		HOUSE_WORKER(1), HOUSE_WORKER(2)),
	CHAN("two receive", setup_two_receive, check_nothing_lost, 1,
		HOUSE_WORKER(1), HOUSE_WORKER(2)),
	CHAN("two, close, cancel", setup_close_two, check_nothing_lost, 1,
		HOUSE_WORKER(1), T("c"), T("C")),
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
