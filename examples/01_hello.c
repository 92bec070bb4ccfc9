/* SPDX-License-Identifier: MIT */
/* 01_hello.c: a runtime and a coroutine.
 *
 * goro_run() starts a worker thread for each CPU and runs one function as the first coroutine,
 * the root; it returns when the root has. go(fn, args...) calls fn(args...) in a coroutine of its
 * own; the compiler checks the arguments. A waitgroup waits for what go() began.
 */
#include <goro.h>
#include <stdio.h>

static void greet(const char *whom, goro_waitgroup *greeted)
{
	printf("hello, %s\n", whom);
	goro_waitgroup_done(greeted);
}

static void root(void *arg)
{
	goro_waitgroup greeted = GORO_WAITGROUP_INIT;
	int rc;

	(void)arg;
	goro_waitgroup_add(&greeted, 1);
	rc = go(greet, "world", &greeted);
	if (rc != 0) {
		fprintf(stderr, "go: %s\n", goro_strerror(rc));
		return;
	}
	goro_waitgroup_wait(&greeted);
	printf("back in the root\n");
}

int main(void)
{
	int rc = goro_run(root, NULL);

	if (rc != 0)
		fprintf(stderr, "goro_run: %s\n", goro_strerror(rc));
	return rc != 0;
}
