/* SPDX-License-Identifier: MIT */
/* uv.h for models: as much of libuv as netpoll/ touches. In loop_model.c the kernel has nothing to tell but
 * that the bell rings; in wire.c it has descriptors. Only one thread may be in a loop at a time: its plain
 * `inside` shows it. */
#ifndef GR_MODEL_UV_H
#define GR_MODEL_UV_H

#include <stdint.h>

typedef struct uv_loop_s {
	unsigned inside;
} uv_loop_t;

typedef struct uv_handle_s uv_handle_t;
typedef enum { UV_RUN_DEFAULT, UV_RUN_ONCE, UV_RUN_NOWAIT } uv_run_mode;

typedef struct uv_req_s {
	void *data;
} uv_req_t;

typedef struct uv_poll_s uv_poll_t;
typedef void (*uv_poll_cb)(uv_poll_t *handle, int status, int events);
enum uv_poll_event { UV_READABLE = 1, UV_WRITABLE = 2 };

struct uv_poll_s {
	int fd;
	int events; /* 0: stopped */
	uv_poll_cb call;
	uv_poll_t *next; /* all that were initialised */
};

#define UV_ECANCELED (-125)

int uv_cancel(uv_req_t *request);
int uv_poll_init(uv_loop_t *loop, uv_poll_t *handle, int fd);
int uv_poll_start(uv_poll_t *handle, int events, uv_poll_cb call);
int uv_poll_stop(uv_poll_t *handle);
int uv_loop_init(uv_loop_t *loop);
int uv_loop_close(uv_loop_t *loop);
int uv_run(uv_loop_t *loop, uv_run_mode mode);
int uv_backend_fd(const uv_loop_t *loop);
int uv_backend_timeout(const uv_loop_t *loop);
void uv_walk(uv_loop_t *loop, void (*visit)(uv_handle_t *, void *), void *arg);
int uv_is_closing(const uv_handle_t *handle);
void uv_close(uv_handle_t *handle, void (*closed)(uv_handle_t *));

#endif
