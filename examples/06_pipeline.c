/* SPDX-License-Identifier: MIT */
/* 06_pipeline.c: stages connected by channels; one of them is several coroutines wide.
 *     count ──► square × 3 ──► merge ──► root
 * Fan-out: several receive from one channel. Fan-in: merge waits for all of theirs in a select with
 * cases made at run time. Each stage holds a reference to the channels on its two sides and ends
 * both when it ends, so the end goes down the pipeline, and up it if somebody below stops early.
 */
#include <goro.h>
#include <stdio.h>

#define WIDTH 3
static chan(long) lanes[WIDTH]; /* between the squares and merge */

static void end(chan(long) c)
{
	chan_close(c);
	chan_free(c);
}

static void count(chan(long) out, long to)
{
	for (long i = 1; i <= to && chan_send(out, i) == 0;)
		i++;
	end(out);
}

static void square(chan(long) in, chan(long) out)
{
	long v;

	while (chan_recv(in, &v) == 0 && chan_send(out, v * v) == 0)
		continue;
	end(in), end(out);
}

static void merge(chan(long) out)
{
	goro_case cases[WIDTH];
	int open = 0, i;
	long v = 0;
	bool ok;

	for (i = 0; i < WIDTH; open += lanes[i++] != NULL)
		cases[i] = chan_on_recv(lanes[i], &v, &ok);
	while (open > 0 && (i = goro_select(cases, WIDTH, GORO_FOREVER)) >= 0)
		if (!ok) /* that lane has ended; a NULL channel is never ready */
			cases[i] = goro_case_recv(NULL, NULL, NULL), open--;
		else if (chan_send(out, v) != 0)
			break;
	for (i = 0; i < WIDTH; i++)
		end(lanes[i]);
	end(out);
}

static void root(void *arg)
{
	chan(long) numbers = chan_make(long, 8), squares = chan_make(long, 8);
	long v, n = 0, sum = 0;

	(void)arg;
	for (int i = 0; i < WIDTH; i++) {
		lanes[i] = chan_make(long, 8);
		if (go(square, chan_ref(numbers), chan_ref(lanes[i])) != 0)
			end(numbers), end(lanes[i]);
	}
	if (go(merge, chan_ref(squares)) != 0)
		for (int i = 0; i <= WIDTH; i++)
			end(i < WIDTH ? lanes[i] : squares);
	if (go(count, numbers, 1000L) != 0)
		end(numbers);
	for (; chan_recv(squares, &v) == 0; n++)
		sum += v;
	printf("%ld squares, their sum is %ld\n", n, sum);
	chan_free(squares);
}

int main(void)
{
	return goro_run(root, NULL) != 0;
}
