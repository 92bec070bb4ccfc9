/* SPDX-License-Identifier: MIT */
/* goro_hang.h: ends a test that hangs, after saying what it hangs in. */
#ifndef GORO_TEST_HANG_H
#define GORO_TEST_HANG_H

/* From here on the test has two minutes. By SIGALRM, which goro's own threads block; so a test
 * must not use it for itself, nor block it on the main thread. */
void test_hang_begin(const char *name);
void test_hang_end(void);

#endif
