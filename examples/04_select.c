/* SPDX-License-Identifier: MIT */
/* 04_select.c: waiting for the first of several.
 *
 * chan_select() waits until one of its cases can happen, lets exactly that one happen and returns
 * its index. A case sends or receives. A closed channel is always ready, with ok false; NULL never.
 */
#include <errno.h>
#include <goro.h>
#include <stdio.h>

static void fibonacci(chan(long) out, chan(int) quit)
{
	long a = 0, b = 1, sum;
	bool more = true;
	int unused;

	while (more) {
		switch (chan_select(chan_on_send(out, a), chan_on_recv(quit, &unused))) {
		case 0:
			sum = a + b;
			a = b;
			b = sum;
			break;
		default: /* quit is closed, or we are cancelled */
			more = false;
		}
	}
	chan_close(out);
}

static void count_down(chan(int) out, int from)
{
	while (from > 0 && chan_send(out, from) == 0)
		from--;
	chan_close(out);
}

static void root(void *arg)
{
	chan(long) numbers = chan_make(long, 0);
	chan(int) quit = chan_make(int, 0);
	chan(int) a = chan_make(int, 0), b = chan_make(int, 2);
	chan(int) from_a = a, from_b = b;
	int va = 0, vb = 0, sum_a = 0, sum_b = 0;
	long number;
	bool ok = true;

	(void)arg;
	if (go(fibonacci, numbers, quit) != 0 || go(count_down, a, 10) != 0 ||
		go(count_down, b, 100) != 0)
		return;

	for (int i = 0; i < 10 && chan_recv(numbers, &number) == 0; i++)
		printf("%ld ", number);
	printf("\n");
	chan_close(quit);

	while (from_a != NULL || from_b != NULL) {
		switch (chan_select(
			chan_on_recv(from_a, &va, &ok), chan_on_recv(from_b, &vb, &ok))) {
		case 0:
			sum_a += va; /* a closed channel gives 0 */
			from_a = ok ? a : NULL;
			break;
		case 1:
			sum_b += vb;
			from_b = ok ? b : NULL;
		}
	}
	printf("%d %d\n", sum_a, sum_b);

	while (chan_recv(numbers, &number) == 0) /* until fibonacci has seen quit */
		continue;
	chan_free(numbers), chan_free(quit), chan_free(a), chan_free(b);
}

int main(void)
{
	return goro_run(root, NULL) != 0;
}
