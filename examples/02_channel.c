/* SPDX-License-Identifier: MIT */
/* 02_channel.c: a producer and a consumer.
 *
 * chan(int) is a channel of ints. With capacity 0 a send waits until somebody receives: the two
 * meet. The producer closes the channel when it has no more; then chan_recv() returns -EPIPE
 * instead of 0, which ends the consumer's loop. Who has seen the end may free the channel.
 */
#include <goro.h>
#include <stdio.h>

static void produce(chan(int) squares, int n)
{
	for (int i = 1; i <= n; i++)
		if (chan_send(squares, i * i) != 0)
			break;
	chan_close(squares);
}

static void root(void *arg)
{
	chan(int) squares = chan_make(int, 0);
	int square;

	(void)arg;
	if (go(produce, squares, 5) != 0)
		chan_close(squares);
	while (chan_recv(squares, &square) == 0)
		printf("%d\n", square);
	printf("no more\n");
	chan_free(squares);
}

int main(void)
{
	return goro_run(root, NULL) != 0;
}
