/* SPDX-License-Identifier: MIT */
/* compiler.h: what gcc and clang offer beyond C11, under our own names. */
#ifndef GR_BASE_COMPILER_H
#define GR_BASE_COMPILER_H

#include <stddef.h>

#define gr_likely(x)   __builtin_expect(!!(x), 1)
#define gr_unlikely(x) __builtin_expect(!!(x), 0)

#define GR_NOINLINE __attribute__((noinline))
#define GR_COLD     __attribute__((cold, noinline))
#define GR_NORETURN __attribute__((noreturn))
/* A variable of the library: reached directly, not through the table of global offsets. */
#define GR_HIDDEN             __attribute__((visibility("hidden")))
#define GR_PRINTF(fmt, first) __attribute__((format(__printf__, fmt, first)))

#ifdef GORO_COVERAGE
#define GR_ALWAYS_INLINE inline /* one set of counters for all who call it */
#else
#define GR_ALWAYS_INLINE inline __attribute__((always_inline))
#endif

/* Two fields that different threads write stand this far apart. */
#define GR_CACHELINE 64
#define GR_ALIGNED   __attribute__((aligned(GR_CACHELINE)))

/* The struct whose `member` lies at `ptr`. */
#define gr_container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Fetches what will soon be written; any address will do. */
#define gr_prefetch(p) __builtin_prefetch((p), 1)

/* One turn of a spinning loop: lets the other hardware thread go first. */
static inline void gr_cpu_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#else
	__asm__ volatile("" ::: "memory");
#endif
}

#if defined(__SANITIZE_THREAD__)
#define GR_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GR_TSAN 1
#endif
#endif
#ifndef GR_TSAN
#define GR_TSAN 0
#endif

/* Looking at what others may be writing, for the sake of the caches alone: no checker can know that
 * nothing follows from what is read. */
#ifndef GR_FETCH_AHEAD
#if GR_TSAN || defined(GR_MODEL)
#define GR_FETCH_AHEAD 0
#else
#define GR_FETCH_AHEAD 1
#endif
#endif

#endif
