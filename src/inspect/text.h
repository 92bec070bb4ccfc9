/* SPDX-License-Identifier: MIT */
/* text.h: words and numbers to a descriptor, without stdio. Everything here is signal-safe.
 *
 * Lines are kept back until the room is full or flush is called, so that those of several threads
 * rarely mix.
 */
#ifndef GR_INSPECT_TEXT_H
#define GR_INSPECT_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define GR_TEXT_ROOM 4096u

struct gr_text {
	int fd;
	int rc; /* the first error of a write; nothing is written after it */
	size_t len;
	char room[GR_TEXT_ROOM];
};

void gr_text_init(struct gr_text *t, int fd);

void gr_text_str(struct gr_text *t, const char *s);
void gr_text_dec(struct gr_text *t, uint64_t n);
void gr_text_hex(struct gr_text *t, uint64_t n);
void gr_text_bytes(struct gr_text *t, uint64_t n); /* "192 KiB" */
void gr_text_ns(struct gr_text *t, int64_t ns);    /* "1.250 s", "12 ms" */

/* A coroutine's name in quotes, a space before it; nothing if it has none. It need not end. */
void gr_text_name(struct gr_text *t, const char *name, size_t room);

/* Writes what is kept back. Returns rc. */
int gr_text_flush(struct gr_text *t);

#endif
