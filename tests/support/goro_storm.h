/* SPDX-License-Identifier: MIT */
/* goro_storm.h: with GORO_TEST_STORM in the environment every test runs among signals: 10,000 times
 * a second a SIGPROF to one of the workers, and as often, but under ThreadSanitizer, a signal to the
 * main thread. Their handler does nothing, but system calls come back with EINTR and frames lie on
 * the coroutines' stacks. Children have no timers, so they are left alone. */
#ifndef GORO_TEST_STORM_H
#define GORO_TEST_STORM_H

void test_storm_begin(void);

/* At the end of the test; or in it, if it must not be disturbed. */
void test_storm_end(void);

#endif
