/* SPDX-License-Identifier: MIT */
/* engine.h: the engine's own state, shared by its files. A model sees model.h only.
 *
 * Everything lives in one mapping outside .data and .bss, because those are put back before each
 * execution. Model threads are contexts (context/context.h) on one OS thread: at any time exactly
 * one runs, and only engine_point() and engine_block() change which.
 *
 *   explore.c     the tree of choices, replay strings
 *   run.c         one execution from the first instruction to the last
 *   threads.c     who goes on
 *   wait.c        what they wait for
 *   memory.c      what a load may read
 *   location.c    atomic objects and their stores
 *   view.c        who knows what
 *   race.c        who touched which byte last, and which bytes are dead
 *   instrument.c  plain accesses, as the compiler tells them
 *   arena.c       memory of an execution; names
 *   report.c      schedules and results in words
 *   crash.c       when the real source crashes
 *   main.c        options, and what must be found
 */
#ifndef GR_MODEL_ENGINE_H
#define GR_MODEL_ENGINE_H

#include <stdarg.h>

#include "base/compiler.h"
#include "context/context.h"
#include "model.h"

#define THREADS    (MODEL_THREADS + 1)
#define LOCATIONS  192 /* atomic objects of an execution */
#define STORES     64  /* remembered of each; older ones are forgotten */
#define POOL       8192
#define CHOICES    4096
#define STACK_SIZE ((uintptr_t)32768) /* a power of two; stacks are aligned to it */
#define ARENA_SIZE ((uintptr_t)1 << 19)
#define STACKS     24 /* of threads and of the model's contexts */

/* Bounds what may be read, and what has happened before: of each thread the operations up to
 * clock[], of each location the stores up to key[] in its modification order. */
struct view {
	uint32_t count; /* of key[] in use */
	uint32_t clock[THREADS];
	uint32_t key[LOCATIONS];
};

struct store {
	uint64_t value;
	uint32_t key;
	bool rmw;         /* nothing may come between it and the one before */
	struct view view; /* what an acquire that reads it learns */
};

struct location {
	uintptr_t address;
	uint32_t size;
	bool dirty; /* plain memory was written: starts anew */
	unsigned count;
	struct store *stores[STORES]; /* in modification order */
};

enum state {
	STATE_NONE,
	STATE_READY,
	STATE_SPINS,
	STATE_PAUSES,
	STATE_SLEEPS,
	STATE_RECEIVES,
	STATE_JOINS,
	STATE_DONE,
};

/* model_send(): what was sent and not yet received, and what its senders knew. */
struct queue {
	unsigned first, count;
	void *messages[16];
	struct view view;
};

struct seen {
	uint32_t location;
	uint32_t key;
};

struct thread {
	struct gr_context context;
	struct model_thread what;
	enum state state;
	const void *futex; /* STATE_SLEEPS: on what */
	bool woken, timed;
	unsigned pauses;    /* since something it has read has changed */
	unsigned queue;     /* STATE_RECEIVES: from which */
	void *worker;       /* for gr_current_worker() */
	int error;          /* its errno */
	uintptr_t arena;    /* next free byte */
	struct cell *alone; /* read since it last spun, and not shared so far */
	unsigned seen_count;
	struct seen seen[LOCATIONS]; /* read since it last spun */
	struct view now;             /* what it must have seen */
	struct view acquired;        /* what an acquire fence would add */
	struct view released;        /* what relaxed stores pass on, since a release fence */
};

struct choice {
	uint32_t step;
	char kind; /* 't' thread, 'v' value, 'c' model_choose() */
	uint8_t taken, count;
};

enum failure {
	FAIL_NONE,
	FAIL_CHECK,
	FAIL_RACE,
	FAIL_DEAD,
	FAIL_DEADLOCK,
	FAIL_LIVELOCK,
	FAIL_CRASH,
};

struct options {
	unsigned preemptions, stale;
	unsigned long executions, steps;
	double seconds;
	const char *replay, *only, *expect;
};

struct access {
	uint32_t clock;
	uint8_t thread, mask, kind;
	const void *where; /* site of an atomic operation, else a code address */
};

#define ACCESSES 8

/* Eight bytes of memory. */
struct cell {
	uint32_t execution; /* in which the rest was written */
	bool atomic;        /* has a location */
	uint8_t count;
	uint8_t touched; /* in any execution: threads with atomic operations here, as bits */
	bool written;    /* and one of these operations was not a load */
	struct access access[ACCESSES];
};

struct region {
	uintptr_t low, high;
	struct cell *cells;
};

