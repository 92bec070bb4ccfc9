/* SPDX-License-Identifier: MIT */
#include "netpoll/numbers.h"

#include <stdint.h>

#include "base/atomic.h"
#include "base/chunks.h"
#include "base/compiler.h"
#include "os/os.h"

#define CHUNKS 26u

static char *chunks[CHUNKS];

static void *piece(char *chunk, int fd, size_t size)
{
	uint32_t start = gr_chunk_start(gr_chunk_of((uint32_t)fd));

	return chunk == NULL ? NULL : chunk + ((uint32_t)fd - start) * size;
}

void *gr_numbers_find(int fd, size_t size)
{
	return piece(gr_load_acquire(&chunks[gr_chunk_of((uint32_t)fd)]), fd, size);
}

void *gr_numbers_make(int fd, size_t size)
{
	unsigned n = gr_chunk_of((uint32_t)fd);
	char *found = gr_load_acquire(&chunks[n]);
	void *memory;

	if (gr_unlikely(found == NULL)) {
		if (gr_os_reserve(gr_chunk_bytes(size, n), 0, &memory) != 0)
			return NULL;
		if (gr_cas_acq_rel(&chunks[n], &found, (char *)memory))
			found = memory;
		else
			gr_os_release(memory, gr_chunk_bytes(size, n)); /* somebody was faster */
	}
	return piece(found, fd, size);
}

void gr_numbers_stop(size_t size)
{
	for (unsigned n = 0; n < CHUNKS; n++) {
		if (chunks[n] != NULL)
			gr_os_release(chunks[n], gr_chunk_bytes(size, n));
		chunks[n] = NULL;
	}
}
