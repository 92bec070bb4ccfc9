/* SPDX-License-Identifier: MIT */
/* goro_waits.h: every call that waits, as a table; for what holds for all of them.
 *
 * The objects are the table's own. prepare() makes one that has to be waited for, grant() lets one
 * waiter have it, finish() ends it when nobody waits any more.
 */
#ifndef GORO_TEST_WAITS_H
#define GORO_TEST_WAITS_H

#include "goro_test.h"

struct test_wait {
	const char *name;
	const char *why;                    /* as await_parked() takes it */
	void (*prepare)(void);              /* while a runtime runs */
	int (*call)(int64_t deadline);      /* one that is not timed waits without a limit */
	int (*call_null)(int64_t deadline); /* with NULL for the object; may be NULL */
	void (*grant)(void);                /* NULL: time alone ends it */
	void (*finish)(void);               /* NULL: nothing to do */
	int granted;                        /* what the call then returns */
	bool timed;
	bool cancelled_too;  /* in a cancelled coroutine it succeeds if it need not wait */
	bool grant_is_final; /* granting never waits, so a cancelled coroutine may do it */
};

extern const struct test_wait test_waits[];
extern const size_t test_nwaits;

#endif
