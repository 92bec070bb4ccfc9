/* SPDX-License-Identifier: MIT */
/* linux_inspect_test.c: reading memory that may be anything (linux_inspect.c). */
#include "../unit.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "os/os.h"

static void memory_that_is_there_is_copied(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 4095, 4096, 4097, 20000 };
	static unsigned char from[20000], to[20001];

	(void)state;
	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (unsigned char)(i % 251 + 1);
	errno = 4711;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(to, 0, sizeof(to));
		assert_int_equal(gr_os_read_memory(to, from, sizes[i]), sizes[i]);
		assert_memory_equal(to, from, sizes[i]);
		assert_int_equal(to[sizes[i]], 0);
	}
	assert_int_equal(errno, 4711);
}

static void memory_that_is_not_there_gives_nothing(void **state)
{
	size_t page = gr_os_page_size();
	char to[64] = { 0 };
	void *p;

	(void)state;
	assert_int_equal(gr_os_reserve(page, 0, &p), 0);
	gr_os_release(p, page);
	errno = 4711;
	assert_int_equal(gr_os_read_memory(to, p, sizeof(to)), 0);
	assert_int_equal(gr_os_read_memory(to, NULL, 1), 0);
	assert_int_equal(gr_os_read_memory(to, (void *)~(uintptr_t)0, 1), 0);
	assert_int_equal(gr_os_read_memory(to, (void *)((uintptr_t)1 << 63), 8), 0);
	assert_int_equal(errno, 4711);
}

/* Up to a guard at most; what was read is right. */
static void a_part_that_is_there_is_copied_at_most(void **state)
{
	size_t page = gr_os_page_size(), got;
	char *p, to[100];
	void *memory;

	(void)state;
	assert_int_equal(gr_os_reserve(2 * page, 0, &memory), 0);
	p = memory;
	memset(p, 7, page);
	assert_int_equal(gr_os_guard(p + page, page), 0);
	memset(to, 0, sizeof(to));
	assert_int_equal(gr_os_read_memory(to, p + page, 1), 0);
	got = gr_os_read_memory(to, p + page - 40, sizeof(to));
	assert_true(got <= 40);
	for (size_t i = 0; i < got; i++)
		assert_int_equal(to[i], 7);
	gr_os_release(memory, 2 * page);
}

static void what_can_be_written_to_is_told_from_what_cannot(void **state)
{
	int fd[2], null;

	(void)state;
	errno = 4711;
	assert_int_equal(pipe(fd), 0);
	null = open("/dev/null", O_RDWR);
	assert_int_equal(gr_os_writable(fd[0]), -EBADF);
	assert_int_equal(gr_os_writable(fd[1]), 0);
	assert_int_equal(gr_os_writable(null), 0);
	close(fd[0]);
	close(fd[1]);
	close(null);
	assert_int_equal(gr_os_writable(fd[1]), -EBADF);
	assert_int_equal(gr_os_writable(-1), -EBADF);
	assert_int_equal(errno, 4711);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_that_is_there_is_copied),
		cmocka_unit_test(memory_that_is_not_there_gives_nothing),
		cmocka_unit_test(a_part_that_is_there_is_copied_at_most),
		cmocka_unit_test(what_can_be_written_to_is_told_from_what_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
