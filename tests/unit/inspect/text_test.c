/* SPDX-License-Identifier: MIT */
/* text_test.c: words and numbers to a descriptor. */
#include "../unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "inspect/text.h"

static struct gr_text text;
static char said[3 * GR_TEXT_ROOM];

static int begin(void)
{
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	assert_true(fcntl(fd[1], F_SETPIPE_SZ, (int)sizeof(said)) >= (int)sizeof(said));
	gr_text_init(&text, fd[1]);
	return fd[0];
}

/* Everything that was put, as it came out. */
static const char *end(int fd)
{
	ssize_t n;

	assert_int_equal(gr_text_flush(&text), 0);
	assert_int_equal(gr_text_flush(&text), 0); /* nothing is left */
	close(text.fd);
	n = read(fd, said, sizeof(said) - 1);
	assert_true(n >= 0);
	said[n] = '\0';
	close(fd);
	return said;
}

static void numbers_are_written_in_full(void **state)
{
	int fd = begin();

	(void)state;
	gr_text_dec(&text, 0);
	gr_text_str(&text, " ");
	gr_text_dec(&text, UINT64_MAX);
	gr_text_str(&text, " ");
	gr_text_hex(&text, 0);
	gr_text_str(&text, " ");
	gr_text_hex(&text, UINT64_MAX);
	gr_text_str(&text, " ");
	gr_text_bytes(&text, 192 << 10);
	assert_string_equal(end(fd), "0 18446744073709551615 0x0 0xffffffffffffffff 192 KiB");
}

static void times_have_a_unit_that_fits(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{ INT64_MIN, "0 us" },
		{ -1, "0 us" },
		{ 0, "0 us" },
		{ 999999, "999 us" },
		{ 1000000, "1 ms" },
		{ 999999999, "999 ms" },
		{ 1000000000, "1.000 s" },
		{ 1007000000, "1.007 s" },
		{ 61230000000, "61.230 s" },
		{ INT64_MAX, "9223372036.854 s" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd = begin();

		gr_text_ns(&text, cases[i].ns);
		assert_string_equal(end(fd), cases[i].text);
	}
}

static void a_name_stays_on_its_line_and_need_not_end(void **state)
{
	static const char name[6] = "a\nb\x01zz";
	int fd = begin();

	(void)state;
	gr_text_name(&text, name, 5);
	gr_text_name(&text, "", 5);
	gr_text_name(&text, "whole", 5);
	assert_string_equal(end(fd), " \"a?b?z\" \"whole\"");
}

static void what_is_more_than_the_room_goes_out_in_between(void **state)
{
	int fd = begin();
	const char *got;

	(void)state;
	for (size_t i = 0; i < 2 * GR_TEXT_ROOM / 8 + 1; i++)
		gr_text_str(&text, "12345678");
	got = end(fd);
	assert_int_equal(strlen(got), 2 * GR_TEXT_ROOM + 8);
	for (size_t i = 0; i < strlen(got); i++)
		assert_int_equal(got[i], '1' + (int)(i % 8));
}

/* The first failure is told, and nothing comes after it. */
static void a_write_that_fails_is_told_and_is_the_last(void **state)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(full >= 0);
	gr_text_init(&text, full);
	gr_text_str(&text, "lost");
	assert_int_equal(gr_text_flush(&text), -ENOSPC);
	text.fd = -1;
	gr_text_str(&text, "lost");
	assert_int_equal(gr_text_flush(&text), -ENOSPC);
	close(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_written_in_full),
		cmocka_unit_test(times_have_a_unit_that_fits),
		cmocka_unit_test(a_name_stays_on_its_line_and_need_not_end),
		cmocka_unit_test(what_is_more_than_the_room_goes_out_in_between),
		cmocka_unit_test(a_write_that_fails_is_told_and_is_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
