/* SPDX-License-Identifier: MIT */
/* fault.h: makes the n-th call of one kind fail that goro's own code makes.
 *
 * In a copy of libgoro.a every reference to a function that can fail is renamed from NAME to
 * fault_NAME (redirect.syms, by objcopy), and these stand here. So neither what the test calls
 * itself fails, nor what libc calls. cannot_fail.txt lists the references that are left alone;
 * drive.py checks that there are no others.
 *
 * Environment
 *   FAULT_KIND=malloc   one of kinds.def
 *   FAULT_AT=7          the 7th call fails
 *   FAULT_FROM=7        the 7th and all later ones do
 *   FAULT_SITE=123      both count only the calls from there (from then on, all of the kind fail)
 *   FAULT_ALWAYS=pipe   all calls of that kind fail besides
 *   FAULT_LOG=file      counts go there (struct fault_log), those of children too
 *   FAULT_NOTE=1        and from where each call came
 *
 * A site is a kind of call and the chain of goro's functions that led to it: two calls of a test to
 * the same function of goro's are the same site, unless they take different ways.
 */
#ifndef GORO_FAULT_H
#define GORO_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum fault_kind {
#define FAULT(name, error) FAULT_##name,
#include "kinds.def"
#undef FAULT
	FAULT_KINDS
};

#define FAULT_SITES      32768 /* of a program, at most */
#define FAULT_SITE_KINDS 128   /* a site modulo this is its kind */

/* As drive.py reads it: how often each kind was called, how many calls were made to fail, and the
 * sites among zeros, in any order. */
struct fault_log {
	uint64_t calls[FAULT_KINDS];
	uint64_t failed;
	uint64_t sites[FAULT_SITES];
};

/* Counts a call. True: it has to fail, and errno is set. */
bool fault_now(enum fault_kind kind);

/* The same for what is tried again when it fails so: signals come and come, but not before each
 * try, and the fourth works. */
bool fault_passes(enum fault_kind kind);

/* The site of the call that is being made; never 0. */
uint64_t fault_site(enum fault_kind kind);

/* Puts it into a table that threads and processes share, unless it is there. */
void fault_note_site(uint64_t *sites, uint64_t site);

/* How many calls have been made to fail. */
uint64_t fault_count(void);

/* Between them no call fails, nor counts. They nest, over all threads. */
void fault_pause(void);
void fault_resume(void);

/* What goro holds: each is 0 when all that was taken has been given back. */
struct fault_balance {
	int64_t blocks; /* of the heap */
	int64_t bytes;  /* mapped */
	int64_t files;
	int64_t threads;
};

extern struct fault_balance fault_held;

void fault_hold(int64_t *what, int64_t by);

#endif
