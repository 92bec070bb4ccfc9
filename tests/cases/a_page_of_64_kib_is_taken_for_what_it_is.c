/* SPDX-License-Identifier: MIT */
#include <goro.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int endless = -1, nothing;
static size_t size;

/* Down to 8 KiB of its end: all of it is there. */
static void use_most(goro_waitgroup *out)
{
	volatile char *p = __builtin_alloca(size - (8 << 10));

	for (size_t i = 0; i < size - (8 << 10); i += 1024)
		p[i] = 1;
	goro_yield();
	goro_waitgroup_done(out);
}

static void use_all(void *arg)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;

	(void)arg;
	for (int round = 0; round < 3; round++) { /* more than caches hold */
		goro_waitgroup_add(&out, 300);
		for (int i = 0; i < 300; i++)
			go(use_most, &out);
		goro_waitgroup_wait(&out);
	}
}

static int dig(int depth)
{
	volatile char frame[256];

	frame[0] = (char)depth;
	return depth == endless ? 0 : dig(depth + 1) + frame[0];
}

static void overflow(void *arg)
{
	(void)arg;
	nothing = dig(1);
}

static int run(void (*root)(void *))
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = 2;
	config.stack_size = size;
	return goro_run_config(&config, root, NULL);
}

static int overflows(void)
{
	struct rlimit none = { 0, 0 };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &none);
		_exit(run(overflow));
	}
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
		WTERMSIG(status) == SIGSEGV;
}

int main(int argc, char **argv)
{
	static const size_t sizes[] = { 32 << 10, 64 << 10, 192 << 10, 1 << 20 };

	if (argc != 2 || sysconf(_SC_PAGESIZE) != atol(argv[1]))
		return 2;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size = sizes[i];
		if (!overflows()) {
			fprintf(stderr, "no overflow with %zu bytes\n", size);
			return 3;
		}
		if (run(use_all) != 0)
			return 4;
	}
	return 0;
}
