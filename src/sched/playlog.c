/* SPDX-License-Identifier: MIT */
#include "sched/playlog.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

static int fd = -1;

void gr_playlog_start(const char *path)
{
	fd = path == NULL ? -1 : gr_os_append(path);
	if (path != NULL && fd < 0)
		fprintf(stderr, "goro: GORO_EVENT_LOG: cannot open %s\n", path);
}

void gr_playlog_stop(void)
{
	if (fd >= 0)
		gr_os_close(fd);
	fd = -1;
}

void gr_playlog(
	const struct gr_worker *w, const struct gr_coro *co, const char *event, const char *detail)
{
	char id[24] = "-";
	char line[128];
	int n;

	if (fd < 0)
		return;
	if (co != NULL)
		snprintf(id, sizeof id, "c%" PRIu64, gr_coro_id(co));
	n = snprintf(line, sizeof line, "%" PRId64 " w%u %s %s%s%s\n", gr_now(), w->index, id,
		event, detail != NULL ? " " : "", detail != NULL ? detail : "");
	gr_os_write_all(fd, line, (size_t)n);
}

void gr_playlog_number(const struct gr_worker *w, const struct gr_coro *co, const char *event,
	char sort, uint64_t number)
{
	char detail[32];

	if (fd < 0)
		return;
	snprintf(detail, sizeof detail, "%c%" PRIu64, sort, number);
	gr_playlog(w, co, event, detail);
}
