/* SPDX-License-Identifier: MIT */
/* wire.h: descriptors, and a loop that one model thread owns: what stands on netpoll/loop.h, without
 * loop.c. To be used with the house.
 *
 * A number names a file, one after the other. Whoever makes a system call says which file he means:
 * that it is another one, or none, is a failure. libuv is level-triggered, and knows nothing of a file
 * that is gone; only the owner may call it.
 */
#ifndef GR_MODEL_WIRE_H
#define GR_MODEL_WIRE_H

#include "house.h"
#include "netpoll/request.h"

#define WIRES 2 /* numbers */

/* A new file behind that number, and which one it is; 0: the number is taken. */
unsigned wire_open(int fd);

/* The file's owner: takes a byte; false: there is none. */
bool wire_read(int fd, unsigned file);

/* May be written to. */
bool wire_may_write(int fd, unsigned file);

/* The other end, which knows nothing of numbers and of who has closed: a byte; room. */
void wire_put(int fd);
void wire_make_room(int fd);

/* Which file is there? 0: none. */
unsigned wire_file(int fd);

/* A request of libuv's own threads, of a model's own. */
void wire_tell(struct gr_request *r);

/* What the owner tells of an event first, if it is not NULL: gr_poll_ready(). */
extern bool (*wire_ready)(int fd, unsigned what);

/* The model thread that owns the loop. */
void wire_owner(void *unused);
#define WIRE_OWNER                                 \
	{                                          \
		.name = "owner", .run = wire_owner \
	}

#endif
