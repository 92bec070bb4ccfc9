/* SPDX-License-Identifier: MIT */
/* bench.h: what the drivers in this folder share.
 *
 * A driver is a program of its own that measures one figure, or a family of them, through the
 * public API only:
 *
 *     driver --workers N [--stack SIZE] [--scale F]
 *
 * It prints one line `figure value unit` for each figure on stdout. The same program for a peer
 * is in peers/<peer>; both must do the same work in the same order, or the ratio says nothing.
 *
 * A driver checks what it computed (a sum, a count, a prime) and ends with status 1 if it is
 * wrong: a fast wrong answer is no figure.
 */
#ifndef BENCH_H
#define BENCH_H

#include <goro.h>
#include <stddef.h>
#include <stdint.h>

/* The whole of main(): reads the options, runs `body` as the root coroutine, 0 or 1. */
int bench_main(int argc, char **argv, void (*body)(void *));

/* As --workers says. */
int bench_workers(void);

/* `n` times --scale, at least `least`. */
int64_t bench_scaled(int64_t n, int64_t least);

void bench_report(const char *figure, double value, const char *unit);

/* Ends the process with a message and status 1; `rc` is a goro error, or 0 for a wrong result. */
void bench_fail(const char *what, int rc) __attribute__((noreturn, cold));

/* A figure in ns an operation that is measured in a steady state: `measure(n, ops)` is run once
 * with a tenth of the operations, which is thrown away, then in full, which is reported. */
void bench_steady(const char *figure, double (*measure)(int n, int64_t ops), int n, int64_t ops);

/* CPU time of the whole process, user and system, in ns. */
int64_t bench_cpu_time(void);

/* Stops the process unless `rc` is a success. */
static inline void bench_ok(int rc, const char *what)
{
	if (__builtin_expect(rc < 0, 0))
		bench_fail(what, rc);
}
#define BENCH_OK(call) bench_ok((call), #call)

/* Stops the process unless what was computed is right. */
static inline void bench_check(int right, const char *what)
{
	if (__builtin_expect(!right, 0))
		bench_fail(what, 0);
}
#define BENCH_CHECK(condition) bench_check((condition) != 0, #condition)

/* A gate keeps creation and first run out of the measured time: n coroutines arrive, and the one
 * that measures opens when all are there. */
struct bench_gate {
	goro_waitgroup arrived;
	goro_waitgroup opened;
	goro_waitgroup left;
};

void bench_gate_init(struct bench_gate *gate, int n);

/* The coroutines' side: the first and the last thing they do. */
void bench_gate_arrive(struct bench_gate *gate);
void bench_gate_leave(struct bench_gate *gate);

/* The measuring side: open() returns the time just before it opened, wait() the time when all
 * had left. */
int64_t bench_gate_open(struct bench_gate *gate);
int64_t bench_gate_wait(struct bench_gate *gate);

#endif
