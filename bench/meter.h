/* SPDX-License-Identifier: MIT */
/* meter.h: what a process costs, seen from outside (or by itself, with its own number). */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* CPU time of all its threads, ended ones included, user and system, in ns. */
int64_t meter_cpu(pid_t pid);

/* Resident set and page tables, in bytes. */
int64_t meter_memory(pid_t pid);

/* Counts the system calls of all its threads from now on; those that they start are counted, too.
 * False: the kernel does not let us. */
bool meter_calls_begin(pid_t pid);
int64_t meter_calls(void);

#endif
