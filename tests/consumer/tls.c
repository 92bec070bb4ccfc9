/* SPDX-License-Identifier: MIT */
/* tls.c: the same for the component tls. */
#include <errno.h>
#include <stdio.h>

#include <goro.h>
#include <goro/tls.h>

static void use(void *arg)
{
	goro_tls_context *ctx;
	goro_error error;
	int *rc = arg;

	*rc = goro_tls_context_client(&ctx, NULL, &error);
	if (*rc != 0) {
		fprintf(stderr, "context: %s\n", error.message);
		return;
	}
	*rc = goro_tls_read(NULL, NULL, 0, GORO_FOREVER) == -EBADF ? 0 : -EIO;
	goro_tls_context_free(ctx);
}

int main(void)
{
	int used = 1;
	int rc = goro_run(use, &used);

	if (rc != 0 || used != 0) {
		fprintf(stderr, "goro_run: %d, tls: %d\n", rc, used);
		return 1;
	}
	puts("a coroutine ran");
	return 0;
}
