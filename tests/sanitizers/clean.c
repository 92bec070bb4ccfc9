/* SPDX-License-Identifier: MIT */
/* clean.c: a user's program, built with a sanitizer and linked with the library as installed. All
 * that it shares is ordered by a channel, a lock, or one of the others; so nothing may be reported.
 * With an argument it does one thing wrong, which must be.
 */
#include <goro.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 200

struct shared {
	goro_mutex mutex;
	goro_rwmutex rw;
	goro_cond cond;
	goro_sem sem;
	goro_once once;
	goro_barrier barrier;
	long under_mutex, under_rw, under_sem, written_once, in_turns[2];
	bool ready;
};

static void write_once(void *arg)
{
	((struct shared *)arg)->written_once = 1;
}

static void worker(struct shared *s, int which, goro_waitgroup *all)
{
	for (int i = 0; i < ROUNDS; i++) {
		goro_mutex_lock(&s->mutex);
		s->under_mutex++;
		goro_mutex_unlock(&s->mutex);

		goro_sem_acquire(&s->sem);
		s->under_sem++;
		goro_sem_release(&s->sem);

		goro_rwmutex_rlock(&s->rw);
		(void)*(volatile long *)&s->under_rw;
		goro_rwmutex_runlock(&s->rw);
		goro_rwmutex_lock(&s->rw);
		s->under_rw++;
		goro_rwmutex_unlock(&s->rw);

		goro_once_do(&s->once, write_once, s);
		(void)*(volatile long *)&s->written_once;

		s->in_turns[which]++;
		goro_barrier_wait(&s->barrier);
		(void)*(volatile long *)&s->in_turns[!which];
		goro_barrier_wait(&s->barrier);
	}
	goro_waitgroup_done(all);
}

static void await_ready(struct shared *s, goro_waitgroup *all)
{
	goro_mutex_lock(&s->mutex);
	while (!s->ready)
		goro_cond_wait(&s->cond, &s->mutex);
	goro_mutex_unlock(&s->mutex);
	goro_waitgroup_done(all);
}

struct big {
	char bytes[300];
};

static void produce(chan(long *) pointers, chan(struct big) bigs, goro_waitgroup *all)
{
	for (long i = 0; i < ROUNDS; i++) {
		long *p = malloc(sizeof(*p));
		struct big b;

		*p = i;
		memset(&b, (int)i, sizeof(b));
		chan_send(pointers, p);
		chan_select(chan_on_send_from(bigs, &b));
	}
	chan_close(pointers);
	goro_waitgroup_done(all);
}

static void *thread_main(void *arg)
{
	chan(long *) pointers = arg;
	long *p;

	while (chan_recv(pointers, &p) == 0) {
		++*p;
		free(p);
	}
	return NULL;
}

static void channels(size_t cap, goro_waitgroup *all)
{
	chan(long *) pointers = chan_make(long *, cap);
	chan(struct big) bigs = chan_make(struct big, cap);
	pthread_t thread;
	struct big b;

	goro_waitgroup_add(all, 1);
	go(produce, pointers, bigs, all);
	pthread_create(&thread, NULL, thread_main, pointers);
	for (int i = 0; i < ROUNDS; i++)
		if (chan_recv(bigs, &b) == 0)
			b.bytes[0]++;
	goro_waitgroup_wait(all);
	pthread_join(thread, NULL);
	chan_free(pointers);
	chan_free(bigs);
}

/* One that ends while others have not begun lets the next begin in its place. */
static void leaf(goro_waitgroup *all)
{
	volatile char local[512];

	memset((void *)(uintptr_t)local, 1, sizeof(local));
	goro_waitgroup_done(all);
}

static void many_begin_and_end(goro_waitgroup *all)
{
	for (int turn = 0; turn < 20; turn++) {
		goro_waitgroup_add(all, ROUNDS);
		for (int i = 0; i < ROUNDS; i++)
			go(leaf, all);
		goro_waitgroup_wait(all);
	}
}

static void all_in_order(void)
{
	static struct shared s = { .sem = GORO_SEM_INIT(1), .barrier = GORO_BARRIER_INIT(2) };
	goro_waitgroup all = GORO_WAITGROUP_INIT;

	goro_waitgroup_add(&all, 3);
	go(await_ready, &s, &all);
	go(worker, &s, 0, &all);
	go(worker, &s, 1, &all);
	goro_mutex_lock(&s.mutex);
	s.ready = true;
	goro_cond_signal(&s.cond);
	goro_mutex_unlock(&s.mutex);
	goro_waitgroup_wait(&all);
	channels(0, &all);
	channels(1, &all);
	channels(CHAN_UNBOUNDED, &all);
	many_begin_and_end(&all);
}

/* What must be reported ---------------------------------------------------------------------- */

static long raced;
static goro_barrier begun = GORO_BARRIER_INIT(2);

/* Both have begun before either goes on: to ThreadSanitizer, who is begun by a worker comes after
 * all that has ended there. */
static void race(goro_waitgroup *all)
{
	goro_barrier_wait(&begun);
	for (int i = 0; i < ROUNDS; i++) {
		raced++;
		goro_yield();
	}
	goro_waitgroup_done(all);
}

static void without_order(void)
{
	goro_waitgroup all = GORO_WAITGROUP_INIT;

	goro_waitgroup_add(&all, 2);
	go(race, &all);
	go(race, &all);
	goro_waitgroup_wait(&all);
}

static void beyond_its_array(void)
{
	volatile char local[16];
	volatile int at = 16;

	goro_yield();
	local[at] = 1;
}

static void root(void *arg)
{
	const char *wrong = arg;

	if (wrong == NULL)
		all_in_order();
	else if (strcmp(wrong, "race") == 0)
		without_order();
	else
		beyond_its_array();
}

int main(int argc, char **argv)
{
	goro_config config = GORO_CONFIG_INIT;
	int rc;

	config.workers = 2;
	rc = goro_run_config(&config, root, argc > 1 ? argv[1] : NULL);
	printf("%s\n", goro_strerror(rc));
	return rc != 0;
}
