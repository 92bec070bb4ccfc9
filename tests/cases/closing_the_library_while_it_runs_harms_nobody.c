/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	int (*start)(const void *);
	int (*stop)(void);
	int (*go)(void (*)(void *), void *);
	int (*sleep)(int64_t);
	uint64_t (*id)(void);
} goro;

static int turns;
static uint64_t last_id;

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static void turn(void *arg)
{
	(void)arg;
	__atomic_store_n(&last_id, goro.id(), __ATOMIC_RELAXED);
	for (int i = 0; i < 100; i++) {
		goro.sleep(1000);
		__atomic_fetch_add(&turns, 1, __ATOMIC_RELEASE);
	}
}

static void *find(void *library, const char *name)
{
	void *address = dlsym(library, name);

	if (address == NULL)
		fail(name);
	return address;
}

static void *open_library(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		fail(dlerror());
	*(void **)&goro.start = find(library, "goro_start");
	*(void **)&goro.stop = find(library, "goro_stop");
	*(void **)&goro.go = find(library, "goro_go");
	*(void **)&goro.sleep = find(library, "goro_sleep");
	*(void **)&goro.id = find(library, "goro_id");
	return library;
}

static void await(int n)
{
	while (__atomic_load_n(&turns, __ATOMIC_ACQUIRE) < n)
		usleep(100);
}

int main(int argc, char **argv)
{
	uint64_t before = 0;
	int status;

	if (argc != 2)
		return 2;
	for (int i = 0; i < 20; i++) {
		void *library = open_library(argv[1]);

		if (goro.start(NULL) != 0 || goro.go(turn, NULL) != 0)
			fail("start");
		await((i + 1) * 100);
		if (last_id == before)
			fail("an id was used again");
		before = last_id;
		if (i % 2 == 0 && goro.stop() != 0)
			fail("stop");
		dlclose(library);
		if (i % 2 == 1) { /* closed while it runs */
			if (goro.go(turn, NULL) != 0)
				fail("go");
			turns -= 100;
			await((i + 1) * 100);
			if (goro.stop() != 0)
				fail("late stop");
		}
		if (fork() == 0)
			_exit(0); /* and what it does at a fork is still there */
		if (wait(&status) < 0 || status != 0)
			fail("the child");
	}
	return 0;
}
