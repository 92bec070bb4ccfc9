/* SPDX-License-Identifier: MIT */
/* skynet.c: a tree of coroutines, ten children each, a million leaves; every leaf sends its
 * number to its parent, every parent the sum of its children. ms for the whole, from cold.
 *
 * Source: the benchmark known by this name; the result must be the sum of 0..999,999. With
 * --scale the depth changes in whole levels. Peer: one unbuffered channel a node.
 */
#include "bench.h"

#define CHILDREN 10

static void node(chan(int64_t) parent, int64_t number, int64_t leaves)
{
	chan(int64_t) results;
	int64_t sum = 0;

	if (leaves == 1) {
		BENCH_OK(chan_send(parent, number));
		return;
	}
	results = chan_make(int64_t, 0);
	BENCH_CHECK(results);
	leaves /= CHILDREN;
	for (int64_t i = 0; i < CHILDREN; i++)
		BENCH_OK(go(node, results, number + i * leaves, leaves));
	for (int i = 0; i < CHILDREN; i++) {
		int64_t part;

		BENCH_OK(chan_recv(results, &part));
		sum += part;
	}
	chan_free(results);
	BENCH_OK(chan_send(parent, sum));
}

static void body(void *arg)
{
	int64_t most = bench_scaled(1000000, CHILDREN);
	int64_t leaves = CHILDREN;
	chan(int64_t) top = chan_make(int64_t, 0);
	int64_t begin;
	int64_t sum;

	(void)arg;
	BENCH_CHECK(top);
	while (leaves * CHILDREN <= most)
		leaves *= CHILDREN;
	begin = goro_now();
	BENCH_OK(go(node, top, (int64_t)0, leaves));
	BENCH_OK(chan_recv(top, &sum));
	bench_report("skynet", (double)(goro_now() - begin) / GORO_MILLISECOND, "ms");
	BENCH_CHECK(sum == leaves * (leaves - 1) / 2);
	chan_free(top);
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, body);
}
