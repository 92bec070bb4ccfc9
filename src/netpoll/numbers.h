/* SPDX-License-Identifier: MIT */
/* numbers.h: a piece of memory for each descriptor's number, zeroed at first, that never moves.
 *
 * Pieces lie in chunks, each twice as large as the one before (base/chunks.h). A chunk comes with the first
 * number in it, and stays until the loop ends. Acquire pairs with the release of who made it.
 */
#ifndef GR_NETPOLL_NUMBERS_H
#define GR_NETPOLL_NUMBERS_H

#include <stddef.h>

/* The piece of `fd`, all of which have `size` bytes. make(): NULL is out of memory; find(): NULL if its
 * chunk has not been made. */
void *gr_numbers_make(int fd, size_t size);
void *gr_numbers_find(int fd, size_t size);

/* Frees them. */
void gr_numbers_stop(size_t size);

#endif