struct name {
	uintptr_t low, high;
	const char *text;
};

struct engine {
	struct options options;
	const struct model *model;
	struct gr_context home;
	struct thread threads[THREADS];
	struct thread *self;
	bool several; /* threads run, not the setup or the check */
	bool still;   /* nobody could go on but those who pause */
	bool quiet;   /* nobody could go on but those who receive: there is nothing more to come */
	struct queue queues[MODEL_QUEUES];
	bool finished; /* this execution is over */
	int64_t time;
	unsigned preemptions, stale;
	uint32_t execution;
	bool grew; /* a location turned out to be shared: explore anew */

	/* explore.c */
	uint32_t step;
	struct choice choices[CHOICES];
	unsigned depth, length;
	bool replaying, trace;
	char replay[16384]; /* of the failure that is told */
	unsigned long executions, steps;

	/* memory.c */
	struct location locations[LOCATIONS];
	unsigned location_count;
	uint32_t index[1024]; /* hash of addresses: execution << 8 | location */
	uint32_t index_execution[1024];
	struct store pool[POOL];
	unsigned pool_count;
	struct view sc, light, heavy; /* of seq_cst operations, and of the asymmetric fences */

	/* arena.c */
	struct region world, data;
	uintptr_t stacks;
	unsigned stacks_used;
	uint32_t stacks_dead; /* as bits */
	struct name names[64];
	unsigned name_count;
	void *data_copy;

	enum failure failure;
	char message[1024];

	char outcomes[32][24]; /* main.c */
	unsigned outcome_count;
};

extern struct engine *engine;

/* explore.c: an answer below count. */
unsigned engine_choose(char kind, unsigned count);
void engine_explore(const struct model *m);
void engine_replay_string(char *text, size_t size); /* of the execution at hand */

/* main.c: what main() returns. */
int engine_verdict(bool failed);

/* crash.c */
void engine_catch_crashes(void);

/* run.c */
void engine_run_once(void);
GR_NORETURN void engine_start_over(void); /* something is shared that did not seem so */
GR_NORETURN GR_PRINTF(2, 3) void engine_fail(enum failure kind, const char *format, ...);
GR_NORETURN GR_PRINTF(1, 2) void engine_broken(const char *format, ...); /* the model's limits */

/* threads.c: a question before an operation on p (NULL: always), and after state was changed.
 * True: no other thread touches p, or none writes it, so memory itself will do. */
bool engine_point(const volatile void *p, bool writes);
void engine_block(void);

/* wait.c */
bool engine_enabled(const struct thread *t);
void engine_queues_reset(void);
void engine_end_thread(void);

/* view.c */
void engine_join(struct view *to, const struct view *from);
void engine_join_keys(struct view *to, const struct view *from);
uint32_t engine_key(const struct view *v, uint32_t location);
void engine_raise_key(struct view *v, uint32_t location, uint32_t key);
void engine_copy_view(struct view *to, const struct view *from);
void engine_empty_view(struct view *v);

/* location.c */
#define ENGINE_KEY_STEP (1u << 16) /* between two stores, for those that come earlier (M5) */
void engine_memory_reset(void);
uint64_t engine_read(const volatile void *p, size_t size);
void engine_write(volatile void *p, size_t size, uint64_t value);
uint32_t engine_locate(const volatile void *p, size_t size);
struct store *engine_add_store(struct location *l, uint32_t key, uint64_t value);
struct store *engine_newest_store(const struct location *l);
uint32_t engine_newest(uint32_t location);
void engine_dirty(uintptr_t address, size_t size);

/* race.c */
enum { ACCESS_READ, ACCESS_WRITE, ACCESS_ATOMIC = 2, ACCESS_END = 4 };
struct cell *engine_cell(uintptr_t address);
void engine_access(const volatile void *p, size_t size, unsigned kind, const void *where);
void engine_end_of_frame(uintptr_t low, uintptr_t high, const void *where);
void engine_end_of_block(uintptr_t low, uintptr_t high, const void *where);

/* arena.c */
void engine_memory_map(void);
void engine_arena_reset(void);
uintptr_t engine_arena_top(uintptr_t address);
void *engine_stack_get(void);

/* report.c */
const char *engine_describe(const volatile void *p);
const char *engine_where(const struct access *a);
const char *engine_failure_name(enum failure kind);
GR_PRINTF(1, 2) void engine_say(const char *format, ...);

/* A line of the schedule, when it is told. */
#define engine_trace(...)                        \
	do {                                     \
		if (gr_unlikely(engine->trace))  \
			engine_say(__VA_ARGS__); \
	} while (0)

#endif
