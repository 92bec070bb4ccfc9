/* SPDX-License-Identifier: MIT */
/* current.h: on which worker does this code run?
 *
 * The answer is the only thread-local of goro. A compiler may keep a thread-local's address
 * across a call, and a call that parks may come back on another thread; so it is read through
 * one function that is never inlined, and never kept across a park (decision D12).
 */
#ifndef GR_SCHED_CURRENT_H
#define GR_SCHED_CURRENT_H

struct gr_worker;

/* The calling thread's worker; NULL on a thread that is not one. */
struct gr_worker *gr_current_worker(void);

void gr_current_set(struct gr_worker *w);

#endif
