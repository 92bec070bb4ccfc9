/* SPDX-License-Identifier: MIT */
/* violent.h: do what a process does not survive in a child, and look at what it left behind.
 *
 * The parent never starts a runtime, so each child begins as a fresh process would: nothing probed,
 * no handlers but cmocka's, which are taken away. The child must not use cmocka's assertions.
 */
#ifndef GORO_VIOLENT_H
#define GORO_VIOLENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <goro.h>
#include <sys/types.h>

#define TEXT_ROOM 65536

/* For what is wrong on purpose: the processor has to find it, not a sanitizer. */
#define UNSANITIZED __attribute__((noinline, no_sanitize("address", "undefined")))

/* Keeps an array where it is, and whole, though only a byte of it is used. */
#define KEEP(array) __asm__ volatile("" : : "r"(array) : "memory")

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif
#ifndef UNDER_TSAN
#define UNDER_TSAN 0
#endif

/* What a child tells its parent beside its stderr: memory of both. */
struct notes {
	uint64_t id;
	uintptr_t address;
	int number;
};

struct child {
	pid_t pid;
	int fd; /* reads its stderr */
	int status;
	size_t length;
	char text[TEXT_ROOM]; /* its stderr so far */
};

extern struct notes *notes;

/* Starts a child that calls deed() and then exits with 0. `environment`: "NAME=value" or NULL. */
void begin_child(struct child *c, void (*deed)(void), const char *environment);

/* Reads on until `text` has come `times` times; fails the test if the child ends before. */
void await_text(struct child *c, const char *text, int times);

/* Reads to the end and fetches the status. */
void await_end(struct child *c);

/* All at once. */
void run_child(struct child *c, void (*deed)(void), const char *environment);

int count_of(const struct child *c, const char *text);
void assert_says(const struct child *c, const char *text);
void assert_says_not(const struct child *c, const char *text);
void assert_killed_by(const struct child *c, int signo);
void assert_exited(const struct child *c, int code);

/* The address that "module+0x…" after `before` stands for, in this program (a child is its image).
 * Fails if it is in another module. */
uintptr_t address_after(const struct child *c, const char *before);

#endif
