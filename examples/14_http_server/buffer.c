/* SPDX-License-Identifier: MIT */
/* buffer.c: bytes that grow. No printf() here, whose frame alone would double a stack. */
#include <stdlib.h>
#include <string.h>

#include "http.h"

static void grow(struct buffer *b, size_t n)
{
	size_t room = b->room == 0 ? 256 : b->room;
	char *at;

	while (room - b->n < n)
		room *= 2;
	at = realloc(b->at, room);
	if (at == NULL)
		b->failed = true;
	else
		b->at = at, b->room = room;
}

void buffer_add(struct buffer *b, const void *data, size_t n)
{
	if (b->room - b->n < n)
		grow(b, n);
	if (b->failed || n == 0)
		return;
	memcpy(b->at + b->n, data, n);
	b->n += n;
}

void buffer_add_text(struct buffer *b, const char *text)
{
	buffer_add(b, text, strlen(text));
}

void buffer_add_number(struct buffer *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	buffer_add(b, digits + at, sizeof digits - at);
}

void buffer_free(struct buffer *b)
{
	free(b->at);
	*b = (struct buffer){ 0 };
}
