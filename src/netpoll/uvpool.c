/* SPDX-License-Identifier: MIT */
#include "netpoll/uvpool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "netpoll/loop.h"
#include "sched/asleep.h"

#define THREADS      4 /* where the environment has no other number */
#define THREADS_MOST 1024
#define TICK_MS      100

static struct {
	unsigned under_way;
	unsigned returned; /* since the last tick */
	bool counted;      /* its threads */
	bool known;        /* `tick` is initialised */
	bool kicked;       /* `kick` is under way */
	uv_timer_t tick;
	uv_work_t kick;
} pool;

/* libuv starts them all with the first job, so many as its manual has it, and they stay. */
static void count_threads(void)
{
	const char *size = getenv("UV_THREADPOOL_SIZE");
	unsigned n = size == NULL ? THREADS : (unsigned)strtol(size, NULL, 10);

	gr_asleep_pool(n == 0 ? 1 : n > THREADS_MOST ? THREADS_MOST : n);
	pool.counted = true;
}

/* U1 ------------------------------------------------------------------------------------------- */

static void do_nothing(uv_work_t *work)
{
	(void)work;
}

static void on_kicked(uv_work_t *work, int status)
{
	(void)work;
	(void)status;
	pool.kicked = false;
}

static void on_tick(uv_timer_t *tick)
{
	bool stuck = pool.returned == 0;

	pool.returned = 0;
	if (pool.under_way == 0)
		uv_timer_stop(tick);
	else if (pool.kicked)
		uv_cancel((uv_req_t *)&pool.kick);
	else if (stuck)
		pool.kicked = uv_queue_work(gr_loop_uv(), &pool.kick, do_nothing, on_kicked) == 0;
}

void gr_uvpool_begin(void)
{
	if (!pool.counted)
		count_threads();
	if (!pool.known || uv_is_closing((uv_handle_t *)&pool.tick)) /* U2 */
		uv_timer_init(gr_loop_uv(), &pool.tick);             /* always 0 */
	pool.known = true;
	pool.under_way++;
	if (uv_is_active((uv_handle_t *)&pool.tick))
		return;
	pool.returned = 0;
	uv_update_time(gr_loop_uv()); /* it stands still while nobody runs the loop (loop.h L6) */
	uv_timer_start(&pool.tick, on_tick, TICK_MS, TICK_MS);
}

void gr_uvpool_end(void)
{
	pool.under_way--;
	pool.returned++;
}
