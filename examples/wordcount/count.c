/* SPDX-License-Identifier: MIT */
/* count.c: one count: a producer, a consumer for each worker, and the aggregator, which is the
 * root itself.
 *
 * Whoever fails notes why and closes the channel of blocks: then the producer can't send any more
 * and the consumers come to its end, so that all of them end as they always do.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "wordcount.h"

#define BLOCKS_A_WORKER 16
#define PROGRESS_PERIOD (100 * GORO_MILLISECOND)

void fail(struct job *job, int error)
{
	int none = 0;

	atomic_compare_exchange_strong(&job->error, &none, error);
	chan_close(job->blocks);
}

static void consume(struct job *job)
{
	struct table *table = table_make();
	struct block *b;

	goro_set_name("consumer");
	if (table == NULL)
		fail(job, -ENOMEM);
	while (table != NULL && chan_recv(job->blocks, &b) == 0) {
		if (table_count(table, b->text, b->used) != 0) {
			fail(job, -ENOMEM);
			free(b);
			break;
		}
		b->used = 0;
		if (b->size > BLOCK_SIZE || chan_try_send(job->spare, b) != 0)
			free(b); /* too large to keep, or there are enough */
	}
	if (chan_send(job->tables, table) != 0)
		table_free(table);
	goro_waitgroup_done(&job->running);
}

static void show_progress(struct job *job, goro_time_chan tick, chan(int) ended)
{
	int64_t now;
	int unused;

	while (chan_select(chan_on_recv(ended, &unused), chan_on_recv(tick, &now)) == 1)
		fprintf(stderr, "\r%" PRIu64 " files, %" PRIu64 " MB\033[K", (uint64_t)job->files,
			(uint64_t)job->bytes / 1000000);
	fprintf(stderr, "\r\033[K");
	goro_waitgroup_done(&job->running);
}

/* One coroutine more that root waits for in the end. */
static int begin(struct job *job, void (*part)(struct job *))
{
	int rc;

	goro_waitgroup_add(&job->running, 1);
	rc = go(part, job);
	if (rc != 0)
		goro_waitgroup_done(&job->running);
	return rc;
}

/* Receives as many tables as there are consumers. */
static void aggregate(struct job *job, int consumers)
{
	struct table *t;

	for (int i = 0; i < consumers && chan_recv(job->tables, &t) == 0; i++) {
		if (job->total == NULL) {
			job->total = t;
			continue;
		}
		if (t != NULL && table_merge(job->total, t) != 0)
			fail(job, -ENOMEM);
		table_free(t);
	}
}

static void free_blocks(chan(struct block *) from)
{
	struct block *b;

	while (chan_try_recv(from, &b) == 0)
		free(b);
	chan_free(from);
}

static void root(void *arg)
{
	struct job *job = arg;
	size_t workers = (size_t)goro_workers(), enough = workers * BLOCKS_A_WORKER;
	goro_time_chan tick = job->progress ? goro_ticker(PROGRESS_PERIOD) : NULL;
	chan(int) ended = chan_make(int, 0);
	int consumers = 0, rc = 0;

	job->workers = (int)workers;
	job->blocks = chan_make(struct block *, enough);
	job->spare = chan_make(struct block *, enough);
	job->tables = chan_make(struct table *, workers);
	if (job->blocks == NULL || job->spare == NULL || job->tables == NULL || ended == NULL)
		rc = -ENOMEM;

	if (rc == 0)
		rc = begin(job, produce);
	while (rc == 0 && consumers < job->workers) {
		rc = begin(job, consume);
		consumers += rc == 0;
	}
	if (rc != 0)
		fail(job, rc);
	if (rc == 0 && tick != NULL) {
		goro_waitgroup_add(&job->running, 1);
		if (go(show_progress, job, tick, ended) != 0)
			goro_waitgroup_done(&job->running);
	}

	aggregate(job, consumers);
	chan_close(ended);
	goro_waitgroup_wait(&job->running);
	free_blocks(job->blocks); /* after a failure some are left */
	free_blocks(job->spare);
	chan_free(job->tables);
	chan_free(ended);
	chan_free(tick);
}

int count_words(struct job *job, int workers)
{
	goro_config config = GORO_CONFIG_INIT;
	int rc;

	config.workers = workers;
	rc = goro_run_config(&config, root, job);
	return rc != 0 ? rc : job->error;
}
