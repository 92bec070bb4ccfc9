/* SPDX-License-Identifier: MIT */
/* fault_site.c: from where in goro a call comes. Its code is a section of its own in the copy of the
 * library (CMakeLists.txt), so its frames are known from those of the program, libuv and libc.
 */
#include <stdio.h>
#include <unistd.h>
#include <unwind.h>

#include "fault.h"

/* The linker's names for both ends of a section. */
extern const char __start_goro_text[], __stop_goro_text[];

/* FNV-1a, over the frames' distances from the section's begin, which do not change from run to run. */
static _Unwind_Reason_Code add_frame(struct _Unwind_Context *frame, void *sum)
{
	uint64_t *hash = sum;
	uintptr_t at = _Unwind_GetIP(frame), begin = (uintptr_t)__start_goro_text;

	if (at >= begin && at < (uintptr_t)__stop_goro_text)
		*hash = (*hash ^ (at - begin)) * UINT64_C(0x100000001b3);
	return _URC_NO_REASON;
}

uint64_t fault_site(enum fault_kind kind)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	_Static_assert(FAULT_KINDS < FAULT_SITE_KINDS, "a kind fits into a site");
	_Unwind_Backtrace(add_frame, &hash);
	hash -= hash % FAULT_SITE_KINDS;
	return hash + (unsigned)kind;
}

void fault_note_site(uint64_t *sites, uint64_t site)
{
	for (uint64_t i = 0; i < FAULT_SITES; i++) {
		uint64_t *place = &sites[(site / FAULT_SITE_KINDS + i) % FAULT_SITES];
		uint64_t there = 0;

		if (__atomic_compare_exchange_n(
			    place, &there, site, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ||
			there == site)
			return;
	}
	fprintf(stderr, "more than %d sites\n", FAULT_SITES);
	_exit(2);
}
