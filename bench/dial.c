/* SPDX-License-Identifier: MIT */
/* dial.c: connections that live for one message: dial, write, read the answer, close; client and
 * server in this process, 16 clients at once. ns and CPU a cycle. Peer: the same with net.Dial.
 */
#include <stdio.h>

#include "bench.h"

#define CLIENTS 16
#define MESSAGE 64

static const char *address;
static goro_waitgroup answers = GORO_WAITGROUP_INIT;

static void answer(goro_conn *c)
{
	char buf[MESSAGE];

	BENCH_CHECK(goro_conn_read(c, buf, sizeof buf, GORO_FOREVER) == MESSAGE);
	BENCH_CHECK(goro_conn_write(c, buf, sizeof buf, GORO_FOREVER) == MESSAGE);
	BENCH_CHECK(goro_conn_read(c, buf, sizeof buf, GORO_FOREVER) == 0); /* it closes first */
	BENCH_OK(goro_conn_close(c));
	goro_waitgroup_done(&answers);
}

static void accept_all(goro_listener *l)
{
	goro_conn *c;

	while (goro_accept(l, &c, GORO_FOREVER) == 0) {
		goro_waitgroup_add(&answers, 1);
		BENCH_OK(go(answer, c));
	}
}

static void dial_all(int64_t cycles, goro_waitgroup *left)
{
	for (int64_t i = 0; i < cycles; i++) {
		char buf[MESSAGE] = { (char)i };
		goro_conn *c;

		BENCH_OK(goro_dial(&c, "tcp4", address, GORO_FOREVER));
		BENCH_CHECK(goro_conn_write(c, buf, sizeof buf, GORO_FOREVER) == MESSAGE);
		BENCH_CHECK(goro_conn_read(c, buf, sizeof buf, GORO_FOREVER) == MESSAGE);
		BENCH_CHECK(buf[0] == (char)i);
		BENCH_OK(goro_conn_close(c));
	}
	goro_waitgroup_done(left);
}

static double measure(int n, int64_t ops)
{
	goro_waitgroup left = GORO_WAITGROUP_INIT;
	int64_t began = goro_now();

	goro_waitgroup_add(&left, n);
	for (int i = 0; i < n; i++)
		BENCH_OK(go(dial_all, ops / n, &left));
	BENCH_OK(goro_waitgroup_wait(&left));
	BENCH_OK(goro_waitgroup_wait(&answers));
	return (double)(goro_now() - began) / (double)(ops / n * n);
}

static void body(void *arg)
{
	int64_t ops = bench_scaled(40000, CLIENTS);
	char text[32];
	goro_listener *l;
	int64_t cpu;

	(void)arg;
	BENCH_OK(goro_listen(&l, "tcp4", "127.0.0.1:0"));
	snprintf(text, sizeof text, "127.0.0.1:%d", goro_listener_port(l));
	address = text;
	BENCH_OK(go(accept_all, l));
	measure(CLIENTS, ops / 10 < CLIENTS ? CLIENTS : ops / 10);
	cpu = bench_cpu_time();
	bench_report("dial", measure(CLIENTS, ops), "ns");
	bench_report("dial_cpu", (double)(bench_cpu_time() - cpu) / (double)ops, "ns");
	BENCH_OK(goro_listener_close(l));
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, body);
}
