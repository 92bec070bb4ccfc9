/* SPDX-License-Identifier: MIT */
/* sieve.c: the first 2000 primes through a chain of filters, one coroutine and one unbuffered
 * channel a prime. ms until the 2000th (17389) comes out. Taking the chain down is not measured:
 * here stop does it, in Go the end of the process.
 *
 * A channel has two owners, the coroutine that writes it and the one that reads it; each gives
 * its count back when the chain ends.
 */
#include "bench.h"

#define PRIMES 2000

static void generate(chan(int) out)
{
	int i = 2;

	while (chan_send(out, i) == 0)
		i++;
	chan_free(out);
}

static void filter(chan(int) in, chan(int) out, int prime)
{
	int v;

	while (chan_recv(in, &v) == 0) {
		if (v % prime != 0 && chan_send(out, v) != 0)
			break;
	}
	chan_free(in);
	chan_free(out);
}

static void body(void *arg)
{
	static const struct {
		int64_t primes;
		int last;
	} known[] = { { 20, 71 }, { 200, 1223 }, { PRIMES, 17389 } };
	int64_t n = bench_scaled(PRIMES, 2);
	chan(int) in = chan_make(int, 0);
	int64_t begin = goro_now();
	int prime = 0;

	(void)arg;
	BENCH_CHECK(in);
	BENCH_OK(go(generate, chan_ref(in)));
	for (int64_t i = 0; i < n; i++) {
		chan(int) out = chan_make(int, 0);

		BENCH_CHECK(out);
		BENCH_OK(chan_recv(in, &prime));
		BENCH_OK(go(filter, in, chan_ref(out), prime));
		in = out;
	}
	bench_report("sieve_2000", (double)(goro_now() - begin) / GORO_MILLISECOND, "ms");
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		BENCH_CHECK(n != known[i].primes || prime == known[i].last);
	chan_free(in);
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, body);
}
