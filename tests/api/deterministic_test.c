/* SPDX-License-Identifier: MIT */
/* deterministic_test.c: what a run does follows from its seed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "goro_test.h"

/* A seed, a log -------------------------------------------------------------------------------- */

static goro_mutex mutex;
static goro_cond cond;
static int turns;

static void send_some(chan(int) c, int n)
{
	for (int i = 0; i < n; i++)
		if (chan_send_until(c, i, goro_after(20 * GORO_MICROSECOND)) == -ETIMEDOUT)
			goro_yield();
	chan_free(c);
}

static void take_turns(goro_waitgroup *all)
{
	goro_mutex_lock(&mutex);
	for (int i = 0; i < 5; i++) {
		turns++;
		goro_cond_signal(&cond);
		goro_cond_wait_until(&cond, &mutex, goro_after(GORO_MILLISECOND));
	}
	goro_mutex_unlock(&mutex);
	goro_waitgroup_done(all);
}

static void receive_from_both(chan(int) a, chan(int) b)
{
	chan(int64_t) tick = goro_ticker(30 * GORO_MICROSECOND);
	int64_t deadline = goro_after(GORO_MILLISECOND);
	int64_t when;
	int v;

	while (chan_select_until(deadline, chan_on_recv(a, &v), chan_on_recv(b, &v),
		       chan_on_recv(tick, &when)) >= 0)
		goro_yield();
	chan_free(tick);
	chan_free(a);
	chan_free(b);
}

/* A little of everything; what still runs when it ends is cancelled. */
static void medley(void *arg)
{
	chan(int) a = chan_make(int, 0), b = chan_make(int, 2);
	goro_waitgroup all = GORO_WAITGROUP_INIT;

	(void)arg;
	goro_waitgroup_add(&all, 3);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(go(take_turns, &all), 0);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(go(send_some, chan_ref(i < 2 ? a : b), 20), 0);
		CHECK_EQ(go(receive_from_both, chan_ref(a), chan_ref(b)), 0);
	}
	CHECK_EQ(goro_waitgroup_wait(&all), 0);
	chan_free(a);
	chan_free(b);
}

struct log {
	char *text;
	size_t length;
};

static void read_log(FILE *file, struct log *log)
{
	CHECK_EQ(fseek(file, 0, SEEK_END), 0);
	log->length = (size_t)ftell(file);
	rewind(file);
	log->text = malloc(log->length + 1);
	CHECK_NE(log->text, NULL);
	CHECK_EQ(fread(log->text, 1, log->length, file), log->length);
	log->text[log->length] = '\0';
	CHECK_EQ(fclose(file), 0);
}

struct how {
	uint64_t seed;
	bool by_env;
	const char *path;
};

static void run_medley(void *arg)
{
	const struct how *how = arg;
	char text[32];

	CHECK_EQ(setenv("GORO_EVENT_LOG", how->path, 1), 0);
	CHECK_EQ(unsetenv("GORO_SEED"), 0);
	CHECK_EQ(unsetenv("GORO_WORKERS"), 0);
	if (!how->by_env) {
		test_run_seed(how->seed, medley, NULL);
		return;
	}
	snprintf(text, sizeof(text), "%llu", (unsigned long long)how->seed);
	CHECK_EQ(setenv("GORO_SEED", text, 1), 0);
	CHECK_EQ(goro_run(medley, NULL), 0);
}

/* In a child: whoever ran before in this process has used up ids. */
static struct log log_of(uint64_t seed, bool by_env)
{
	char path[32];
	FILE *file = tmpfile();
	struct how how = { seed, by_env, path };
	struct log log;

	CHECK_NE(file, NULL);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	CHECK_CHILD_EXITS(run_medley, &how, 0, NULL);
	read_log(file, &log);
	return log;
}

static bool same(struct log a, struct log b)
{
	return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

#define SEEDS 12

GORO_TEST_PLAIN(a_seed_gives_the_same_events_again_and_another_gives_others)
{
	struct log logs[SEEDS];

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct log again = log_of(seed, seed % 2 == 0);

		logs[seed] = log_of(seed, false);
		CHECK_LT(100, logs[seed].length);
		CHECK_TRUE(same(logs[seed], again));
		free(again.text);
		for (uint64_t other = 0; other < seed; other++)
			CHECK_TRUE(!same(logs[seed], logs[other]));
	}
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		free(logs[seed].text);
}

