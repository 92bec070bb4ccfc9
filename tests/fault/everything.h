/* SPDX-License-Identifier: MIT */
/* everything.h: what the parts of everything.c share.
 *
 *  E1  A call may fail only if a call beneath it was made to fail, and with an error its header
 *      names; the same call works when no more calls fail (ATTEMPT).
 *  E2  Each coroutine begun ends, or on_panic is told that it could not run: crews count both.
 */
#ifndef GORO_EVERYTHING_H
#define GORO_EVERYTHING_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <goro.h>

#include "fault.h"

#define MUST(condition)                                       \
	do {                                                  \
		if (!(condition))                             \
			fail(__FILE__, __LINE__, #condition); \
	} while (0)

__attribute__((noreturn)) void fail(const char *file, int line, const char *what);

/* E1, for a call that returns 0 or an error. */
#define ATTEMPT(call, error)                     \
	do {                                     \
		int rc_ = (call);                \
                                                 \
		if (rc_ == (error)) {            \
			MUST(fault_count() > 0); \
			fault_pause();           \
			rc_ = (call);            \
			fault_resume();          \
		}                                \
		MUST(rc_ == 0);                  \
	} while (0)

/* E1, for one that returns a pointer. */
#define ATTEMPT_MAKE(to, call)                   \
	do {                                     \
		(to) = (call);                   \
		if ((to) == NULL) {              \
			MUST(fault_count() > 0); \
			fault_pause();           \
			(to) = (call);           \
			fault_resume();          \
		}                                \
		MUST((to) != NULL);              \
	} while (0)

/* Coroutines that are begun together. One crew at a time. */
void crew_begin(void);
void crew_add(void (*fn)(void *), void *arg); /* from anywhere */
void crew_end(void);                          /* the last a member does */
int crew_missing(void);                       /* could not run */
bool crew_is_complete(void);
void crew_wait(void); /* from a thread */

/* The parts; from a thread, while a runtime runs. */
void spawn_many(void);
void move_values(void);
void wait_until(void);
void tell_time(void);
void lock_and_wait(void);
void keep_locals(void);
void hold_up_workers(void);
void look_inside(void);
void use_the_world(void);

#endif
