/* SPDX-License-Identifier: MIT */
/* cond_vs_deadline: a signal reaches one that goes on waiting, not one whose deadline passes at
 * that moment. One signal for each token: a signal that a hasty one swallowed and called a
 * timeout is a hang of the patient.
 */
#include "stress.h"

static struct {
	goro_mutex m;
	goro_cond c;
	int tokens;  /* put and not taken; guarded by m */
	int patient; /* still waiting; guarded by m */
	goro_waitgroup all;
} shared;

/* Waits once, and takes a token only if it was signalled. One that was must pass the signal on if
 * it finds no token, for there is one signal for each. */
static void hasty(uint64_t random, int n)
{
	while (n-- > 0) {
		int rc;

		CHECK_EQ(goro_mutex_lock(&shared.m), 0);
		rc = goro_cond_wait_until(&shared.c, &shared.m, stress_deadline(&random));
		CHECK_EQ(goro_mutex_try_lock(&shared.m), -EBUSY); /* it is held in all cases */
		if (rc == 0)
			goro_cond_signal(&shared.c);
		else
			CHECK_EQ(rc, -ETIMEDOUT);
		goro_mutex_unlock(&shared.m);
		stress_pause(&random);
	}
	goro_waitgroup_done(&shared.all);
}

static void patient(void)
{
	CHECK_EQ(goro_mutex_lock(&shared.m), 0);
	while (shared.tokens == 0)
		CHECK_EQ(goro_cond_wait(&shared.c, &shared.m), 0);
	shared.tokens--;
	shared.patient--;
	goro_mutex_unlock(&shared.m);
	goro_waitgroup_done(&shared.all);
}

static void giver(uint64_t random, int n)
{
	while (n-- > 0) {
		stress_pause(&random);
		CHECK_EQ(goro_mutex_lock(&shared.m), 0);
		shared.tokens++;
		if (stress_below(&random, 2)) {
			goro_cond_signal(&shared.c);
			goro_mutex_unlock(&shared.m);
		} else {
			goro_mutex_unlock(&shared.m);
			goro_cond_signal(&shared.c);
		}
	}
	goro_waitgroup_done(&shared.all);
}

static void reset(int patients, int others)
{
	shared.m = GORO_MUTEX_INIT;
	shared.c = GORO_COND_INIT;
	shared.all = GORO_WAITGROUP_INIT;
	shared.tokens = 0;
	shared.patient = patients;
	goro_waitgroup_add(&shared.all, patients + others);
}

static void run_round(size_t n)
{
	uint64_t random = stress_seed(n, 0);
	int patients = 1 + (int)stress_below(&random, 12), hasties = (int)stress_below(&random, 6);

	reset(patients, hasties + 1);
	for (int i = 0; i < patients || i < hasties; i++) {
		if (i < hasties)
			CHECK_EQ(go(hasty, stress_seed(n, (size_t)i + 1), 5), 0);
		if (i < patients)
			CHECK_EQ(go(patient), 0);
	}
	CHECK_EQ(go(giver, stress_seed(n, 100), patients), 0);
	CHECK_EQ(goro_waitgroup_wait(&shared.all), 0);
	CHECK_EQ(shared.tokens, 0);
	CHECK_EQ(shared.patient, 0);
}

GORO_TEST(a_signal_reaches_one_that_goes_on_waiting)
{
	for (size_t n = stress_times(2000); n > 0; n--)
		run_round(n);
}

static void broadcast_round(size_t n)
{
	uint64_t random = stress_seed(n, 1);
	int patients = 1 + (int)stress_below(&random, 40);

	reset(patients, 4);
	for (int i = 0; i < patients; i++)
		CHECK_EQ(go(patient), 0);
	for (size_t i = 0; i < 4; i++)
		CHECK_EQ(go(hasty, stress_seed(n, 10 + i), 5), 0);
	stress_pause(&random);
	CHECK_EQ(goro_mutex_lock(&shared.m), 0);
	shared.tokens = patients;
	goro_mutex_unlock(&shared.m);
	goro_cond_broadcast(&shared.c);
	CHECK_EQ(goro_waitgroup_wait(&shared.all), 0);
	CHECK_EQ(shared.tokens, 0);
}

GORO_TEST(a_broadcast_reaches_all)
{
	for (size_t n = stress_times(1000); n > 0; n--)
		broadcast_round(n);
}
