/* SPDX-License-Identifier: MIT */
/* inspect_test.c: the dump shows every coroutine and nothing else. It goes through a pipe, and each
 * of its lines is taken apart. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "goro_test.h"

/* Reading a dump ------------------------------------------------------------------------------ */

struct line { /* of one coroutine */
	unsigned long long id;
	char name[32];   /* with its quotes; empty: it has none */
	char state[160]; /* up to the semicolon */
	char begun[160];
	char stack[96];
	unsigned frames;
};

#define LINES 256

static struct {
	unsigned coroutines, workers, n;
	struct line lines[LINES];
} dump;

/* Copies what is before `end` and returns what is behind it. */
static const char *take(const char *p, const char *end, char *out, size_t room)
{
	const char *q = strstr(p, end);

	CHECK_TRUE(q != NULL);
	snprintf(out, room, "%.*s", (int)(q - p), p);
	return q + strlen(end);
}

static void parse_line(const char *p)
{
	struct line *l = &dump.lines[dump.n++];
	int used = 0;

	CHECK_LE(dump.n, LINES);
	*l = (struct line){ 0 };
	CHECK_EQ(sscanf(p, "coroutine %llu%n", &l->id, &used), 1);
	p = take(p + used, ": ", l->name, sizeof(l->name));
	p = take(p, "; begun at ", l->state, sizeof(l->state));
	p = take(p, "; ", l->begun, sizeof(l->begun));
	snprintf(l->stack, sizeof(l->stack), "%s", p);
}

static void parse(char *text)
{
	char *line = strtok(text, "\n");

	dump.n = dump.coroutines = dump.workers = 0;
	CHECK_TRUE(line != NULL);
	sscanf(line, "goro: %u coroutine(s), %u worker(s)", &dump.coroutines, &dump.workers);
	while ((line = strtok(NULL, "\n")) != NULL) {
		if (line[0] != '\t') {
			parse_line(line);
		} else {
			CHECK_LT(0, dump.n);
			dump.lines[dump.n - 1].frames++;
		}
	}
}

struct reader {
	int fd;
	size_t length;
	char text[256 << 10];
};

static void read_all(void *arg)
{
	struct reader *r = arg;
	ssize_t n;

	while ((n = read(r->fd, r->text + r->length, sizeof(r->text) - 1 - r->length)) != 0) {
		if (n > 0)
			r->length += (size_t)n;
		else
			CHECK_EQ(errno, EINTR);
	}
	r->text[r->length] = '\0';
}

/* From a coroutine or a thread: a thread of its own reads, or a long dump would fill the pipe. */
static void take_dump(void)
{
	struct reader *r = calloc(1, sizeof(*r));
	struct test_thread t;
	int fd[2];

	CHECK_TRUE(r != NULL);
	CHECK_EQ(pipe(fd), 0);
	r->fd = fd[0];
	test_thread_start(&t, read_all, r);
	CHECK_EQ(goro_dump(fd[1]), 0);
	close(fd[1]);
	test_thread_join(&t);
	close(fd[0]);
	parse(r->text);
	free(r);
}

static const struct line *find(uint64_t id)
{
	const struct line *found = NULL;

	for (unsigned i = 0; i < dump.n; i++)
		if (dump.lines[i].id == id) {
			CHECK_TRUE(found == NULL); /* once */
			found = &dump.lines[i];
		}
	return found;
}

static const struct line *find_name(const char *name)
{
	for (unsigned i = 0; i < dump.n; i++)
		if (strstr(dump.lines[i].name, name) != NULL)
			return &dump.lines[i];
	CHECK_FAIL("nobody is called %s in the dump", name);
}

/* What waits ---------------------------------------------------------------------------------- */

struct objects {
	goro_mutex mutex;
	goro_rwmutex rw;
	goro_cond cond;
	goro_sem sem;
	goro_waitgroup waitgroup;
	goro_barrier barrier;
	chan(int) full, empty;
	goro_waitgroup out;
};

static void wait_mutex(struct objects *o)
{
	goro_set_name("at mutex");
	CHECK_EQ(goro_mutex_lock(&o->mutex), 0);
	goro_mutex_unlock(&o->mutex);
	goro_waitgroup_done(&o->out);
}

static void wait_read(struct objects *o)
{
	goro_set_name("at rlock");
	CHECK_EQ(goro_rwmutex_rlock(&o->rw), 0);
	goro_rwmutex_runlock(&o->rw);
	goro_waitgroup_done(&o->out);
}

