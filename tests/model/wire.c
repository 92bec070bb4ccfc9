/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>
#include <uv.h>

#include "netpoll/loop.h"
#include "sched/ready.h"

enum { POSTED = 2 }; /* queues; the house has the first two */

/* A number's word. The kernel has locks of its own, so each system call is one step. */
#define OPEN       UINT32_C(0x80)
#define ROOM       UINT32_C(0x40)
#define BYTE       UINT32_C(1)
#define FILE_SHIFT 8

static uint32_t words[WIRES];

/* The kernel ------------------------------------------------------------------------------- */

static uint32_t word_of(int fd)
{
	return gr_fetch_or_acq_rel(&words[fd], 0u);
}

static void change(int fd, uint32_t must, uint32_t step)
{
	uint32_t seen = gr_load_relaxed(&words[fd]);

	while ((seen & must) == must)
		if (gr_cas_acq_rel(&words[fd], &seen, seen + step))
			return;
}

unsigned wire_open(int fd)
{
	uint32_t seen = gr_load_relaxed(&words[fd]);
	uint32_t file;

	model_name(&words[fd], sizeof(words[fd]), "file");
	do {
		if (seen & OPEN)
			return 0;
		file = (seen >> FILE_SHIFT) + 1;
	} while (!gr_cas_acq_rel(&words[fd], &seen, file << FILE_SHIFT | OPEN));
	return file;
}

unsigned wire_file(int fd)
{
	uint32_t word = word_of(fd);

	return word & OPEN ? word >> FILE_SHIFT : 0;
}

static uint32_t system_call(int fd, unsigned file)
{
	uint32_t word = word_of(fd);

	MODEL_CHECK(word & OPEN && word >> FILE_SHIFT == file);
	return word;
}

bool wire_read(int fd, unsigned file)
{
	if (system_call(fd, file) % ROOM == 0)
		return false;
	gr_fetch_sub_acq_rel(&words[fd], BYTE);
	return true;
}

bool wire_may_write(int fd, unsigned file)
{
	return system_call(fd, file) & ROOM;
}

static void something_happens(struct gr_request *r)
{
	(void)r; /* the owner looks */
}

static struct gr_request something = { .run = something_happens };

void wire_put(int fd)
{
	change(fd, OPEN, BYTE);
	model_send(POSTED, &something);
}

void wire_make_room(int fd)
{
	change(fd, OPEN, ROOM);
	model_send(POSTED, &something);
}

/* Libuv ------------------------------------------------------------------------------------ */

static uv_loop_t loop;
static uv_poll_t *handles;

/* Each call of libuv is the owner's alone: this is a plain access. */
static void inside(void)
{
	MODEL_CHECK(loop.inside == 0);
	loop.inside++;
	loop.inside--;
}

int uv_poll_init(uv_loop_t *l, uv_poll_t *handle, int fd)
{
	(void)l;
	inside();
	handle->fd = fd;
	handle->events = 0;
	handle->next = handles;
	handles = handle;
	return 0;
}

int uv_poll_start(uv_poll_t *handle, int events, uv_poll_cb call)
{
	inside();
	MODEL_CHECK(wire_file(handle->fd) != 0);
	handle->events = events;
	handle->call = call;
	return 0;
}

int uv_poll_stop(uv_poll_t *handle)
{
	inside();
	MODEL_CHECK(wire_file(handle->fd) != 0);
	handle->events = 0;
	return 0;
}

/* Nobody closes what libuv watches: the number would come back, and libuv know of another file. */
int close(int fd)
{
	for (const uv_poll_t *h = handles; h != NULL; h = h->next)
		MODEL_CHECK(h->fd != fd || h->events == 0);
	MODEL_CHECK(wire_file(fd) != 0);
	change(fd, OPEN, -OPEN);
	return 0;
}

int fcntl(int fd, int command, ...)
{
	MODEL_CHECK(wire_file(fd) != 0 && command == F_GETFL);
	return O_NONBLOCK;
}

/* loop.h ----------------------------------------------------------------------------------- */

static struct gr_ready_batch woken;
static uint32_t round; /* plain: the owner's */
bool (*wire_ready)(int fd, unsigned what);

int gr_loop_open(void)
{
	return 0;
}

struct uv_loop_s *gr_loop_uv(void)
{
	return &loop;
}

uint32_t gr_loop_round(void)
{
	return round;
}

void gr_loop_touched(void)
{
	inside();
}

void gr_loop_ready(struct gr_wait *claimed)
{
	gr_ready_batch_wake(&woken, claimed);
}

void gr_loop_post(struct gr_request *r)
{
	MODEL_CHECK(r->next == NULL); /* R1 */
	r->next = r;
	model_send(POSTED, r);
}

void gr_loop_post_or_run(struct gr_request *r)
{
	gr_loop_post(r);
}

void wire_tell(struct gr_request *r)
{
	model_send(POSTED, r);
}

static bool fire(void)
{
	round++;
	for (uv_poll_t *h = handles; h != NULL; h = h->next) {
		uint32_t word = h->events == 0 ? 0 : word_of(h->fd);
		int events = (word % ROOM != 0 ? UV_READABLE : 0) | (word & ROOM ? UV_WRITABLE : 0);

		if ((events & h->events) == 0)
			continue;
		if (wire_ready == NULL || !wire_ready(h->fd, (unsigned)(events & h->events)))
			h->call(h, 0, events & h->events);
		return true;
	}
	return false;
}

void wire_owner(void *unused)
{
	struct gr_request *r;

	(void)unused;
	while ((r = model_receive(POSTED)) != NULL) {
		r->next = NULL;
		r->run(r);
		do
			gr_ready_batch_flush(NULL, &woken);
		while (fire());
	}
}
