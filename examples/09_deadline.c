/* SPDX-License-Identifier: MIT */
/* 09_deadline.c: waiting, but not for ever.
 *
 * A deadline is a point in time; goro_after(d) lies d nanoseconds ahead. So one deadline serves a
 * whole sequence of calls. What can be done at once is done even when it has passed; only a call
 * that would have to wait says -ETIMEDOUT, and then it has done nothing.
 */
#include <errno.h>
#include <goro.h>
#include <stdio.h>

static const char *text(int rc)
{
	return rc >= 0 ? "in time" : rc == -ETIMEDOUT ? "timed out" : goro_strerror(rc);
}

static void answer(chan(int) answers)
{
	if (goro_sleep(GORO_MILLISECOND) == 0)
		chan_send(answers, 42);
	chan_free(answers);
}

static void one_call(void)
{
	chan(int) answers = chan_make(int, 0);
	int64_t deadline = goro_after(20 * GORO_MILLISECOND);
	int v = 0;

	printf("nobody sends: %s", text(chan_recv_until(answers, &v, deadline)));
	printf("%s\n", goro_now() < deadline ? ", too early" : "");
	if (go(answer, chan_ref(answers)) != 0)
		chan_free(answers);
	deadline = goro_after(60 * GORO_SECOND);
	printf("somebody does: %s", text(chan_recv_until(answers, &v, deadline)));
	printf(", %d\n", v);
	chan_free(answers);
}

static void many_calls(void)
{
	int64_t deadline = goro_after(10 * GORO_MILLISECOND);
	chan(int) c = chan_make(int, 3);
	int n = 0, rc;

	while ((rc = chan_send_until(c, n, deadline)) == 0) /* the fourth has no room */
		n++;
	printf("sent %d, then %s\n", n, text(rc));
	while ((rc = chan_recv_until(c, &n, deadline)) == 0) /* the deadline has passed by now */
		printf("received %d\n", n);
	printf("then %s\n", text(rc));
	chan_free(c);
}

/* In a select a deadline is an argument; or time comes through one more channel. */
static void selects(void)
{
	int64_t early = goro_after(16 * GORO_MILLISECOND), at = 0; /* 3 ticks and the bell */
	chan(int64_t) tick = goro_ticker(2 * GORO_MILLISECOND), bell = NULL;
	int ticks = 0, rc = chan_select_until(goro_after(1), chan_on_recv(bell, &at));

	printf("select: %s\n", text(rc));
	while (tick != NULL && chan_select(chan_on_recv(tick, &at), chan_on_recv(bell, &at)) == 0)
		if (++ticks >= 3 && bell == NULL) /* NULL is never ready */
			bell = goro_timer(10 * GORO_MILLISECOND);
	printf("ticks, then the bell: %s\n", at < early ? "too early" : "not too early");
	chan_free(tick), chan_free(bell);
}

static void root(void *arg)
{
	(void)arg, one_call(), many_calls(), selects();
}

int main(void)
{
	return goro_run(root, NULL) != 0;
}
