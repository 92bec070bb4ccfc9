/* SPDX-License-Identifier: MIT */
#include "inspect/text.h"

#include <string.h>

#include "os/os.h"

#define MICROSECOND INT64_C(1000)
#define MILLISECOND INT64_C(1000000)
#define SECOND      INT64_C(1000000000)

void gr_text_init(struct gr_text *t, int fd)
{
	t->fd = fd;
	t->rc = 0;
	t->len = 0;
}

int gr_text_flush(struct gr_text *t)
{
	if (t->rc == 0)
		t->rc = gr_os_write_all(t->fd, t->room, t->len);
	t->len = 0;
	return t->rc;
}

static void put(struct gr_text *t, const char *s, size_t n)
{
	while (n > 0) {
		size_t part = GR_TEXT_ROOM - t->len;

		if (part == 0) {
			gr_text_flush(t);
			continue;
		}
		if (part > n)
			part = n;
		memcpy(t->room + t->len, s, part);
		t->len += part;
		s += part;
		n -= part;
	}
}

void gr_text_str(struct gr_text *t, const char *s)
{
	put(t, s, strlen(s));
}

static void number(struct gr_text *t, uint64_t n, unsigned base, unsigned digits)
{
	char text[20];
	size_t i = sizeof text;

	do {
		text[--i] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n != 0 || sizeof text - i < digits);
	put(t, text + i, sizeof text - i);
}

void gr_text_dec(struct gr_text *t, uint64_t n)
{
	number(t, n, 10, 1);
}

void gr_text_hex(struct gr_text *t, uint64_t n)
{
	gr_text_str(t, "0x");
	number(t, n, 16, 1);
}

void gr_text_bytes(struct gr_text *t, uint64_t n)
{
	gr_text_dec(t, n >> 10);
	gr_text_str(t, " KiB");
}

void gr_text_ns(struct gr_text *t, int64_t ns)
{
	uint64_t n = ns < 0 ? 0 : (uint64_t)ns;

	if (ns >= SECOND) {
		number(t, n / (uint64_t)SECOND, 10, 1);
		gr_text_str(t, ".");
		number(t, n % (uint64_t)SECOND / (uint64_t)MILLISECOND, 10, 3);
		gr_text_str(t, " s");
	} else if (ns >= MILLISECOND) {
		number(t, n / (uint64_t)MILLISECOND, 10, 1);
		gr_text_str(t, " ms");
	} else {
		number(t, n / (uint64_t)MICROSECOND, 10, 1);
		gr_text_str(t, " us");
	}
}

void gr_text_name(struct gr_text *t, const char *name, size_t room)
{
	size_t n = strnlen(name, room);

	if (n == 0)
		return;
	gr_text_str(t, " \"");
	for (size_t i = 0; i < n; i++) /* one line stays one line */
		put(t, (unsigned char)name[i] < ' ' ? "?" : &name[i], 1);
	gr_text_str(t, "\"");
}
