/* SPDX-License-Identifier: MIT */
/* loop_model.c: netpoll/loop.c: one at a time in the loop, no request that nobody looks at, no wake
 * of the watch's holder that another one takes. libuv is include/uv.h, and what the kernel waits for
 * is the bell. */
#include "netpoll/loop.h"

#include <unistd.h>
#include <uv.h>

#include "model.h"
#include "netpoll/poll.h"
#include "os/os.h"
#include "sched/idle.h"
#include "sched/ready.h"

#define REQUESTS 3

struct gr_sched gr_sched;

struct job {
	struct gr_request request;
	unsigned runs;
	bool again;
};

static struct job jobs[REQUESTS];
static uint32_t run_count; /* of requests */
static uint32_t woken;     /* each wakes one */
static unsigned wanted;
static unsigned in_loop; /* plain: of who holds the baton */
static uint32_t may_leave;
static unsigned opened;

/* Libuv, the kernel ------------------------------------------------------------------------- */

enum { BELL = 7 };

static uint32_t bell; /* BELL's: it rings */
static unsigned bells;

int uv_loop_init(uv_loop_t *loop)
{
	loop->inside = 0;
	opened++;
	return 0;
}

int gr_os_bell_make(void)
{
	bell = 0;
	bells++;
	model_name(&bell, sizeof(bell), "bell");
	return BELL;
}

/* A system call each, and the kernel has locks of its own. */
void gr_os_bell_ring(int fd)
{
	MODEL_CHECK(fd == BELL);
	gr_exchange_acq_rel(&bell, 1u);
	gr_os_futex_wake(&bell, 1);
}

void gr_os_bell_silence(int fd)
{
	MODEL_CHECK(fd == BELL);
	gr_exchange_acq_rel(&bell, 0u);
}

int close(int fd)
{
	MODEL_CHECK(fd == BELL);
	bells--;
	return 0;
}

int uv_poll_init(uv_loop_t *loop, uv_poll_t *handle, int fd)
{
	handle->fd = fd;
	return (int)loop->inside;
}

int uv_poll_start(uv_poll_t *handle, int events, uv_poll_cb call)
{
	handle->events = events;
	handle->call = call;
	return 0;
}

/* It has nothing to tell, and never waits. */
int uv_run(uv_loop_t *loop, uv_run_mode mode)
{
	MODEL_CHECK(loop->inside == 0 && mode == UV_RUN_NOWAIT);
	loop->inside++;
	loop->inside--;
	return 0;
}

int uv_loop_close(uv_loop_t *loop)
{
	return (int)loop->inside;
}

int uv_backend_fd(const uv_loop_t *loop)
{
	return (int)loop->inside;
}

int uv_backend_timeout(const uv_loop_t *loop)
{
	return loop->inside == 0 ? -1 : 0;
}

void uv_walk(uv_loop_t *loop, void (*visit)(uv_handle_t *, void *), void *arg)
{
	(void)loop, (void)visit, (void)arg;
}

int uv_is_closing(const uv_handle_t *handle)
{
	return handle != NULL;
}

void uv_close(uv_handle_t *handle, void (*closed)(uv_handle_t *))
{
	(void)handle, (void)closed;
}

/* Waits for the bell and leaves it as it is: the kernel tells of it until it is silenced. */
int gr_os_await_set(int set, int64_t until, struct gr_os_ready *ready, int most)
{
	MODEL_CHECK(set == 0 && most > 0);
	while (!gr_load_acquire(&bell)) {
		if (until == INT64_MIN)
			return 0;
		gr_os_futex_wait(&bell, 0, INT64_MAX);
	}
	ready[0] = (struct gr_os_ready){ .fd = BELL, .what = GR_OS_READABLE };
	return 1;
}

bool gr_poll_ready(int fd, unsigned what)
{
	(void)fd, (void)what;
	return false; /* libuv's */
}

/* The scheduler ----------------------------------------------------------------------------- */

void gr_idle_poller_set(bool there)
{
	(void)there;
}

int64_t gr_now(void)
{
	return gr_os_now();
}

int64_t gr_clock_after(int64_t now, int64_t d)
{
	return now + d;
}

void gr_ready_batch_wake(struct gr_ready_batch *b, struct gr_wait *w)
{
	(void)w;
	b->count++;
}

void gr_ready_batch_flush(struct gr_worker *here, struct gr_ready_batch *b)
{
	(void)here;
	gr_fetch_add_relaxed(&woken, b->count);
	b->count = 0;
}

/* Who posts, who polls ---------------------------------------------------------------------- */

/* R1, R2: on the owner, once for each post. */
static void run(struct gr_request *r)
{
	struct job *j = gr_container_of(r, struct job, request);

	MODEL_CHECK(in_loop == 0);
	in_loop++;
	j->runs++;
	r->next = r; /* it is not the list's any more */
	in_loop--;
	if (j->again) {
		j->again = false;
		gr_loop_post(r);
	}
	gr_fetch_add_acq_rel(&run_count, 1u);
	gr_loop_ready(NULL);
}

