/* SPDX-License-Identifier: MIT */
/* table.c: how often did which word come?
 *
 * Open addressing with linear probing, at most half full; an entry keeps its hash, so that growing
 * looks at no text. The hash is multiplied at each letter, so the upper half of its 64 bits, where
 * all letters leave their mark, is what is kept. A look-up waits mostly for memory; so words are
 * looked up in batches, whose waits overlap.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wordcount.h"

#define BATCH      16
#define FIRST_SIZE 4096
#define CHUNK_SIZE ((size_t)64 * 1024)
#define MULTIPLIER UINT64_C(0x9e3779b97f4a7c15)

/* Memory for texts; freed as a whole. */
struct chunk {
	struct chunk *next;
	size_t size;
	size_t used;
	char bytes[];
};

void table_free(struct table *table)
{
	struct chunk *c, *next;

	if (table == NULL)
		return;
	for (c = table->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(table->words);
	free(table);
}

static const char *keep_text(struct table *table, const char *text, size_t length)
{
	struct chunk *c = table->chunks;
	char *copy;

	if (c == NULL || c->size - c->used < length) {
		size_t size = length > CHUNK_SIZE ? length : CHUNK_SIZE;

		c = malloc(sizeof(*c) + size);
		if (c == NULL)
			return NULL;
		*c = (struct chunk){ .next = table->chunks, .size = size };
		table->chunks = c;
	}
	copy = c->bytes + c->used;
	c->used += length;
	return memcpy(copy, text, length);
}

static bool same_word(const struct word *a, const struct word *b)
{
	if (a->hash != b->hash || a->nletters != b->nletters)
		return false;
	if (a->nletters != 0)
		return memcmp(a->near, b->near, NEAR_LENGTH) == 0;
	return a->far.length == b->far.length &&
		memcmp(a->far.text, b->far.text, a->far.length) == 0;
}

/* The entry of this word, or the free one where it belongs. There is a free one. */
static struct word *find(const struct table *table, const struct word *word)
{
	size_t mask = table->size - 1, i = word->hash & mask;

	while (table->words[i].count != 0 && !same_word(&table->words[i], word))
		i = (i + 1) & mask;
	return &table->words[i];
}

static int grow(struct table *table)
{
	struct table larger = *table;

	larger.size = table->size == 0 ? FIRST_SIZE : table->size * 2;
	larger.words = calloc(larger.size, sizeof(*larger.words));
	if (larger.words == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < table->size; i++) {
		const struct word *w = &table->words[i];
		size_t at = w->hash & (larger.size - 1);

		if (w->count == 0)
			continue;
		while (larger.words[at].count != 0) /* they all differ: nothing to compare */
			at = (at + 1) & (larger.size - 1);
		larger.words[at] = *w;
	}
	free(table->words);
	*table = larger;
	return 0;
}

struct table *table_make(void)
{
	struct table *table = calloc(1, sizeof(*table));

	if (table != NULL && grow(table) != 0) {
		free(table);
		return NULL;
	}
	return table;
}

/* A word that came more->count times; its text is copied. */
static int add(struct table *table, const struct word *more)
{
	struct word added, *w;

	if (table->used >= table->size / 2 && grow(table) != 0)
		return -ENOMEM;
	w = find(table, more);
	if (w->count != 0) {
		w->count += more->count;
		return 0;
	}
	added = *more;
	if (added.nletters == 0) {
		added.far.text = keep_text(table, more->far.text, more->far.length);
		if (added.far.text == NULL)
			return -ENOMEM;
	}
	*w = added;
	table->used++;
	return 0;
}

static inline bool is_letter(unsigned char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

/* Reads a word of the text, which ends at `end`. Returns where it ends; NULL: there is none. */
static inline char *next_word(char *at, const char *end, struct word *w)
{
	uint64_t hash = 0;
	char *begin;
	size_t n;

	while (at < end && !is_letter((unsigned char)*at))
		at++;
	if (at >= end)
		return NULL;
	*w = (struct word){ .count = 1 };
	begin = at;
	for (n = 0; is_letter((unsigned char)begin[n]); n++) { /* *end is none */
		char c = begin[n] | 0x20;

		begin[n] = c;
		if (n < NEAR_LENGTH)
			w->near[n] = c;
		hash = (hash ^ (unsigned char)c) * MULTIPLIER;
	}
	w->hash = (uint32_t)(hash >> 32);
	if (n <= NEAR_LENGTH) {
		w->nletters = (uint32_t)n;
	} else {
		w->far.text = begin;
		w->far.length = n;
	}
	return begin + n;
}

int table_count(struct table *table, char *text, size_t length)
{
	char *at = text, *end = text + length;
	struct word seen[BATCH];
	int n;

	do {
		for (n = 0; n < BATCH && (at = next_word(at, end, &seen[n])) != NULL; n++)
			__builtin_prefetch(&table->words[seen[n].hash & (table->size - 1)], 1);
		for (int i = 0; i < n; i++)
			if (add(table, &seen[i]) != 0)
				return -ENOMEM;
	} while (at != NULL);
	return 0;
}

int table_merge(struct table *into, const struct table *from)
{
	for (size_t i = 0; i < from->size; i++)
		if (from->words[i].count != 0 && add(into, &from->words[i]) != 0)
			return -ENOMEM;
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct word *a = left, *b = right;
	size_t m = word_length(a), n = word_length(b);
	int order;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	order = memcmp(word_text(a), word_text(b), m < n ? m : n);
	return order != 0 ? order : (m > n) - (m < n);
}

size_t table_sort(struct table *table)
{
	size_t n = 0;

	for (size_t i = 0; i < table->size; i++)
		if (table->words[i].count != 0)
			table->words[n++] = table->words[i];
	if (n > 1)
		qsort(table->words, n, sizeof(*table->words), compare);
	return n;
}
