/* SPDX-License-Identifier: MIT */
/* 08_primes.c: the prime sieve, one coroutine a prime.
 *
 *     2, 3, 4, … ──► not by 2? ──► not by 3? ──► not by 5? ──► …
 *
 * What comes out of the last filter is a prime; a filter for it is put behind. To take the chain
 * down, the last channel is closed: its writer's send fails, so it closes the channel it reads
 * from, and so on up to the first. A channel has two holders, the writer and the reader; each
 * gives its reference back at its end.
 */
#include <goro.h>
#include <stdio.h>

static void end(chan(int) c)
{
	chan_close(c);
	chan_free(c);
}

static void generate(chan(int) out)
{
	int n = 2;

	while (chan_send(out, n) == 0)
		n++;
	end(out);
}

static void filter(chan(int) in, chan(int) out, int prime)
{
	int n;

	while (chan_recv(in, &n) == 0)
		if (n % prime != 0 && chan_send(out, n) != 0)
			break;
	end(in), end(out);
}

static void root(void *arg)
{
	chan(int) last = chan_make(int, 0), next;
	int prime;

	(void)arg;
	if (go(generate, chan_ref(last)) != 0)
		end(last); /* the generator's */
	for (int i = 1; i <= 100 && chan_recv(last, &prime) == 0; i++) {
		printf("%d%s", prime, i % 10 == 0 ? "\n" : " ");
		next = chan_make(int, 0);
		if (go(filter, last, chan_ref(next), prime) != 0)
			end(last), end(next);
		last = next;
	}
	end(last);
}

int main(void)
{
	return goro_run(root, NULL) != 0;
}
