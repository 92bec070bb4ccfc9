/* SPDX-License-Identifier: MIT */
/* linux_thread_tls_test.c: a program whose thread-locals are larger than the stack that os asks
 * for: they come out of the same memory, and pthread_create() refuses at first. */
#include "../unit.h"

#include "os/os.h"

static __thread volatile char large[700 << 10];

static void use_both(void *arg)
{
	volatile char frame[100 << 10];

	for (size_t i = 0; i < sizeof(frame); i += 1024)
		frame[i] = 1;
	for (size_t i = 0; i < sizeof(large); i += 1024)
		large[i] = 1;
	*(int *)arg = frame[1024] + large[1024];
}

static void a_thread_starts_beside_large_thread_locals(void **state)
{
	struct gr_os_thread t;
	int sum = 0;

	(void)state;
	assert_int_equal(gr_os_thread_start(&t, "tls", 0, use_both, &sum), 0);
	gr_os_thread_join(&t);
	assert_int_equal(sum, 2);
	assert_int_equal(large[1024], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_starts_beside_large_thread_locals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
