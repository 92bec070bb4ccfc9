/* SPDX-License-Identifier: MIT */
/* 03_buffered.c: channels that hold values.
 *
 * With a capacity, a send waits only while the channel is full; the try_ forms never wait and say
 * -EAGAIN instead. Closing stops the senders with -EPIPE, but what the channel holds can still be
 * received. CHAN_UNBOUNDED takes whatever comes; chan_recv_many() takes out many at a time.
 */
#include <errno.h>
#include <goro.h>
#include <stdio.h>

static void bounded(void)
{
	chan(int) c = chan_make(int, 3);
	int v = 1;

	while (chan_try_send(c, v) == 0)
		v++;
	printf("%d did not fit: it holds %zu of %zu\n", v, chan_len(c), chan_cap(c));

	chan_close(c);
	printf("send after close: %s\n", chan_send(c, 4) == -EPIPE ? "refused" : "?");
	while (chan_recv(c, &v) == 0)
		printf("still there: %d\n", v);
	chan_free(c);
}

static void unbounded(void)
{
	chan(int) c = chan_make(int, CHAN_UNBOUNDED);
	int batch[64];
	long sum = 0;
	int n;

	for (int i = 1; i <= 1000; i++)
		if (chan_send(c, i) != 0)
			break;
	chan_close(c);
	while ((n = chan_recv_many(c, batch, 64)) > 0)
		for (int i = 0; i < n; i++)
			sum += batch[i];
	printf("the sum of 1 to 1000 is %ld\n", sum);
	chan_free(c);
}

static void root(void *arg)
{
	(void)arg;
	bounded();
	unbounded();
}

int main(void)
{
	return goro_run(root, NULL) != 0;
}
