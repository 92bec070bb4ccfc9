/* SPDX-License-Identifier: MIT */
#include "netpoll/numbers.h"

#include <stdint.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "os/os.h"

#define FIRST_SHIFT 6u
#define CHUNKS      26u

static char *chunks[CHUNKS];

static unsigned chunk_of(int fd)
{
	return 31u - (unsigned)__builtin_clz(((uint32_t)fd >> FIRST_SHIFT) + 1);
}

static void *piece(char *chunk, int fd, size_t size)
{
	uint32_t start = ((UINT32_C(1) << chunk_of(fd)) - 1) << FIRST_SHIFT;

	return chunk == NULL ? NULL : chunk + ((uint32_t)fd - start) * size;
}

static size_t bytes(unsigned chunk, size_t size)
{
	size_t page = gr_os_page_size();

	return (((size << FIRST_SHIFT) << chunk) + page - 1) & ~(page - 1);
}

void *gr_numbers_find(int fd, size_t size)
{
	return piece(gr_load_acquire(&chunks[chunk_of(fd)]), fd, size);
}

void *gr_numbers_make(int fd, size_t size)
{
	unsigned n = chunk_of(fd);
	char *found = gr_load_acquire(&chunks[n]);
	void *memory;

	if (gr_unlikely(found == NULL)) {
		if (gr_os_reserve(bytes(n, size), 0, &memory) != 0)
			return NULL;
		if (gr_cas_acq_rel(&chunks[n], &found, (char *)memory))
			found = memory;
		else
			gr_os_release(memory, bytes(n, size)); /* somebody was faster */
	}
	return piece(found, fd, size);
}

void gr_numbers_stop(size_t size)
{
	for (unsigned n = 0; n < CHUNKS; n++) {
		if (chunks[n] != NULL)
			gr_os_release(chunks[n], bytes(n, size));
		chunks[n] = NULL;
	}
}
