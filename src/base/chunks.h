/* SPDX-License-Identifier: MIT */
/* chunks.h: the arithmetic of a table that grows and never moves: chunk c holds FIRST << c entries,
 * those from ((1 << c) - 1) * FIRST on.
 */
#ifndef GR_BASE_CHUNKS_H
#define GR_BASE_CHUNKS_H

#include <stddef.h>
#include <stdint.h>

#include "os/os.h"

#define GR_CHUNKS_FIRST_SHIFT 6u

/* The chunk that entry `index` is in, below 2^31. */
static inline unsigned gr_chunk_of(uint32_t index)
{
	return 31u - (unsigned)__builtin_clz((index >> GR_CHUNKS_FIRST_SHIFT) + 1);
}

/* The first entry of it; of one more than there are chunks: how many entries there are. */
static inline uint32_t gr_chunk_start(unsigned chunk)
{
	return ((UINT32_C(1) << chunk) - 1) << GR_CHUNKS_FIRST_SHIFT;
}

/* The memory of a chunk: whole pages. */
static inline size_t gr_chunk_bytes(size_t entry_size, unsigned chunk)
{
	size_t page = gr_os_page_size();

	return (((entry_size << GR_CHUNKS_FIRST_SHIFT) << chunk) + page - 1) & ~(page - 1);
}

#endif
