/* SPDX-License-Identifier: MIT */
/* fault.c: counts calls and decides which fails. */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct {
	const char *name;
	int error;
} kinds[] = {
#define FAULT(name, error) { #name, error },
#include "kinds.def"
#undef FAULT
};

static struct fault_log own;
static struct fault_log *log_of_all = &own;
static unsigned chosen = FAULT_KINDS, always = FAULT_KINDS;
static uint64_t at, from, only_site;
static bool noting;
static int paused;

struct fault_balance fault_held;

static uint64_t number_of(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? 0 : strtoull(text, NULL, 10);
}

static void share_log(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *p = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof own) == 0)
		p = mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		perror(path);
		_exit(2);
	}
	close(fd);
	log_of_all = p;
}

/* FAULT_KINDS: the variable is not set. */
static unsigned kind_of(const char *variable)
{
	const char *name = getenv(variable);
	unsigned kind;

	if (name == NULL)
		return FAULT_KINDS;
	for (kind = 0; kind < FAULT_KINDS; kind++)
		if (strcmp(kinds[kind].name, name) == 0)
			return kind;
	fprintf(stderr, "%s=%s: there is no such kind\n", variable, name);
	_exit(2);
}

static __attribute__((constructor)) void read_environment(void)
{
	const char *path = getenv("FAULT_LOG");

	if (path != NULL)
		share_log(path);
	chosen = kind_of("FAULT_KIND");
	always = kind_of("FAULT_ALWAYS");
	at = number_of("FAULT_AT");
	from = number_of("FAULT_FROM");
	only_site = number_of("FAULT_SITE");
	noting = number_of("FAULT_NOTE") != 0;
}

/* The n-th of the chosen kind; which it is of its site, if only that counts. */
static bool is_due(uint64_t n)
{
	static uint64_t reached;

	if (only_site != 0 && fault_site(chosen) == only_site)
		n = __atomic_add_fetch(&reached, 1, __ATOMIC_SEQ_CST);
	else if (only_site != 0)
		n = from != 0 ? __atomic_load_n(&reached, __ATOMIC_SEQ_CST) : 0;
	return n != 0 && (n == at || (from != 0 && n >= from));
}

static bool is_chosen(enum fault_kind kind)
{
	uint64_t n;

	if (__atomic_load_n(&paused, __ATOMIC_SEQ_CST) > 0)
		return false;
	n = __atomic_add_fetch(&log_of_all->calls[kind], 1, __ATOMIC_SEQ_CST);
	if (noting)
		fault_note_site(log_of_all->sites, fault_site(kind));
	if (kind != chosen || !is_due(n))
		return false;
	__atomic_add_fetch(&log_of_all->failed, 1, __ATOMIC_SEQ_CST);
	return true;
}

bool fault_now(enum fault_kind kind)
{
	if (!is_chosen(kind) && (unsigned)kind != always)
		return false;
	if (kinds[kind].error != 0)
		errno = kinds[kind].error;
	return true;
}

bool fault_passes(enum fault_kind kind)
{
	static unsigned tries[FAULT_KINDS]; /* each its own, or two in step would never pass */

	return __atomic_add_fetch(&tries[kind], 1, __ATOMIC_RELAXED) % 4 != 0 && fault_now(kind);
}

uint64_t fault_count(void)
{
	return __atomic_load_n(&log_of_all->failed, __ATOMIC_SEQ_CST);
}

void fault_pause(void)
{
	__atomic_add_fetch(&paused, 1, __ATOMIC_SEQ_CST);
}

void fault_resume(void)
{
	__atomic_sub_fetch(&paused, 1, __ATOMIC_SEQ_CST);
}

void fault_hold(int64_t *what, int64_t by)
{
	__atomic_add_fetch(what, by, __ATOMIC_SEQ_CST);
}