static void wait_cond(struct objects *o)
{
	goro_mutex mine = GORO_MUTEX_INIT;

	goro_set_name("at cond");
	CHECK_EQ(goro_mutex_lock(&mine), 0);
	CHECK_EQ(goro_cond_wait(&o->cond, &mine), 0);
	goro_mutex_unlock(&mine);
	goro_waitgroup_done(&o->out);
}

static void wait_sem(struct objects *o)
{
	goro_set_name("at semaphore");
	CHECK_EQ(goro_sem_acquire(&o->sem), 0);
	goro_waitgroup_done(&o->out);
}

static void wait_waitgroup(struct objects *o)
{
	goro_set_name("at waitgroup");
	CHECK_EQ(goro_waitgroup_wait(&o->waitgroup), 0);
	goro_waitgroup_done(&o->out);
}

static void wait_barrier(struct objects *o)
{
	goro_set_name("at barrier");
	CHECK_LE(0, goro_barrier_wait(&o->barrier));
	goro_waitgroup_done(&o->out);
}

static void wait_send(struct objects *o)
{
	goro_set_name("at chan send");
	CHECK_EQ(chan_send(o->full, 2), 0);
	goro_waitgroup_done(&o->out);
}

static void wait_recv(struct objects *o)
{
	int v;

	goro_set_name("at chan recv");
	CHECK_EQ(chan_recv(o->empty, &v), -EPIPE);
	goro_waitgroup_done(&o->out);
}

static void wait_select(struct objects *o)
{
	int v;

	goro_set_name("at select");
	CHECK_EQ(chan_select(chan_on_recv(o->empty, &v), chan_on_recv(o->empty, &v)) & ~1, 0);
	goro_waitgroup_done(&o->out);
}

static void (*const waiters[])(struct objects *) = { wait_mutex, wait_read, wait_cond, wait_sem,
	wait_waitgroup, wait_barrier, wait_send, wait_recv, wait_select };
static const char *const whys[] = { "mutex", "rlock", "cond", "semaphore", "waitgroup", "barrier",
	"chan send", "chan recv", "select" };

#define NWAITERS ((unsigned)(sizeof(waiters) / sizeof(waiters[0])))

static void hold_all(struct objects *o)
{
	*o = (struct objects){ .full = chan_make(int, 1), .empty = chan_make(int, 0) };
	o->sem = GORO_SEM_INIT(0);
	o->barrier = GORO_BARRIER_INIT(2);
	CHECK_EQ(goro_mutex_lock(&o->mutex), 0);
	CHECK_EQ(goro_rwmutex_lock(&o->rw), 0);
	CHECK_EQ(chan_send(o->full, 1), 0);
	goro_waitgroup_add(&o->waitgroup, 1);
	goro_waitgroup_add(&o->out, NWAITERS);
	for (unsigned i = 0; i < NWAITERS; i++) {
		CHECK_EQ(go(waiters[i], o), 0);
		await_parked(1, whys[i]);
	}
}

static void let_all_go(struct objects *o)
{
	int v;

	goro_mutex_unlock(&o->mutex);
	goro_rwmutex_unlock(&o->rw);
	goro_cond_signal(&o->cond);
	goro_sem_release(&o->sem);
	goro_waitgroup_done(&o->waitgroup);
	CHECK_LE(0, goro_barrier_wait(&o->barrier));
	CHECK_EQ(chan_recv(o->full, &v), 0);
	CHECK_EQ(chan_close(o->empty), 0);
	CHECK_EQ(goro_waitgroup_wait(&o->out), 0);
	await_alive(1);
	chan_free(o->full);
	chan_free(o->empty);
}

GORO_TEST(the_dump_shows_every_coroutine_with_name_state_and_what_it_waits_for)
{
	struct objects o;
	const void *const at[] = { &o.mutex, &o.rw, &o.cond, &o.sem, &o.waitgroup, &o.barrier };
	char expected[96];
	const struct line *l;

	hold_all(&o);
	take_dump();
	CHECK_EQ(dump.coroutines, NWAITERS + 1);
	CHECK_EQ(dump.workers, test_workers());
	CHECK_EQ(dump.n, NWAITERS + 1);
	for (unsigned i = 0; i < NWAITERS; i++) {
		snprintf(expected, sizeof(expected), "\"at %s\"", whys[i]);
		l = find_name(expected);
		snprintf(expected, sizeof(expected), "waiting, %s ", whys[i]);
		CHECK_HAS(l->state, expected);
		CHECK_HAS(l->state, " for ");
		if (i < sizeof(at) / sizeof(at[0])) {
			snprintf(expected, sizeof(expected), " 0x%llx ",
				(unsigned long long)(uintptr_t)at[i]);
			CHECK_HAS(l->state, expected);
		}
		CHECK_HAS(l->begun, "+0x"); /* module and offset */
		CHECK_HAS(l->stack, "192 KiB");
		CHECK_LT(0, l->frames);
	}
	l = find(goro_id()); /* who asks runs */
	CHECK_TRUE(l != NULL);
	CHECK_HAS(l->state, "running on worker ");
	let_all_go(&o);
}

