/* SPDX-License-Identifier: MIT */
/* 07_plain_thread.c: a program that has a main loop and threads of its own.
 *
 * goro_start() starts the workers and comes back: main() stays a plain thread. Channels and locks
 * connect both worlds: where a coroutine would park, a thread blocks. Here two threads measure, a
 * coroutine adds up, and the main loop looks for reports while it does its own things.
 */
#include <errno.h>
#include <goro.h>
#include <pthread.h>
#include <stdio.h>

enum { SENSORS = 2, READINGS = 300 };

struct report {
	const char *what;
	long value;
};

static chan(int) readings;
static chan(struct report) reports;
static goro_waitgroup sensing = GORO_WAITGROUP_INIT;

static void *sensor(void *unused)
{
	for (int i = 1; i <= READINGS; i++)
		if (chan_send(readings, i) != 0) /* blocks this thread while the channel is full */
			break;
	goro_waitgroup_done(&sensing);
	return unused;
}

static void close_after_the_last(void)
{
	goro_waitgroup_wait(&sensing);
	chan_close(readings);
}

static void add_up(void)
{
	long n = 0, sum = 0;
	int v;

	while (chan_recv(readings, &v) == 0) { /* parks this coroutine, not its worker */
		sum += v;
		if (++n % READINGS == 0)
			chan_send(reports, (struct report){ "so many readings", n });
	}
	chan_send(reports, (struct report){ "their sum", sum });
	chan_close(reports);
}

int main(void)
{
	pthread_t threads[SENSORS];
	struct report r;
	int n, rc = goro_start(NULL);

	if (rc != 0)
		return fprintf(stderr, "goro_start: %s\n", goro_strerror(rc)), 1;
	readings = chan_make(int, 16);
	reports = chan_make(struct report, 0);
	goro_waitgroup_add(&sensing, SENSORS);
	for (n = 0; n < SENSORS && pthread_create(&threads[n], NULL, sensor, NULL) == 0; n++)
		continue;
	goro_waitgroup_add(&sensing, n - SENSORS); /* less those that could not be created */
	rc = go(add_up) != 0 || go(close_after_the_last) != 0 ? -ENOMEM : 0;

	while (rc == 0 || rc == -ETIMEDOUT) { /* what the program does 100 times a second */
		rc = chan_recv_until(reports, &r, goro_after(10 * GORO_MILLISECOND));
		if (rc == 0)
			printf("%s: %ld\n", r.what, r.value);
	}
	rc = goro_stop(); /* cancels coroutines and wakes threads that are still there */
	printf("%s\n", rc == 0 ? "stopped, everything has ended" : goro_strerror(rc));
	while (n > 0)
		pthread_join(threads[--n], NULL);
	chan_free(readings), chan_free(reports);
	return rc != 0;
}
