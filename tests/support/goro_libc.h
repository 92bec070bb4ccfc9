/* SPDX-License-Identifier: MIT */
/* goro_libc.h: for tests with a function of their own before one of libc's, which goro and libuv then
 * call too:
 *
 *     int close(int fd)
 *     {
 *             int (*real)(int);
 *
 *             *(void **)&real = test_libc("close");
 *             return real(fd);
 *     }
 */
#ifndef GORO_LIBC_TEST_H
#define GORO_LIBC_TEST_H

/* What the program would have called without its own. */
void *test_libc(const char *name);

#endif