static void sleep_until(goro_waitgroup *out, atomic_int *stop)
{
	while (!atomic_load(stop))
		CHECK_EQ(goro_sleep(GORO_MILLISECOND), 0);
	goro_waitgroup_done(out);
}

static __attribute__((noinline)) void begin_here(goro_waitgroup *out, atomic_int *stop)
{
	CHECK_EQ(go(sleep_until, out, stop), 0);
}

static __attribute__((noinline)) void begin_there(goro_waitgroup *out, atomic_int *stop)
{
	CHECK_EQ(go(sleep_until, out, stop), 0);
	goro_yield(); /* no compiler merges it with the other */
}

GORO_TEST(the_dump_says_where_each_was_begun)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;
	const char *begun[3];
	atomic_int stop = 0;
	unsigned n = 0, alike = 0;

	goro_waitgroup_add(&out, 3);
	begin_here(&out, &stop);
	begin_here(&out, &stop);
	begin_there(&out, &stop);
	AWAIT((take_dump(), dump.n == 4));
	for (unsigned i = 0; i < dump.n; i++)
		if (dump.lines[i].id != goro_id())
			begun[n++] = dump.lines[i].begun;
	for (unsigned i = 0; i < 3; i++)
		alike += strcmp(begun[i], begun[(i + 1) % 3]) == 0;
	CHECK_EQ(alike, 1);
	atomic_store(&stop, 1);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
}

GORO_TEST_OUTSIDE(a_plain_thread_may_ask_for_the_dump_too)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;
	atomic_int stop = 0;

	test_start();
	take_dump();
	CHECK_EQ(dump.coroutines, 0);
	CHECK_EQ(dump.n, 0);
	goro_waitgroup_add(&out, 1);
	CHECK_EQ(go(sleep_until, &out, &stop), 0);
	AWAIT((take_dump(), dump.n == 1));
	atomic_store(&stop, 1);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
	test_stop();
}

static void come_and_go(goro_waitgroup *out, goro_sem *s)
{
	goro_set_name("come and go");
	goro_yield();
	if (goro_sem_acquire_until(s, goro_after(10 * GORO_MICROSECOND)) == 0)
		goro_sem_release(s);
	goro_waitgroup_done(out);
}

/* Every line stands for one coroutine, whatever happens to it meanwhile; and who sleeps all the
 * time is in every dump. */
GORO_TEST(a_dump_while_all_is_moving_is_whole)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;
	struct objects o;
	goro_sem s = GORO_SEM_INIT(0);

	hold_all(&o);
	for (size_t i = 0; i < test_scaled(100); i++) {
		for (int j = 0; j < 20; j++) {
			goro_waitgroup_add(&out, 1);
			CHECK_EQ(go(come_and_go, &out, &s), 0);
		}
		goro_yield();
		take_dump();
		for (unsigned j = 0; j < NWAITERS; j++) {
			char name[32];

			snprintf(name, sizeof(name), "\"at %s\"", whys[j]);
			CHECK_HAS(find_name(name)->state, whys[j]);
		}
		for (unsigned j = 0; j < dump.n; j++)
			CHECK_TRUE(find(dump.lines[j].id) == &dump.lines[j]);
		CHECK_EQ(goro_waitgroup_wait(&out), 0);
	}
	let_all_go(&o);
}

GORO_TEST_OUTSIDE(a_dump_wants_a_runtime_and_an_open_descriptor)
{
	int fd[2];

	CHECK_EQ(pipe(fd), 0);
	CHECK_EQ(goro_dump(-1), -EBADF); /* told before anything else */
	CHECK_EQ(goro_dump(fd[0]), -EBADF);
	CHECK_EQ(goro_dump(fd[1]), -EPERM);
	test_start();
	CHECK_EQ(goro_dump(-1), -EBADF);
	CHECK_EQ(goro_dump(fd[0]), -EBADF);
	test_stop();
	close(fd[0]);
	close(fd[1]);
}
