/* SPDX-License-Identifier: MIT */
/* wordcount.h: how the parts of the program fit together.
 *
 *     walk.c     count.c                          main.c
 *     producer ──► blocks ──► consumer ─┐
 *        ▲                    consumer ─┼► tables ──► aggregator ──► sorted and printed
 *        └────── spare ◄──────consumer ─┘
 *
 * A block of text, and a table of words, has one owner at a time: who sends it through a channel
 * gives it away. So nothing here needs a lock.
 */
#ifndef WORDCOUNT_H
#define WORDCOUNT_H

#include <goro.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK_SIZE ((size_t)64 * 1024)

/* Text on its way to a consumer: whole words only, so that consumers need not know of each other.
 * Behind the text stands one byte that is no letter. */
struct block {
	size_t size; /* text has room for so many bytes, and that one */
	size_t used;
	char text[];
};

/* A word and how often it came. A short one is in it, so that a look-up touches one line of the
 * cache; the text of a longer one lies elsewhere. Lower case, not terminated. */
#define NEAR_LENGTH 16

struct word {
	uint64_t count; /* 0: no word, a free entry */
	uint32_t hash;
	uint32_t nletters; /* at most NEAR_LENGTH; 0: it is longer */
	union {
		char near[NEAR_LENGTH]; /* filled up with 0 */
		struct {
			const char *text;
			size_t length;
		} far;
	};
};

static inline size_t word_length(const struct word *w)
{
	return w->nletters != 0 ? w->nletters : w->far.length;
}

static inline const char *word_text(const struct word *w)
{
	return w->nletters != 0 ? w->near : w->far.text;
}

/* Words, in a hash table with open addressing; the chunks hold the texts of long ones. */
struct table {
	struct word *words;
	size_t size; /* a power of two */
	size_t used;
	struct chunk *chunks;
};

/* One count of all files, by one runtime. */
struct job {
	char *const *paths;
	int npaths;
	bool quiet;    /* do not tell what can't be read */
	bool progress; /* show on stderr how far it is */

	chan(struct block *) blocks; /* full ones, to the consumers */
	chan(struct block *) spare;  /* empty ones, back to the producer */
	chan(struct table *) tables; /* what a consumer has counted in the end */
	goro_waitgroup running;
	atomic_int error; /* the first failure, negative; not: files that can't be read */
	atomic_bool unreadable;
	atomic_uint_fast64_t files, bytes;

	struct table *total; /* the result */
	int workers;
};

/* count.c: runs the job with so many workers (0: goro's choice). 0 or a negative errno. */
int count_words(struct job *job, int workers);
void fail(struct job *job, int error);

/* walk.c: a coroutine that reads all files and sends their text; then it closes job->blocks. */
void produce(struct job *job);

/* table.c. Those that return int: 0 or -ENOMEM. */
struct table *table_make(void);                                  /* NULL: no memory */
void table_free(struct table *table);                            /* NULL is fine */
int table_count(struct table *table, char *text, size_t length); /* changes text to lower case */
int table_merge(struct table *into, const struct table *from);
size_t table_sort(struct table *table); /* most frequent first, in words[0 … what it returns);
                                           from then on it is no hash table any more */

#endif
