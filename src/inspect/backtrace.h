/* SPDX-License-Identifier: MIT */
/* backtrace.h: the frames of a computation that is not running, and the names of addresses.
 *
 * Frames are found by frame pointers. goro keeps them; code that was compiled without them is left
 * out, or ends the walk: a pointer that does not lead upwards on the same stack is not followed.
 * The memory is read from a copy, or through the kernel, so that no walk faults.
 */
#ifndef GR_INSPECT_BACKTRACE_H
#define GR_INSPECT_BACKTRACE_H

#include <stdbool.h>

#include "context/context.h"
#include "inspect/text.h"

/* Of a stack up to `high`: bytes [at, at + size) are in `copy`; NULL: read as we go. */
struct gr_frames {
	struct gr_where here;
	uintptr_t caller; /* where pc was jumped to from, if known to be no frame yet; else 0 */
	const void *copy;
	uintptr_t at;
	size_t size;
	uintptr_t high;
};

/* "module+0x123 (function+0x4)", as far as the loader knows; else the bare address. `call`: the
 * address is that behind a call, which may be the first of the next function. Not signal-safe in
 * the letter: it takes the loader's lock. */
void gr_backtrace_name(struct gr_text *t, uintptr_t address, bool call);

/* A line a frame, each indented by a tab, the innermost first. */
void gr_backtrace_print(struct gr_text *t, const struct gr_frames *frames);

#endif
