/* SPDX-License-Identifier: MIT */
#include "runtime/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "context/stack.h"
#include "os/os.h"

#define WORKERS_MAX    1024
#define SPARES_DEFAULT 16

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

static int count_workers(int asked)
{
	if (asked < 0 || asked > WORKERS_MAX)
		return -EINVAL;
	if (asked == 0)
		asked = workers_from_env();
	if (asked == 0)
		asked = gr_os_cpus();
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

int gr_config_read(const goro_config *user, struct gr_config *out)
{
	goro_config c;
	int workers;
	int stack_class;
	int rc = copy_known(user, &c);

	if (rc != 0)
		return rc;
	workers = count_workers(c.workers);
	stack_class = gr_stack_class(c.stack_size);
	if (workers < 0 || stack_class < 0 || c.max_spares < -1 || c.max_spares > WORKERS_MAX ||
		c.drain < 0)
		return -EINVAL;
	if (c.seed != 0 || c.virtual_time != 0 || c.trap_faults != 0)
		return -ENOTSUP;
	*out = (struct gr_config){
		.sched = {
			.workers = (unsigned)workers,
			.max_spares = c.max_spares < 0 ? SPARES_DEFAULT : (unsigned)c.max_spares,
			.stack_class = stack_class,
			.seed = gr_os_entropy(),
		},
		.drain = c.drain,
		.on_panic = c.on_panic,
		.on_panic_arg = c.on_panic_arg,
	};
	return 0;
}
