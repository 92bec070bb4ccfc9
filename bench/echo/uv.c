/* SPDX-License-Identifier: MIT */
/* uv.c: the echo server with libuv's own streams: one thread, uv_tcp_t, callbacks. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <uv.h>

#include "../bench.h"
#include "echo.h"

static char shared[ECHO_BUFFER]; /* a callback sends it back before the next one reads */

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
	(void)handle;
	(void)wanted;
	*buf = uv_buf_init(shared, sizeof shared);
}

static void on_close(uv_handle_t *handle)
{
	free(handle);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	uv_buf_t answer = uv_buf_init(buf->base, n > 0 ? (unsigned)n : 0);

	if (n == 0)
		return;
	/* One message is on its way at a time, so there is room for its answer. */
	if (n < 0 || uv_try_write(stream, &answer, 1) != n)
		uv_close((uv_handle_t *)stream, on_close);
}

static void on_connection(uv_stream_t *listener, int status)
{
	uv_tcp_t *c = malloc(sizeof *c);

	BENCH_CHECK(status == 0 && c);
	BENCH_CHECK(uv_tcp_init(listener->loop, c) == 0);
	BENCH_CHECK(uv_accept(listener, (uv_stream_t *)c) == 0);
	BENCH_CHECK(uv_tcp_nodelay(c, 1) == 0);
	BENCH_CHECK(uv_read_start((uv_stream_t *)c, on_alloc, on_read) == 0);
}

int main(void)
{
	struct sockaddr_in at;
	int size = sizeof at;
	uv_tcp_t listener;

	BENCH_CHECK(uv_ip4_addr("127.0.0.1", 0, &at) == 0);
	BENCH_CHECK(uv_tcp_init(uv_default_loop(), &listener) == 0);
	BENCH_CHECK(uv_tcp_bind(&listener, (struct sockaddr *)&at, 0) == 0);
	BENCH_CHECK(uv_listen((uv_stream_t *)&listener, 4096, on_connection) == 0);
	BENCH_CHECK(uv_tcp_getsockname(&listener, (struct sockaddr *)&at, &size) == 0);
	echo_say_port(ntohs(at.sin_port));
	return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
