/* SPDX-License-Identifier: MIT */
/* table.c: how often did which word come?
 *
 * Open addressing with linear probing, at most half full; an entry keeps its hash, so that growing
 * looks at no text. The hash is multiplied at each letter, so the upper half of its 64 bits, where
 * all letters leave their mark, is what is kept.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wordcount.h"

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

struct table *table_make(void)
{
	return calloc(1, sizeof(struct table));
}

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

static bool is_word(const struct word *w, const char *text, size_t length, uint32_t hash)
{
	return w->hash == hash && word_length(w) == length &&
		memcmp(word_text(w), text, length) == 0;
}

/* The entry of this word, or the free one where it belongs. There is a free one. */
static struct word *find(
	const struct table *table, const char *text, size_t length, uint32_t hash)
{
	size_t mask = table->size - 1, i = hash & mask;

	while (table->words[i].count != 0 && !is_word(&table->words[i], text, length, hash))
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

static int begin_word(
	struct table *table, struct word *w, const char *text, size_t length, uint32_t hash)
{
	struct word begun = { .hash = hash };

	if (length <= NEAR_LENGTH) {
		begun.nletters = (uint32_t)length;
		memcpy(begun.near, text, length);
	} else {
		begun.far.text = keep_text(table, text, length);
		begun.far.length = length;
		if (begun.far.text == NULL)
			return -ENOMEM;
	}
	*w = begun;
	table->used++;
	return 0;
}

static int add(struct table *table, const char *text, size_t length, uint32_t hash, uint64_t count)
{
	struct word *w;

	if (table->used >= table->size / 2 && grow(table) != 0)
		return -ENOMEM;
	w = find(table, text, length, hash);
	if (w->count == 0 && begin_word(table, w, text, length, hash) != 0)
		return -ENOMEM;
	w->count += count;
	return 0;
}

static inline bool is_letter(unsigned char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

int table_count(struct table *table, char *text, size_t length)
{
	char *at = text, *end = text + length;

	for (;;) {
		uint64_t hash = 0;
		char *word;

		while (at < end && !is_letter((unsigned char)*at))
			at++;
		if (at >= end)
			return 0;
		for (word = at; is_letter((unsigned char)*at); at++) { /* text[length] is none */
			*at |= 0x20;
			hash = (hash ^ (unsigned char)*at) * MULTIPLIER;
		}
		if (add(table, word, (size_t)(at - word), (uint32_t)(hash >> 32), 1) != 0)
			return -ENOMEM;
	}
}

int table_merge(struct table *into, const struct table *from)
{
	for (size_t i = 0; i < from->size; i++) {
		const struct word *w = &from->words[i];

		if (w->count != 0 && add(into, word_text(w), word_length(w), w->hash, w->count) != 0)
			return -ENOMEM;
	}
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
