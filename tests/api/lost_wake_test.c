/* SPDX-License-Identifier: MIT */
/* lost_wake_test.c: what waits for libuv's threads goes on though the system loses their wake-ups. It is
 * this program that loses them: its own function stands before pthread_cond_signal(), which goro does not
 * call.
 */
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "goro_libc.h"
#include "goro_test.h"

static atomic_int to_lose;

int pthread_cond_signal(pthread_cond_t *cond)
{
	int (*real)(pthread_cond_t *);
	int left = atomic_load(&to_lose);

	while (left > 0)
		if (atomic_compare_exchange_weak(&to_lose, &left, left - 1))
			return 0;
	*(void **)&real = test_libc("pthread_cond_signal");
	return real(cond);
}

static void look(void)
{
	struct stat s;

	CHECK_EQ(goro_fs_stat("/", &s), 0);
}

GORO_TEST(a_file_whose_wake_up_is_lost_is_served_all_the_same)
{
	look(); /* the threads are there */
	for (int i = 1; i <= 3; i++) {
		atomic_store(&to_lose, i);
		while (atomic_load(&to_lose) > 0)
			look(); /* a thread that is awake needs no wake-up */
	}
}

static void look_up(void)
{
	struct sockaddr_storage found;

	CHECK_EQ(goro_resolve("tcp4", "localhost:1", &found, 1, GORO_FOREVER), 1);
}

GORO_TEST(and_so_are_many_that_lose_several)
{
	look();
	atomic_store(&to_lose, 5);
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(go(look), 0);
		CHECK_EQ(go(look_up), 0);
	}
	await_alive(1);
	atomic_store(&to_lose, 0);
}
