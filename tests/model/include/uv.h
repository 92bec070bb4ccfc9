/* SPDX-License-Identifier: MIT */
/* uv.h for models: as much of libuv as netpoll/loop.c touches, for a kernel that has nothing to tell but
 * the async's bell. Only one thread may be in a loop at a time: its plain `inside` shows it. */
#ifndef GR_MODEL_UV_H
#define GR_MODEL_UV_H

#include <stdint.h>

typedef struct uv_loop_s {
	unsigned inside;
} uv_loop_t;

typedef struct uv_async_s {
	uint32_t bell;
} uv_async_t;

typedef struct uv_handle_s uv_handle_t;
typedef enum { UV_RUN_DEFAULT, UV_RUN_ONCE, UV_RUN_NOWAIT } uv_run_mode;

int uv_loop_init(uv_loop_t *loop);
int uv_loop_close(uv_loop_t *loop);
int uv_async_init(uv_loop_t *loop, uv_async_t *async, void (*call)(uv_async_t *));
int uv_async_send(uv_async_t *async);
int uv_run(uv_loop_t *loop, uv_run_mode mode);
int uv_backend_fd(const uv_loop_t *loop);
int uv_backend_timeout(const uv_loop_t *loop);
void uv_walk(uv_loop_t *loop, void (*visit)(uv_handle_t *, void *), void *arg);
int uv_is_closing(const uv_handle_t *handle);
void uv_close(uv_handle_t *handle, void (*closed)(uv_handle_t *));

#endif
