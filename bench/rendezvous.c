/* SPDX-License-Identifier: MIT */
/* rendezvous.c: a value to another coroutine and its answer back, through two channels without
 * a buffer: two hand-offs, two switches. ns a round trip. Peer: two `make(chan int64)`.
 */
#include "bench.h"

static void pong(chan(int64_t) in, chan(int64_t) out)
{
	int64_t v;

	while (chan_recv(in, &v) == 0)
		BENCH_OK(chan_send(out, v + 1));
	BENCH_OK(chan_close(out));
}

static double measure(int n, int64_t ops)
{
	chan(int64_t) there = chan_make(int64_t, 0);
	chan(int64_t) back = chan_make(int64_t, 0);
	int64_t v = 0;
	int64_t begin;
	int64_t took;

	(void)n;
	BENCH_CHECK(there && back);
	BENCH_OK(go(pong, there, back));
	begin = goro_now();
	for (int64_t i = 0; i < ops; i++) {
		BENCH_OK(chan_send(there, v));
		BENCH_OK(chan_recv(back, &v));
	}
	took = goro_now() - begin;
	BENCH_CHECK(v == ops);

	BENCH_OK(chan_close(there));
	BENCH_CHECK(chan_recv(back, &v) < 0); /* pong has closed it: its last use of both */
	chan_free(there);
	chan_free(back);
	return (double)took / (double)ops;
}

static void body(void *arg)
{
	(void)arg;
	bench_steady("rendezvous", measure, 1, 1000000);
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, body);
}