/* Whoever else has run the last one lets the watcher go. */
static void leave(void)
{
	if (gr_load_acquire(&run_count) == wanted)
		gr_loop_wake();
}

static void setup(void)
{
	for (unsigned i = 0; i < REQUESTS; i++)
		jobs[i].request.run = run;
	MODEL_CHECK(gr_loop_open() == 0);
	wanted = 2;
}

static void setup_one(void)
{
	setup();
	wanted = 1;
}

static void setup_closed(void)
{
}

static void setup_again(void)
{
	setup();
	jobs[0].again = true;
}

static void post(void *n)
{
	gr_loop_post(&jobs[(uintptr_t)n].request);
}

static void post_or_run(void *n)
{
	gr_loop_post_or_run(&jobs[(uintptr_t)n].request);
	leave();
}

static void post_two(void *unused)
{
	(void)unused;
	post((void *)0);
	post((void *)1);
}

/* The holder of the watch, while there is nothing else to do. */
static void watch(void *unused)
{
	struct gr_ready_batch out = { .first = NULL };

	(void)unused;
	while (gr_load_acquire(&run_count) < wanted) {
		gr_loop_poll(INT64_MAX, &out);
		gr_ready_batch_flush(NULL, &out);
	}
}

static void watch_until_woken(void *unused)
{
	struct gr_ready_batch out = { .first = NULL };

	(void)unused;
	while (!gr_fetch_or_acq_rel(&may_leave, 0u)) /* as idle.c looks at its seat's word */
		gr_loop_poll(INT64_MAX, &out);
	gr_ready_batch_flush(NULL, &out);
}

static void wake(void *unused)
{
	(void)unused;
	gr_fetch_or_acq_rel(&may_leave, 1u);
	gr_loop_wake();
}

static void wake_in_vain(void *unused)
{
	(void)unused;
	gr_loop_wake();
}

/* A busy worker that only looks. */
static void look(void *unused)
{
	struct gr_ready_batch out = { .first = NULL };

	(void)unused;
	gr_loop_poll(INT64_MIN, &out);
	gr_ready_batch_flush(NULL, &out);
	leave();
}

static void open_loop(void *unused)
{
	(void)unused;
	MODEL_CHECK(gr_loop_open() == 0);
	MODEL_CHECK(gr_loop_uv()->inside <= 1);
}

static void check_runs(unsigned n)
{
	for (unsigned i = 0; i < REQUESTS; i++)
		MODEL_CHECK(jobs[i].runs == (i < n));
	MODEL_CHECK(woken == run_count);
	gr_loop_stop();
}

static void check_one(void)
{
	check_runs(1);
}

static void check_two(void)
{
	check_runs(2);
}

static void check_again(void)
{
	MODEL_CHECK(jobs[0].runs == 2);
	gr_loop_stop();
}

static void check_open(void)
{
	MODEL_CHECK(opened == 1);
	gr_loop_stop();
	MODEL_CHECK(bells == 0);
}

/* clang-format off */
#define NUMBER(n) (void *)(uintptr_t)(n)
static const struct model models[] = {
	{ .name = "loop, post", .setup = setup, .check = check_two, .preemptions = 3,
		.threads = { { "watcher", watch, NULL }, { "poster", post_two, NULL } } },
	{ .name = "loop, two post", .setup = setup, .check = check_two,
		.threads = { { "watcher", watch, NULL }, { "poster", post, NUMBER(0) },
			{ "poster", post_or_run, NUMBER(1) } } },
	{ .name = "loop, again", .setup = setup_again, .check = check_again, .preemptions = 3,
		.threads = { { "watcher", watch, NULL }, { "poster", post_or_run, NUMBER(0) } } },
	{ .name = "loop, look", .setup = setup_one, .check = check_one, .preemptions = 3,
		.threads = { { "watcher", watch, NULL }, { "looks", look, NULL },
			{ "poster", post, NUMBER(0) } } },
	{ .name = "loop, wake", .setup = setup, .check = check_open, .preemptions = 3,
		.threads = { { "watcher", watch_until_woken, NULL }, { "looks", look, NULL },
			{ "waker", wake, NULL } } },
	{ .name = "loop, two wake", .setup = setup, .check = check_open, .preemptions = 2,
		.threads = { { "watcher", watch_until_woken, NULL }, { "looks", look, NULL },
			{ "waker", wake_in_vain, NULL }, { "waker", wake, NULL } } },
	{ .name = "loop, open", .setup = setup_closed, .check = check_open, .preemptions = 3,
		.threads = { { "opens", open_loop, NULL }, { "opens", open_loop, NULL } } },
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
