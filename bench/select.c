/* SPDX-License-Identifier: MIT */
/* select.c: one coroutine selects over 2 or 8 channels without a buffer, each with a producer of
 * its own. ns a value received. Peer: the select statement with as many cases.
 */
#include "bench.h"

#define MOST 8

struct producer {
	struct bench_gate *gate;
	chan(int64_t) c;
	int64_t items;
};

static void produce(struct producer *p)
{
	bench_gate_arrive(p->gate);
	for (int64_t i = 0; i < p->items; i++)
		BENCH_OK(chan_send(p->c, i));
	bench_gate_leave(p->gate);
}

static int64_t receive_2(struct producer *p, int64_t items)
{
	int64_t sum = 0;
	int64_t v;

	for (int64_t i = 0; i < items; i++) {
		BENCH_OK(chan_select(chan_on_recv(p[0].c, &v), chan_on_recv(p[1].c, &v)));
		sum += v;
	}
	return sum;
}

static int64_t receive_8(struct producer *p, int64_t items)
{
	int64_t sum = 0;
	int64_t v;

	for (int64_t i = 0; i < items; i++) {
		BENCH_OK(chan_select(chan_on_recv(p[0].c, &v), chan_on_recv(p[1].c, &v),
			chan_on_recv(p[2].c, &v), chan_on_recv(p[3].c, &v),
			chan_on_recv(p[4].c, &v), chan_on_recv(p[5].c, &v),
			chan_on_recv(p[6].c, &v), chan_on_recv(p[7].c, &v)));
		sum += v;
	}
	return sum;
}

static double measure(int n, int64_t ops)
{
	struct producer p[MOST];
	struct bench_gate gate;
	int64_t items = ops / n;
	int64_t begin;
	int64_t took;
	int64_t sum;

	bench_gate_init(&gate, n);
	for (int i = 0; i < n; i++) {
		p[i] = (struct producer){ &gate, chan_make(int64_t, 0), items };
		BENCH_CHECK(p[i].c);
		BENCH_OK(go(produce, &p[i]));
	}
	begin = bench_gate_open(&gate);
	sum = n == 2 ? receive_2(p, items * n) : receive_8(p, items * n);
	took = goro_now() - begin;
	BENCH_CHECK(sum == n * (items * (items - 1) / 2));

	bench_gate_wait(&gate);
	for (int i = 0; i < n; i++)
		chan_free(p[i].c);
	return (double)took / (double)(items * n);
}

static void body(void *arg)
{
	(void)arg;
	bench_steady("select_2", measure, 2, 2000000);
	bench_steady("select_8", measure, MOST, 1000000);
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, body);
}
