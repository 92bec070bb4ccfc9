/* SPDX-License-Identifier: MIT */
/* stream.c: one producer, one consumer, a channel of 128. ns an item, one send and one receive.
 * Peer: `make(chan int64, 128)`, the consumer ranges over it until it is closed.
 */
#include "bench.h"

static void produce(chan(int64_t) c, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		BENCH_OK(chan_send(c, i));
	BENCH_OK(chan_close(c));
}

static double measure(int n, int64_t ops)
{
	chan(int64_t) c = chan_make(int64_t, 128);
	int64_t sum = 0;
	int64_t begin;
	int64_t took;
	int64_t v;

	(void)n;
	BENCH_CHECK(c);
	begin = goro_now();
	BENCH_OK(go(produce, c, ops));
	while (chan_recv(c, &v) == 0)
		sum += v;
	took = goro_now() - begin;
	BENCH_CHECK(sum == ops * (ops - 1) / 2);
	chan_free(c);
	return (double)took / (double)ops;
}

static void body(void *arg)
{
	(void)arg;
	bench_steady("stream_128", measure, 1, 10000000);
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, body);
}