GORO_TEST_PLAIN(the_log_tells_of_each_sort_of_event)
{
	static const char *const sorts[] = { " c1 run\n", " c1 spawn c2\n", " park cond\n",
		" park chan ", " park select\n", " ready c", " - steal w", " - timer #",
		" select #", " yield\n", " pause\n", " - rest\n", " c1 end\n" };
	char all[1 << 18] = "";

	for (uint64_t seed = 0; seed < 4; seed++) {
		struct log log = log_of(seed, false);

		strncat(all, log.text, sizeof(all) - 1 - strlen(all));
		free(log.text);
	}
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++)
		CHECK_HAS(all, sorts[i]);
}

static void start_with_wrong_seed(void *arg)
{
	CHECK_EQ(setenv("GORO_SEED", arg, 1), 0);
	CHECK_EQ(goro_start(NULL), -EINVAL);
	CHECK_EQ(goro_run(medley, NULL), -EINVAL);
}

GORO_TEST_PLAIN(a_seed_in_the_environment_that_is_no_number_is_refused)
{
	static char *const wrong[] = { "x", "1x", "-1", "99999999999999999999" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_CHILD_EXITS(start_with_wrong_seed, wrong[i], 0, NULL);
}

static void count_workers(void *arg)
{
	*(int *)arg = goro_workers();
}

static void see_workers(void *arg)
{
	int workers = 0;

	(void)arg;
	CHECK_EQ(unsetenv("GORO_WORKERS"), 0);
	test_run_seed(1, count_workers, &workers);
	CHECK_EQ(workers, 4); /* whatever the machine has */
	CHECK_EQ(setenv("GORO_WORKERS", "7", 1), 0);
	test_run_seed(1, count_workers, &workers);
	CHECK_EQ(workers, 7);
}

static void count_threads(void *arg)
{
	*(unsigned *)arg = test_count_threads();
}

static unsigned threads_with(int workers)
{
	goro_config config = GORO_CONFIG_INIT;
	unsigned threads = 0;

	config.seed = 1;
	config.workers = workers;
	CHECK_EQ(goro_run_config(&config, count_threads, &threads), 0);
	AWAIT(test_count_threads() < threads); /* one that was joined may be seen a little longer */
	return threads;
}

/* A sanitizer may have a thread of its own, from when the first of ours is started. */
GORO_TEST_PLAIN(one_thread_plays_any_number_of_workers)
{
	unsigned threads;

	CHECK_CHILD_EXITS(see_workers, NULL, 0, NULL);
	threads = threads_with(1);
	CHECK_LE(2, threads);
	CHECK_EQ(threads_with(1), threads);
	CHECK_EQ(threads_with(100), threads);
}

/* A race --------------------------------------------------------------------------------------- */

/* Check, then act: between the two the others may come. */
static int balance;
static chan(int) journal;

static void withdraw(goro_waitgroup *all)
{
	if (balance >= 100) {
		CHECK_EQ(chan_send(journal, 100), 0); /* there is room: it need not wait */
		balance -= 100;
	}
	goro_waitgroup_done(all);
}

static void two_withdraw(void *arg)
{
	goro_waitgroup all = GORO_WAITGROUP_INIT;

	balance = 100;
	journal = chan_make(int, 2);
	goro_waitgroup_add(&all, 2);
	CHECK_EQ(go(withdraw, &all), 0);
	CHECK_EQ(go(withdraw, &all), 0);
	CHECK_EQ(goro_waitgroup_wait(&all), 0);
	chan_free(journal);
	*(bool *)arg = balance < 0;
}

static bool overdrawn(uint64_t seed)
{
	bool result = false;

	test_run_seed(seed, two_withdraw, &result);
	return result;
}

GORO_TEST_PLAIN(a_race_is_found_in_a_few_seeds_and_each_seed_repeats_what_it_did)
{
	unsigned found = 0;

	for (uint64_t seed = 1; seed <= 100; seed++) {
		bool lost = overdrawn(seed);

		found += lost;
		for (int i = 0; i < 3; i++)
			CHECK_EQ(overdrawn(seed), lost);
	}
	CHECK_LT(5, found); /* and hardly ever on threads */
	CHECK_LT(found, 95);
}
