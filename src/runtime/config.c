/* SPDX-License-Identifier: MIT */
#include "runtime/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "context/stack.h"
#include "os/os.h"

#define WORKERS_MAX    1024
#define SPARES_DEFAULT 16
#define PLAYED_DEFAULT 4 /* workers: a seed means the same on every machine */

/* GORO_WORKERS. 0: not set; -EINVAL: not a number of workers. */
static int workers_from_env(void)
{
	const char *text = getenv("GORO_WORKERS");
	char *end;
	long n;

	if (text == NULL || *text == '\0')
		return 0;
	n = strtol(text, &end, 10);
	return *end != '\0' || n < 1 || n > WORKERS_MAX ? -EINVAL : (int)n;
}

/* GORO_SEED: deterministic mode, unless the program has chosen it by itself. */
static int seed_from_env(goro_config *c)
{
	const char *text = getenv("GORO_SEED");
	char *end;

	if (text == NULL || *text == '\0' || c->seed != 0 || c->virtual_time != 0)
		return 0;
	errno = 0;
	c->seed = strtoull(text, &end, 0);
	if (*end != '\0' || *text == '-' || errno != 0)
		return -EINVAL;
	c->virtual_time = 1;
	return 0;
}

static int count_workers(int asked, bool played)
{
	if (asked < 0 || asked > WORKERS_MAX)
		return -EINVAL;
	if (asked == 0)
		asked = workers_from_env();
	if (asked == 0)
		asked = played ? PLAYED_DEFAULT : gr_os_cpus();
	return asked > WORKERS_MAX ? WORKERS_MAX : asked;
}

/* The caller may have been compiled with an older, shorter structure: what it does not have
 * stays at its default. */
static int copy_known(const goro_config *user, goro_config *known)
{
	goro_config defaults = GORO_CONFIG_INIT;
	size_t size = user == NULL ? 0 : user->size;

	*known = defaults;
	if (user == NULL)
		return 0;
	if (size < sizeof known->size)
		return -EINVAL;
	memcpy(known, user, size < sizeof *known ? size : sizeof *known);
	return 0;
}

static unsigned spares(int asked)
{
	return asked < 0 ? SPARES_DEFAULT : (unsigned)asked;
}

int gr_config_read(const goro_config *user, struct gr_config *out)
{
	goro_config c;
	int workers;
	int stack_class;
	bool played;
	int rc = copy_known(user, &c);

	if (rc == 0)
		rc = seed_from_env(&c);
	if (rc != 0)
		return rc;
	played = c.seed != 0 || c.virtual_time != 0;
	workers = count_workers(c.workers, played);
	stack_class = gr_stack_class(c.stack_size);
	if (workers < 0 || stack_class < 0 || c.max_spares < -1 || c.max_spares > WORKERS_MAX ||
		c.drain < 0)
		return -EINVAL;
	if (c.trap_faults != 0)
		return -ENOTSUP;
	*out = (struct gr_config){
		.sched = {
			.workers = (unsigned)workers,
			.max_spares = played ? 0 : spares(c.max_spares),
			.stack_class = stack_class,
			.played = played,
			.seed = played ? c.seed : gr_os_entropy(),
			.event_log = getenv("GORO_EVENT_LOG"),
		},
		.drain = c.drain,
		.on_panic = c.on_panic,
		.on_panic_arg = c.on_panic_arg,
	};
	return 0;
}
