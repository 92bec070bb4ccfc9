/* SPDX-License-Identifier: MIT */
#include <goro.h>
#include <stdexcept>
#include <string>

#define COROUTINES 50
#define ROUNDS     200

static goro_waitgroup out;
static int alive, failed;

struct counted {
	counted() { __atomic_fetch_add(&alive, 1, __ATOMIC_RELAXED); }
	~counted() { __atomic_fetch_sub(&alive, 1, __ATOMIC_RELAXED); }
};

static void descend(int depth, const std::string &text)
{
	counted here;

	goro_yield();
	if (depth == 0)
		throw std::runtime_error(text);
	descend(depth - 1, text);
}

static void one_round(int i, const std::string &mine)
{
	bool caught = false;

	goro_sleep(i % 7 * 100);
	try {
		counted here;

		goro_yield();
		descend(i % 10, mine);
	} catch (const std::runtime_error &e) {
		caught = mine == e.what(); /* nobody else's */
	}
	goro_yield(); /* not in the catch: see docs/reliability.md, case 18 */
	if (!caught || std::uncaught_exception())
		__atomic_fetch_add(&failed, 1, __ATOMIC_RELAXED);
}

static void thrower(void *arg)
{
	const std::string mine = "of coroutine " + std::to_string(goro_id());

	(void)arg;
	for (int i = 0; i < ROUNDS; i++)
		one_round(i, mine);
	goro_waitgroup_done(&out);
}

static void root(void *arg)
{
	goro_waitgroup_add(&out, COROUTINES);
	for (int i = 0; i < COROUTINES; i++)
		goro_go(thrower, arg);
	goro_waitgroup_wait(&out);
}

int main()
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = 4;
	return goro_run_config(&config, root, NULL) != 0 || failed != 0 || alive != 0;
}
